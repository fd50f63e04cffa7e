"""Several processes that judge one recording: the same verdicts, no process left behind, and nothing half told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from drawing import judged, read_drawing
from events import event_of
from goldens import drawings
from heeding import HEEDING
from recordings import RecordingBuilder

from hub.judging import JudgingError, judge_shares, shares_of
from hub.mirror import keep
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from matrix.policy import AS_WRITTEN
from matrix.report import verdicts
from matrix.trace import Closed, Side, mark_of
from tui.garbage import collect_seldom

ROOT: Final = Path(__file__).parents[2]
METER: Final = '"MeterValues",{"connectorId":1,"meterValue":[]}'


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All goldens in one recording."""
    path = tmp_path_factory.mktemp("judging") / "event.recording"
    recording = open_for_writing(path)
    keep(recording, event_of([read_drawing(drawing) for drawing in drawings()]))
    recording.close()
    return path


def test_two_processes_come_to_what_one_judge_does(event: Path) -> None:
    told: list[int] = []
    with Recording.open(event) as recording:
        until = recording.last_mark()

        both = judge_shares(
            recording, shares_of(recording, 2), AS_WRITTEN, until, tell=told.append, prepare=collect_seldom
        )

        assert verdicts(both) == verdicts(judged(recording.all_traffic()))
    assert told
    assert told == sorted(told)


def test_what_is_recorded_later_is_left_to_later(event: Path) -> None:
    with Recording.open(event) as recording:
        until = recording.last_mark() // 2
        earlier = [item for item in recording.all_traffic() if mark_of(item) <= until]

        both = judge_shares(
            recording, shares_of(recording, 2), AS_WRITTEN, until, tell=lambda _: None, prepare=collect_seldom
        )

    assert any(isinstance(item, Closed) for item in earlier)
    assert verdicts(both) == verdicts(judged(earlier))


def test_recording_that_is_damaged_is_said_to_be_in_the_words_of_who_read_it(tmp_path: Path) -> None:
    path = tmp_path / "damaged.recording"
    with RecordingBuilder(path) as builder:
        builder.frame(builder.session("CS-1", "acme"), Side.STATION, "x", at="noon")
    with Recording.open(path) as recording, pytest.raises(JudgingError, match=r"frame 2 of .* is damaged"):
        judge_shares(recording, [frozenset({1})], AS_WRITTEN, 9, tell=lambda _: None, prepare=collect_seldom)


@contextmanager
def judging(path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run `plugfest judge --jobs 2`; yield it with its processes, once they are there."""
    command = [sys.executable, "-c", HEEDING, "judge", str(path), "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as process:
        try:
            yield process, _judges(process)
        finally:
            process.kill()


def _judges(process: subprocess.Popen[str]) -> list[int]:
    while True:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        judges = [int(child) for child in children if b"spawn_main" in _command(child)]
        if len(judges) == 2:
            return judges
        assert process.poll() is None, "the command ended before its processes were there"
        time.sleep(0.01)  # nothing tells of a process that another one starts


def _blocked(pid: int) -> set[int]:
    """The signals that wait for a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    mask = int(next(line for line in status.splitlines() if line.startswith("SigBlk:")).split()[1], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that takes seconds to judge."""
    path = tmp_path_factory.mktemp("judging") / "long.recording"
    with RecordingBuilder(path) as builder:
        for number in range(4):
            builder.many(builder.session(f"CS-{number}", "acme"), 50_000, METER)
    return path


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")


@needs_proc
def test_interrupt_ends_the_processes_too_and_leaves_no_traceback(long: Path) -> None:
    with judging(long) as (process, judges):
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said == ""
    assert not any(_command(str(pid)) for pid in judges)


@needs_proc
def test_no_process_is_started_that_an_interrupt_could_reach(long: Path) -> None:
    with judging(long) as (_, judges):
        blocked = [_blocked(pid) for pid in judges]

    assert all(signal.SIGINT in signals for signals in blocked)


@needs_proc
def test_process_that_is_killed_ends_the_command_with_a_sentence(long: Path) -> None:
    with judging(long) as (process, judges):
        os.kill(judges[0], signal.SIGKILL)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert said == "plugfest: a process that judged has ended with -9; --jobs 1 does without\n"
    assert not any(_command(str(pid)) for pid in judges)


@needs_proc
def test_processes_end_by_themselves_when_the_command_is_killed(long: Path) -> None:
    with judging(long) as (process, judges):
        process.kill()
        process.wait(30)

        while any(_command(str(pid)) for pid in judges):
            time.sleep(0.01)  # nothing tells of the end of somebody else's process

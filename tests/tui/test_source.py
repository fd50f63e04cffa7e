import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

from recordings import NOON, RecordingBuilder

from matrix.outcome import Outcome
from tui.messages import Advanced, Stage
from tui.source import Source

MINUTE_NS = 60_000_000_000


class Running:
    """A source in its thread, and what it posts."""

    def __init__(self, path: Path, clock: Callable[[], int] = lambda: NOON + 60 * MINUTE_NS) -> None:
        self.source = Source(path, clock=clock)
        self.posted: Queue[Advanced] = Queue()
        self._thread = threading.Thread(target=self.source.run, args=(self.posted.put,))

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        self._thread.join(10)

    def wait_for(self, reached: Callable[[Advanced], bool]) -> Advanced:
        while not reached(advanced := self.posted.get(timeout=10)):
            pass
        return advanced


def test_a_recording_is_judged_to_its_end(event: Path) -> None:
    with Running(event) as running:
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.AT_END)

    assert [(pair.station.label, pair.csms, pair.outcome) for pair in advanced.board.pairs] == [
        ("Alder One", "acme", Outcome.DEVIATED),
        ("Alder One", "borealis", Outcome.PASSED),
        ("Cedar HPC", "acme", Outcome.REFUSED),
        ("Cedar HPC", "borealis", Outcome.UNREACHABLE),
    ]
    assert advanced.progress.findings > 0


def test_what_is_written_later_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder, Running(path, clock=lambda: NOON) as running:
        running.wait_for(lambda each: each.progress.stage is Stage.AT_END)

        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{}]')

        advanced = running.wait_for(lambda each: each.board.messages == 1)
        assert advanced.progress.stage is Stage.LIVE
        assert advanced.board.sessions_open == 1


def test_a_call_goes_unanswered_while_a_live_recording_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        builder.say(builder.session("CS-1", "acme"), '> [2,"1","Heartbeat",{}]')

    with Running(path, clock=lambda: NOON + MINUTE_NS) as running:
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)

    assert advanced.board.pairs[0].row("Heartbeat").outcome is Outcome.UNANSWERED


def test_no_time_passes_for_a_recording_that_nobody_writes_to(tmp_path: Path) -> None:
    path = tmp_path / "old.recording"
    with RecordingBuilder(path) as builder:
        builder.say(builder.session("CS-1", "acme"), '> [2,"1","Heartbeat",{}]')

    with Running(path) as running:
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.AT_END)

    assert advanced.board.pairs[0].row("Heartbeat").outcome is Outcome.UNTESTED


def test_a_file_that_is_not_a_recording_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "text.recording"
    path.write_text("hello, I am not a database, and long enough to be looked at")

    with Running(path) as running:
        advanced = running.posted.get(timeout=10)

    assert advanced.progress.stage is Stage.FAILED
    assert "is not a database" in advanced.progress.trouble


def test_a_file_that_vanishes_is_a_sentence_and_what_was_read_stays(event: Path) -> None:
    with Running(event) as running:
        running.wait_for(lambda each: each.progress.stage is Stage.AT_END)

        event.unlink()

        advanced = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)
        assert "is gone" in advanced.progress.trouble
        assert len(advanced.board.pairs) == 4


def test_the_judge_waits_while_a_screen_reads(event: Path) -> None:
    running = Running(event)

    with running.source.courtesy(), running:
        assert not running.source.caught_up.wait(0.05)

    assert running.source.caught_up.wait(10)


def test_request_and_answer_are_joined_by_frame(event: Path) -> None:
    with Running(event) as running:
        running.source.caught_up.wait(10)

        joined = running.source.verdicts.of(1).joined(2)

    assert joined is not None
    assert (joined.action, joined.call, joined.answer) == ("BootNotification", 2, 3)

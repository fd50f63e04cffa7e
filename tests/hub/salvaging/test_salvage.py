"""A damaged recording opens as far as it is whole: no wrong frame, no false accusation, no traceback."""

import random
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from damaged import accusations, crossing, judged_of, said, salvaged, traffic_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import HubError
from hub.mirror import keep
from hub.recording.writable import PAGE_BYTES, open_for_writing
from hub.salvaging.damage import damage_of
from hub.salvaging.leaves import opened_pages
from hub.salvaging.salvage import SalvageError
from matrix.trace import Closed, Ending

EACH_PAGE: Final = pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.nightly)])
"""Some pages at each change, every page every night."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crossing(tmp_path_factory.mktemp("whole") / "whole.recording")


def holds(part: Path, whole: Path) -> bool:
    """Tell whether what is said in a recording is said in another, in that order."""
    everything = said(traffic_of(whole))
    for session, frames in said(traffic_of(part)).items():
        there = iter(everything[session])
        if not all(frame in there for frame in frames):
            return False
    return True


def test_a_whole_recording_is_not_damaged_and_nobody_is_accused_in_it(whole: Path) -> None:
    assert damage_of(whole) == ""
    assert accusations(judged_of(whole)) == []


def test_the_pages_of_a_whole_recording_hold_all_that_sqlite_reads(whole: Path, tmp_path: Path) -> None:
    result = salvaged(whole, tmp_path / "copy.recording")

    assert result.missing == 0
    assert said(traffic_of(tmp_path / "copy.recording")) == said(traffic_of(whole))


@EACH_PAGE
def test_a_recording_that_is_cut_at_any_page_opens_as_far_as_it_is_whole(
    whole: Path, tmp_path: Path, step: int
) -> None:
    content = whole.read_bytes()
    read = 0
    for pages in range(1, len(content) // PAGE_BYTES, step):
        cut, left = tmp_path / f"{pages}.recording", tmp_path / f"{pages}.left"
        cut.write_bytes(content[: pages * PAGE_BYTES])
        assert "it is cut off" in damage_of(cut)

        try:
            read = salvaged(cut, left).frames
        except SalvageError:
            continue

        assert holds(left, whole)
        assert accusations(judged_of(left)) == []
    assert read > 20


@EACH_PAGE
def test_pages_full_of_garbage_cost_what_was_on_them(whole: Path, tmp_path: Path, step: int) -> None:
    content = whole.read_bytes()
    chance = random.Random(1)
    for page in range(1, len(content) // PAGE_BYTES, step):
        broken, left = tmp_path / f"{page}.recording", tmp_path / f"{page}.left"
        garbage = chance.randbytes(PAGE_BYTES)
        broken.write_bytes(content[: page * PAGE_BYTES] + garbage + content[(page + 1) * PAGE_BYTES :])

        salvaged(broken, left)

        assert holds(left, whole)
        assert accusations(judged_of(left)) == []


def test_a_recording_without_its_first_page_is_read_all_the_same(whole: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.recording"
    broken.write_bytes(random.Random(2).randbytes(PAGE_BYTES) + whole.read_bytes()[PAGE_BYTES:])

    result = salvaged(broken, tmp_path / "left.recording")

    assert damage_of(broken)
    assert (result.sessions, result.missing) == (2, 0)


def stored(whole: Path) -> set[int]:
    """Return where in the file the values of rows are: a changed byte of a value looks like one that was recorded."""
    with opened_pages(whole) as (pages, _):
        payloads = [str(found.values[9]).encode() for found in pages.rows() if len(found.values) == 11]
    content = whole.read_bytes()
    places: set[int] = set()
    for payload in payloads:
        for match in re.finditer(re.escape(payload[:200]), content):
            places.update(range(max(match.start() - 40, 0), match.start() + len(payload) + 4))
    return places


@settings(max_examples=12)
@given(data=st.data())
def test_a_flipped_byte_outside_of_what_was_recorded_accuses_nobody(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(whole.read_bytes())
    values = stored(whole)
    place = data.draw(st.integers(0, len(content) - 1).filter(lambda place: place not in values))
    content[place] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("flipped")
    broken, left = folder / "broken.recording", folder / "left.recording"
    broken.write_bytes(content)

    try:
        salvaged(broken, left)
    except SalvageError:
        return

    assert holds(left, whole)
    assert accusations(judged_of(left)) == []


@settings(max_examples=12)
@given(place=st.integers(0, 1 << 20), flip=st.integers(1, 255), cut=st.integers(0, 4_000))
def test_whatever_becomes_of_a_recording_is_said_in_a_sentence(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, place: int, flip: int, cut: int
) -> None:
    content = bytearray(whole.read_bytes())
    content[place % len(content)] ^= flip
    folder = tmp_path_factory.mktemp("any")
    broken, left = folder / "broken.recording", folder / "left.recording"
    broken.write_bytes(content[: len(content) - cut])

    assert isinstance(damage_of(broken), str)
    with suppress(HubError):
        salvaged(broken, left)
        judged_of(left)


def test_an_open_session_ends_where_the_recording_does(whole: Path, tmp_path: Path) -> None:
    cut, left = tmp_path / "cut.recording", tmp_path / "left.recording"
    cut.write_bytes(whole.read_bytes()[:-PAGE_BYTES])

    salvaged(cut, left)

    ends = [item.session for item in traffic_of(left) if isinstance(item, Closed)]
    assert {end.ending for end in ends} <= {Ending.CLOSED, Ending.HUB}


class Killed(NamedTuple):
    """What a killed hub leaves: a recording and its log."""

    path: Path
    log: Path


@pytest.fixture
def killed(whole: Path, tmp_path: Path) -> Killed:
    """Copy a recording while its hub is writing to it: most of it is in the log."""
    live, path = tmp_path / "live.recording", tmp_path / "killed.recording"
    recording = open_for_writing(live)
    recording.connection.wal_checkpoint()
    for item in traffic_of(whole):
        keep(recording, [item])
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{live}{suffix}", f"{path}{suffix}")
    recording.close()
    return Killed(path, path.with_name(f"{path.name}-wal"))


def test_a_log_that_is_whole_is_read_with_its_recording(killed: Killed, whole: Path, tmp_path: Path) -> None:
    assert damage_of(killed.path) == ""

    salvaged(killed.path, tmp_path / "left.recording")

    assert said(traffic_of(tmp_path / "left.recording")) == said(traffic_of(whole))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_garbled_log_is_read_up_to_there(killed: Killed, whole: Path, tmp_path: Path, share: float) -> None:
    content = bytearray(killed.log.read_bytes())
    place = int(len(content) * share)
    content[place] ^= 0xFF
    killed.log.write_bytes(content)
    assert "log is damaged" in damage_of(killed.path)

    read = salvaged(killed.path, tmp_path / "left.recording")

    assert 80 * (share - 0.2) < read.frames < 90
    assert holds(tmp_path / "left.recording", whole)
    assert accusations(judged_of(tmp_path / "left.recording")) == []


def test_a_log_that_is_gone_costs_what_was_in_it_and_accuses_nobody(killed: Killed) -> None:
    killed.log.unlink()

    assert accusations(judged_of(killed.path)) == []

"""`plugfest merge`, `trim`, `compact`, and damaged recordings, as a person uses them."""

from pathlib import Path

import pytest
from commands import run
from damaged import crossing

from hub.recording.writable import PAGE_BYTES
from tui.commands.rewriting import WishError, moment

NOON_NS = 1_767_268_800_000_000_000
"""2026-01-01 12:00:00 UTC."""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    return crossing(tmp_path / "event.recording")


@pytest.fixture
def cut(event: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cut.recording"
    path.write_bytes(event.read_bytes()[: -2 * PAGE_BYTES])
    return path


def test_recordings_of_two_hubs_become_one(event: Path, tmp_path: Path) -> None:
    crossing(tmp_path / "other.recording")

    result = run("merge", event, f"lab={tmp_path / 'other.recording'}", "-o", tmp_path / "all", "--offset", "lab=1h")

    assert result.exit_code == 0
    assert "180 frames in 4 sessions" in result.stdout
    assert "lab: 90 frames" in result.stdout
    assert "its clock set by +3600 s" in result.stdout


def test_the_sessions_of_a_vendor_become_a_recording(event: Path, tmp_path: Path) -> None:
    result = run("trim", event, "-o", tmp_path / "part", "--vendor", "ACME", "--session", 2)

    assert result.exit_code == 0
    assert "47 frames in 1 of 2 sessions" in result.stdout


@pytest.mark.parametrize(
    "wish", [["--vendor", "nobody"], ["--session", "9"], ["--from", "noon"], ["--from", "10:05", "--to", "10:01"]]
)
def test_a_wish_that_cannot_be_met_exits_2_and_leaves_nothing(event: Path, tmp_path: Path, wish: list[str]) -> None:
    result = run("trim", event, "-o", tmp_path / "part", *wish)

    assert result.exit_code == 2
    assert result.stderr.startswith("plugfest: ")
    assert [file.name for file in tmp_path.iterdir()] == ["event.recording"]


@pytest.mark.parametrize("offset", ["lab", "lab=soon", "nobody=1s", "=1s"])
def test_an_offset_that_cannot_be_read_is_named(event: Path, tmp_path: Path, offset: str) -> None:
    result = run("merge", f"lab={event}", "-o", tmp_path / "all", "--offset", offset)

    assert result.exit_code == 2
    assert "offset" in result.stderr


def test_a_recording_is_compacted_in_its_place(event: Path) -> None:
    result = run("compact", event)

    assert result.exit_code == 0
    assert "saved" in result.stdout


def test_a_damaged_recording_is_shown_and_judged_as_far_as_it_is_whole(cut: Path) -> None:
    shown, judged = run("show", cut), run("judge", cut)

    assert (shown.exit_code, judged.exit_code) == (0, 0)
    assert "it is cut off" in shown.stderr
    assert "held against nobody" in judged.stderr
    assert "CS-1" in shown.stdout


def test_what_is_left_of_a_damaged_recording_can_be_kept(cut: Path, tmp_path: Path) -> None:
    kept = run("trim", cut, "-o", tmp_path / "kept.recording")

    assert kept.exit_code == 0
    assert run("judge", tmp_path / "kept.recording").stderr == ""


def test_verdicts_are_not_saved_in_a_damaged_recording(cut: Path) -> None:
    content = cut.read_bytes()

    result = run("judge", cut, "--save")

    assert result.exit_code == 2
    assert "is damaged" in result.stderr
    assert cut.read_bytes() == content


def test_a_file_of_which_nothing_is_left_is_said_to_be_that(event: Path, tmp_path: Path) -> None:
    (tmp_path / "stub.recording").write_bytes(event.read_bytes()[:PAGE_BYTES])

    result = run("judge", tmp_path / "stub.recording")

    assert result.exit_code == 2
    assert "nothing can be read" in result.stderr


@pytest.mark.parametrize(
    ("text", "hours"),
    [("13:00", 1), ("2026-01-01T13:00", 1), ("2026-01-01T13:00:00+01:00", 0), ("2026-01-02T12:00:00Z", 24)],
)
def test_a_moment_is_of_the_recordings_day_and_in_utc_unless_it_says_otherwise(text: str, hours: int) -> None:
    assert moment(text, NOON_NS) == NOON_NS + hours * 3_600_000_000_000


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(WishError, match="is no time"):
        moment("25:00", NOON_NS)

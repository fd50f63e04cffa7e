import pytest
from recordings import NOON

from matrix.outcome import Outcome
from matrix.trace import Ending, Session, Side
from tui.lines.text import GLYPHS, MEANINGS, clock_time, counted, date_and_time, duration, size, state_of


def session(**fields: object) -> Session:
    return Session(id=1, opened_at=NOON, identity="CS-1", csms="acme", **fields)  # type: ignore[arg-type]  # fields of a Session


def test_every_outcome_has_a_glyph_of_its_own_and_a_meaning() -> None:
    assert set(GLYPHS) == set(MEANINGS) == set(Outcome)
    assert len(set(GLYPHS.values())) == len(Outcome)


def test_counts_stand_gravest_first() -> None:
    line = counted({Outcome.PASSED: 14, Outcome.FAILED: 2})

    assert "".join(span.text for span in line) == "✗ 2  ✓ 14"


def test_times_are_in_utc() -> None:
    assert clock_time(NOON) == "12:00:00"
    assert clock_time(NOON + 7_000_000, millis=True) == "12:00:00.007"
    assert date_and_time(NOON) == "2026-01-01 12:00:00"


def test_a_time_that_no_calendar_has_is_shown_and_does_not_raise() -> None:
    assert clock_time(2**63 - 1) != ""
    assert date_and_time(-(2**63)) != ""


@pytest.mark.parametrize(
    ("ms", "words"), [(0.42, "0.4 ms"), (12.3, "12 ms"), (1500, "1.5 s"), (240_000, "4 min"), (8e6, "2.2 h")]
)
def test_durations_have_two_or_three_digits(ms: float, words: str) -> None:
    assert duration(ms) == words


def test_sizes_are_in_binary_units() -> None:
    assert [size(331), size(2048), size(16 * 2**20)] == ["331 B", "2.0 KiB", "16.0 MiB"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": 101}, "open"),
        ({}, "connecting"),
        ({"status": 404, "ending": Ending.REFUSED}, "refused with 404"),
        ({"status": 101, "ending": Ending.RESET, "closed_by": Side.CSMS}, "connection reset by the CSMS"),
        (
            {"status": 101, "ending": Ending.CLOSED, "closed_by": Side.STATION, "station_close": 1000},
            "closed by the station, 1000",
        ),
        ({"status": 101, "ending": Ending.HUB}, "ended by the hub"),
    ],
)
def test_a_session_says_how_it_stands(fields: dict[str, object], words: str) -> None:
    assert state_of(session(**fields)) == words

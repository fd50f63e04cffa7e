"""The event file as a whole: what it says, and that each mistake is told with its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from event_texts import WHOLE, mistakes_in, parsed
from hypothesis import given
from hypothesis import strategies as st

from hub.events.file import EventFileError, read_event
from matrix.finding import Severity


def test_event_is_read_as_it_is_written() -> None:
    event = parsed(WHOLE)

    assert event.name == "Plugfest"
    assert [(each.vendor, each.is_absent) for each in event.participants.values()] == [
        ("Volta", False),
        ("Lotus", True),
    ]
    assert event.csmses["lotus"].passwords == {"VOLTA-1": "what lotus expects"}
    assert event.csmses["deep"].url is None
    assert event.stations["Volta One"].csms == "lotus"
    assert event.rounds[0].starts == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert event.rounds[0].ends - event.rounds[0].starts == timedelta(minutes=45)
    assert event.policy["TM-02"].severity is Severity.INFO
    assert event.limits.sessions == 100


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    text = WHOLE.replace("minutes = 45", "minutes = 0").replace('vendor = "Volta"', "vendor = 7")

    told = mistakes_in(text)

    assert [line.split(":")[1] for line in told] == ["5", "33"]


def test_line_is_right_after_values_of_several_lines() -> None:
    text = 'event = {name = "x"}\nwrong = [\n  "a", # ]\n  """\n[not.a.table]\n""",\n]\nodd = 1\n'

    told = mistakes_in(text)

    assert [line.split(":")[1] for line in told] == ["2", "8"]


def test_rounds_do_not_overlap() -> None:
    text = WHOLE.replace("[rules.TM-02]", "[[rounds]]\nstarts = 2026-11-23T09:30:00Z\n\n[rules.TM-02]")

    (told,) = mistakes_in(text)

    assert told.startswith("event.toml:37: rounds[2].starts is 2026-11-23 09:30, and the round before it in ")
    assert told.endswith("(09:00) lasts until 2026-11-23 09:45")


def test_byte_order_mark_of_an_editor_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "event.toml").write_text(WHOLE, encoding="utf-8-sig")

    event = read_event(tmp_path / "event.toml")

    assert event.name == "Plugfest"


def test_table_is_told_once_where_it_is_none() -> None:
    told = mistakes_in("stations = 5\n[event]\nname = 'x'\n")

    assert told == ["event.toml:1: stations has to be a table, it is 5"]


def test_unknown_table_is_told_with_the_line_of_its_first_part() -> None:
    told = mistakes_in("[event]\nname = 'x'\n\n[participant.volta]\n")

    assert told == ["event.toml:4: participant does not exist; did you mean 'participants'?"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\n\xff", ":2: this is not UTF-8"),
        (None, ":1: the event file cannot be read: No such file"),
        (b"", ":1: event"),
    ],
)
def test_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / "event.toml").write_bytes(content)

    with pytest.raises(EventFileError) as caught:
        read_event(tmp_path / "event.toml")

    assert told in str(caught.value)


@given(st.text(alphabet="[]{}\"'=.#\n abc019-_\\", max_size=80))
def test_any_text_is_an_event_or_has_mistakes(text: str) -> None:
    with pytest.raises(EventFileError) as caught:
        parsed(text)

    assert all(each.line <= text.count("\n") + 1 for each in caught.value.mistakes)

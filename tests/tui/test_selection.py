from pathlib import Path

import pytest
from drawing import draw
from recorded import record
from recordings import RecordingBuilder

from hub.recording import Recording
from matrix.trace import Opcode, Side
from tui.selection import Wanted, select


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    path = tmp_path / "some.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        builder.say(session, "> Apple", "< pear")
        builder.frame(session, Side.STATION, b"", opcode=Opcode.PING)
        builder.say(session, "> apple pie")
    return Recording.open(path)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), [2, 3, 4, 5]),
        (Wanted(text="APPLE"), [2, 5]),
        (Wanted(control=False), [2, 3, 5]),
        (Wanted(findings_only=True), [3]),
        (Wanted(text="apple", findings_only=True), []),
    ],
)
def test_a_filter_lets_through_what_it_says(recording: Recording, wanted: Wanted, ids: list[int]) -> None:
    with recording:
        selected = select(recording, 1, wanted, {3})

        assert [*selected.ids] == ids
        assert selected.newest == 5


def test_only_what_is_newer_is_looked_at_the_next_time(recording: Recording) -> None:
    with recording:
        assert [*select(recording, 1, Wanted(), (), after=4).ids] == [5]
        assert select(recording, 1, Wanted(), (), after=5).newest == 5


def test_a_search_finds_no_secret_unless_secrets_are_shown(tmp_path: Path) -> None:
    said = '> [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    path = record(tmp_path / "secret.recording", draw(said, '> [2,"b","Heartbeat",{"x":"hunter2"}]'))

    with Recording.open(path) as recording:
        hidden = select(recording, 1, Wanted("hunter"), ())
        named = select(recording, 1, Wanted("authorizationkey"), ())
        shown = select(recording, 1, Wanted("hunter", with_secrets=True), ())

    assert [*hidden.ids] == [3]
    assert [*named.ids] == [2]
    assert [*shown.ids] == [2, 3]

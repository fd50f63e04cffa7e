from dataclasses import dataclass
from pathlib import Path

import pytest
from drawing import draw
from recorded import record
from recordings import RecordingBuilder

from hub.recording.reading import Recording
from hub.search.entry import About
from matrix.boards.pair import Evidence
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.trace import Opcode, Side
from tui.reading.selection import Wanted, select
from tui.reading.verdicts import Verdicts

ABOUT = About(1, "CS-1", "acme", "1.6", "Alder")


@dataclass
class Exchange:
    """What the judge says about the apple and the pear."""

    session: int = 1
    call_frame: int = 2
    answer_frame: int | None = 3
    row: str = "Fruit"
    outcome: Outcome | None = Outcome.DEVIATED
    side: Side = Side.STATION
    evidence: Evidence | None = None


def verdicts() -> Verdicts:
    judged = Verdicts()
    judged.note_exchange(Exchange())
    judged.note_finding(Finding("RPC-05", Severity.WARNING, Side.CSMS, 1, 3, "Fruit", "", "it is not ripe"), 0)
    return judged


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
        (Wanted(text="type:ping or pie"), [4, 5]),
        (Wanted(text="not apple", control=False), [3]),
        (Wanted(text="ripe"), [3]),
        (Wanted(text="ripe", control=False), [3]),
        (Wanted(text="rule:RPC-05 severity:warning"), [3]),
        (Wanted(text="vendor:alder identity=cs-1 apple"), [2, 5]),
        (Wanted(text="latency>5ms action:Fruit"), [3]),
        (Wanted(text="outcome:deviated"), [2, 3]),
    ],
)
def test_a_filter_lets_through_what_it_says(recording: Recording, wanted: Wanted, ids: list[int]) -> None:
    with recording:
        selected = select(recording, ABOUT, wanted, verdicts())

        assert [*selected.ids] == ids
        assert selected.newest == 5


def test_only_what_is_newer_is_looked_at_the_next_time(recording: Recording) -> None:
    with recording:
        assert [*select(recording, ABOUT, Wanted(), Verdicts(), after=4).ids] == [5]
        assert select(recording, ABOUT, Wanted(), Verdicts(), after=5).newest == 5


def test_a_search_finds_no_secret_unless_secrets_are_shown(tmp_path: Path) -> None:
    said = '> [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    path = record(tmp_path / "secret.recording", draw(said, '> [2,"b","Heartbeat",{"x":"hunter2"}]'))

    with Recording.open(path) as recording:
        hidden = select(recording, ABOUT, Wanted("hunter"), Verdicts())
        named = select(recording, ABOUT, Wanted("authorizationkey"), Verdicts())
        shown = select(recording, ABOUT, Wanted("hunter", with_secrets=True), Verdicts())

    assert [*hidden.ids] == [3]
    assert [*named.ids] == [2]
    assert [*shown.ids] == [2, 3]

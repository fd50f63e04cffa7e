"""What is left to test of an event: never met, then broken, then least tested."""

from pathlib import Path
from typing import Any

from drawing import Pen
from event_texts import a_csms, a_participant, a_station, event_text

from hub.events.coverage import Meeting, coverage
from hub.events.event import EventFile
from hub.events.file import parse_event
from matrix.boards.pair import BoardView
from matrix.judge import Judge
from matrix.trace import Opened, Session, Traffic

EVENT = event_text(
    a_participant("volta"),
    a_csms("lotus", "volta"),
    a_csms("deep", "volta", versions=["1.6", "2.0.1"]),
    a_station("one", "volta", "V1", "V2"),
)
BEAT = ['> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"$NOW"}]']
OCPP_16: Any = {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
REFUSED = ['> [2,"a","Heartbeat",{}]', '< [4,"a","InternalError","",{}]']


def event(text: str = EVENT) -> EventFile:
    return parse_event(text, Path("event.toml"))


def judged(traffic: list[Traffic]) -> tuple[list[Session], BoardView]:
    judge = Judge()
    for item in traffic:
        judge.feed(item)
    return [item.session for item in traffic if isinstance(item, Opened)], judge.board.view()


def test_what_never_met_comes_first() -> None:
    sessions, view = judged(Pen().session(BEAT, identity="V1", csms="lotus", **OCPP_16))

    never, met = coverage(event(), sessions, view)

    assert never == Meeting("one", "deep", "1.6", sessions=0, tested=0, exist=41, wrong=0)
    assert (met.csms, met.sessions, met.tested, met.wrong) == ("lotus", 1, 3, 0)


def test_what_broke_comes_before_what_works() -> None:
    pen = Pen()
    sessions, view = judged(
        [
            *pen.session(BEAT, identity="V1", csms="deep", **OCPP_16),
            *pen.session(REFUSED, identity="V1", csms="lotus", **OCPP_16),
        ]
    )

    found = coverage(event(), sessions, view)

    assert [(each.csms, each.wrong) for each in found] == [("lotus", 1), ("deep", 0)]


def test_identities_of_one_product_count_together() -> None:
    pen = Pen()
    sessions, view = judged(
        [
            *pen.session(BEAT, identity="V1", csms="lotus", **OCPP_16),
            *pen.session(BEAT, identity="V2", csms="lotus", **OCPP_16),
        ]
    )

    found = coverage(event(), sessions, view)

    assert [each.sessions for each in found if each.csms == "lotus"] == [2]


def test_stations_that_are_not_in_the_event_are_left_out() -> None:
    sessions, view = judged(Pen().session(BEAT, identity="stranger", csms="lotus", **OCPP_16))

    found = coverage(event(), sessions, view)

    assert [each.tested for each in found] == [0, 0]


def test_each_version_in_common_is_a_meeting_of_its_own() -> None:
    both = event(EVENT.replace('versions = ["1.6"]\nidentities', 'versions = ["1.6", "2.0.1"]\nidentities'))

    found = coverage(both, [], BoardView((), 0, 0, 0))

    assert [(each.csms, each.version) for each in found] == [("lotus", "1.6"), ("deep", "1.6"), ("deep", "2.0.1")]

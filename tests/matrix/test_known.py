"""What is known so far: whose it is, and from when on it is certain."""

from dataclasses import dataclass

from drawing import START_NS, Pen, draw, judged

from matrix.exchange import Exchange
from matrix.judge import Judge
from matrix.known import Acquaintance, Known
from matrix.trace import Ending, Opened, Session, Side, Traffic


@dataclass
class Diary:
    pages: int = 0


def session_of(identity: str, csms: str) -> Session:
    opened = Pen().session([], identity=identity, csms=csms)[0]
    assert isinstance(opened, Opened)
    return opened.session


def known_after(*traffic: list[Traffic]) -> Known:
    exchanges: list[Exchange] = []
    judge = Judge(on_exchange=exchanges.append)
    for item in (item for items in traffic for item in items):
        judge.feed(item)
    return exchanges[-1].conversation.known


def test_story_is_of_a_station_at_a_csms_and_life_of_the_station_everywhere() -> None:
    acquaintance = Acquaintance()
    here, there = acquaintance.of(session_of("A", "acme")), acquaintance.of(session_of("A", "volt"))
    other = acquaintance.of(session_of("B", "acme"))

    here.story(Diary).pages = 1
    here.life(Diary).pages = 2

    assert (here.story(Diary).pages, there.story(Diary).pages, other.story(Diary).pages) == (1, 0, 0)
    assert (there.life(Diary).pages, other.life(Diary).pages) == (2, 0)


def test_what_was_before_the_recording_is_in_doubt_and_what_came_since_is_not() -> None:
    known = known_after(draw('> [2,"h","Heartbeat",{}]'))

    assert not known.has_all_since(START_NS - 1)
    assert known.has_all_since(START_NS)
    assert not known.has_all_since(None)


def test_frame_that_was_not_recorded_puts_in_doubt_what_was_known_before_it() -> None:
    known = known_after(draw("< unread not recorded: disk full", '> [2,"h","Heartbeat",{}]'))

    assert not known.has_all_since(START_NS + 10_000_000)
    assert known.has_all_since(START_NS + 20_000_000)


def test_text_that_nobody_can_read_may_have_been_understood_by_its_receiver() -> None:
    known = known_after(draw('< [2,"x","Reset"', '> [2,"h","Heartbeat",{}]'))

    assert not known.has_all_since(START_NS + 10_000_000)


def test_station_that_was_cut_off_by_the_hub_may_have_done_anything_since() -> None:
    pen = Pen()
    before = pen.session(['> [2,"h","Heartbeat",{}]', "+10s"], ending=Ending.HUB, closed_by=None)
    known = known_after(before, pen.session(['> [2,"i","Heartbeat",{}]']))

    assert not known.has_all_since(START_NS + 1_000_000_000)


def test_ids_are_remembered_across_sessions() -> None:
    known = known_after(draw('> [2,"h","Heartbeat",{}]'))

    assert known.ids[Side.STATION].used("h") is not None
    assert known.ids[Side.CSMS].used("h") is None


def test_station_that_was_never_heard_has_no_findings() -> None:
    assert judged(draw()).findings == []

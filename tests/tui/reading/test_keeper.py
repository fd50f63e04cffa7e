"""What was known at a moment is what somebody knows who has judged the recording until there, and no more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from drawing import drawn_lines
from goldens import SESSIONS, drawings
from hypothesis import given, settings
from hypothesis import strategies as st
from plugfest_floor import ACCEPTED, NUMBER, Floor
from random_sessions import SECOND_NS, SLOW, numbered, sessions

from matrix.boards.hindsight import Hindsight
from matrix.policy import AS_WRITTEN
from matrix.trace import Disturbed, Frame, Traffic, mark_of
from tui.reading.keeper import Keeper
from tui.reading.verdicts import Verdicts


def kept(traffic: Sequence[Traffic], silences: Sequence[int] = (0,)) -> Keeper:
    """Judge traffic as a live viewer does, who now and then presumes that so much time has passed."""
    keeper = Keeper(Verdicts(), AS_WRITTEN)
    for number, item in enumerate(traffic):
        keeper.feed(item)
        if silences[number % len(silences)]:
            keeper.presume(keeper.judge.now + silences[number % len(silences)] * SECOND_NS)
    judge = keeper.judge
    keeper.verdicts.hearing.hear(judge.findings, judge.reactions, judge.board.view())
    return keeper


def known(keeper: Keeper, traffic: Sequence[Traffic]) -> list[Any]:
    """Return everything that a screen can ask about some traffic."""
    verdicts, found = keeper.verdicts, list[Any]()
    for session in sorted({_session(item) for item in traffic}):
        of = verdicts.of(session)
        frames = [item.id for item in traffic if isinstance(item, Frame) and item.session == session]
        about = [(of.joined(each), of.findings(each), of.withheld(each), of.next_found(each)) for each in frames]
        actions = sorted({joined.action for joined, *_ in about if joined})
        found += [of.session, of.handshake, of.disturbances, [*of.found_frames], about, [*map(of.last_call, actions)]]
    tallies = [(tally.key, tally.session_ids, [*map(tally.__getitem__, range(len(tally)))]) for tally in _all(verdicts)]
    return [*found, tallies, verdicts.tallies.count]


def _all(verdicts: Verdicts) -> list[Any]:
    return sorted(verdicts.tallies.all(), key=lambda tally: str(tally.key))


def _session(item: Traffic) -> int:
    return item.session if isinstance(item, Frame | Disturbed) else item.session.id


def test_the_moments_are_those_of_the_traffic() -> None:
    floor = Floor()
    floor.meet("Alpha One", "p", NUMBER, ACCEPTED)

    line = kept(floor.traffic).verdicts.chronicle.timeline

    assert [line.mark(moment) for moment in range(1, len(line) + 1)] == [mark_of(item) for item in floor.traffic]


@settings(SLOW, max_examples=40)
@given(
    traffic=sessions(),
    silences=st.lists(st.sampled_from([0, 0, 31, 400]), min_size=1, max_size=5),
    share=st.floats(0, 1),
)
def test_verdicts_at_any_moment_are_those_of_the_recording_cut_there(
    traffic: list[Traffic], silences: list[int], share: float
) -> None:
    traffic = numbered(traffic)
    cut = traffic[: 1 + int(share * (len(traffic) - 1))]
    keeper = kept(traffic, silences)

    keeper.verdicts.vantage.move(mark_of(cut[-1]), keeper.judge.now)

    assert known(keeper, cut) == known(kept(cut), cut)


@pytest.mark.parametrize("drawing", drawings(), ids=lambda path: str(path.relative_to(SESSIONS)))
def test_verdicts_on_a_drawing_can_be_gone_through(drawing: Path) -> None:
    traffic = drawn_lines(drawing.read_text(encoding="utf-8").splitlines())
    keeper = kept(traffic, (0, 31))

    for moment in range(len(traffic), 0, -5):
        cut = traffic[:moment]
        keeper.verdicts.vantage.move(mark_of(cut[-1]), keeper.judge.now)
        assert known(keeper, cut) == known(kept(cut), cut)


def test_now_has_everything_again_the_presumed_included() -> None:
    floor = Floor()
    floor.meet("Alpha One", "p", NUMBER, ACCEPTED)
    keeper = kept(floor.traffic[:-1], (31,))
    before = known(keeper, floor.traffic)

    keeper.verdicts.vantage.move(mark_of(floor.traffic[3]), keeper.judge.now)
    keeper.verdicts.vantage.move()

    assert known(keeper, floor.traffic) == before


def test_what_the_others_say_is_recalled_as_it_was() -> None:
    floor = Floor()
    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "p", NUMBER, ACCEPTED)
    keeper = kept(floor.traffic, (31, 0))
    verdicts, hindsight = keeper.verdicts, Hindsight(keeper.verdicts.chronicle)
    finding = next(each for each in keeper.judge.findings if each.rule == "RPC-19")
    ends = [sum(map(len, floor.sessions[: number + 1])) for number in range(3)]

    said = []
    for moment in (*ends, *reversed(ends)):
        mark = verdicts.chronicle.timeline.mark(moment)
        verdicts.vantage.move(mark, 0)
        unheard = verdicts.hearing.about(finding)
        verdicts.hearing.recall(hindsight.view(moment), mark)
        said.append((unheard, verdicts.hearing.about(finding), len(verdicts.hearing.errata())))

    one = ((), 0)
    two = (("the only other station that exchanged StatusNotification does it too",), 0)
    three = (("2 of 2 other stations do it too",), 1)
    assert [(about, errata) for _, about, errata in said] == [one, two, three, three, two, one]

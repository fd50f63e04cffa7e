from drawing import judged
from plugfest_floor import ACCEPTED, NUMBER, Floor

from matrix.judge import Judge
from tui.reading.hearing import Hearing


def test_nothing_is_said_before_a_board_was_shown() -> None:
    floor = Floor()
    floor.meet("Alpha One", "p", NUMBER, ACCEPTED)

    finding = judged(floor.traffic).findings[0]

    assert Hearing().about(finding) == ()
    assert Hearing().errata() == ()


def test_what_is_said_follows_the_recording_as_it_grows() -> None:
    floor, judge, hearing = Floor(), Judge(), Hearing()
    said = []

    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "p", NUMBER, ACCEPTED)
        for item in floor.sessions[-1]:
            judge.feed(item)
        hearing.hear(judge.findings, judge.reactions, judge.board.view())
        first = next(each for each in judge.findings if each.rule == "RPC-19")
        said.append((hearing.about(first), len(hearing.errata())))

    assert said == [
        ((), 0),
        (("the only other station that exchanged StatusNotification does it too",), 0),
        (("2 of 2 other stations do it too",), 1),
    ]

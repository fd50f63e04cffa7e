"""What the matrix says about a deviation, and that it says nothing where there is nobody to compare with."""

import pytest
from drawing import judged
from plugfest_floor import ACCEPTED, BROKEN, GOOD, NUMBER, REFUSED, Floor

from matrix.blaming.deviations import Deviations
from matrix.blaming.witness import Share, Witness, Witnesses
from matrix.boards.pair import BoardView
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.report import deviations_of


@pytest.fixture
def floor() -> Floor:
    return Floor()


def said(floor: Floor, rule: str, session: int) -> Witness:
    """Return what the matrix says about the first finding of a rule in a session."""
    judge = judged(floor.traffic)
    finding = next(each for each in judge.findings if (each.rule, each.session) == (rule, session))
    witness = Witnesses(deviations_of(judge), judge.board.view()).of(finding)
    assert witness is not None
    return witness


def test_others_that_were_sent_the_same_are_counted_by_how_they_took_it(floor: Floor) -> None:
    floor.meet("A One", "strict", NUMBER, REFUSED)
    for csms in ("p", "q", "r", "s"):
        floor.meet("A One", csms, NUMBER, ACCEPTED)
    floor.meet("A One", "t", NUMBER, REFUSED)

    witness = said(floor, "RPC-19", 1)

    assert (witness.accepted, witness.refused) == (Share(4, 5), Share(1, 5))
    assert witness.sentences == (
        "4 of 5 other CSMSes accepted a message with this same deviation, 1 refused it",
        "this station does it with every CSMS that it exchanged StatusNotification with (6 of 6)",
    )


def test_products_are_counted_and_not_sessions(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    for _ in range(3):
        floor.meet("A One", "q", NUMBER, ACCEPTED)
        floor.meet("A One", "q", NUMBER, ACCEPTED, identity="another unit")

    witness = said(floor, "RPC-19", 1)

    assert (witness.accepted, witness.done) == (Share(1, 1), Share(2, 2))
    assert witness.sentences[0] == "the only other CSMS that was sent a message with this same deviation accepted it"


def test_a_product_that_both_accepted_and_refused_did_neither(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("A One", "q", NUMBER, ACCEPTED)
    floor.meet("A One", "q", NUMBER, REFUSED)

    witness = said(floor, "RPC-19", 1)

    assert (witness.accepted, witness.refused) == (Share(0, 1), Share(0, 1))
    assert witness.sentences[0].endswith("did not always accept it")


def test_who_did_both_is_told_beside_those_that_did_one(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, REFUSED)
    floor.meet("A One", "q", NUMBER, ACCEPTED)
    floor.meet("B Two", "q", NUMBER, REFUSED)
    floor.meet("A One", "r", NUMBER, REFUSED)

    sentence = said(floor, "RPC-19", 1).sentences[0]

    assert sentence == (
        "none of 2 other CSMSes always accepted a message with this same deviation, 1 refused it, 1 did both"
    )


def test_who_answered_a_boot_has_not_accepted_that_nothing_followed_it(floor: Floor) -> None:
    for csms in ("p", "q"):
        floor.meet("A One", csms, GOOD, ACCEPTED, "+61s", GOOD, ACCEPTED)

    witness = said(floor, "BT-07", 1)

    assert witness.accepted == Share()
    assert witness.sentences == (
        "this station does it with every CSMS that it exchanged BootNotification with (2 of 2)",
    )


def test_where_only_one_pair_shows_it_the_matrix_says_so(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("A One", "q", GOOD, ACCEPTED)
    floor.meet("A One", "r", GOOD, ACCEPTED)
    floor.meet("B Two", "p", GOOD, ACCEPTED)

    witness = said(floor, "RPC-19", 1)
    (sentence,) = witness.sentences

    assert witness.is_only_pair
    assert sentence.startswith("only this pair: not seen between this station and the 2 other CSMSes that it exchanged")


def test_a_deviation_between_the_only_two_products_has_no_witness(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)

    witness = said(floor, "RPC-19", 1)

    assert not witness.is_only_pair
    assert witness.sentences == ()


def test_a_csms_that_never_exchanged_the_action_is_no_witness(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("A One", "q")

    assert said(floor, "RPC-19", 1).done == Share(1, 1)


def test_other_stations_that_do_it_too_are_counted_among_those_that_exchanged_the_action(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("B Two", "p", NUMBER, ACCEPTED)
    floor.meet("C Three", "q", GOOD, ACCEPTED)
    floor.meet("D Four", "q")

    witness = said(floor, "RPC-19", 1)

    assert witness.peers == Share(1, 2)
    assert witness.sentences == ("1 of 2 other stations does it too",)


def test_what_is_sent_in_another_version_is_not_compared(floor: Floor) -> None:
    late = '> [2,"m","StatusNotification",{"timestamp":1,"connectorStatus":"Available","evseId":1,"connectorId":1}]'
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("A One", "q", late, ACCEPTED, version="2.0.1")

    assert said(floor, "RPC-19", 1).done == Share(1, 1)


def test_a_call_that_one_turns_down_is_set_against_those_that_answer_it(floor: Floor) -> None:
    floor.meet("A One", "p", GOOD, REFUSED)
    floor.meet("A One", "q", GOOD, ACCEPTED)
    floor.meet("A One", "r", GOOD, ACCEPTED)
    floor.meet("A One", "s", GOOD, BROKEN)
    floor.meet("B Two", "t", GOOD, ACCEPTED)

    witness = said(floor, "RPC-20", 1)

    assert witness.elsewhere == Share(2, 3)
    assert witness.sentences == ("2 of 3 other CSMSes answered StatusNotification of this station by a CALLRESULT",)


def test_who_let_an_invalid_call_pass_is_not_compared_with_those_that_were_never_sent_one(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("B Two", "p", GOOD, ACCEPTED)

    assert said(floor, "RPC-20", 1).sentences == ()


def test_a_status_that_refuses_is_no_acceptance_and_other_statuses_say_neither(floor: Floor) -> None:
    ask = '< [2,"m","ChangeAvailability",{"connectorId":"1","type":"Operative"}]'
    for station, status in (("A One", "Accepted"), ("B Two", "Rejected"), ("C Three", "Scheduled"), ("D Four", "Odd")):
        floor.meet(station, "p", ask, f'> [3,"m",{{"status":"{status}"}}]')

    witness = said(floor, "RPC-19", 1)

    assert (witness.accepted, witness.refused) == (Share(1, 2), Share(1, 2))
    assert witness.sentences[0] == "1 of 2 other stations accepted a message with this same deviation, 1 refused it"


def test_a_station_without_a_name_is_counted_by_its_identity(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("", "p", NUMBER, ACCEPTED, identity="CS-77")
    floor.meet("", "p", GOOD, ACCEPTED, identity="CS-78")

    assert said(floor, "RPC-19", 1).peers == Share(1, 2)


def test_what_is_only_worth_knowing_has_no_witness(floor: Floor) -> None:
    floor.meet("A One", "p", GOOD, ACCEPTED, GOOD, ACCEPTED)
    judge = judged(floor.traffic)

    retry = next(each for each in judge.findings if each.severity is Severity.INFO)

    assert Witnesses(deviations_of(judge), judge.board.view()).of(retry) is None


def test_a_finding_whose_session_is_of_no_pair_has_no_witness(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    judge = judged(floor.traffic)

    assert Witnesses(Deviations(), BoardView((), 0, 0, 0)).of(judge.findings[0]) is None


def outcomes(judge: Judge) -> list[tuple[str, str, str]]:
    return [(pair.station.label, row.action, row.outcome) for pair in judge.board.view().pairs for row in pair.rows]


def test_no_outcome_and_no_finding_depends_on_what_other_pairs_do(floor: Floor) -> None:
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    alone = judged(floor.traffic)
    for csms in ("q", "r", "s"):
        floor.meet("B Two", csms, NUMBER, ACCEPTED)
        floor.meet("C Three", csms, NUMBER, REFUSED)
    among_others = judged(floor.traffic)
    witnesses = Witnesses(deviations_of(among_others), among_others.board.view())

    said_of = [witnesses.of(each) for each in among_others.findings]

    assert all(said_of)
    assert outcomes(alone) == [each for each in outcomes(among_others) if each[0] == "A One"]
    assert alone.findings == [each for each in among_others.findings if each.session == 1]


def test_the_matrix_says_the_same_live_and_later(floor: Floor) -> None:
    for csms, answer in (("p", ACCEPTED), ("q", REFUSED), ("r", ACCEPTED)):
        floor.meet("A One", csms, NUMBER, answer)
    live, index = Judge(), Deviations()
    for item in floor.traffic:
        live.feed(item)
        index.catch_up(live.findings, live.reactions)
    later = judged(floor.traffic)

    def told(deviations: Deviations, judge: Judge) -> list[tuple[Finding, Witness | None]]:
        witnesses = Witnesses(deviations, judge.board.view())
        return [(each, witnesses.of(each)) for each in judge.findings]

    assert told(index, live) == told(deviations_of(later), later)

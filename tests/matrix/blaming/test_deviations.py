import pytest
from drawing import judged, read_drawing
from goldens import SESSIONS
from plugfest_floor import ACCEPTED, GOOD, NUMBER, REFUSED, Floor

from matrix.blaming.deviations import Deviations, deviation_of
from matrix.blaming.reactions import Taken
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.report import deviations_of
from matrix.trace import Side, mark_of


def finding(text: str, pointer: str = "", *, rule: str = "RPC-19", severity: Severity = Severity.VIOLATION) -> Finding:
    return Finding(rule, severity, Side.STATION, 1, 7, "MeterValues", pointer, text)


def test_places_in_arrays_and_values_do_not_make_a_deviation_another_one() -> None:
    first = finding('value is the string "12", 5 are allowed', "/meterValue/0/sampledValue/12/value")
    second = finding('value is the string "a", 5 are allowed', "/meterValue/3/sampledValue/0/value")

    assert deviation_of(first) == deviation_of(second)


@pytest.mark.parametrize(
    "other",
    [
        finding("the payload lacks the required field model", "/a"),
        finding("the payload lacks the required field vendor", "/b"),
        finding("the payload lacks the required field vendor", "/a", rule="RPC-16"),
    ],
)
def test_another_field_place_or_rule_is_another_deviation(other: Finding) -> None:
    assert deviation_of(finding("the payload lacks the required field vendor", "/a")) != deviation_of(other)


def test_a_key_that_is_a_number_in_part_is_not_taken_for_a_place_in_an_array() -> None:
    deviation = deviation_of(finding("x", "/phase1/0/2L"))

    assert deviation is not None
    assert deviation.pointer == "/phase1/*/2L"


def test_what_nobody_is_blamed_for_is_no_deviation() -> None:
    assert deviation_of(finding("x", severity=Severity.INFO)) is None


def test_a_deviation_is_counted_by_session_with_how_it_was_taken() -> None:
    floor = Floor()
    floor.meet("A One", "p", NUMBER, ACCEPTED, NUMBER.replace('"m"', '"n"'), REFUSED.replace('"m"', '"n"'))
    deviations = deviations_of(judged(floor.traffic))

    (deviation, *_) = [each for each in deviations.all() if each.rule == "RPC-19"]
    ((session, seen),) = deviations.sessions(deviation)

    assert (session, seen.first.session) == (1, 1)
    assert seen.taken == {Taken.ACCEPTED, Taken.ERROR}


def test_a_late_answer_counts_as_well_as_the_silence_before_it() -> None:
    floor = Floor()
    floor.meet("A One", "p", NUMBER, "+31s", '> [2,"h","Heartbeat",{}]', ACCEPTED)
    deviations = deviations_of(judged(floor.traffic))

    seen = {each.rule: deviations.sessions(each)[0][1] for each in deviations.all()}

    assert seen["RPC-19"].taken == {Taken.SILENCE, Taken.ACCEPTED}
    assert seen["RPC-11"].given >= {Taken.SILENCE}


@pytest.mark.parametrize("drawing", ["clean/16-charging-session", "clean/201-charging-session"])
def test_well_behaved_traffic_leaves_nothing_to_index(drawing: str) -> None:
    judge = judged(read_drawing(SESSIONS / f"{drawing}.session"))
    deviations = Deviations()

    deviations.catch_up(judge.findings, judge.reactions)

    assert (len(deviations), judge.reactions) == (0, [])


def test_what_became_of_a_well_behaved_call_is_not_kept_beside_a_deviation() -> None:
    floor = Floor()
    floor.meet("A One", "p", *(line for n in range(50) for line in (GOOD, ACCEPTED)), NUMBER, ACCEPTED)

    judge = judged(floor.traffic)

    assert len(judge.reactions) <= 2


def test_index_as_of_a_mark_is_that_of_what_had_come_by_then() -> None:
    floor = Floor()
    floor.meet("A One", "p", NUMBER, ACCEPTED)
    floor.meet("B Two", "q", NUMBER, "+31s", '> [2,"h","Heartbeat",{}]', ACCEPTED)
    judge, index = Judge(), Deviations()
    marks: tuple[list[int], list[int]] = ([], [])
    then = []
    for item in floor.traffic:
        judge.feed(item)
        marks[0].extend([mark_of(item)] * (len(judge.findings) - len(marks[0])))
        marks[1].extend([mark_of(item)] * (len(judge.reactions) - len(marks[1])))
        then.append((mark_of(item), known(deviations_of(judge))))

    index.catch_up(judge.findings, judge.reactions, *marks)

    assert [(mark, known(index.as_of(mark))) for mark, _ in then] == then
    assert then[0][1] != then[-1][1]


def known(index: Deviations) -> list[object]:
    return [
        (each, session, seen.first, seen.taken, seen.given)
        for each in index.all()
        for session, seen in index.sessions(each)
    ]

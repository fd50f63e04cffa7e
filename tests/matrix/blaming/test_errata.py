"""Deviations that independent vendors share: who counts as one vendor, and what is asked."""

import pytest
from drawing import judged
from plugfest_floor import ACCEPTED, GOOD, NUMBER, Floor

from matrix.blaming.errata import Candidate, candidates, independent
from matrix.report import deviations_of


@pytest.fixture
def floor() -> Floor:
    return Floor()


def questions(floor: Floor) -> tuple[Candidate, ...]:
    judge = judged(floor.traffic)
    return candidates(deviations_of(judge), judge.board.view())


def test_what_three_vendors_do_is_a_question_with_a_frame_of_each(floor: Floor) -> None:
    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "p", NUMBER, ACCEPTED)
    floor.meet("Delta Four", "p", GOOD, ACCEPTED)

    (candidate, *_) = questions(floor)

    assert (candidate.deviation.rule, candidate.deviation.pointer, candidate.generation) == (
        "RPC-19", "/connectorId", "1.6"
    )  # fmt: skip
    assert candidate.vendors == 3
    assert candidate.question.startswith("stations of 3 vendors do otherwise: is it meant that “The payload fits")
    assert "§" in candidate.clause
    assert [(each.vendor, each.products, each.session) for each in candidate.sightings] == [
        ("Alpha", ("One",), 1), ("Beta", ("Two",), 2), ("Gamma", ("Three",), 3)
    ]  # fmt: skip
    frames = [each.frame for each in candidate.sightings]
    assert len({*frames}) == 3
    assert None not in frames


def test_three_models_of_one_vendor_are_no_question(floor: Floor) -> None:
    for product in ("Alpha One", "ALPHA Two", "alpha Three", "Beta Four"):
        floor.meet(product, "p", NUMBER, ACCEPTED)

    assert questions(floor) == ()


def test_many_sessions_and_stations_of_two_vendors_are_no_question(floor: Floor) -> None:
    for number in range(4):
        floor.meet("Alpha One", "p", NUMBER, ACCEPTED, identity=f"A{number}")
        floor.meet("Beta Two", "q", NUMBER, ACCEPTED, identity=f"B{number}")

    assert questions(floor) == ()


def test_a_station_that_never_said_who_made_it_counts_for_no_vendor(floor: Floor) -> None:
    floor.meet("Alpha One", "p", NUMBER, ACCEPTED)
    floor.meet("Beta Two", "p", NUMBER, ACCEPTED)
    floor.meet("", "p", NUMBER, ACCEPTED, identity="CS-77")

    assert questions(floor) == ()


def test_vendors_that_send_other_wrong_fields_share_nothing(floor: Floor) -> None:
    for product, field in (("Alpha One", "errorCode"), ("Beta Two", "status"), ("Gamma Three", "connectorId")):
        fields = {
            "connectorId": '"connectorId":1',
            "errorCode": '"errorCode":"NoError"',
            "status": '"status":"Faulted"',
        }
        payload = ",".join(text for name, text in fields.items() if name != field)
        floor.meet(product, "p", f'> [2,"m","StatusNotification",{{{payload}}}]', ACCEPTED)

    assert [each.deviation.rule for each in questions(floor)] == []


def test_what_breaks_a_rule_in_two_generations_of_the_standard_is_not_added_up(floor: Floor) -> None:
    late = '> [2,"m","Heartbeat",{"x":1}]'
    floor.meet("Alpha One", "p", late, ACCEPTED)
    floor.meet("Beta Two", "p", late, ACCEPTED)
    floor.meet("Gamma Three", "p", late, ACCEPTED, version="2.0.1")

    assert questions(floor) == ()


def test_csmses_are_asked_about_by_their_names_in_the_hub(floor: Floor) -> None:
    for csms in ("p", "q", "r"):
        floor.meet("Alpha One", csms, '> [2,"h","Heartbeat",{}]', '< [3,"h",{}]')

    (candidate, *_) = questions(floor)

    assert [each.vendor for each in candidate.sightings] == ["p", "q", "r"]
    assert candidate.question.startswith("CSMSes of 3 vendors")


@pytest.mark.parametrize(
    ("products", "vendors"),
    [
        ([("A", "1"), ("B", "2"), ("C", "3")], 3),
        ([("A", "1"), ("a ", "2"), ("Ａ", "3")], 1),  # noqa: RUF001 - full width, on purpose
        ([("A", "Box"), ("B", "box"), ("C", "3")], 2),
        ([("A", "1"), ("B", "2"), ("C", "1"), ("C", "2")], 1),
        ([("A", ""), ("B", "")], 2),
        ([], 0),
    ],
)
def test_vendors_with_the_same_product_are_one(products: list[tuple[str, str]], vendors: int) -> None:
    assert independent(products) == vendors

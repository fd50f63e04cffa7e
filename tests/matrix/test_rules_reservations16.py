"""TX16-07, RV16 and LL16: one session that keeps the rule and one that breaks it, each; what may end a reservation."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from drawing import codes, draw, judged
from rule_cases import Case
from said16 import ask, boot, exchange, report, start

from matrix.judge import Judge
from matrix.trace import Side


def reserve(reservation_id: int, status: str = "Accepted", **more: Any) -> list[str]:
    asked = {"reservationId": reservation_id, "connectorId": 1, "idTag": "A1B2C3", "expiryDate": "$NOW+1h"}
    return exchange("<", "ReserveNow", asked | more, {"status": status})


def cancel(reservation_id: int, status: str = "Accepted") -> list[str]:
    return ask("CancelReservation", status, reservationId=reservation_id)


def local_list(version: int) -> list[str]:
    return ask("SendLocalList", listVersion=version, updateType="Full")


RESERVED: Final = [*reserve(5), *report(1, "Reserved"), "+1m"]
TWO_HOURS_AHEAD: Final = exchange(">", "Heartbeat", {}, {"currentTime": "$NOW+2h"})
KEPT: Final = draw(
    *RESERVED, *cancel(5), *cancel(5, "Rejected"), *report(1, "Available"), *RESERVED, *start(7, reservationId=5)
)

CASES: Final = {
    "TX16-07": Case(draw(*RESERVED, *start(7)), KEPT, by=Side.STATION),
    "RV16-01": Case(draw(*reserve(5), *cancel(5), *cancel(5)), KEPT, by=Side.STATION),
    "LL16-01": Case(draw(*local_list(0)), draw(*local_list(1)), by=Side.CSMS),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [finding.severity for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize(
    "lines",
    [
        [*RESERVED, *start(7, tag="OTHER1")],
        [*RESERVED, *start(7, connector=2)],
        [*RESERVED, *report(1, "Available"), *start(7)],
        [*RESERVED, *report(1, "Faulted"), *start(7)],
        [*RESERVED, *boot(), *start(7)],
        [*RESERVED, "+2h", *start(7)],
        [*RESERVED, *start(7, timestamp="2026-11-01T09:00:00Z")],
        [*RESERVED, *cancel(5), *start(7)],
        [*reserve(5), *start(7)],
        [*RESERVED, "< unread too long", *start(7)],
    ],
)
def test_reservation_that_may_have_ended_need_not_be_named(lines: Sequence[str]) -> None:
    assert "TX16-07" not in codes(judged(draw(*lines)))


def test_reservation_0_that_nobody_made_is_an_info() -> None:
    assert found(judged(draw(*start(7, reservationId=0))), "TX16-07") == ["info"]


def test_reservation_that_holds_is_cancelled_and_replaced() -> None:
    assert found(judged(draw(*RESERVED, *cancel(5, "Rejected"))), "RV16-01") == ["violation"]
    assert found(judged(draw(*RESERVED, *reserve(5, "Occupied"))), "RV16-01") == ["violation"]


def test_reservation_from_before_the_recording_may_be_cancelled() -> None:
    assert codes(judged(draw(*cancel(5)))) == []


@pytest.mark.parametrize(("version", "expected"), [(0, 1), (-1, 1), (1, 0), (-2, 0)])
def test_versions_0_and_minus_1_mean_something_else(version: int, expected: int) -> None:
    assert len(found(judged(draw(*local_list(version))), "LL16-01")) == expected


@pytest.mark.parametrize("wrong", [None, "x", 1.5, True, [], {}])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    lines = [
        *reserve(5, idTag=wrong, expiryDate=wrong, connectorId=wrong),
        *ask("CancelReservation", reservationId=wrong),
    ]

    assert judged(draw(*RESERVED, *lines, *start(7, reservationId=wrong, connectorId=wrong))).crashes == []


@pytest.mark.parametrize(
    "lines",
    [
        [*RESERVED, *reserve(5, "Occupied", connectorId=2)],
        [*RESERVED, *report(1, "Preparing"), *reserve(5, "Occupied")],
        [*TWO_HOURS_AHEAD, *RESERVED, *cancel(5, "Rejected")],
    ],
)
def test_another_connector_a_plug_or_another_time_is_a_reason(lines: Sequence[str]) -> None:
    assert "RV16-01" not in codes(judged(draw(*lines)))


def test_reservation_that_has_expired_by_the_stations_clock_need_not_be_named() -> None:
    assert "TX16-07" not in codes(judged(draw(*RESERVED, *start(7, timestamp="$NOW+2h"))))

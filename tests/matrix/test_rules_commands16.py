"""TR16, RS16 and AV16: one session that keeps the rule and one that breaks it, each; who is waited for, and who not."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case
from said16 import ask, beat, boot, exchange, meter, report, start, stop

from matrix.judge import Judge
from matrix.trace import Ending, Side, Traffic


def trigger(wish: str, *between: str, status: str = "Accepted", **more: Any) -> list[str]:
    return ask("TriggerMessage", status, between, requestedMessage=wish, **more)


def firmware(status: str) -> list[str]:
    return exchange(">", "FirmwareStatusNotification", {"status": status}, {})


def reset(how: str = "Soft") -> list[str]:
    return ask("Reset", type=how)


def available(wish: str, status: str = "Accepted", connector: int = 1) -> list[str]:
    return ask("ChangeAvailability", status, connectorId=connector, type=wish)


def two(first: Sequence[str], second: Sequence[str]) -> list[Traffic]:
    """Draw two sessions, one after the other; the first is dropped."""
    pen = Pen()
    dropped = pen.session(first, offered=("ocpp1.6",), chosen="ocpp1.6", ending=Ending.DROPPED)
    return dropped + pen.session(second, offered=("ocpp1.6",), chosen="ocpp1.6")


LATER: Final = ["+29s", *report(0, "Available"), "+2s", *beat()]
KEPT: Final = draw(
    *trigger("FirmwareStatusNotification"), *firmware("Idle"), *trigger("StatusNotification"), *report(0, "Available"),
    *report(1, "Available"), *trigger("BootNotification"), *boot(), *LATER,
)  # fmt: skip
RUNNING: Final = [*boot(), *report(1, "Available"), *start(7), "+1m"]
SCHEDULED: Final = [*report(1, "Charging"), *available("Inoperative", "Scheduled")]
WAITED: Final = ["+59s", *beat(), "+2s", *beat()]
REBOOTED: Final = [*boot(), "+4m", *beat(), "+2m", *beat()]

CASES: Final = {
    "TR16-01": Case(draw(*trigger("FirmwareStatusNotification", *firmware("Idle"))), KEPT, by=Side.STATION),
    "TR16-02": Case(draw(*trigger("MeterValues"), *LATER), KEPT, by=Side.STATION),
    "TR16-03": Case(draw(*boot(), *trigger("BootNotification", status="Rejected")), KEPT, by=Side.CSMS),
    "RS16-01": Case(draw(*reset(), "+299s", *beat(), "+2s", *beat()), two(reset(), REBOOTED), by=Side.STATION),
    "AV16-01": Case(
        draw(*RUNNING, *available("Inoperative"), "+3s", *beat()),
        draw(*RUNNING, *available("Inoperative", "Scheduled"), "+3s", *beat(), *stop(7), *report(1, "Unavailable")),
        by=Side.STATION,
    ),
    "AV16-02": Case(
        draw(*RUNNING, *SCHEDULED, *stop(7), *report(1, "Available"), *report(1, "Unavailable")),
        draw(*RUNNING, *SCHEDULED, *stop(7), *report(1, "Finishing"), *report(1, "Unavailable")),
        by=Side.STATION,
    ),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [finding.severity for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", ["TR16-01", "TR16-02", "TR16-03", "RS16-01", "AV16-01"])
def test_commands_that_are_followed_break_no_rule(rule: str) -> None:
    assert rule not in codes(judged(KEPT))


def test_meter_values_with_their_context_show_that_they_were_triggered() -> None:
    judge = judged(draw(*trigger("MeterValues", *meter(None, context="Trigger")), *LATER))

    assert found(judge, "TR16-01") == ["violation"]


def test_heartbeat_that_crossed_its_trigger_is_a_warning_only_where_none_follows() -> None:
    crossed = trigger("Heartbeat", *beat())
    judge = judged(draw(*crossed, "+20s", *report(0, "Available"), "+11s", *report(0, "Available")))

    assert found(judge, "TR16-01") == ["warning"]
    assert found(judged(draw(*crossed, *beat(), "+31s", *beat())), "TR16-01") == []


def test_statuses_of_all_connectors_are_asked_for() -> None:
    named = [*report(0, "Available"), *report(1, "Available"), *report(2, "Available"), "+1m"]
    judge = judged(draw(*named, *trigger("StatusNotification"), *report(0, "Available"), "+31s", *beat()))

    assert [each.text for each in judge.findings if each.rule == "TR16-02"] == [
        "accepted, and no StatusNotification came within 30 s for connector 1, 2"
    ]


def test_status_of_one_connector_is_enough_where_one_was_asked_for() -> None:
    named = [*report(0, "Available"), *report(1, "Available"), "+1m"]
    judge = judged(
        draw(*named, *trigger("StatusNotification", connectorId=1), *report(1, "Available"), "+31s", *beat())
    )

    assert "TR16-02" not in codes(judge)


def test_trigger_that_is_rejected_or_whose_station_is_silent_or_gone_is_let_be() -> None:
    gone = two(trigger("MeterValues"), ["+1m", *beat()])

    assert "TR16-02" not in codes(judged(draw(*trigger("MeterValues", status="Rejected"), *LATER)))
    assert "TR16-02" not in codes(judged(draw(*trigger("MeterValues"), "+31s", *beat())))
    assert "TR16-02" not in codes(judged(gone))


def test_station_that_waits_for_an_answer_cannot_send_more() -> None:
    waiting = exchange(">", "Heartbeat", {}, None)
    judge = judged(draw(*trigger("MeterValues"), *waiting, "+31s", *report(0, "Available")))

    assert "TR16-02" not in codes(judge)


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_boot_that_was_not_accepted_may_be_triggered(status: str) -> None:
    judge = judged(draw(*boot(status), *trigger("BootNotification"), *boot()))

    assert "TR16-03" not in codes(judge)


def test_boot_may_be_triggered_after_a_reconnect() -> None:
    judge = judged(two(boot(), [*trigger("BootNotification"), *boot()]))

    assert "TR16-03" not in codes(judge)


def test_station_that_boots_elsewhere_has_booted() -> None:
    pen = Pen()
    here = pen.session([*reset(), "+1m"], offered=("ocpp1.6",), chosen="ocpp1.6", ending=Ending.DROPPED)
    there = pen.session([*boot(), "+4m", *beat(), "+2m", *beat()], csms="other", offered=("ocpp1.6",), chosen="ocpp1.6")

    assert "RS16-01" not in codes(judged(here, there))


def test_station_that_never_comes_back_is_not_accused() -> None:
    pen = Pen()
    reset_one = pen.session(reset(), offered=("ocpp1.6",), chosen="ocpp1.6", ending=Ending.DROPPED)
    other = pen.session(["+10m", *beat()], identity="CS002", offered=("ocpp1.6",), chosen="ocpp1.6")

    assert "RS16-01" not in codes(judged(reset_one, other))


@pytest.mark.parametrize(("how", "expected"), [("Soft", ["violation"]), ("Hard", ["info"])])
def test_transaction_is_stopped_by_the_reset(how: str, expected: list[str]) -> None:
    stopped = [*boot(), *stop(7, reason="SoftReset"), "+4m", *beat(), "+2m", *beat()]

    assert found(judged(two([*RUNNING, *reset(how)], REBOOTED)), "RS16-01") == expected
    assert found(judged(two([*RUNNING, *reset(how)], stopped)), "RS16-01") == []


def test_availability_waits_for_no_transaction_of_another_connector_or_an_earlier_session() -> None:
    other = [*RUNNING, *available("Inoperative", connector=2), "+3s", *beat()]

    assert "AV16-01" not in codes(judged(draw(*other)))
    assert "AV16-01" not in codes(judged(two(RUNNING, [*available("Inoperative"), "+3s", *beat()])))


def test_transaction_that_ends_while_the_request_is_under_way_is_let_be() -> None:
    judge = judged(draw(*RUNNING, *available("Inoperative"), "+1s", *stop(7), "+3s", *beat()))

    assert "AV16-01" not in codes(judge)


def test_change_of_availability_is_told() -> None:
    idle = [*report(1, "Available"), *available("Inoperative")]

    assert found(judged(draw(*idle, *WAITED)), "AV16-01") == ["violation"]
    assert found(judged(draw(*idle, *report(1, "Unavailable"), *WAITED)), "AV16-01") == []


def test_connector_that_is_in_the_state_already_has_nothing_to_tell() -> None:
    assert "AV16-01" not in codes(judged(draw(*report(1, "Available"), *available("Operative"), *WAITED)))
    assert "AV16-01" not in codes(judged(draw(*report(1, "Unavailable"), *available("Inoperative"), *WAITED)))
    assert "AV16-01" not in codes(judged(draw(*available("Inoperative"), *WAITED)))


@pytest.mark.parametrize("wrong", [None, "x", 1, True, [], {}])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    asked = dict.fromkeys(("connectorId", "type", "requestedMessage"), wrong)
    lines = [line for action in ("TriggerMessage", "Reset", "ChangeAvailability") for line in ask(action, **asked)]
    values = exchange(">", "MeterValues", {"meterValue": [{"sampledValue": wrong}, wrong]}, {})

    assert judged(draw(*lines, *values, *boot(**asked), "+4m", *beat(), "+2m", *beat())).crashes == []


OVER: Final = [*stop(7), *report(1, "Available")]


@pytest.mark.parametrize(
    "lines",
    [
        [*RUNNING, *SCHEDULED, *available("Operative"), *OVER],
        [*RUNNING, *SCHEDULED, *stop(7), *report(1, "Unavailable"), *available("Operative"), *report(1, "Available")],
        [*RUNNING, *SCHEDULED, *stop(7), *report(1, "Unavailable"), *report(1, "Available")],
        [*RUNNING, *available("Inoperative", "Scheduled", connector=2), *OVER],
        [*RUNNING, *SCHEDULED, "< unread it was too long", *OVER],
        [*SCHEDULED, *report(1, "Available")],
        [*RUNNING, *SCHEDULED, *stop(7), *boot(), *report(1, "Available")],
    ],
)
def test_connector_that_is_not_known_to_be_scheduled_may_be_available(lines: list[str]) -> None:
    assert "AV16-02" not in codes(judged(draw(*lines)))


def test_connector_that_is_available_too_early_is_reported_once() -> None:
    lines = [*RUNNING, *SCHEDULED, *OVER, *report(1, "Available")]

    assert codes(judged(draw(*lines))).count("AV16-02") == 1


def test_message_that_an_earlier_trigger_asked_for_is_not_too_early_for_the_next() -> None:
    judge = judged(
        draw(
            *trigger("FirmwareStatusNotification"), *trigger("FirmwareStatusNotification", *firmware("Idle")),
            *firmware("Idle"),
        )
    )  # fmt: skip

    assert "TR16-01" not in codes(judge)


@pytest.mark.parametrize(
    ("before", "wish", "expected"),
    [
        ("Faulted", "Inoperative", []),
        ("Unavailable", "Operative", ["warning"]),
        ("Available", "Inoperative", ["violation"]),
    ],
)
def test_change_need_not_show_where_something_else_keeps_the_connector_out(
    before: str, wish: str, expected: list[str]
) -> None:
    judge = judged(draw(*report(1, before), *available(wish), *WAITED))

    assert found(judge, "AV16-01") == expected


def test_stop_may_wait_behind_an_answer_that_is_due() -> None:
    waits = exchange(">", "DataTransfer", {"vendorId": "x"}, {"status": "Accepted"}, ["+3s", "< ping", *stop(7)])
    judge = judged(draw(*RUNNING, *available("Inoperative"), *waits))

    assert "AV16-01" not in codes(judge)


def test_station_that_is_cut_off_without_anybody_noticing_is_not_accused() -> None:
    judge = judged(draw(*reset(), "+1s", *beat(), "+9m", "< ping", "+9m", "< ping", ending=Ending.DROPPED))

    assert "RS16-01" not in codes(judge)


def test_triggered_message_that_is_sent_again_is_not_what_the_next_trigger_asks_for() -> None:
    sampled = meter(None, at="2026-11-01T10:00:00Z", context="Trigger")
    again = [line.replace('"m', '"again') for line in sampled]
    lines = [*trigger("MeterValues"), *sampled, "+2m", *trigger("MeterValues", *again), *meter(None, context="Trigger")]

    assert found(judged(draw(*lines, "+31s", *beat())), "TR16-01") == []


def test_transaction_that_a_change_waits_for_may_be_another_one_in_the_queue_of_a_station_that_waits() -> None:
    waiting, answer = exchange(">", "DataTransfer", {"vendorId": "x"}, {"status": "Accepted"})
    scheduled = [*report(1, "Charging"), waiting, *available("Inoperative", "Scheduled"), answer]
    lines = [*RUNNING, *scheduled, *stop(7), *report(1, "Available")]

    assert "AV16-02" not in codes(judged(draw(*lines)))

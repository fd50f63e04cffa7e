"""ST16: one session that keeps the rule and one that breaks it, each; clocks, reconnects and what is left out."""

from typing import Any, Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case
from said16 import beat, boot, report, start, stop, told

from matrix.judge import Judge
from matrix.rules.status16 import MAY_FOLLOW
from matrix.trace import Side

KEPT: Final = draw(
    *boot(), *report(0, "Available"), *report(1, "Available"), *report(2, "Available"), *report(1, "Preparing"),
    *start(7), *report(1, "Charging", timestamp="$NOW"), "+61s", *beat(), *stop(7),
    *report(1, "Finishing", timestamp="$NOW", errorCode="EVCommunicationError"), *report(1, "Available"),
)  # fmt: skip

CASES: Final = {
    "ST16-01": Case(draw(*report(0, "Charging")), KEPT, by=Side.STATION),
    "ST16-02": Case(draw(*report(1, "Available"), *report(1, "Finishing")), KEPT, by=Side.STATION),
    "ST16-03": Case(draw(*report(1, "Faulted", errorCode="EVCommunicationError")), KEPT, by=Side.STATION),
    "ST16-04": Case(draw(*told(NumberOfConnectors="2!"), *report(3, "Available")), KEPT, by=Side.STATION),
    "ST16-05": Case(
        draw(*report(1, "Charging", timestamp="$NOW"), *report(1, "Finishing", timestamp="$NOW-60s")),
        KEPT,
        by=Side.STATION,
    ),
    "ST16-06": Case(
        draw(
            *report(1, "Preparing"), *start(7), *stop(7), *report(1, "Available"), *report(1, "Charging"),
            "+50s", *beat(), "+11s", *beat(),
        ),
        KEPT,
        by=Side.STATION,
    ),
}  # fmt: skip


def found(judge: Judge, rule: str) -> list[str]:
    return [finding.severity for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_statuses_of_a_whole_session_break_no_rule(rule: str) -> None:
    assert rule not in codes(judged(KEPT))


def test_table_of_changes_is_that_of_the_standard() -> None:
    assert sum(map(len, MAY_FOLLOW.values())) == 53
    assert "Finishing" in MAY_FOLLOW["Preparing"]
    assert "Finishing" not in MAY_FOLLOW["Available"]


@pytest.mark.parametrize("status", ["Available", "Unavailable", "Faulted", "Occupied", None, 7])
def test_connector_0_may_be_what_a_station_is_and_schemas_judge_the_rest(status: Any) -> None:
    judge = judged(draw(*report(0, status)))

    assert "ST16-01" not in codes(judge)


def test_first_status_after_a_reconnect_or_a_boot_is_free() -> None:
    pen = Pen()
    first = pen.session(report(1, "Available"), offered=("ocpp1.6",), chosen="ocpp1.6")
    second = pen.session(
        [*report(1, "Finishing"), *boot(), *report(1, "Charging")], offered=("ocpp1.6",), chosen="ocpp1.6"
    )

    assert "ST16-02" not in codes(judged(first, second))


def test_gap_may_hold_the_status_in_between() -> None:
    judge = judged(draw(*report(1, "Available"), "> unread too long", *report(1, "Finishing")))

    assert "ST16-02" not in codes(judge)


def test_gap_in_the_numbers_is_seen_a_minute_after_the_boot() -> None:
    judge = judged(draw(*boot(), *report(1, "Available"), *report(3, "Available"), "+59s", *beat(), "+10s", *beat()))

    assert found(judge, "ST16-04") == ["warning"]


def test_recording_that_begins_later_tells_nothing_of_connectors() -> None:
    judge = judged(draw(*report(3, "Available"), "+59s", *beat(), "+10s", *beat()))

    assert "ST16-04" not in codes(judge)


def test_clock_that_was_set_in_between_may_go_back_a_little() -> None:
    charging = report(1, "Charging", timestamp="$NOW")
    judge = judged(draw(*charging, *beat(), *report(1, "Finishing", timestamp="$NOW-30s")))

    assert "ST16-05" not in codes(judge)


def test_same_status_again_and_other_connectors_may_tell_of_earlier_times() -> None:
    judge = judged(
        draw(
            *report(1, "Charging", timestamp="$NOW"),
            *report(1, "Charging", timestamp="$NOW-60s"),
            *report(2, "Available", timestamp="$NOW-90s"),
        )
    )

    assert "ST16-05" not in codes(judge)


def test_station_without_any_transaction_may_charge_for_free() -> None:
    lines = [*report(1, "Available"), *report(1, "Charging"), "+59s", *beat(), "+10s", *beat()]

    assert found(judged(draw(*lines)), "ST16-06") == ["info"]


def test_transaction_from_before_the_recording_may_go_on() -> None:
    judge = judged(draw(*report(1, "SuspendedEV"), *report(1, "Charging"), "+59s", *beat(), "+10s", *beat()))

    assert "ST16-06" not in codes(judge)


def test_transaction_may_be_told_shortly_after_charging_began() -> None:
    judge = judged(draw(*report(1, "Available"), *report(1, "Charging"), "+5s", *start(7), "+59s", *beat()))

    assert "ST16-06" not in codes(judge)


@pytest.mark.parametrize("ahead", ["1h", "20s"])
def test_clock_that_was_put_right_in_between_goes_back(ahead: str) -> None:
    charging = report(1, "Charging", timestamp=f"$NOW+{ahead}")

    assert "ST16-05" not in codes(judged(draw(*charging, *report(1, "Finishing", timestamp="$NOW"))))
    assert found(judged(draw(*charging, *report(1, "Finishing", timestamp="$NOW-5s"))), "ST16-05") == ["violation"]

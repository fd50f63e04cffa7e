"""CN: sessions that keep the rule and some that break it; boots, resets and pauses excuse."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from drawing import Pen, codes, judged
from rule_cases import Case

from matrix.trace import Ending, Side, Traffic

BEAT: Final = ['> [2,"{0}","Heartbeat",{{}}]', '< [3,"{0}",{{"currentTime":"$NOW"}}]', "> close 1000"]
STATION: Final = '{{"vendorName":"Volt","model":"V2"}}'
BOOT: Final = [
    '> [2,"b{0}","BootNotification",{{"reason":"Unknown","chargingStation":' + STATION + "}}]",
    '< [3,"b{0}",{{"status":"Accepted","currentTime":"$NOW","interval":300}}]',
    *BEAT,
]
BOOT_16: Final = [
    '> [2,"1","BootNotification",{{"chargePointVendor":"Volt","chargePointModel":"V2"}}]',
    '< [3,"1",{{"status":"Accepted","currentTime":"$NOW","interval":300}}]',
]
RESET: Final = ['< [2,"r{0}","Reset",{{"type":"OnIdle"}}]', '> [3,"r{0}",{{"status":"Accepted"}}]', "> close 1000"]


def sessions(
    lines: Sequence[str], count: int, *, version: str = "2.0.1", pause_ms: int = 5_000, **fields: Any
) -> list[Traffic]:
    """Draw the same session so many times, with a pause after each; {0} is its number."""
    pen, traffic = Pen(), list[Traffic]()
    protocol = f"ocpp{version}"
    for number in range(count):
        drawn = [line.format(number) for line in lines]
        traffic += pen.session(drawn, **{"offered": (protocol,), "chosen": protocol} | fields)
        pen._at += pause_ms * 1_000_000
    return traffic


def refused(count: int, pause_ms: int) -> list[Traffic]:
    return sessions([], count, pause_ms=pause_ms, status=503)


def gone(count: int, lines: Sequence[str] = BEAT[:-1], **fields: Any) -> list[Traffic]:
    return sessions(lines, count, **{"ending": Ending.RESET} | fields)


ONCE: Final = sessions(BEAT, 1)

CASES: Final = {
    "CN-01": Case(sessions(BEAT, 3), ONCE, by=Side.STATION),
    "CN-02": Case(refused(4, 300), refused(4, 2_000), by=Side.STATION),
    "CN-03": Case(sessions(BOOT_16, 3, version="1.6"), sessions(BOOT_16, 2, version="1.6"), by=Side.STATION),
    "CN-04": Case(gone(3), gone(2), by=Side.STATION),
}


@pytest.mark.parametrize(
    "traffic",
    [
        sessions(BEAT, 2),
        sessions(BOOT, 3),
        sessions(RESET, 3),
        sessions(BEAT, 3, closed_by=Side.CSMS),
        sessions([*BEAT[:-1], "> close 1001"], 3),
        sessions([BEAT[0], "> close 1000"], 3),
        sessions(BEAT, 3, pause_ms=660_000),
    ],
)
def test_close_with_a_reason_or_a_long_pause_is_let_be(traffic: list[Traffic]) -> None:
    assert "CN-01" not in codes(judged(traffic))


def test_habit_of_closing_is_reported_once() -> None:
    assert codes(judged(sessions(BEAT, 7))).count("CN-01") == 1


def test_attempts_that_succeed_are_no_storm() -> None:
    assert "CN-02" not in codes(judged(sessions(BEAT, 5, pause_ms=1)))


def test_boots_of_2x_tell_whether_the_station_has_rebooted() -> None:
    powered = [line.replace("Unknown", "PowerUp") for line in BOOT]

    assert codes(judged(sessions(BOOT, 3))) == ["CN-03"]
    assert codes(judged(sessions(powered, 3))) == []


def test_boot_whose_content_has_changed_is_right() -> None:
    changing = [line.replace("V2", "V{0}") for line in BOOT_16]

    assert "CN-03" not in codes(judged(sessions(changing, 4, version="1.6")))


def test_boots_again_and_again_in_one_session_are_one() -> None:
    pending = [line.replace("Accepted", "Pending") for line in BOOT_16]

    assert "CN-03" not in codes(judged(sessions(pending * 4, 1, version="1.6")))


@pytest.mark.parametrize(
    "traffic",
    [
        gone(3, closed_by=Side.CSMS),
        gone(3, ending=Ending.HUB, closed_by=None),
        gone(3, [*BEAT[:-1], "+2s"]),
        gone(3, BEAT[:1]),
        gone(3, RESET[:-1] + BEAT[:-1]),
    ],
)
def test_connection_that_may_have_ended_for_another_reason_is_let_be(traffic: list[Traffic]) -> None:
    assert "CN-04" not in codes(judged(traffic))


def test_answer_after_which_the_station_stayed_ends_the_row() -> None:
    stays_in_between = [[*BEAT[:-1]], [*BEAT[:-1], "+1m"], [*BEAT[:-1]], [*BEAT[:-1]]]
    pen, traffic = Pen(), list[Traffic]()
    for number, lines in enumerate(stays_in_between):
        drawn = [line.format(number) for line in lines]
        traffic += pen.session(drawn, offered=("ocpp1.6",), chosen="ocpp1.6", ending=Ending.DROPPED)

    assert "CN-04" not in codes(judged(traffic))


def test_habit_of_breaking_off_is_reported_once() -> None:
    assert codes(judged(gone(7, version="1.6"))).count("CN-04") == 1


def test_station_that_says_again_what_it_was_answered_did_not_close_an_idle_connection() -> None:
    said = '> [2,"{0}","StatusNotification",{{"timestamp":"2026-11-01T10:00:00Z","connectorStatus":"Available",'
    again = [said + '"evseId":1,"connectorId":1}}]', '< [3,"{0}",{{}}]', "+30s", "> close 1000"]

    assert "CN-01" not in codes(judged(sessions(again, 5)))

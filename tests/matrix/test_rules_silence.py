"""What holds a station up: an answer that it waits for, as long as it may, and no longer."""

from typing import Final

import pytest
from drawing import judged
from transactions20 import BEAT, UPDATED, asked, call, event, on_2x, result, told

TRIGGER: Final = asked("TriggerMessage", requestedMessage="LogStatusNotification")
SILENT: Final = ("+10s", "> ping", "+30s", "> ping", "+15s", "> ping", "+3s", "> ping")
DATA: Final = call(">", "d", "DataTransfer", vendorId="x")
FOUND: Final = [("TR20-01", "violation", "station")]


def findings(*lines: str) -> list[tuple[str, str, str]]:
    return told(judged(on_2x(*lines)), "TR20")


@pytest.mark.parametrize(
    ("unanswered", "waited", "found"),
    [
        ((DATA,), "+4m", []),
        ((DATA,), "+6m", FOUND),
        ((DATA, "+4m", DATA), "+6m", []),
        ((UPDATED[0],), "+50m", []),
        ((UPDATED[0],), "+70m", FOUND),
        ((DATA, "+30s", *BEAT), "+1s", FOUND),
        ((UPDATED[0], "+30s", *BEAT), "+1s", []),
    ],
)
def test_station_that_gets_no_answer_is_held_up_as_long_as_it_may_wait_for_one(
    unanswered: tuple[str, ...], waited: str, found: list[tuple[str, str, str]]
) -> None:
    assert findings(*unanswered, waited, *TRIGGER, *SILENT) == found


def test_message_about_a_transaction_holds_up_until_the_next_one_is_answered() -> None:
    later = [line.replace("t1-1", "t1-2").replace('"seqNo": 1', '"seqNo": 2') for line in UPDATED]

    assert findings(UPDATED[0], "+60s", *later, *TRIGGER, *SILENT) == FOUND
    assert findings(UPDATED[0], "+60s", later[0], *TRIGGER, *SILENT) == []


def test_station_that_asks_in_vain_whether_it_may_begin_is_held_up_for_good() -> None:
    boot = call(">", "b2", "BootNotification", reason="PowerUp", chargingStation={"vendorName": "V", "model": "M"})

    assert findings(boot, "+3h", *TRIGGER, *SILENT) == []


def test_station_that_says_again_what_it_was_answered_has_waited_for_that_answer() -> None:
    said = event("Updated", 1, timestamp="2026-11-01T10:00:10Z")
    retries = [line for n in range(4) for line in ("+25s", *(each.replace("t1-1", f"t1-{n}") for each in said))]
    log = call(">", "l", "LogStatusNotification", status="Idle")

    assert findings(*TRIGGER, *retries, "+9s", log, result("<", "l")) == []
    assert findings(*TRIGGER, *retries, "+2m", "> ping", "+20s", log, result("<", "l")) == []
    assert findings(*TRIGGER, *retries, "+9s", "> close 1000") == []
    assert findings(*TRIGGER, *retries, "+6m", "> ping", "+3s", "> ping") == FOUND


def test_station_that_speaks_as_soon_as_it_is_answered_has_had_no_rest() -> None:
    slow = [line for n in range(3) for line in (call(">", f"d{n}", "DataTransfer", vendorId=f"x{n}"), "+45s",
            result("<", f"d{n}", status="Accepted"), "+1s")]  # fmt: skip
    log = call(">", "l", "LogStatusNotification", status="Idle")

    assert findings(*TRIGGER, *slow, log, result("<", "l")) == []
    assert findings(*TRIGGER, *slow, "+5s", "> ping", "+15s", "> ping") == FOUND

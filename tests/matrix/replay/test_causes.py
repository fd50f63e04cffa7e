"""Which CALLs of the other side a step of the replayed one needs."""

from typing import Any

from matrix.replay.causes import Causes
from matrix.replay.fields import Id, ids_in
from matrix.schemas import Part
from matrix.trace import Side
from matrix.wire import Call, CallResult

ACCEPTED = CallResult("1", {"status": "Accepted"})


def asked(action: str, **payload: Any) -> Call:
    return Call("1", action, payload)


def needs(causes: Causes, action: str, **payload: Any) -> tuple[int, ...]:
    call = asked(action, **payload)
    return causes.needs(call, causes.names(call, ids_in(payload, "1.6", action, Part.REQUEST)))


def test_what_was_ordered_is_caused_once() -> None:
    causes = Causes(Side.STATION, "1.6")
    causes.note(0, asked("TriggerMessage", requestedMessage="Heartbeat"), ACCEPTED, [])

    assert needs(causes, "Heartbeat") == (0,)
    assert needs(causes, "Heartbeat") == ()


def test_order_that_was_rejected_causes_nothing() -> None:
    causes = Causes(Side.STATION, "1.6")
    causes.note(0, asked("Reset", type="Hard"), CallResult("1", {"status": "Rejected"}), [])

    assert causes.end_needs() == ()


def test_id_is_needed_from_who_brought_it_up() -> None:
    causes = Causes(Side.CSMS, "1.6")
    causes.note(3, asked("StartTransaction"), CallResult("1", {"transactionId": 17}), [])

    assert needs(causes, "RemoteStopTransaction", transactionId=17) == (3,)
    assert needs(causes, "RemoteStopTransaction", transactionId=18) == ()


def test_what_follows_without_an_id_names_what_it_follows() -> None:
    causes = Causes(Side.STATION, "1.6")
    causes.note(2, asked("UpdateFirmware"), CallResult("1", {}), [])

    assert causes.names(asked("FirmwareStatusNotification"), []) == (Id("UpdateFirmware", ""),)
    assert needs(causes, "FirmwareStatusNotification", status="Downloading") == (2,)


def test_csms_says_nothing_before_the_boot() -> None:
    causes = Causes(Side.CSMS, "1.6")
    causes.note(0, asked("BootNotification"), ACCEPTED, [])

    assert needs(causes, "GetConfiguration") == (0,)
    assert needs(causes, "ClearCache") == (0,)

"""A CSMS of PyPI's `ocpp-csms` on a free port of loopback, until its standard input ends.

Prints {"port": ...} when it listens. What it answers is the package's own; it asks a station what the package can ask.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ocpp.v16 import call
from ocpp_csms import (
    AvailabilityType,
    CentralSystem,
    ChargePoint,
    ChargePointEvent,
    CsmsError,
    MessageTrigger,
    MeterValuesEvent,
    ResetType,
    StatusEvent,
)

REMOTE_DRIVER: Final = "C0FFEE02"
PROFILE: Final = {
    "charging_profile_id": 1, "stack_level": 0, "charging_profile_purpose": "TxDefaultProfile",
    "charging_profile_kind": "Relative",
    "charging_schedule": {
        "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 21.4}],
    },
}  # fmt: skip

Question = Callable[[ChargePoint], Awaitable[Any]]


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed() -> list[dict[str, Any]]:
    return [{"id_tag": "C0FFEE01", "id_tag_info": {"status": "Accepted"}}]


QUESTIONS: Final[tuple[Question, ...]] = (
    lambda station: station.async_get_configuration(["HeartbeatInterval", "NoSuchKey"]),
    lambda station: station.async_change_configuration("HeartbeatInterval", "300"),
    lambda station: station.async_trigger_message(MessageTrigger.STATUS_NOTIFICATION, 1),
    lambda station: station.async_change_availability(1, AvailabilityType.OPERATIVE),
    lambda station: station.async_data_transfer("example.csms", "greeting", "hello"),
    lambda station: station.async_call(call.ClearCache()),
    lambda station: station.async_call(call.GetLocalListVersion()),
    lambda station: station.async_call(
        call.SendLocalList(list_version=1, update_type="Full", local_authorization_list=listed())
    ),
    lambda station: station.async_call(call.SetChargingProfile(connector_id=1, cs_charging_profiles=PROFILE)),
    lambda station: station.async_call(call.GetCompositeSchedule(connector_id=1, duration=3600)),
    lambda station: station.async_call(call.ClearChargingProfile(id=1)),
    lambda station: station.async_call(
        call.ReserveNow(connector_id=1, expiry_date=in_an_hour(), id_tag=REMOTE_DRIVER, reservation_id=1)
    ),
    lambda station: station.async_call(call.CancelReservation(reservation_id=1)),
    lambda station: station.async_unlock_connector(1),
    lambda station: station.async_call(call.GetDiagnostics(location="ftp://files.example/diagnostics/")),
    lambda station: station.async_call(
        call.UpdateFirmware(location="ftp://files.example/firmware.bin", retrieve_date=in_an_hour())
    ),
    lambda station: station.async_remote_start_transaction(REMOTE_DRIVER, 1),
)


class Conversation:
    """What is asked of one station, from its first StatusNotification on."""

    def __init__(self, station: ChargePoint) -> None:
        self.remote: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._station = station

    def hear(self, event: ChargePointEvent) -> None:
        """Learn the remotely started transaction from the first reading of its meter."""
        if isinstance(event, MeterValuesEvent) and event.transaction_id is not None and not self.remote.done():
            transaction = self._station.transactions.get(event.transaction_id)
            if transaction is not None and transaction.id_tag == REMOTE_DRIVER:
                self.remote.set_result(event.transaction_id)

    async def hold(self) -> None:
        for question in QUESTIONS:
            with contextlib.suppress(CsmsError):  # refused: the hub has seen it
                await question(self._station)
        await self._station.async_remote_stop_transaction(await self.remote)
        await self._station.async_reset(ResetType.SOFT)


@contextlib.asynccontextmanager
async def csms() -> AsyncIterator[CentralSystem]:
    """Run a CSMS that converses with every station that comes."""
    conversations: dict[str, Conversation] = {}
    async with asyncio.TaskGroup() as group, CentralSystem(host="127.0.0.1", port=0) as central_system:

        def hear(event: ChargePointEvent) -> None:
            identity = event.charge_point_id
            if isinstance(event, StatusEvent) and identity not in conversations:
                conversations[identity] = Conversation(central_system.charge_points[identity])
                tasks.append(group.create_task(conversations[identity].hold()))
            if identity in conversations:
                conversations[identity].hear(event)

        tasks: list[asyncio.Task[None]] = []
        central_system.add_listener(hear)
        yield central_system
        for task in tasks:
            task.cancel()


async def main() -> None:
    async with csms() as central_system:
        print(json.dumps({"port": central_system.port}), flush=True)  # noqa: T201 - that is how it answers
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

"""The simulator of npm's `ocpp-ws-cli` with the CSMS of `ocpp-rpc`: it deviates, and is accused of that and no more.

docs/implementations.md explains each of these violations.
"""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from drawing import judged
from peers import node_packages, simulator

from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.dialect import V16, V21, V201
from matrix.finding import Severity
from matrix.trace import Side

Accusation = tuple[Side, str, str]
"""Who, by which rule, in which action."""

DEVIATES_16: Final = {
    (Side.STATION, "CF16-02", "ChangeConfiguration"),
    (Side.STATION, "RPC-19", "GetDiagnostics"),
    (Side.STATION, "RPC-19", "UpdateFirmware"),
}
DEVIATES_2X: Final = {
    (Side.STATION, "RPC-19", "BootNotification"),
    (Side.STATION, "RPC-19", "GetLocalListVersion"),
    (Side.STATION, "TX20-02", "TransactionEvent"),
    (Side.STATION, "TX20-11", "TransactionEvent"),
    (Side.STATION, "RV20-01", "CancelReservation"),
    (Side.STATION, "FW20-01", "FirmwareStatusNotification"),
}
DEVIATES: Final = {V16: DEVIATES_16, V201: DEVIATES_2X, V21: DEVIATES_2X}
DOES_NOT_WAIT: Final = "RPC-10"
"""It does not wait for the answer to one CALL before it sends another; whether that happens is a matter of time."""


@pytest.mark.usefixtures("npm")
async def test_simulator_is_accused_of_what_it_does_and_no_more(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for version in DEVIATES:
            group.create_task(charge(version, tmp_path))

    found = {version: accusations(tmp_path / f"{version}.recording") for version in DEVIATES}

    assert found == DEVIATES


async def charge(version: str, directory: Path) -> None:
    """Run one session of the simulator through a hub, and record it."""
    path = directory / f"{version}.recording"
    async with (
        node_packages.csms("ocpp-rpc", version) as url,
        Hub(HubSettings(recording=path, csmses={"csms": url}, port=0)) as hub,
    ):
        await simulator.charge(f"{hub.url}/csms", version, directory)


def accusations(path: Path) -> set[Accusation]:
    with Recording.open(path) as recording:
        judge = judged(recording.all_traffic())
    return {
        (finding.side, finding.rule, finding.action)
        for finding in judge.findings
        if finding.severity is Severity.VIOLATION and finding.rule != DOES_NOT_WAIT
    }

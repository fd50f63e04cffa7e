"""Two packages that others have written, as station and as CSMS, through the hub: what is correct is judged clean."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from drawing import judged
from peers import ocpp_package, ocpp_rpc_package

from hub.recording import Recording
from hub.server import Hub, HubSettings
from matrix.board import CONNECT, FRAMING, Pair
from matrix.dialect import V16, V21, V201
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.outcome import Outcome

RECORDING: Final = "interop.recording"

RunCsms = Callable[[str], AbstractAsyncContextManager[str]]

EXPECTED_16: Final = frozenset({
    CONNECT, FRAMING, "BootNotification", "StatusNotification", "Heartbeat", "Authorize", "StartTransaction",
    "MeterValues", "StopTransaction", "DataTransfer", "FirmwareStatusNotification", "DiagnosticsStatusNotification",
    "SecurityEventNotification", "GetConfiguration", "ChangeConfiguration", "TriggerMessage", "ChangeAvailability",
    "ClearCache", "GetLocalListVersion", "SendLocalList", "SetChargingProfile", "GetCompositeSchedule",
    "ClearChargingProfile", "ReserveNow", "CancelReservation", "UnlockConnector", "GetDiagnostics", "UpdateFirmware",
    "RemoteStartTransaction", "RemoteStopTransaction", "Reset",
})  # fmt: skip
EXPECTED_2X: Final = frozenset({
    CONNECT, FRAMING, "BootNotification", "StatusNotification", "Heartbeat", "Authorize", "TransactionEvent",
    "MeterValues", "NotifyReport", "DataTransfer", "FirmwareStatusNotification", "LogStatusNotification",
    "SecurityEventNotification", "GetVariables", "SetVariables", "GetBaseReport", "TriggerMessage",
    "ChangeAvailability", "ClearCache", "GetLocalListVersion", "SendLocalList", "SetChargingProfile",
    "GetCompositeSchedule", "ClearChargingProfile", "ReserveNow", "CancelReservation", "UnlockConnector", "GetLog",
    "UpdateFirmware", "RequestStartTransaction", "GetTransactionStatus", "RequestStopTransaction", "Reset",
})  # fmt: skip

every_version = pytest.mark.parametrize("version", [V16, V201, V21])


@pytest.fixture(scope="session")
def node() -> None:
    """Install npm's ocpp-rpc; skip, and say why, where that cannot be done."""
    if (reason := ocpp_rpc_package.install()) is not None:
        pytest.skip(reason)


@every_version
async def test_ocpp_station_and_ocpp_csms_have_no_violation(version: str, tmp_path: Path) -> None:
    async with hub_before(ocpp_package.csms, version, tmp_path) as endpoint:
        await ocpp_package.charge(endpoint, version)

    assert_clean(tmp_path, version)


@every_version
@pytest.mark.usefixtures("node")
async def test_ocpp_rpc_station_and_ocpp_rpc_csms_have_no_violation(version: str, tmp_path: Path) -> None:
    async with hub_before(ocpp_rpc_package.csms, version, tmp_path) as endpoint:
        await ocpp_rpc_package.charge(endpoint, version)

    assert_clean(tmp_path, version)


@every_version
@pytest.mark.usefixtures("node")
async def test_ocpp_station_and_ocpp_rpc_csms_have_no_violation(version: str, tmp_path: Path) -> None:
    async with hub_before(ocpp_rpc_package.csms, version, tmp_path) as endpoint:
        await ocpp_package.charge(endpoint, version)

    assert_clean(tmp_path, version)


@every_version
@pytest.mark.usefixtures("node")
async def test_ocpp_rpc_station_and_ocpp_csms_have_no_violation(version: str, tmp_path: Path) -> None:
    async with hub_before(ocpp_package.csms, version, tmp_path) as endpoint:
        await ocpp_rpc_package.charge(endpoint, version)

    assert_clean(tmp_path, version)


@asynccontextmanager
async def hub_before(run_csms: RunCsms, version: str, directory: Path) -> AsyncIterator[str]:
    """Run a CSMS and a hub before it; yield the URL to which a station appends its identity."""
    async with run_csms(version) as url:
        settings = HubSettings(recording=directory / RECORDING, csmses={"csms": url}, port=0)
        async with Hub(settings) as hub:
            yield f"{hub.url}/csms"


def assert_clean(directory: Path, version: str) -> None:
    """Assert that everything was said, that it worked, and that nobody broke a rule."""
    judge = verdict_on(directory / RECORDING)
    (pair,) = judge.board.view().pairs

    assert violations(judge) == []
    assert not_worked(pair) == {}
    assert judge.crashes == []
    assert pair.version == version
    assert said(pair) == (EXPECTED_16 if version == V16 else EXPECTED_2X)


def verdict_on(path: Path) -> Judge:
    with Recording.open(path) as recording:
        return judged(recording.all_traffic())


def violations(judge: Judge) -> list[Finding]:
    return [finding for finding in judge.findings if finding.severity is Severity.VIOLATION]


def not_worked(pair: Pair) -> dict[str, Outcome]:
    fine = {Outcome.PASSED, Outcome.REMARKED, Outcome.UNTESTED}
    return {row.action: row.outcome for row in pair.rows if row.outcome not in fine}


def said(pair: Pair) -> set[str]:
    return {row.action for row in pair.rows if row.outcome is not Outcome.UNTESTED}

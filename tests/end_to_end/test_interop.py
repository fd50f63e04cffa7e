"""A plugfest of packages that others have written, through the hub: nobody is accused of what they did not do.

Every station visits every CSMS that speaks its version. docs/implementations.md says who they are, and explains each of
the violations that are expected here.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import pytest
from drawing import judged
from peers.implementations import IDENTITIES, VERSIONS, csmses, stations

from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.boards.pair import CONNECT, FRAMING, Pair
from matrix.dialect import V16, V21, V201
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Opened, Session, Side, Traffic

Accusation = tuple[Side, str, str]
"""Who, by which rule, in which action."""
PairNames = tuple[str, str, str]
"""Version, station, CSMS."""

ALL_PAIRS: Final[list[PairNames]] = [
    (version, station, csms) for version in VERSIONS for station in stations(version) for csms in csmses(version)
]
WHOLE: Final = ("ocpp-rpc", "ocpp-ws-io")
"""They speak all of what they say they speak."""

REFUSES_CELSIUS: Final = {(Side.CSMS, "TX16-06", "MeterValues")}
REFUSES_CELSIUS_BY_NAME: Final = {
    *REFUSES_CELSIUS,
    (Side.CSMS, "RPC-20", "MeterValues"),
    (Side.CSMS, "RPC-14", FRAMING),
}
REFUSES_TENTHS: Final = {(Side.STATION, "RPC-20", "SetChargingProfile"), (Side.STATION, "RPC-14", FRAMING)}
KNOWN: Final[Mapping[PairNames, Collection[Accusation]]] = {
    **{(V16, station, "ocpp-ts"): REFUSES_CELSIUS_BY_NAME for station in WHOLE},
    **{(V16, station, "ts-ocpp"): REFUSES_CELSIUS for station in WHOLE},
    **{(V16, "ocpp-ts", csms): REFUSES_TENTHS for csms in csmses(V16) if csms != "ocpp"},
}

SECURITY_EXTENSION: Final = frozenset({
    "CertificateSigned", "DeleteCertificate", "ExtendedTriggerMessage", "GetInstalledCertificateIds", "GetLog",
    "InstallCertificate", "LogStatusNotification", "SecurityEventNotification", "SignCertificate",
    "SignedFirmwareStatusNotification", "SignedUpdateFirmware",
})  # fmt: skip
LEFT_OUT: Final = {V16: frozenset[str](), V201: frozenset[str](), V21: frozenset({"NotifyPeriodicEventStream"})}
"""It is sent by SEND, which none of the packages has."""
PYTHON_16: Final = frozenset({
    CONNECT, FRAMING, "BootNotification", "StatusNotification", "Heartbeat", "Authorize", "StartTransaction",
    "MeterValues", "StopTransaction", "DataTransfer", "FirmwareStatusNotification", "DiagnosticsStatusNotification",
    "SecurityEventNotification", "GetConfiguration", "ChangeConfiguration", "TriggerMessage", "ChangeAvailability",
    "ClearCache", "GetLocalListVersion", "SendLocalList", "SetChargingProfile", "GetCompositeSchedule",
    "ClearChargingProfile", "ReserveNow", "CancelReservation", "UnlockConnector", "GetDiagnostics", "UpdateFirmware",
    "RemoteStartTransaction", "RemoteStopTransaction", "Reset",
})  # fmt: skip
PYTHON_2X: Final = frozenset({
    CONNECT, FRAMING, "BootNotification", "StatusNotification", "Heartbeat", "Authorize", "TransactionEvent",
    "MeterValues", "NotifyReport", "DataTransfer", "FirmwareStatusNotification", "LogStatusNotification",
    "SecurityEventNotification", "GetVariables", "SetVariables", "GetBaseReport", "TriggerMessage",
    "ChangeAvailability", "ClearCache", "GetLocalListVersion", "SendLocalList", "SetChargingProfile",
    "GetCompositeSchedule", "ClearChargingProfile", "ReserveNow", "CancelReservation", "UnlockConnector", "GetLog",
    "UpdateFirmware", "RequestStartTransaction", "GetTransactionStatus", "RequestStopTransaction", "Reset",
})  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What came of one plugfest."""

    traffic: list[Traffic]
    trouble: list[BaseException]

    @cached_property
    def judge(self) -> Judge:
        return judged(self.traffic)

    @cached_property
    def sessions(self) -> dict[int, Session]:
        return {item.session.id: item.session for item in self.traffic if isinstance(item, Opened)}

    def accusations(self, station: str, csms: str) -> set[Accusation]:
        """Return the violations of a station with a CSMS."""
        return {
            (finding.side, finding.rule, finding.action)
            for finding in self.judge.findings
            if finding.severity is Severity.VIOLATION and self._between(finding) == (station, csms)
        }

    def pair(self, station: str, csms: str) -> Pair:
        (pair,) = (pair for pair in self.judge.board.view().pairs if self._who(pair) == (station, csms))
        return pair

    def _between(self, finding: Finding) -> tuple[str, str]:
        session = self.sessions[finding.session]
        return IDENTITIES[session.identity], session.csms

    def _who(self, pair: Pair) -> tuple[str, str]:
        return IDENTITIES[self.sessions[pair.sessions[0]].identity], pair.csms


PlugfestOf = Callable[[str], Verdict]


@pytest.fixture(scope="session")
def plugfest(npm: None, pypi: None, tmp_path_factory: pytest.TempPathFactory) -> PlugfestOf:  # noqa: ARG001 - first
    """Hold the plugfest of a version, once."""

    @cache
    def held(version: str) -> Verdict:
        path = tmp_path_factory.mktemp("plugfest") / "plugfest.recording"
        trouble = asyncio.run(hold(version, path))
        with Recording.open(path) as recording:
            return Verdict([*recording.all_traffic()], trouble)

    return held


async def hold(version: str, path: Path) -> list[BaseException]:
    """Let every station visit every CSMS, and record it; return what went wrong with the stations."""
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(run(version)) for name, run in csmses(version).items()}
        hub = await stack.enter_async_context(Hub(HubSettings(recording=path, csmses=urls, port=0)))
        endpoints = [f"{hub.url}/{name}" for name in urls]
        tours = (tour(version, endpoints) for tour in stations(version).values())
        results = await asyncio.gather(*tours, return_exceptions=True)
    return [result for result in results if result is not None]


@pytest.mark.parametrize(("version", "station", "csms"), ALL_PAIRS)
def test_nobody_is_accused_but_of_what_is_documented(
    plugfest: PlugfestOf, version: str, station: str, csms: str
) -> None:
    verdict = plugfest(version)

    assert verdict.accusations(station, csms) == {*KNOWN.get((version, station, csms), ())}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_station_meets_every_csms_in_its_version(plugfest: PlugfestOf, version: str) -> None:
    verdict = plugfest(version)

    met = {(version, *verdict._who(pair)) for pair in verdict.judge.board.view().pairs if pair.version == version}

    assert verdict.trouble == []
    assert met == {names for names in ALL_PAIRS if names[0] == version}
    assert verdict.judge.crashes == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("station", WHOLE)
@pytest.mark.parametrize("csms", WHOLE)
def test_every_action_of_the_version_passes_between_those_who_speak_all_of_it(
    plugfest: PlugfestOf, version: str, station: str, csms: str
) -> None:
    pair = plugfest(version).pair(station, csms)

    assert untested(pair) == LEFT_OUT[version]
    assert not_worked(pair) == {}


@pytest.mark.parametrize(
    ("station", "csms"), [("ts-ocpp", "ts-ocpp"), ("ts-ocpp", "ocpp-csms"), ("ts-ocpp", "ocpp-ts")]
)
def test_every_action_of_1_6_without_its_security_extension_passes(
    plugfest: PlugfestOf, station: str, csms: str
) -> None:
    pair = plugfest(V16).pair(station, csms)

    assert untested(pair) == SECURITY_EXTENSION
    assert not_worked(pair) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_ocpp_station_and_ocpp_csms_say_what_they_can(plugfest: PlugfestOf, version: str) -> None:
    pair = plugfest(version).pair("ocpp", "ocpp")

    assert {row.action for row in pair.rows} - untested(pair) == (PYTHON_16 if version == V16 else PYTHON_2X)
    assert not_worked(pair) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_no_library_sends_an_origin(plugfest: PlugfestOf, version: str) -> None:
    sessions = plugfest(version).sessions.values()

    assert {IDENTITIES[session.identity] for session in sessions if session.header("Origin")} == set()


def not_worked(pair: Pair) -> dict[str, Outcome]:
    fine = {Outcome.PASSED, Outcome.REMARKED, Outcome.UNTESTED}
    return {row.action: row.outcome for row in pair.rows if row.outcome not in fine}


def untested(pair: Pair) -> set[str]:
    return {row.action for row in pair.rows if row.outcome is Outcome.UNTESTED}

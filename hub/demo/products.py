"""Who is at the demo's plugfest: invented vendors, each with its products' versions, gaps and faults."""

from dataclasses import dataclass
from typing import Final

from hub.demo import talk2x, talk16
from hub.demo.habits import bare_numbers, curt_errors, cut_short, long_serial_number, long_winded, microseconds
from hub.demo.wiring import Habit
from matrix.dialect import V16, V21, V201


@dataclass(frozen=True, slots=True, kw_only=True)
class StationProduct:
    """A station product. `versions` are those it offers, the one it likes best first; none: it names no subprotocol.

    From `fixed_in` on (a firmware), its habits are gone: the vendor repairs it during the event.
    """

    vendor: str
    model: str
    firmware: str
    prefix: str
    versions: tuple[str, ...]
    units: int = 1
    lacks: frozenset[str] = frozenset()
    extras: tuple[str, ...] = ()
    habits: tuple[Habit, ...] = ()
    fixed_in: str | None = None
    compresses: bool = False
    pings_every_s: float | None = None

    @property
    def by_hand(self) -> bool:
        """True where the station was written without the library, and reuses one message id for everything."""
        return not self.versions

    def identities(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{number:03}" for number in range(1, self.units + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class CsmsProduct:
    """A CSMS product. `versions` are those it accepts, the one it likes best first.

    A `lenient` one validates nothing. A `sloppy` one was written by hand: see `hub.demo.csms.sloppy`. `strangers` are
    identity prefixes that it does not know (404), `wants_password` those that it sends away with 401. A `remote` one
    cannot be dialled, and is brought to the hub through a tunnel.
    """

    name: str
    versions: tuple[str, ...]
    questions: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    lenient: bool = False
    sloppy: bool = False
    wants_subprotocol: bool = False
    strangers: tuple[str, ...] = ()
    wants_password: tuple[str, ...] = ()
    remote: bool = False

    def questions_in(self, version: str) -> tuple[str, ...]:
        """Return what it asks a station of that version, in order."""
        known = talk16.QUESTIONS if version == V16 else talk2x.QUESTIONS
        return tuple(question for question in self.questions if question in known)


STATIONS: Final = (
    StationProduct(
        vendor="Lumenpost", model="Corbel 22", firmware="3.2.0", prefix="LP-C22", versions=(V16,), units=2,
        pings_every_s=15,
    ),
    StationProduct(
        vendor="Voltarra", model="Meridian", firmware="1.9.4", prefix="VOLTARRA", versions=(V201, V16), units=2,
        extras=("SecurityEventNotification",), compresses=True,
    ),
    StationProduct(
        vendor="Kestrel Forge", model="K7", firmware="0.9.0-rc2", prefix="KF K7", versions=(V21, V201, V16),
    ),
    StationProduct(
        vendor="Merrow", model="Lantern", firmware="12.0.3+b7", prefix="merrow_0", versions=(V21, V201, V16),
        compresses=True,
    ),
    StationProduct(vendor="Brightwater", model="Pier", firmware="2024.11", prefix="BW|PIER", versions=(V201,)),
    StationProduct(
        vendor="Ostra Mobility", model="Duo", firmware="5.0.1", prefix="OSTRA", versions=(V201, V16),
        extras=("DataTransfer",), pings_every_s=20,
    ),
    StationProduct(
        vendor="Penrose", model="Curb", firmware="7.4", prefix="PR-CURB", versions=(V21, V16),
        lacks=frozenset({"SendLocalList", "GetLocalListVersion"}), extras=("FirmwareStatusNotification",),
        habits=(microseconds,),
    ),
    StationProduct(
        vendor="Oakfield", model="Homebox", firmware="2.1.0", prefix="OAK", versions=(V16,), units=2,
        habits=(bare_numbers,), fixed_in="2.1.1",
    ),
    StationProduct(
        vendor="Sable", model="S2", firmware="05.43", prefix="SABLE", versions=(V201, V16),
        lacks=frozenset({"SetChargingProfile"}), habits=(microseconds, curt_errors, cut_short),
    ),
    StationProduct(
        vendor="Fjordmark", model="Twin", firmware="1.0.7", prefix="FM-TWIN", versions=(V21, V16),
        habits=(long_winded, microseconds), compresses=True,
    ),
    StationProduct(
        vendor="Tarn Valley", model="One", firmware="0.3", prefix="TARN", versions=(), habits=(long_serial_number,),
    ),
)  # fmt: skip

CSMSES: Final = (
    CsmsProduct(
        name="amberline", versions=(V16,),
        questions=("GetConfiguration", "ChangeConfiguration", "RemoteStartTransaction", "RemoteStopTransaction"),
    ),
    CsmsProduct(
        name="northgrid", versions=(V21, V201),
        questions=("GetVariables", "GetBaseReport", "SetVariables", "RequestStartTransaction",
                   "RequestStopTransaction"),
    ),
    CsmsProduct(
        name="harbour", versions=(V21, V201, V16), remote=True, wants_subprotocol=True, settings=("HeartbeatInterval",),
        questions=("GetConfiguration", "GetVariables", "TriggerMessage", "ChangeAvailability", "GetLocalListVersion",
                   "GetCompositeSchedule", "UnlockConnector", "GetDiagnostics", "GetLog"),
    ),
    CsmsProduct(
        name="mosaic", versions=(V21, V201, V16), lenient=True, wants_password=("TARN",),
        lacks=frozenset({"DataTransfer", "FirmwareStatusNotification", "DiagnosticsStatusNotification",
                         "LogStatusNotification", "NotifyEvent", "NotifyReport", "SignCertificate"}),
        questions=("ClearCache", "SetChargingProfile", "ClearChargingProfile", "TriggerMessage"),
    ),
    CsmsProduct(
        name="quayside", versions=(V16, V201), sloppy=True, strangers=("FM-",),
        questions=("ChangeAvailability", "TriggerMessage", "UnlockConnector", "ClearCache"),
    ),
)  # fmt: skip

"""The organizer's event file: who takes part with what, who meets whom and when, and the event's rules and limits.

It is read whole: each mistake is told with its line, and a file with one is never used.
"""

import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from hub.errors import HubError
from hub.limits import DEFAULTS, LimitError, Limits, limits_of
from hub.scope import Shown, ViewingPolicy
from hub.switchboard import SwitchboardError, checked_csms
from hub.toml_lines import Lines
from hub.toml_table import Mistake, Mistakes, Table
from matrix.dialect import JUDGED
from matrix.policy import AS_WRITTEN, Policy, PolicyError, read_policy

ROUND_MINUTES: Final = 30
LARGEST_FILE: Final = 4 << 20
ANONYMOUS: Final = "anonymous"

Stamp = tuple[int, int, int]


class EventFileError(HubError):
    """An event file cannot be used; the message has a line for each mistake, `FILE:LINE: what is wrong`."""

    def __init__(self, path: Path, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        self._path = path
        super().__init__("\n".join(self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        """A line for each mistake."""
        return tuple(f"{self._path}:{each.line}: {each.text}" for each in self.mistakes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Who takes part. One that is absent is left out of every plan, and its products stay in the file."""

    key: str
    vendor: str
    contact: str = ""
    is_absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StationProduct:
    """A station product: the identities under which it connects, and the CSMS that it begins with, if any."""

    name: str
    participant: str
    versions: tuple[str, ...]
    identities: tuple[str, ...]
    csms: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsmsProduct:
    """A CSMS: where it is (None: it comes through a tunnel), how its TLS is verified, and which passwords it expects.

    `passwords` are by station identity; `name` is the one in the hub's URLs.
    """

    name: str
    participant: str
    versions: tuple[str, ...]
    url: str | None = None
    ca: Path | None = None
    server_name: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A time in which each of some pairs, (station product, CSMS), meets."""

    starts: datetime
    lasts: timedelta
    pairs: tuple[tuple[str, str], ...]

    @property
    def ends(self) -> datetime:
        return self.starts + self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """An event as its organizer has written it down: nothing in it refers to what is not there.

    `stamp` is what `stamp_of` said of the file that was read.
    """

    path: Path
    stamp: Stamp | None = None
    name: str
    participants: Mapping[str, Participant] = field(default_factory=dict)
    stations: Mapping[str, StationProduct] = field(default_factory=dict)
    csmses: Mapping[str, CsmsProduct] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    policy: Policy = field(default_factory=lambda: AS_WRITTEN)
    limits: Limits = DEFAULTS
    viewing: ViewingPolicy = field(default_factory=ViewingPolicy)

    def product_of(self, identity: str) -> StationProduct | None:
        """Return the station product that connects under an identity."""
        return next((each for each in self.stations.values() if identity in each.identities), None)

    def is_present(self, participant: str) -> bool:
        """Tell whether a participant takes part."""
        found = self.participants.get(participant)
        return found is not None and not found.is_absent


def read_event(path: Path) -> EventFile:
    """Read an event file.

    Raises:
        EventFileError: it cannot be read, or there is a mistake in it; all of them are told.
    """
    try:
        with path.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            raw = file.read(LARGEST_FILE + 1)
        text = raw.decode()
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise EventFileError(path, [Mistake(line, "this is not UTF-8, which TOML is written in")]) from exc
    except OSError as exc:
        raise EventFileError(path, [Mistake(1, f"the event file cannot be read: {exc.strerror}")]) from exc
    if len(raw) > LARGEST_FILE:
        raise EventFileError(path, [Mistake(1, f"this is longer than {LARGEST_FILE >> 20} MiB: no event file")])
    return replace(parse_event(text, path), stamp=stamp)


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when a file is edited; None while there is none, as when an editor replaces it."""
    with suppress(OSError):
        return _stamp(path.stat())
    return None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size


def parse_event(text: str, path: Path) -> EventFile:
    """Read the text of an event file; `path` is where it lies, for the files that it names.

    Raises:
        EventFileError: there is a mistake in it; all of them are told.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise EventFileError(path, [_syntax_mistake(exc, text)]) from exc
    except RecursionError as exc:
        raise EventFileError(path, [Mistake(1, "this is nested too deeply for an event file")]) from exc
    mistakes = Mistakes(Lines(text))
    event = _Reader(Table(values, mistakes), path).read()
    if mistakes.found:
        raise EventFileError(path, mistakes.found)
    return event


def _syntax_mistake(exc: tomllib.TOMLDecodeError, text: str) -> Mistake:
    """Return what tomllib says, with the line that it ends with: `... (at line 3, column 7)`."""
    said, _, where = str(exc).rpartition(" (at ")
    digits = where.removeprefix("line ").partition(",")[0]
    line = int(digits) if digits.isdecimal() else text.count("\n") + 1
    return Mistake(line, f"this is not TOML: {said or exc}")


class _Reader:
    """Reads the tables of one event file, and checks what refers to what."""

    def __init__(self, root: Table, path: Path) -> None:
        self._root = root
        self._path = path

    def read(self) -> EventFile:
        about = self._root.table("event")
        name = about.text("name", is_needed=True)
        about.finish()
        participants = {key: self._participant(key, table) for key, table in self._root.tables("participants")}
        csmses = {name: self._csms(name, table, participants) for name, table in self._root.tables("csmses")}
        stations = {
            name: self._station(name, table, participants, csmses) for name, table in self._root.tables("stations")
        }
        self._check_identities(stations)
        rounds = tuple(
            each for table in self._root.array("rounds") if (each := self._round(table, stations, csmses)) is not None
        )
        self._check_order(rounds)
        policy, limits, viewing = self._policy(), self._limits(), self._viewing()
        self._root.finish()
        return EventFile(
            path=self._path,
            name=name,
            participants=participants,
            stations=stations,
            csmses=csmses,
            rounds=rounds,
            policy=policy,
            limits=limits,
            viewing=viewing,
        )

    def _participant(self, key: str, table: Table) -> Participant:
        found = Participant(
            key=key, vendor=table.text("vendor", key), contact=table.text("contact"), is_absent=table.flag("absent")
        )
        table.finish()
        return found

    def _owner(self, table: Table, participants: Mapping[str, Participant]) -> str:
        owner = table.text("participant", is_needed=True)
        if owner and owner not in participants:
            table.note("participant", f"names {owner!r}; there is no [participants.{owner}]")
        return owner

    def _versions(self, table: Table) -> tuple[str, ...]:
        versions = table.texts("versions", is_needed=True)
        for each in versions:
            if each not in JUDGED:
                table.note("versions", f"names {each!r}; OCPP has {', '.join(JUDGED)}")
        return versions

    def _csms(self, name: str, table: Table, participants: Mapping[str, Participant]) -> CsmsProduct:
        is_tunnelled, url = table.flag("tunnel"), table.text("url")
        if is_tunnelled == bool(url):
            table.note(None, "has to have either a url or tunnel = true")
        try:
            checked_csms(name, url or "ws://tunnel.invalid")
        except SwitchboardError as exc:
            table.note("url" if url else None, f"cannot be used: {exc}")
        tls = ("ca", "server_name", "certificate", "key")
        files = {key: table.text(key) for key in tls}
        for key in tls:
            if files[key] and not url.startswith("wss:"):
                table.note(key, "is of use only where the url begins with wss://")
        if files["key"] and not files["certificate"]:
            table.note("key", "has no certificate beside it")
        secrets = table.table("passwords")
        passwords = {identity: secrets.text(identity) for identity in secrets.keys}
        found = CsmsProduct(
            name=name,
            participant=self._owner(table, participants),
            versions=self._versions(table),
            url=url or None,
            ca=self._file(table, "ca", files["ca"]),
            server_name=files["server_name"] or None,
            certificate=self._file(table, "certificate", files["certificate"]),
            key=self._file(table, "key", files["key"]),
            passwords=passwords,
        )
        table.finish()
        return found

    def _file(self, table: Table, key: str, name: str) -> Path | None:
        if not name:
            return None
        path = self._path.parent / name
        if not path.is_file():
            table.note(key, f"names {name!r}, and there is no such file beside the event file")
        return path

    def _station(
        self,
        name: str,
        table: Table,
        participants: Mapping[str, Participant],
        csmses: Mapping[str, CsmsProduct],
    ) -> StationProduct:
        csms = table.text("csms") or None
        if csms is not None and csms not in csmses:
            table.note("csms", f"names {csms!r}; there is no [csmses.{csms}]")
        found = StationProduct(
            name=name,
            participant=self._owner(table, participants),
            versions=self._versions(table),
            identities=table.texts("identities", is_needed=True),
            csms=csms,
        )
        table.finish()
        return found

    def _check_identities(self, stations: Mapping[str, StationProduct]) -> None:
        times = Counter(identity for each in stations.values() for identity in each.identities)
        for name, table in self._root.tables("stations"):
            for identity in dict.fromkeys(stations[name].identities):
                if times[identity] > 1:
                    table.note("identities", f"has {identity!r}, which is there {times[identity]} times")

    def _round(
        self, table: Table, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]
    ) -> Round | None:
        starts = table.moment("starts")
        if starts is None and "starts" not in table.keys:
            table.note(None, "lacks 'starts', a date and time such as 2026-11-23T09:00:00+01:00")
        minutes = table.number("minutes", ROUND_MINUTES, least=1)
        pairs = table.pairs("pairs")
        for station, csms in pairs:
            if station not in stations:
                table.note("pairs", f"names the station {station!r}; there is no such table in [stations]")
            if csms not in csmses:
                table.note("pairs", f"names the CSMS {csms!r}; there is no [csmses.{csms}]")
        for names in zip(*pairs, strict=True):
            for name, times in Counter(names).items():
                if times > 1:
                    table.note("pairs", f"has {name!r} {times} times: one product meets one at a time")
        table.finish()
        return Round(starts=starts, lasts=timedelta(minutes=minutes), pairs=pairs) if starts is not None else None

    def _check_order(self, rounds: tuple[Round, ...]) -> None:
        for before, after in pairwise(rounds):
            if after.starts < before.ends:
                when = f"{after.starts:%H:%M}, before that of {before.starts:%H:%M} has ended"
                self._root.note("rounds", f"has one that starts at {when}")

    def _policy(self) -> Policy:
        table = self._root.table("rules")
        found = dict(AS_WRITTEN)
        for code, entry in table.raw.items():
            try:
                found |= read_policy({code: entry})
            except PolicyError as exc:
                table.note(code, f"cannot be used: {exc}")
        return found

    def _viewing(self) -> ViewingPolicy:
        table = self._root.table("viewing")
        participants = Shown(table.choice("participants", (Shown.NOTHING, Shown.OUTCOMES)))
        hall = Shown(table.choice("hall", (Shown.OUTCOMES, Shown.NOTHING, Shown.EVERYTHING)))
        names = table.choice("names", (ANONYMOUS, "real"))
        if hall is Shown.EVERYTHING and names == ANONYMOUS and "names" in table.keys:
            table.note("names", "cannot be anonymous where the hall is shown everything: what was said has names in it")
        table.finish()
        return ViewingPolicy(participants=participants, hall=hall, is_anonymous=names == ANONYMOUS)

    def _limits(self) -> Limits:
        table = self._root.table("limits")
        found: dict[str, float] = {}
        for name, value in table.raw.items():
            try:
                limits_of({name: value})
            except (LimitError, TypeError) as exc:
                table.note(name, f"cannot be used: {exc}")
            else:
                found[name] = value
        return limits_of(found)

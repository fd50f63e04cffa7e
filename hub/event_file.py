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
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from hub.errors import HubError
from hub.limits import DEFAULTS, LimitError, Limits, limits_of
from hub.scope import Shown, ViewingPolicy
from hub.switchboard import TUNNEL, SwitchboardError, checked_csms
from hub.tls import KeyPair, TlsError, check_ca, check_pair
from hub.toml_lines import Lines
from hub.toml_table import Mistake, Mistakes, Table, shown_value
from matrix.dialect import JUDGED
from matrix.policy import AS_WRITTEN, Policy, PolicyError, read_policy

ROUND_MINUTES: Final = 30
LONGEST_ROUND: Final = 7 * 24 * 60
"""In minutes."""
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

    `stamp` is what `stamp_of` said of the file that was read, `lines` where everything stands in it.
    """

    path: Path
    stamp: Stamp | None = None
    lines: Lines | None = field(default=None, compare=False, repr=False)
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
        text = raw.decode("utf-8-sig")  # editors on Windows put a byte order mark first
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
    return replace(event, lines=mistakes.lines)


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
        self._check_identities(stations, csmses)
        rounds = self._rounds(stations, csmses)
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
                table.note_item("versions", each, f"is {shown_value(each)}; OCPP has {', '.join(JUDGED)}")
        return versions

    def _csms(self, name: str, table: Table, participants: Mapping[str, Participant]) -> CsmsProduct:
        url = self._url(name, table)
        files = {key: table.text(key) for key in ("ca", "server_name", "certificate", "key")}
        for key, given in files.items():
            if given and not url.startswith("wss:"):
                table.note(key, "is of use only where the url begins with wss://")
        ca, pair = self._file(table, "ca", files["ca"]), self._pair(table, files["certificate"], files["key"])
        secrets = table.table("passwords")
        found = CsmsProduct(
            name=name,
            participant=self._owner(table, participants),
            versions=self._versions(table),
            url=url or None,
            ca=ca,
            server_name=files["server_name"] or None,
            certificate=pair.certificate if pair else None,
            key=pair.key if pair else None,
            passwords={identity: secrets.text(identity) for identity in secrets.keys},
        )
        table.finish()
        return found

    def _url(self, name: str, table: Table) -> str:
        """Return where a CSMS is, "" for one that comes through a tunnel; check its name, too."""
        is_tunnelled, url = table.flag("tunnel"), table.text("url")
        if is_tunnelled == bool(url):
            table.note(None, f"has to have either a url or tunnel = true, {'not both' if url else 'and has neither'}")
        try:
            checked_csms(name, TUNNEL)
        except SwitchboardError as exc:
            table.note(None, f"cannot be used: {exc}")
            return url
        try:
            checked_csms(name, url or TUNNEL)
        except SwitchboardError as exc:
            table.note("url", f"cannot be used: {exc}")
        return url

    def _file(self, table: Table, key: str, name: str) -> Path | None:
        """Return a file beside the event file; None where none is named, or there is none."""
        if not name:
            return None
        path = self._path.parent / name
        if not path.is_file():
            table.note(key, f"names {shown_value(name)}, and there is no such file beside the event file")
            return None
        try:
            if key == "ca":
                check_ca(path)
        except TlsError as exc:
            table.note(key, f"is of no use: {exc}")
        return path

    def _pair(self, table: Table, certificate: str, key: str) -> KeyPair | None:
        """Return a certificate with its key; None where there is none, or it is of no use."""
        if key and not certificate:
            table.note("key", "has no certificate beside it")
        found, its_key = self._file(table, "certificate", certificate), self._file(table, "key", key)
        if found is None or (key and its_key is None):
            return None
        try:
            check_pair(KeyPair(found, its_key))
        except TlsError as exc:
            table.note("certificate", f"is of no use: {exc}")
        return KeyPair(found, its_key)

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

    def _check_identities(self, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]) -> None:
        times = Counter(identity for each in stations.values() for identity in each.identities)
        for name, table in self._root.tables("stations"):
            for identity in dict.fromkeys(stations[name].identities):
                if sentence := _wrong_with(identity, times[identity], csmses):
                    table.note_item("identities", identity, f"is {shown_value(identity)}, which {sentence}")

    def _rounds(self, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]) -> tuple[Round, ...]:
        found: list[Round] = []
        for table in self._root.array("rounds"):
            each = self._round(table, stations, csmses)
            if each and found and each.starts < found[-1].ends:
                last = f"{found[-1].starts:%H:%M}) lasts until {found[-1].ends:%Y-%m-%d %H:%M}"
                table.note("starts", f"is {each.starts:%Y-%m-%d %H:%M}, and the round before it in this file ({last}")
            found += [each] if each else []
        return tuple(found)

    def _round(
        self, table: Table, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]
    ) -> Round | None:
        starts = table.moment("starts")
        if starts is None and "starts" not in table.keys:
            table.note(None, "lacks 'starts', a date and time such as 2026-11-23T09:00:00+01:00")
        minutes = table.number("minutes", ROUND_MINUTES, least=1, most=LONGEST_ROUND)
        pairs = table.pairs("pairs")
        seen: set[tuple[int, str]] = set()
        for pair in pairs:
            if pair[0] not in stations:
                missing = f"{shown_value(pair[0])}; there is no such table in [stations]"
                table.note_item("pairs", [*pair], f"names the station {missing}")
            if pair[1] not in csmses:
                table.note_item("pairs", [*pair], f"names the CSMS {shown_value(pair[1])}; there is no such table")
            for each in enumerate(pair):
                if each in seen:
                    sentence = f"has {shown_value(each[1])} once more: one product meets one at a time"
                    table.note_item("pairs", [*pair], sentence)
                seen.add(each)
        table.finish()
        return Round(starts=starts, lasts=timedelta(minutes=minutes), pairs=pairs) if starts is not None else None

    def _policy(self) -> Policy:
        table = self._root.table("rules")
        found = dict(AS_WRITTEN)
        for code, entry in table.raw.items():
            try:
                found |= read_policy({code: entry})
            except PolicyError as exc:
                table.note(code, f"cannot be used: {str(exc).removeprefix(f'rules.{code}: ')}")
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


def _wrong_with(identity: str, times: int, csmses: Mapping[str, CsmsProduct]) -> str | None:
    """Say why no station, or not this one, would be found by an identity; None where it would."""
    meant = unquote(identity)
    checks = {
        f"is there {times} times": times > 1,
        "has blanks around it": identity != identity.strip(),
        f"is percent-encoded: write what it stands for, {shown_value(meant)}": meant != identity,
        "is the name of a CSMS, too: ws://HUB/NAME would not be this station's": identity in csmses,
    }
    return next((sentence for sentence, applies in checks.items() if applies), None)

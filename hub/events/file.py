"""The organizer's event file, read whole: each mistake is told with its line, and a file with one is never used."""

import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from hub.errors import HubError
from hub.events.event import CsmsProduct, EventFile, Round, Stamp, StationProduct
from hub.events.tables import (
    read_csms,
    read_limits,
    read_participant,
    read_round,
    read_rules,
    read_station,
    read_viewing,
)
from hub.toml_lines import Lines
from hub.toml_table import Mistake, Mistakes, Table, shown_value

LARGEST_FILE: Final = 4 << 20


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
    event = _read(Table(values, mistakes), path)
    if mistakes.found:
        raise EventFileError(path, mistakes.found)
    return replace(event, lines=mistakes.lines)


def _syntax_mistake(exc: tomllib.TOMLDecodeError, text: str) -> Mistake:
    """Return what tomllib says, with the line that it ends with: `... (at line 3, column 7)`."""
    said, _, where = str(exc).rpartition(" (at ")
    digits = where.removeprefix("line ").partition(",")[0]
    line = int(digits) if digits.isdecimal() else text.count("\n") + 1
    return Mistake(line, f"this is not TOML: {said or exc}")


def _read(root: Table, path: Path) -> EventFile:
    """Read all tables, and check what refers to what."""
    about = root.table("event")
    name = about.text("name", is_needed=True)
    about.finish()
    participants = {key: read_participant(key, table) for key, table in root.tables("participants")}
    csmses = {name: read_csms(name, table, participants, path.parent) for name, table in root.tables("csmses")}
    stations = {name: read_station(name, table, participants, csmses) for name, table in root.tables("stations")}
    _check_identities(root, stations, csmses)
    event = EventFile(
        path=path,
        name=name,
        participants=participants,
        stations=stations,
        csmses=csmses,
        rounds=_rounds(root, stations, csmses),
        policy=read_rules(root),
        limits=read_limits(root),
        viewing=read_viewing(root),
    )
    root.finish()
    return event


def _check_identities(root: Table, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]) -> None:
    times = Counter(identity for each in stations.values() for identity in each.identities)
    for name, table in root.tables("stations"):
        for identity in dict.fromkeys(stations[name].identities):
            if sentence := _wrong_with(identity, times[identity], csmses):
                table.note_item("identities", identity, f"is {shown_value(identity)}, which {sentence}")


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


def _rounds(
    root: Table, stations: Mapping[str, StationProduct], csmses: Mapping[str, CsmsProduct]
) -> tuple[Round, ...]:
    found: list[Round] = []
    for table in root.array("rounds"):
        each = read_round(table, stations, csmses)
        if each and found and each.starts < found[-1].ends:
            last = f"{found[-1].starts:%H:%M}) lasts until {found[-1].ends:%Y-%m-%d %H:%M}"
            table.note("starts", f"is {each.starts:%Y-%m-%d %H:%M}, and the round before it in this file ({last}")
        found += [each] if each else []
    return tuple(found)

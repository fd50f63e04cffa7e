"""`plugfest import`: logs that others wrote, made into a recording."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from hub.imports.entries import ImportLogError
from hub.imports.files import beginning_of
from hub.imports.formats import Format
from hub.imports.importer import Imported, import_logs
from hub.imports.log import Log
from hub.imports.sessions import import_sessions, is_recorded
from hub.imports.source import Told
from hub.imports.stamps import zone_named
from hub.recording.writable import SQLITE_HEADER
from matrix.safe import safe, safe_json
from matrix.trace import Clock, Side
from tui.commands.printing import progress
from tui.garbage import collect_seldom
from tui.lines.text import counted_noun

NAMED: Final = 50
"""Skipped lines that are named for people; --json has more of them."""

RECORDED_FORMATS: Final = ("session", "har")
"""Of the formats that can be asked for, those that are no logs."""
ABOUT_CLOCKS: Final = {
    Clock.DERIVED: "its times name no time zone; it was taken from what was said the time was (--timezone says it)",
    Clock.LOCAL: "its times name no time zone, and nothing tells it: what depends on them is information only, unless"
    " --timezone says it",
    Clock.NONE: "it has no times: what depends on them is information only",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command, as they were typed."""

    format: str | None
    identity: str
    version: str
    logged_by: str | None
    timezone: str | None

    @property
    def are_of_logs(self) -> bool:
        """True where they say something that recorded sessions say themselves."""
        return bool(self.identity or self.version or self.logged_by or self.timezone)

    def told(self) -> Told:
        """Return what they say of the logs.

        Raises:
            ZoneError: there is no such time zone.
        """
        return Told(
            format=Format(self.format) if self.format else None,
            identity=self.identity,
            version=self.version,
            writer=Side(self.logged_by) if self.logged_by else None,
            zone=zone_named(self.timezone) if self.timezone else None,
        )


def run_import(logs: Sequence[Path], output: Path, csms: str, wishes: Wishes, *, as_json: bool) -> None:
    """Import logs, and say what came of it: on stdout what was read, on stderr what was skipped."""
    collect_seldom()
    if not csms.strip():
        raise ImportLogError("--csms wants the name of a CSMS, and got none")
    if _are_recorded(logs, wishes):
        _restore(logs, output, csms, as_json=as_json)
        return
    told = wishes.told()
    size = sum(log.stat().st_size for log in logs if log.is_file())
    with progress("importing", size) as advance_to:
        imported = import_logs(logs, output, told, csms, advance_to)
    if as_json:
        sys.stdout.write(safe_json(orjson.dumps(_as_json(imported), option=orjson.OPT_INDENT_2).decode()) + "\n")
        return
    _tell_skipped(imported)
    for log in imported.logs:
        _tell(log)
    if imported.without_version:
        click.echo(
            f"the OCPP version of {counted_noun(imported.without_version, 'session')} is not told: until a"
            " BootNotification shows it, what is said is inconclusive, unless --version says it"
        )
    counts = f"{counted_noun(imported.messages, 'message')} in {counted_noun(imported.sessions, 'session')}"
    click.echo(f"{safe(str(output))}: {counts}")


def _are_recorded(paths: Sequence[Path], wishes: Wishes) -> bool:
    """Tell whether files hold recorded sessions, all of them, rather than logs.

    Raises:
        ImportLogError: some do, or what is said of logs is said of them.
    """
    _check_no_recording(paths)
    recorded = [path for path in paths if is_recorded(path)]
    if wishes.format in RECORDED_FORMATS:
        if strange := [path for path in paths if path not in recorded]:
            raise ImportLogError(f"{str(strange[0])!r} is no session file, and no HAR file")
    elif wishes.format is not None or not recorded:
        return False
    if len(recorded) < len(paths):
        raise ImportLogError(f"{str(recorded[0])!r} holds recorded sessions and others hold logs: import them apart")
    if wishes.are_of_logs:
        raise ImportLogError(f"{str(recorded[0])!r} says itself what --identity, --version and the like say of logs")
    return True


def _check_no_recording(paths: Sequence[Path]) -> None:
    """Refuse what needs no import, rather than look for lines of a log in it.

    Raises:
        ImportLogError: one of the files is a recording, or another SQLite file.
    """
    for path in paths:
        if beginning_of(path, len(SQLITE_HEADER)) == SQLITE_HEADER:
            raise ImportLogError(f"{str(path)!r} is a SQLite file: a recording needs no import, it is opened as it is")


def _restore(paths: Sequence[Path], output: Path, csms: str, *, as_json: bool) -> None:
    with progress("importing", 100) as advance_to:
        restored = import_sessions(paths, output, csms, lambda share: advance_to(int(100 * share)))
    if as_json:
        sys.stdout.write(orjson.dumps(asdict(restored), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if not restored.keeps_numbers:
        click.echo("the numbers of sessions and frames do not fit together: they are new ones, in the order of time")
    counts = f"{counted_noun(restored.frames, 'frame')} in {counted_noun(restored.sessions, 'session')}"
    click.echo(f"{safe(str(output))}: {counts}")


def _tell_skipped(imported: Imported) -> None:
    for each in imported.skipped[:NAMED]:
        click.echo(f"plugfest: line {each.line} of {safe(each.file)} is skipped: {safe(each.why)}", err=True)
    more = imported.lines_skipped - NAMED
    if more > 0:
        click.echo(f"plugfest: {more} more lines are skipped; --json names up to a thousand", err=True)


def _tell(log: Log) -> None:
    count = log.count
    click.echo(
        f"{safe(log.source.origin)}: {counted_noun(count.messages, 'message')}, {counted_noun(count.calls, 'call')},"
        f" {count.answered:,} answered, {count.unanswered:,} unanswered, {count.orphans:,} answers to no call in it"
    )
    if log.source.clock is not None:
        click.echo(f"  {ABOUT_CLOCKS[log.source.clock]}")


def _as_json(imported: Imported) -> dict[str, Any]:
    return {
        "sessions": imported.sessions,
        "without_version": imported.without_version,
        "messages": imported.messages,
        "logs": [_log_as_json(log) for log in imported.logs],
        "lines_skipped": imported.lines_skipped,
        "skipped": [asdict(each) for each in imported.skipped],
    }


def _log_as_json(log: Log) -> dict[str, Any]:
    count = {**asdict(log.count), "unanswered": log.count.unanswered}
    return {"file": log.source.name, "format": log.source.format, "clock": log.source.clock, **count}

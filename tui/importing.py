"""`plugfest import`: logs that others wrote, made into a recording."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from hub.imports.formats import Format
from hub.imports.importer import Imported, import_logs
from hub.imports.log import Log, Told
from hub.imports.stamps import zone_named
from matrix.safe import safe, safe_json
from matrix.trace import Clock, Side
from tui.garbage import collect_seldom
from tui.printing import progress

NAMED: Final = 50
"""Skipped lines that are named for people; --json has more of them."""

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
            f"the OCPP version of {imported.without_version} sessions is not told: until a BootNotification shows it,"
            " their messages are inconclusive, unless --version says it"
        )
    sessions = f"{imported.sessions} session{'' if imported.sessions == 1 else 's'}"
    click.echo(f"{safe(str(output))}: {imported.messages} messages in {sessions}")


def _tell_skipped(imported: Imported) -> None:
    for each in imported.skipped[:NAMED]:
        click.echo(f"plugfest: line {each.line} of {safe(each.file)} is skipped: {safe(each.why)}", err=True)
    more = imported.lines_skipped - NAMED
    if more > 0:
        click.echo(f"plugfest: {more} more lines are skipped; --json names up to a thousand", err=True)


def _tell(log: Log) -> None:
    count = log.count
    click.echo(
        f"{safe(log.origin)}: {count.messages} messages, {count.calls} calls, {count.answered} answered,"
        f" {count.unanswered} unanswered, {count.orphans} answers to no call in it"
    )
    if log.clock is not None:
        click.echo(f"  {ABOUT_CLOCKS[log.clock]}")


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
    return {"file": log.path.name, "format": log.format, "clock": log.clock, **count}

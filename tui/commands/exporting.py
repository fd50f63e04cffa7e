"""`plugfest export`: sessions of a recording in the formats of others."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from hub.exports.contents import Contents, Findings
from hub.exports.exporter import KINDS, Format, check_secrets, export_into, export_to
from hub.exports.new_file import ExportError, check_place
from hub.recording.reading import Recording
from matrix.safe import safe
from matrix.trace import Session
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all
from tui.commands.printing import progress
from tui.garbage import collect_seldom
from tui.lines.text import counted_noun
from tui.rules_file import read_rules_file

STDOUT: Final = Path("-")
COME_BACK: Final = (Format.HAR, Format.TRACE)
"""Formats that can be imported again, and hide secrets."""


@dataclass(frozen=True, slots=True)
class Order:
    """The options of the command, as they were typed; without sessions, all of them are meant."""

    format: Format
    sessions: tuple[int, ...]
    output: Path
    with_secrets: bool
    rules_file: Path | None
    over: bool


def run_export(path: Path, order: Order) -> None:
    """Export a recording, and say on stderr what came of it.

    Raises:
        HubError: the recording cannot be read, there is no such session, or the place cannot be written to.
    """
    collect_seldom()
    kind, policy = KINDS[order.format], read_rules_file(order.rules_file)
    with readable_recording(path) as recording:
        sessions = _chosen(recording, order.sessions)
        _check_place(order, sessions)
        until = recording.last_mark()
        findings = Findings.of(judge_all(recording, policy, until=until).findings) if kind.is_judged else Findings()
        with progress("exporting", until) as advance_to:
            contents = Contents(recording, sessions, until, findings, order.with_secrets, advance_to)
            if order.format is Format.SESSION:
                check_secrets(contents)
            _export(contents, order)
    _tell_left_out(contents.left_out, order.format)
    _tell_hidden(contents.hidden, order.format)


def _chosen(recording: Recording, numbers: tuple[int, ...]) -> dict[int, Session]:
    sessions = {session.id: session for session in recording.sessions()}
    if missing := [number for number in numbers if number not in sessions]:
        raise ExportError(f"there is no session {missing[0]} in {recording.name!r}")
    if not sessions:
        raise ExportError(f"there is no session in {recording.name!r}")
    return {number: sessions[number] for number in sorted(set(numbers))} if numbers else sessions


def _check_place(order: Order, sessions: Mapping[int, Session]) -> None:
    """Refuse a place that will not do before anything is judged for it."""
    kind = KINDS[order.format]
    if kind.is_apart and len(sessions) > 1:
        if order.output == STDOUT or _means_a_file(order):
            raise ExportError(
                f"a file of {order.format} holds one session, and there are {len(sessions)}: choose one with --session,"
                " or name a folder for all of them with -o"
            )
    elif order.output != STDOUT:
        check_place(order.output, over=order.over)
    elif kind.is_binary and sys.stdout.isatty():
        raise ExportError(f"{order.format} is nothing for a terminal: name a file with -o")


def _means_a_file(order: Order) -> bool:
    """Tell whether a name is that of a file, or ends like one and is no folder's."""
    endings = (f".{KINDS[order.format].suffix}", f".{order.format}")
    return order.output.is_file() or (order.output.suffix.lower() in endings and not order.output.is_dir())


def _export(contents: Contents, order: Order) -> None:
    if order.output == STDOUT:
        sys.stdout.buffer.writelines(KINDS[order.format].write(contents))
        sys.stdout.buffer.flush()
        return
    if KINDS[order.format].is_apart and len(contents.sessions) > 1:
        paths = export_into(contents, order.format, order.output, over=order.over)
        _tell(f"{safe(str(order.output))}: {counted_noun(len(paths), 'file')}")
    else:
        export_to(contents, order.format, order.output, over=order.over)
        _tell(f"{safe(str(order.output))}: {counted_noun(len(contents.sessions), 'session')}")


def _tell_left_out(left_out: Counter[str], format_: Format) -> None:
    for what, count in sorted(left_out.items()):
        if count:
            _tell(f"not in it, since {format_} cannot hold them: {count} {what}")


def _tell_hidden(hidden: Counter[int], format_: Format) -> None:
    if count := hidden.total():
        again = ", and it may be judged otherwise once it is imported" if format_ in COME_BACK else ""
        _tell(f"secrets are hidden in {counted_noun(count, 'frame')}{again}: --with-secrets keeps them")


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)

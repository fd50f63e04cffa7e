"""`plugfest note`: cells contested, that resolved, and what there is of it."""

import asyncio
from pathlib import Path

import click
import msgspec
import orjson

from hub.errors import HubError
from hub.note_desk import ask_for_notes, note_down
from hub.notes import Order
from matrix.notes import Note
from matrix.safe import safe_json
from tui.commands.damaged import readable_recording
from tui.lines.noted import about, said


class UsageError(HubError):
    """The command does not say what to do."""


def run_note(
    source: str, what: str, words: tuple[str, ...], cell: Order, *, as_json: bool, ca: Path | None = None
) -> None:
    """List notes, add one about a cell, or resolve one; print what there is then.

    Raises:
        HubError: it cannot be done; the message says why.
    """
    if what == "list":
        _print(_all_notes(source, ca), as_json=as_json)
        return
    _print([note_down(source, _order(what, words, cell), ca)], as_json=as_json)


def _order(what: str, words: tuple[str, ...], cell: Order) -> Order:
    if what == "add":
        return msgspec.structs.replace(cell, text=" ".join(words))
    if not words or not words[0].isdecimal() or len(words[0]) > 18:
        raise UsageError(f"resolve wants the number of a note, got {words[0] if words else ''!r}")
    return Order(author=cell.author, text=" ".join(words[1:]), resolve=int(words[0]))


def _all_notes(source: str, ca: Path | None) -> list[Note]:
    if "://" in source:
        return asyncio.run(ask_for_notes(source, None, ca))
    with readable_recording(Path(source)) as recording:
        return recording.notes()


def _print(notes: list[Note], *, as_json: bool) -> None:
    if as_json:
        click.echo(safe_json(orjson.dumps(msgspec.to_builtins(notes), option=orjson.OPT_INDENT_2).decode()))
        return
    for each in notes:
        click.echo(f"{each.id}: {about(each)}: {said(each)}")
    if not notes:
        click.echo("nothing is contested")

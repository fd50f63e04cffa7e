"""Where a hub takes notes on contested cells: `POST /-/note`, `GET /-/note` for all, and a client for both.

The hub writes them, since only it writes to its recording. It takes them from programs of its own user on this
machine only (hub.access.badge).
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from hub.disturbing.control import HubAt, read_order
from hub.errors import HubError, LockedError
from hub.feed import RECORDING, refuse_strangers
from hub.notes import NoteError, Order, noted, write_note
from hub.recording.lock_file import hub_at
from hub.recording.reading import Recording
from hub.server import RECORDER
from matrix.notes import Note

PATH: Final = "/-/note"
MAX_BYTES: Final = 32_768
COMMIT_S: Final = 5.0
WRITER_S: Final = 30.0
UNUSABLE: Final = 2


def add_note_desk(app: web.Application) -> None:
    """Let the application of a hub that records take notes, and hand them out."""
    app.router.add_get(PATH, list_notes)
    app.router.add_post(PATH, take_note)


async def list_notes(request: web.Request) -> web.Response:
    """Hand out all notes."""
    refuse_strangers(request)
    return _answer(await asyncio.to_thread(read_notes, request.app[RECORDING]))


async def take_note(request: web.Request) -> web.Response:
    """Write a note down; answer with it once it is recorded."""
    refuse_strangers(request)
    order = await read_order(request, Order, MAX_BYTES)
    recorder = request.app[RECORDER]
    if recorder.failing:
        raise web.HTTPServiceUnavailable(text=f"nothing can be recorded at the moment: {recorder.failing}\n")
    try:
        note = recorder.note(await asyncio.to_thread(_looked_over, recorder.path, order))
    except HubError as exc:
        raise web.HTTPBadRequest(text=f"{exc}\n") from exc
    with suppress(TimeoutError):
        async with asyncio.timeout(COMMIT_S):
            await recorder.committed()
            if not recorder.failing:
                return _answer([note])
    raise web.HTTPServiceUnavailable(text="the note waits until something can be recorded again\n")


def read_notes(path: Path) -> list[Note]:
    """Return the notes in a recording.

    Raises:
        RecordingError: it cannot be read.
    """
    with Recording.open(path) as recording:
        return recording.notes()


def _looked_over(path: Path, order: Order) -> Note:
    with Recording.open(path) as recording:
        return noted(recording, order, time.time_ns())


def _answer(notes: list[Note]) -> web.Response:
    return web.Response(body=msgspec.json.encode(notes), content_type="application/json")


# -- the client -------------------------------------------------------------------------------------------------------


async def ask_for_notes(hub: str, order: Order | None, ca: Path | None = None) -> list[Note]:
    """Send an order to a hub (None: ask for all notes); return what it has noted. `hub` is its URL, or its recording.

    Raises:
        HubError: the hub said no, or cannot be reached.
    """
    return await HubAt(hub, ca).ask(PATH, order, list[Note])


def note_down(source: str, order: Order, ca: Path | None = None) -> Note:
    """Note something at a hub by its URL, or in a recording, by way of the hub that writes to it, if one does.

    Nothing else in this process may have the recording open.

    Raises:
        HubError: it cannot be noted.
    """
    if "://" not in source:
        try:
            return write_note(Path(source), order)
        except LockedError:
            if not hub_at(Path(source)):
                raise
    (note,) = asyncio.run(ask_for_notes(source, order, ca))
    return note


async def note_from_a_reader(source: str, order: Order, ca: Path | None = None) -> Note:
    """Do what `note_down` does, in a process that has the recording open: another one writes to the file.

    Raises:
        HubError: it cannot be noted.
    """
    if "://" in source:
        (note,) = await ask_for_notes(source, order, ca)
        return note
    command = [sys.executable, "-m", "hub.note_desk", source]
    writer = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(WRITER_S):
            said, complaint = await writer.communicate(msgspec.json.encode(order))
    except TimeoutError as exc:
        raise NoteError(f"the note was not written within {WRITER_S:.0f} s") from exc
    finally:
        if writer.returncode is None:
            writer.kill()
    if writer.returncode:
        raise NoteError(complaint.decode("utf-8", "replace").strip()[-1_000:] or "the note could not be written")
    return msgspec.json.decode(said, type=Note)


def main() -> None:
    """Note what is asked for on standard input in the recording that is the argument; print the note."""
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
        sys.stdout.buffer.write(msgspec.json.encode(note_down(sys.argv[1], order)))
    except (HubError, msgspec.DecodeError) as exc:
        sys.stderr.write(f"{exc}\n")
        sys.exit(UNUSABLE)


if __name__ == "__main__":
    main()

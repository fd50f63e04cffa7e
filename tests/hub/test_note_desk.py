"""Notes by way of a hub that runs, or past one that does not."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from drawing import draw
from recorded import record

from hub.access.nearness import FIELD
from hub.disturbing.control import ControlError, control_url
from hub.errors import HubError, RecorderError
from hub.feed import feed_app
from hub.mirror import mirrored
from hub.note_desk import PATH, add_note_desk, ask_for_notes, note_down, note_from_a_reader, read_notes
from hub.notes import Order
from hub.recording.writable import Durability, open_for_writing
from hub.server import Hub, HubSettings

SOON_S = 1.0
OURS = Order(author="Volt", text="it is ours", session=1, action="Connect")


@pytest.fixture(params=[Durability.KILL, Durability.POWER])
async def hub(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Hub]:
    path = record(tmp_path / "hub.recording", draw())
    app = feed_app(path)
    add_note_desk(app)
    settings = HubSettings(
        recording=path, csmses={"acme": "ws://127.0.0.1:1"}, port=0, durability=Durability(request.param)
    )
    async with Hub(settings, app=app) as hub:
        yield hub


@pytest.mark.parametrize("by_file", [True, False])
async def test_a_hub_that_runs_writes_what_it_is_asked_to(hub: Hub, *, by_file: bool) -> None:
    source = str(hub.settings.recording) if by_file else hub.url

    (first,) = await ask_for_notes(source, OURS)
    (second,) = await ask_for_notes(source, OURS)
    (resolved,) = await ask_for_notes(source, Order(author="organizer", text="agreed", resolve=first.id))

    assert [first.id, second.id, resolved.id] == [1, 2, 1]
    assert await ask_for_notes(source, None) == [resolved, second] == read_notes(hub.settings.recording)


async def test_a_recording_that_a_hub_has_is_written_by_the_hub(hub: Hub) -> None:
    note = await asyncio.to_thread(note_down, str(hub.settings.recording), OURS)
    other = await note_from_a_reader(str(hub.settings.recording), OURS)

    assert read_notes(hub.settings.recording) == [note, other]


async def test_a_program_that_reads_a_recording_has_notes_written_by_another_one(tmp_path: Path) -> None:
    path = record(tmp_path / "event.recording", draw())

    note = await note_from_a_reader(str(path), OURS)

    assert read_notes(path) == [note]
    with pytest.raises(HubError, match="there is no session 7"):
        await note_from_a_reader(str(path), Order(author="Volt", text="x", session=7))


def test_a_recording_that_another_command_has_is_said_to_be_taken(tmp_path: Path) -> None:
    path = record(tmp_path / "event.recording", draw())
    writable = open_for_writing(path)

    with pytest.raises(RecorderError, match="is being recorded into by another hub"):
        note_down(str(path), OURS)

    writable.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"author": "V", "text": "x", "session": 1}, "headers": {"Origin": "http://evil.example"}}, 403),
        ({"data": b'{"author":"V","text":"x"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {"author": "V", "text": "x" * 40_000, "session": 1}}, 400),
        ({"json": {"author": "V", "text": "x", "session": 9}}, 400),
        ({"json": {"author": "V", "text": "x", "session": 2**70}}, 400),
        ({"json": {"author": "V", "text": "x", "sesion": 1}}, 400),
        ({"data": b"\xff{", "headers": {"Content-Type": "application/json"}}, 400),
    ],
)
async def test_web_pages_and_garbage_are_refused(hub: Hub, sent: dict[str, Any], status: int) -> None:
    url = control_url(hub.url).with_path(PATH)
    shown = {FIELD: hub.badge.secret}
    async with aiohttp.ClientSession(headers=shown) as http, http.post(url, **sent) as response:
        assert response.status == status

    assert read_notes(hub.settings.recording) == []


async def test_a_hub_that_can_record_nothing_says_so(hub: Hub) -> None:
    hub.recorder._trouble = "disk full"

    with pytest.raises(ControlError, match="nothing can be recorded at the moment: disk full"):
        await ask_for_notes(hub.url, OURS)

    hub.recorder._trouble = ""


async def test_whoever_watches_from_afar_has_a_note_within_a_second(hub: Hub, tmp_path: Path) -> None:
    seen = tmp_path / "mirror.recording"
    watched = threading.Event()

    def follow() -> float:
        with mirrored(hub.url, seen):
            watched.set()
            while not read_notes(seen):
                time.sleep(0.01)  # the mirror, in its own thread, wants the interpreter
            return time.monotonic()

    following = asyncio.create_task(asyncio.to_thread(follow))
    await asyncio.to_thread(watched.wait)
    began = time.monotonic()
    noted = await ask_for_notes(hub.url, OURS)
    arrived = await following

    assert read_notes(seen) == noted
    assert arrived - began < SOON_S

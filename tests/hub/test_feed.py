"""The live feed, and a mirror that follows it into a recording of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from drawing import Pen, draw
from hypothesis import given
from hypothesis import strategies as st
from read_only import no_file_takes_a_byte

from hub.access.nearness import BADGE, FIELD
from hub.feed import feed_app, pack, unpack
from hub.recording.reading import Recording
from hub.relaying.tap import TappedFrame
from hub.writing.recorder import Recorder, Stream
from hub.writing.recorders import open_recorder
from matrix.trace import Frame, Opcode, Session, Side, Traffic

SHOWN = {FIELD: "plugfest_badge"}
BOOT = '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    recorder = open_recorder(tmp_path / "hub.recording")
    yield recorder
    await recorder.close()


@pytest.fixture
async def feed_url(recorder: Recorder) -> AsyncIterator[str]:
    app = feed_app(recorder.path)
    app[BADGE] = SHOWN[FIELD]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/-/feed"
    await runner.cleanup()


async def record(recorder: Recorder, *texts: str) -> None:
    session = Session(id=recorder.new_session_id(), opened_at=time.time_ns(), identity="CS1", csms="acme", status=101)
    recorder.begin(session)
    recorder.answer(session)
    for text in texts:
        recorder.add(Stream(session.id, Side.STATION), [TappedFrame(Opcode.TEXT, text, True, 0, True, len(text), None)])
    await recorder.committed()


async def received(url: str, wanted: int, after: int = 0) -> list[Traffic]:
    items: list[Traffic] = []
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}?after={after}", headers=SHOWN) as socket,
        asyncio.timeout(30),
    ):
        await socket.receive_json()
        while len(items) < wanted:
            items += unpack(await socket.receive_bytes())
    return items


async def test_who_comes_while_nothing_can_be_written_is_told_so(recorder: Recorder, feed_url: str) -> None:
    with no_file_takes_a_byte():
        await record(recorder, "lost")
        async with aiohttp.ClientSession() as http, http.get(feed_url, headers=SHOWN) as answer:
            told = await answer.text()

    assert answer.status == 503
    assert told.endswith("hub.recording' cannot be opened: nothing can be written to its disk\n")


async def test_feed_sends_what_is_recorded_and_what_comes(recorder: Recorder, feed_url: str) -> None:
    await record(recorder, "one")
    waiting = asyncio.create_task(received(feed_url, 4))
    await record(recorder, "two")

    items = await waiting

    with Recording.open(recorder.path) as recording:
        assert items == recording.traffic()


async def test_feed_goes_on_after_a_mark_without_a_gap(recorder: Recorder, feed_url: str) -> None:
    await record(recorder, "one", "two", "three")
    first = await received(feed_url, 4)

    rest = await received(feed_url, 2, after=2)

    assert rest == first[2:]


@pytest.mark.parametrize(
    ("after", "headers", "status"),
    [("x", {}, 400), ("-1", {}, 400), ("9" * 30, {}, 400), ("0", {"Origin": "http://evil.example"}, 403)],
)
async def test_feed_refuses_bad_marks_and_web_pages(
    feed_url: str, after: str, headers: dict[str, str], status: int
) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await http.ws_connect(f"{feed_url}?after={after}", headers=SHOWN | headers)

    assert refusal.value.status == status


async def test_front_page_says_what_this_is(feed_url: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(feed_url.removesuffix("-/feed")) as response:
        text = await response.text()

    assert "ws://HUB/NAME/IDENTITY" in text


def test_traffic_survives_packing() -> None:
    traffic = [*draw(BOOT, "> binary 00ff", "> unread x"), *Pen().session([], status=404)]

    assert unpack(pack(traffic)) == traffic


@given(st.text(st.characters()))
def test_any_text_survives_packing(text: str) -> None:
    frame = Frame(id=1, session=1, at=1, side=Side.CSMS, opcode=Opcode.TEXT, payload=text)

    assert unpack(pack([frame])) == [frame]


@pytest.mark.parametrize("batch", [b"", b"\xc1", b"\x91\x01", b'{"a":1}', b"\x91\x91\xa5frame"])
def test_what_is_no_batch_is_named_as_such(batch: bytes) -> None:
    with pytest.raises(ValueError, match="not a batch of the feed"):
        unpack(batch)

"""A whole small event: four stations, three CSMSes (two behind tunnels), three rounds, and what goes wrong at such."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tunnels import QUICK, Running, agent_for, token_in

from hub import event_desk, token_file
from hub.event_desk import EventDesk
from hub.event_file import read_event
from hub.recording import Recording
from hub.server import Hub, HubSettings
from hub.tls import TlsPolicy
from hub.tokens import revoke
from matrix.board import BoardView
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Frame, Opcode, Session

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROUNDS = (
    {"one": "lotus", "two": "deep", "three": "sea"},
    {"one": "deep", "two": "sea", "four": "lotus"},
    {"one": "sea", "three": "lotus", "four": "deep"},
)
FAULTY = "sea"
"""The CSMS whose answers to Heartbeat lack the time."""


def event_text(lotus: str) -> str:
    csmses = {"lotus": f'url = "{lotus}"', "deep": "tunnel = true", "sea": "tunnel = true"}
    text = '[event]\nname = "Small"\n[participants.all]\n'
    for name, where in csmses.items():
        text += f'[csmses.{name}]\nparticipant = "all"\n{where}\nversions = ["1.6"]\n'
    for name in ("one", "two", "three", "four"):
        text += f'[stations.{name}]\nparticipant = "all"\nversions = ["1.6"]\nidentities = ["CS-{name}"]\n'
    for number, pairs in enumerate(ROUNDS):
        starts = NINE + number * 30 * MINUTE
        listed = ", ".join(f'["{station}", "{csms}"]' for station, csms in pairs.items())
        text += f"[[rounds]]\nstarts = {starts.isoformat()}\npairs = [{listed}]\n"
    return text


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for is in a file
            await asyncio.sleep(0.05)


class Station:
    """Connects again as often as it loses its connection, boots and beats; keeps what was sent and answered."""

    def __init__(self, name: str, port: int) -> None:
        self.identity = f"CS-{name}"
        self.spoken: list[str] = []
        self._model = name
        self._url = f"ws://127.0.0.1:{port}/{self.identity}"
        self._numbers = count(1)

    async def run(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError, OSError, ConnectionError):
                    async with http.ws_connect(self._url, protocols=["ocpp1.6"]) as socket:
                        await self._talk(socket)
                await asyncio.sleep(0.02)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        boot = {"chargePointVendor": "Volta", "chargePointModel": self._model}
        for action, payload in (("BootNotification", boot), ("Heartbeat", {})):
            text = json.dumps([2, f"{self._model}-{next(self._numbers)}", action, payload])
            await socket.send_str(text)
            self.spoken.append(text)
            answer = await socket.receive()
            if answer.type is not aiohttp.WSMsgType.TEXT:
                return
            self.spoken.append(answer.data)
        await socket.receive()


@asynccontextmanager
async def csms(name: str, clock: Callable[[], str]) -> AsyncIterator[str]:
    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["ocpp1.6"])
        await socket.prepare(request)
        async for message in socket:
            _, number, action, _ = json.loads(message.data)
            payload: dict[str, Any] = {"currentTime": clock()}
            if action == "BootNotification":
                payload |= {"status": "Accepted", "interval": 300}
            elif name == FAULTY:
                payload = {}
            await socket.send_json([3, number, payload])
        return socket

    app = web.Application()
    app.router.add_get("/{identity}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Event:
    """The hub of the event, its agents, and the time."""

    def __init__(self, folder: Path, urls: dict[str, str]) -> None:
        self.now = NINE - MINUTE
        self.folder = folder
        self.urls = urls
        self.port = 0
        self.tokens = {name: token_in(folder, name, csmses=(name,)) for name in ("deep", "sea")}

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Hub]:
        desk = EventDesk(read_event(self.folder / "event.toml"), TlsPolicy())
        settings = HubSettings(
            recording=self.folder / "event.db", csmses={}, port=self.port, tokens=self.folder / "tokens.toml",
            tunnel_timing=QUICK,
        )  # fmt: skip
        async with Hub(settings, desk=desk) as hub:
            self.port = hub.port
            yield hub

    def agent(self, name: str) -> Any:
        return agent_for(self.port, self.tokens[name], csms=self.urls[name], name=name)

    def met(self) -> set[tuple[str, str]]:
        """Return who has beaten at which CSMS so far, answered."""
        return {
            (pair.station.model, pair.csms)
            for pair in self.matrix().pairs
            if pair.station.is_known and pair.row("Heartbeat").total
        }

    def matrix(self) -> BoardView:
        judge = Judge()
        with Recording.open(self.folder / "event.db") as recording:
            for item in recording.all_traffic():
                judge.feed(item)
        return judge.board.view()

    async def until_met(self, *rounds: dict[str, str]) -> None:
        wanted = {pair for each in rounds for pair in each.items()}
        await until(lambda: wanted <= self.met())

    def recorded(self) -> dict[str, list[str]]:
        """Return all texts of each station's sessions, in their order."""
        found: dict[str, list[str]] = {}
        with Recording.open(self.folder / "event.db") as recording:
            identities = {session.id: session.identity for session in recording.sessions()}
            for item in recording.all_traffic():
                if isinstance(item, Frame) and item.opcode == Opcode.TEXT:
                    found.setdefault(identities[item.session], []).append(str(item.payload))
        return found

    def sessions(self) -> list[Session]:
        with Recording.open(self.folder / "event.db") as recording:
            return recording.sessions()


@pytest.fixture
async def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Event]:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(token_file, "LOOK_S", 0.02)
    async with AsyncExitStack() as stack:
        hour = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        urls = {name: await stack.enter_async_context(csms(name, lambda: hour)) for name in ("lotus", "deep", "sea")}
        (tmp_path / "event.toml").write_text(event_text(urls["lotus"]))
        event = Event(tmp_path, urls)
        monkeypatch.setattr(event_desk, "_now", lambda: event.now)
        yield event


async def test_small_event_ends_with_the_matrix_that_was_to_be_expected_and_no_frame_lost(event: Event) -> None:
    stations: list[Station] = []
    async with AsyncExitStack() as people:

        async def begin(what: Any) -> Any:
            return await people.enter_async_context(what)

        async with event.hub() as hub:
            deep: AsyncExitStack = AsyncExitStack()
            running: Running = await deep.enter_async_context(event.agent("deep"))
            await begin(event.agent("sea"))
            stations = [Station(name, hub.port) for name in ("one", "two", "three", "four")]
            tasks = [asyncio.create_task(station.run()) for station in stations]

            event.now = NINE
            await event.until_met(ROUNDS[0])

            running.task.cancel()  # the agent is killed, and another one takes its place
            await deep.aclose()
            event.now = NINE + 30 * MINUTE
            await begin(event.agent("deep"))
            await event.until_met(ROUNDS[1])

        event.now = NINE + 60 * MINUTE  # the hub is started again on the same port, for the last round
        async with event.hub() as hub:
            await event.until_met(ROUNDS[2])

            revoke(event.folder / "tokens.toml", "sea")
            await until(lambda: not any(each.is_open and each.csms == "sea" for each in event.sessions()))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    beats = {
        (pair.station.model, pair.csms): pair.row("Heartbeat").outcome
        for pair in event.matrix().pairs
        if pair.station.is_known
    }
    assert beats == {
        pair: Outcome.DEVIATED if pair[1] == FAULTY else Outcome.PASSED for each in ROUNDS for pair in each.items()
    }
    recorded = event.recorded()
    for station in stations:
        kept = iter(recorded[station.identity])
        assert all(text in kept for text in station.spoken), f"{station.identity}: a frame is lost, or out of order"

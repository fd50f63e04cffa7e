"""A whole small event: four stations, three CSMSes, three rounds, and what goes wrong at such.

Two of the CSMSes are behind NAT: in network namespaces where those can be made, else behind a TCP proxy; every product
and agent is a process of its own.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from event_texts import a_csms, a_participant, a_round, a_station, event_text
from lans import BehindNat, Lan, lan, why_no_nat
from tunnels import token_in

from hub.access.tokens import revoke
from hub.events import desk as event_desk
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from hub.tunnel.words import Timing
from matrix.boards.pair import CONNECT, FRAMING, BoardView
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Ending, Frame, Opcode, Session

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROUNDS = (
    {"one": "lotus", "two": "deep", "three": "sea"},
    {"one": "deep", "two": "sea", "four": "lotus"},
    {"one": "sea", "three": "lotus", "four": "deep"},
)
BY_HAND = ("four", "sea")
"""The organizer has them meet between two rounds."""
FAULTY = "sea"
"""The CSMS whose answers to Heartbeat lack the time."""
REMOTE = ("deep", "sea")
CSMS, AGENT = (str(Path(__file__).with_name(name)) for name in ("event_csms.py", "agent_process.py"))
DEADLINE_S = 2.0
BRISK = Timing(keepalive_s=DEADLINE_S / 3, deadline_s=DEADLINE_S)
"""As in earnest, seven times as fast."""
LANS = ["proxy"] if why_no_nat() else ["nat", "proxy"]


def event_of(lotus: str) -> str:
    return event_text(
        a_participant("all"),
        a_csms("lotus", "all", lotus),
        *(a_csms(name, "all", url="") for name in ("deep", "sea")),
        *(a_station(name, "all", f"CS-{name}") for name in ("one", "two", "three", "four")),
        *(a_round(NINE + number * 30 * MINUTE, *pairs.items()) for number, pairs in enumerate(ROUNDS)),
    )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is waited for is in a file
            await asyncio.sleep(0.05)


class Station:
    """Connects again as often as it loses its connection, boots and beats; keeps what was sent and answered."""

    def __init__(self, name: str, port: int) -> None:
        self.identity = f"CS-{name}"
        self.spoken: list[str] = []
        self.beats = 0
        self.model = name
        self._url = f"ws://127.0.0.1:{port}/{self.identity}"
        self._numbers = count(1)

    async def run(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError, OSError, ConnectionError):
                    async with http.ws_connect(self._url, protocols=["ocpp1.6"]) as socket:
                        await self._talk(socket)
                await asyncio.sleep(0.1)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        boot = {"chargePointVendor": "Volta", "chargePointModel": self.model}
        for action, payload in (("BootNotification", boot), ("Heartbeat", {})):
            text = json.dumps([2, f"{self.model}-{next(self._numbers)}", action, payload])
            await socket.send_str(text)
            self.spoken.append(text)
            answer = await socket.receive()
            if answer.type is not aiohttp.WSMsgType.TEXT:
                return
            self.spoken.append(answer.data)
        self.beats += 1
        await socket.receive()


@asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[Process]:
    """Run a program that is killed in the end."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env=os.environ | environment)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Event:
    """The hub of the event, the participants and their networks, and the time."""

    def __init__(self, folder: Path, lans: dict[str, Lan], people: AsyncExitStack) -> None:
        self.now = NINE - MINUTE
        self.folder = folder
        self.port = 0
        self.lans = lans
        self.tokens = {name: token_in(folder, name, csmses=(name,)) for name in REMOTE}
        self._people = people
        self._csms_ports: dict[str, str] = {}

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Hub]:
        desk = EventDesk(read_event(self.folder / "event.toml"), TlsPolicy())
        settings = HubSettings(
            recording=self.folder / "event.db", csmses={}, host="0.0.0.0", port=self.port,
            tokens=self.folder / "tokens.toml", tunnel_timing=BRISK,
        )  # fmt: skip
        async with Hub(settings, desk=desk) as hub:
            self.port = hub.port
            yield hub

    async def open_csmses(self) -> None:
        """Start the CSMSes, each in its network, and write down where the one is that can be dialled."""
        for name in ("lotus", *REMOTE):
            command = (sys.executable, CSMS, *(["faulty"] if name == FAULTY else []))
            place = self.lans.get(name)
            process = await self._people.enter_async_context(running(*(place.inside(*command) if place else command)))
            assert process.stdout is not None
            self._csms_ports[name] = (await process.stdout.readline()).decode().strip()
        (self.folder / "event.toml").write_text(event_of(self._url("lotus")))

    def _url(self, csms: str) -> str:
        return f"ws://127.0.0.1:{self._csms_ports[csms]}"

    async def agent(self, name: str) -> Process:
        """Start the agent that brings a CSMS out of its network."""
        place = self.lans[name]
        command = (sys.executable, AGENT, place.hub_url(self.port), name, self._url(name), str(DEADLINE_S))
        program = running(*place.inside(*command), PLUGFEST_TOKEN=self.tokens[name])
        return await self._people.enter_async_context(program)

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

    async def until_met(self, *pairs: tuple[str, str]) -> None:
        await until(lambda: {*pairs} <= self.met())

    def open_at(self, csms: str) -> list[Session]:
        return [each for each in self.sessions() if each.is_open and each.answered_at and each.csms == csms]

    async def until_left(self, csms: str) -> None:
        """Wait until no session with a CSMS is open."""
        await until(lambda: not self.open_at(csms))

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


@pytest.fixture(params=LANS)
async def event(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Event]:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.02)
    async with AsyncExitStack() as people:
        lans = {name: await people.enter_async_context(lan(request.param)) for name in REMOTE}
        event = Event(tmp_path, lans, people)
        await event.open_csmses()
        monkeypatch.setattr(event_desk, "_now", lambda: event.now)
        yield event


async def test_small_event_ends_with_the_matrix_that_was_to_be_expected_and_no_frame_lost(event: Event) -> None:
    async with event.hub() as hub:
        agents = {name: await event.agent(name) for name in REMOTE}
        stations = [Station(name, hub.port) for name in ("one", "two", "three", "four")]
        tasks = [asyncio.create_task(station.run()) for station in stations]

        event.now = NINE
        await event.until_met(*ROUNDS[0].items())
        for agent in hub.tunnels.agents.values():
            place = event.lans[agent.token.name]
            assert not isinstance(place, BehindNat) or agent.remote.startswith(f"{place.outside}:")

        assert hub.desk is not None
        hub.desk.move(*BY_HAND)
        await event.until_met(BY_HAND)

        agents["deep"].kill()
        await event.until_left("deep")
        event.now = NINE + 30 * MINUTE
        agents["deep"] = await event.agent("deep")
        await event.until_met(*ROUNDS[1].items())

        (at_sea,) = (station for station in stations if station.model in by_csms(ROUNDS[1], "sea"))
        beats = at_sea.beats
        event.lans["sea"].swallow()
        await event.until_left("sea")
        event.lans["sea"].heal()
        await until(lambda: at_sea.beats > beats)

        revoke(event.folder / "tokens.toml", "sea")
        await event.until_left("sea")
        assert await agents["sea"].wait()
        event.tokens["sea"] = token_in(event.folder, "sea-anew", csmses=("sea",))
        await event.agent("sea")
        await until(lambda: at_sea.beats > beats + 1)

    event.now = NINE + 60 * MINUTE  # the hub is started again on the same port, for the last round
    async with event.hub() as hub:
        await event.until_met(*ROUNDS[2].items())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert rows(event.matrix()) == EXPECTED
    assert {each.fault for each in event.sessions() if each.status == 101 and each.ending is Ending.HUB} == FAULTS
    assert not any(each.is_open for each in event.sessions())
    recorded = event.recorded()
    for station in stations:
        kept = iter(recorded[station.identity])
        assert all(text in kept for text in station.spoken), f"{station.identity}: a frame is lost, or out of order"


def by_csms(pairs: dict[str, str], csms: str) -> list[str]:
    """Return the stations that meet a CSMS."""
    return [station for station, other in pairs.items() if other == csms]


def rows(view: BoardView) -> dict[tuple[str, str], dict[str, Outcome]]:
    """Return the matrix: what each message of each pair came to."""
    return {
        (pair.station.model, pair.csms): {row.action: row.outcome for row in pair.rows if row.total}
        for pair in view.pairs
        if pair.station.is_known
    }


EXPECTED = {
    pair: {
        CONNECT: Outcome.PASSED,
        FRAMING: Outcome.PASSED,
        "BootNotification": Outcome.PASSED,
        "Heartbeat": Outcome.DEVIATED if pair[1] == FAULTY else Outcome.PASSED,
    }
    for pair in [BY_HAND, *(pair for each in ROUNDS for pair in each.items())]
}
FAULTS = {
    "the organizer, or a round, moved the station from sea to lotus",
    "the organizer, or a round, moved the station from sea to no CSMS",
    "the organizer, or a round, moved the station from lotus to deep",
    "the tunnel csms:deep broke: a connection ended without a word of its agent",
    "the tunnel csms:sea broke: nothing was heard for 2 s",
    "the tunnel csms:sea broke: the token 'sea' was revoked",
    "the hub was stopped while this session was open",
}

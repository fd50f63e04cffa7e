"""A hub with an event that two participants have a part in, and a token for each role that somebody may have."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import trustme
from careless_csms import careless_csms
from event_texts import a_csms, a_participant, a_station, event_text

from hub.access.tokens import Role, Token, new_token, revoke
from hub.disturbing.disturber import Disturber
from hub.doors import Door
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from tui.commands.hub_app import PAGES, hub_app

AFAR: Final = {"Via": "1.1 a-proxy"}
"""What a request carries that does not come from the hub's own machine; all of these tests do."""
NOBODY, WRONG, REVOKED, VIEWER, OWN, OTHER, ORGANIZER, MOVER = (
    "nobody wrong revoked viewer own other organizer mover".split()
)
"""A mover is an organizer whose token was made to move stations with."""
ROLES: Final = (NOBODY, WRONG, REVOKED, VIEWER, OWN, OTHER, ORGANIZER, MOVER)
KNOWN: Final = (VIEWER, OWN, OTHER, ORGANIZER, MOVER)


@dataclass
class Site:
    """A hub with an event, stations of two participants, and a token for each role."""

    hub: Hub
    tokens: dict[str, str]
    http: aiohttp.ClientSession
    stations: dict[tuple[str, str], aiohttp.ClientWebSocketResponse] = field(default_factory=dict)
    afar: dict[str, str] = field(default_factory=lambda: AFAR)

    def headers(self, role: str) -> dict[str, str]:
        token = self.tokens.get(role)
        return self.afar | ({"Authorization": f"Bearer {token}"} if token else {})

    async def visit(self, identity: str, csms: str, vendor: str) -> None:
        """Let a station connect, say what it is, and send what has a word in it that nobody else says."""
        station = await self.http.ws_connect(f"{self.hub.url}/{csms}/{identity}", protocols=["ocpp1.6"])
        self.stations[identity, csms] = station
        boot = {"chargePointVendor": vendor, "chargePointModel": "One", "firmwareVersion": f"fw-{identity}-{csms}"}
        await self.call(identity, csms, "BootNotification", boot)
        await self.call(identity, csms, "DataTransfer", {"vendorId": f"said-{identity}-{csms}"})
        await self.call(identity, csms, "Heartbeat", {})

    async def call(self, identity: str, csms: str, action: str, payload: object) -> None:
        await self.stations[identity, csms].send_str(json.dumps([2, action, action, payload]))
        async with asyncio.timeout(30):
            await self.stations[identity, csms].receive()

    async def get(self, role: str, path: str) -> tuple[int, str]:
        """Return status and body of what a role is answered."""
        async with self.http.get(f"http://127.0.0.1:{self.hub.port}{path}", headers=self.headers(role)) as answer:
            return answer.status, await answer.text()

    @asynccontextmanager
    async def following(self, role: str) -> AsyncIterator["Board"]:
        url = f"http://127.0.0.1:{self.hub.port}/-/page/live"
        async with self.http.get(url, headers=self.headers(role)) as answer:
            yield Board(answer)

    async def board(self, role: str, wanted: int) -> "Board":
        """Return the board as a role sees it, once it has so many pairs, and each of them has a Heartbeat."""
        async with self.following(role) as board:
            await board.until(
                lambda: len(board.pairs) == wanted and all(p["tested"] >= 4 for p in board.pairs.values())
            )
            return board


class Board:
    """What a browser is sent: all bytes, the pairs by id, and the line at the top."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.sent = ""
        self.pairs: dict[str, Any] = {}
        self.status: dict[str, Any] = {}
        self.farewell = ""
        self._answer = answer

    async def until(self, reached: Any) -> None:
        async with asyncio.timeout(30):
            while not reached():
                self._take((await self._answer.content.readline()).decode())

    def _take(self, line: str) -> None:
        assert line, "the stream has ended"
        self.sent += line
        told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
        if "pairs" in told:
            kept = {} if told["whole"] else {id_: pair for id_, pair in self.pairs.items() if id_ not in told["gone"]}
            self.pairs, self.status = kept | {pair["id"]: pair for pair in told["pairs"]}, told["status"]
        self.farewell = told.get("why", self.farewell)

    @property
    def names(self) -> set[str]:
        return {f"{pair['station']} with {pair['csms']}" for pair in self.pairs.values()}


@asynccontextmanager
async def site(tmp_path: Path, viewing: str = "") -> AsyncIterator[Site]:
    async with careless_csms() as url:
        (tmp_path / "event.toml").write_text(event_text(*_tables(url, viewing)))
        async with site_with(tmp_path) as found:
            yield found


@asynccontextmanager
async def site_with(tmp_path: Path) -> AsyncIterator[Site]:
    """Run the hub of the event file in a folder, as `plugfest serve` does."""
    desk = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())
    tokens, path = tmp_path / "tokens.toml", tmp_path / "event.recording"
    kinds = [(VIEWER, Role.VIEWER, ""), (OWN, Role.PARTICIPANT, "volta"), (OTHER, Role.PARTICIPANT, "wren"),
             (ORGANIZER, Role.ORGANIZER, ""), (MOVER, Role.ORGANIZER, ""), (REVOKED, Role.ORGANIZER, "")]  # fmt: skip
    movers = (MOVER, REVOKED)
    secrets = {
        name: new_token(tokens, Token(name=name, digest="", role=role, participant=whose, may_move=name in movers))
        for name, role, whose in kinds
    }
    revoke(tokens, REVOKED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    doors = [Door("127.0.0.1", 0, context)]
    settings = HubSettings(recording=path, csmses={}, port=0, more_doors=doors, tokens=tokens)
    disturber = Disturber()
    whole = hub_app(path, PAGES["here"], disturber, desk)
    async with Hub(settings, app=whole, disturber=disturber, desk=desk) as hub, aiohttp.ClientSession() as http:
        there = Site(hub, secrets | {WRONG: "plugfest_guessed-by-somebody"}, http)
        yield there
        for station in there.stations.values():
            await station.close()


@asynccontextmanager
async def event(tmp_path: Path, viewing: str) -> AsyncIterator[Site]:
    """Two stations of two participants have visited the same CSMS of one of them, and one of them a second one."""
    async with site(tmp_path, viewing) as there:
        await there.visit("V1", "lotus", "Volta")
        await there.visit("W9", "lotus", "Wren")
        await there.visit("W9", "deep", "Wren")
        yield there


def _tables(url: str, viewing: str) -> Iterator[str]:
    yield a_participant("volta", vendor="Volta") + a_participant("wren")
    yield a_csms("lotus", "wren", url) + a_csms("deep", "wren", url)
    yield a_station("one", "volta", "V1") + a_station("nine", "wren", "W9")
    yield f"[viewing]\n{viewing}\n"

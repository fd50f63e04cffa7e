"""Every way into the hub, for every role: nothing beyond what is granted, by whatever link, number or count."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import trustme
from aiohttp import web

from hub import token_file, tunnel_doors
from hub.disturber import Disturber
from hub.doors import Door
from hub.event_desk import EventDesk
from hub.event_file import read_event
from hub.server import Hub, HubSettings
from hub.tls import TlsPolicy
from hub.tokens import Role, Token, new_token, revoke
from hub.tunnel_words import PROTOCOL
from tui.page_answers import VIEWS
from tui.serving import PAGES, hub_app

EVENT: Final = """\
[event]
name = "Fest"
[participants.volta]
vendor = "Volta"
[participants.wren]
[csmses.lotus]
participant = "wren"
url = "{url}"
versions = ["1.6"]
[csmses.deep]
participant = "wren"
url = "{url}"
versions = ["1.6"]
[stations.one]
participant = "volta"
versions = ["1.6"]
identities = ["V1"]
[stations.nine]
participant = "wren"
versions = ["1.6"]
identities = ["W9"]
"""
AFAR: Final = {"Via": "1.1 a-proxy"}
"""What a request carries that does not come from the hub's own machine; all of these tests do."""
NOBODY, WRONG, REVOKED, VIEWER, OWN, OTHER, ORGANIZER, MOVER = (
    "nobody wrong revoked viewer own other organizer mover".split()
)
"""A mover is an organizer whose token was made to move stations with."""
ROLES: Final = (NOBODY, WRONG, REVOKED, VIEWER, OWN, OTHER, ORGANIZER, MOVER)
KNOWN: Final = (VIEWER, OWN, OTHER, ORGANIZER, MOVER)

Statuses = Mapping[str, int]


def everybody(status: int) -> Statuses:
    return dict.fromkeys(ROLES, status)


def with_token(status: int, **others: int) -> Statuses:
    """Return what a way is for that wants a token: who has none, a wrong one or a revoked one is refused."""
    return {NOBODY: 401, WRONG: 401, REVOKED: 401} | dict.fromkeys(KNOWN, status) | others


PUBLIC: Final = everybody(200)
NEARBY: Final = everybody(403)  # for programs on the hub's own machine, whatever token is shown
NO_UPGRADE: Final = 400  # let in, and then asked for the upgrade that these requests lack
WAYS: Final[Mapping[tuple[str, str], Statuses]] = {
    ("GET", "/"): PUBLIC,
    ("GET", "/-/page"): PUBLIC,
    ("GET", "/-/page/"): PUBLIC,
    ("GET", "/-/page/hall"): PUBLIC,
    ("GET", "/-/page/doctor"): PUBLIC,
    ("GET", "/-/page/pair/{id}"): PUBLIC,
    ("GET", "/-/page/session/{id}"): PUBLIC,
    ("GET", "/-/page/enter"): PUBLIC,
    ("GET", "/-/page/static/{name}"): PUBLIC,
    ("POST", "/-/page/enter"): with_token(200),
    ("POST", "/-/page/leave"): PUBLIC,
    ("GET", "/-/page/live"): with_token(200, nobody=403),
    ("GET", "/-/page/data/{what}"): with_token(200, nobody=403),
    ("GET", "/-/feed"): with_token(NO_UPGRADE, viewer=403),
    ("GET", "/-/disturb"): NEARBY,
    ("POST", "/-/disturb"): NEARBY,
    ("GET", "/-/event/pairs"): NEARBY,
    ("POST", "/-/event/pairs"): NEARBY,
    ("POST", "/-/event/swap"): NEARBY,
    ("GET", "/-/event/clock"): NEARBY,
    ("POST", "/-/event/clock"): NEARBY,
    ("GET", "/-/note"): NEARBY,
    ("POST", "/-/note"): NEARBY,
    ("GET", "/-/tunnel/control"): with_token(NO_UPGRADE),
}
"""Each route of the application, and what each role is answered. The shell of the page shows nothing by itself."""
NO_ORDER: Final = 400  # let in, and then asked for the order that these requests lack
OVER_TLS: Final[Mapping[tuple[str, str], Statuses]] = {
    ("GET", "/-/event/pairs"): with_token(403, mover=200),
    ("POST", "/-/event/pairs"): with_token(403, mover=NO_ORDER),
    ("POST", "/-/event/swap"): with_token(403, mover=NO_ORDER),
    ("GET", "/-/event/clock"): with_token(403, mover=200),
    ("POST", "/-/event/clock"): with_token(403, mover=NO_ORDER),
}
"""What is answered otherwise at a door for TLS; of a plain one, these ways take no token."""
RAW_WAYS: Final = {b"/-/tunnel/data": everybody(410), b"/-/tunnel/station": with_token(409)}
"""The ways past the application, which carry bytes: a ticket, or an agent that is connected, is needed too."""
DATA: Final[Mapping[str, Statuses]] = {
    "legend": with_token(200, nobody=403),
    "board": with_token(200, nobody=403),
    "doctor": with_token(200, nobody=403, viewer=403),
    "pair?id={pair}": with_token(200, nobody=403, viewer=404, own=404),
    "session?id=3": with_token(200, nobody=403, own=404),
    "frame?id={frame}": with_token(200, nobody=403, viewer=403, own=404),
}
"""Each view of the page's JSON, and what each role is answered of what is all the other participant's."""
FILLED: Final = {"{id}": "1", "{name}": "app.js", "{what}": "legend"}


@dataclass
class Site:
    """A hub with an event, stations of two participants, and a token for each role."""

    hub: Hub
    tokens: dict[str, str]
    http: aiohttp.ClientSession
    stations: dict[tuple[str, str], aiohttp.ClientWebSocketResponse] = field(default_factory=dict)

    def headers(self, role: str) -> dict[str, str]:
        token = self.tokens.get(role)
        return AFAR | ({"Authorization": f"Bearer {token}"} if token else {})

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
        async with asyncio.timeout(10):
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


async def csms(request: web.Request) -> web.WebSocketResponse:
    """Accept all; a Heartbeat is answered without its time."""
    socket = web.WebSocketResponse(protocols=["ocpp1.6"])
    await socket.prepare(request)
    booted = {"currentTime": "2026-01-01T12:00:00Z", "interval": 300, "status": "Accepted"}
    answers = {"BootNotification": booted, "DataTransfer": {"status": "Accepted"}, "Heartbeat": {}}
    async for message in socket:
        _, number, action, _ = json.loads(message.data)
        await socket.send_str(json.dumps([3, number, answers[action]]))
    return socket


@asynccontextmanager
async def csms_at() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{station}", csms)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def site(tmp_path: Path, viewing: str = "") -> AsyncIterator[Site]:
    async with csms_at() as url:
        (tmp_path / "event.toml").write_text(EVENT.format(url=url) + f"[viewing]\n{viewing}\n")
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
        yield Site(hub, secrets | {WRONG: "plugfest_guessed-by-somebody"}, http)


@asynccontextmanager
async def event(tmp_path: Path, viewing: str) -> AsyncIterator[Site]:
    """Two stations of two participants have visited the same CSMS of one of them, and one of them a second one."""
    async with site(tmp_path, viewing) as there:
        await there.visit("V1", "lotus", "Volta")
        await there.visit("W9", "lotus", "Wren")
        await there.visit("W9", "deep", "Wren")
        yield there


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_file, "LOOK_S", 0.05)


# -- every way --------------------------------------------------------------------------------------------------------


def ways_of(app: web.Application) -> Iterator[tuple[str, str]]:
    for route in app.router.routes():
        if route.method != "HEAD":  # answered as GET, without a body
            yield route.method, route.resource.canonical if route.resource else ""


async def test_every_way_into_the_hub_has_its_entry_here(tmp_path: Path) -> None:
    async with site(tmp_path) as there:
        assert sorted(ways_of(there.hub._app)) == sorted(WAYS)
    assert {*tunnel_doors._RAW} == {*RAW_WAYS}


async def test_every_role_is_answered_at_every_way_as_it_is_granted_with_and_without_tls(tmp_path: Path) -> None:
    async with site(tmp_path) as there:
        plain, secure = [
            {way: {role: await asked(there, *way, role, door) for role in ROLES} for way in WAYS} for door in range(2)
        ]

    assert plain == WAYS
    assert secure == {**WAYS, **OVER_TLS}


@pytest.mark.parametrize("at", ["", "at=2999-01-01"])
async def test_every_role_is_answered_at_every_view_of_the_data_as_it_is_granted(tmp_path: Path, at: str) -> None:
    answered: dict[str, dict[str, int]] = {}
    async with event(tmp_path, "") as there:
        (pair,) = [each for each, about in (await there.board(ORGANIZER, 3)).pairs.items() if about["csms"] == "deep"]
        _, session = await there.get(ORGANIZER, "/-/page/data/session?id=3")
        frame = json.loads(session)["messages"][0]["id"]
        for view in DATA:
            asked = view.replace("{pair}", pair).replace("{frame}", str(frame))
            path = f"/-/page/data/{asked}{'&' if '?' in asked else '?'}{at}"
            there.hub.tunnels.failures._paid_until.clear()  # guessing is slowed down, which is another test's
            answered[view] = {role: (await there.get(role, path))[0] for role in ROLES}

    assert answered == DATA
    assert {view.partition("?")[0] for view in DATA} == {*VIEWS}


async def asked(there: Site, method: str, path: str, role: str, door: int = 0) -> int:
    for part, filled in FILLED.items():
        path = path.replace(part, filled)
    body = {"token": there.tokens.get(role, "")} if path.endswith("/enter") else {}
    headers = AFAR if path.endswith("/enter") else there.headers(role)
    there.hub.tunnels.failures._paid_until.clear()  # guessing is slowed down, which is another test's
    url = f"{'https' if door else 'http'}://127.0.0.1:{there.hub.ports[door]}{path}"
    given = body if method == "POST" else None
    async with there.http.request(method, url, json=given, headers=headers, ssl=False) as answer:
        return answer.status


@pytest.mark.parametrize("path", RAW_WAYS)
async def test_every_role_is_answered_at_the_ways_past_the_application(tmp_path: Path, path: bytes) -> None:
    async with site(tmp_path) as there:
        answered = {role: await asked_raw(there, path, role) for role in ROLES}

    assert answered == RAW_WAYS[path]


async def asked_raw(there: Site, path: bytes, role: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", there.hub.port)
    fields = {"Host": "hub", "Upgrade": PROTOCOL, "Connection": "Upgrade"} | there.headers(role)
    head = "\r\n".join(f"{name}: {value}" for name, value in fields.items())
    writer.write(b"GET %b HTTP/1.1\r\n%b\r\n\r\n" % (path, head.encode()))
    status = (await reader.readline()).split()[1]
    writer.close()
    return int(status)


# -- what is in it ----------------------------------------------------------------------------------------------------


async def everything_for(there: Site, role: str, wanted: int) -> str:
    """Return all that a role can get from the page: by its board, by links, and by trying numbers and others' links."""
    ids = [*(await there.board(ORGANIZER, 3)).pairs]
    board = await there.board(role, wanted)
    asked = [*(f"pair?id={each}" for each in {*ids, *board.pairs}), "doctor", "legend"]
    asked += [f"{what}?id={number}" for number in range(1, 40) for what in ("session", "frame")]
    answers = [
        await there.get(role, f"/-/page/data/{each}") for each in [*asked, *(f"{each}&hall=1" for each in asked)]
    ]
    return board.sent + "\n".join(body for _, body in answers) + await everything_past(there, role, asked)


async def everything_past(there: Site, role: str, asked: list[str]) -> str:
    """Return all that a role can get from the page by looking back: to every message, and to every time of one."""
    moments = []
    for number in range(1, 40):
        status, body = await there.get(ORGANIZER, f"/-/page/data/frame?id={number}")
        moments += [f"%23{number}", told_at(json.loads(body)["message"]["at"] + 1)] if status == 200 else []
    questions = ["board", *asked[::7], "session?id=1", "session?id=2", "session?id=3", "doctor"]
    answers = []
    for moment in [*moments, "1999-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]:
        for each in questions:
            joint = "&" if "?" in each else "?"
            answers += [await there.get(role, f"/-/page/data/{each}{joint}at={moment}")]
            answers += [await there.get(role, f"/-/page/data/{each}{joint}at={moment}&hall=1")]
    assert any(status == 200 for status, _ in answers)
    return "\n".join(body for _, body in answers)


def told_at(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


OWN_WORDS: Final = ("V1", "Volta", "fw-V1-lotus", "said-V1-lotus")
OTHERS_NAMES: Final = ("W9", "Wren", "deep")
OTHERS_WORDS: Final = ("fw-W9", "said-W9")


def words_in(text: str, *words: str) -> set[str]:
    return {word for word in words if word in text}


@pytest.mark.parametrize(
    ("viewing", "pairs", "names", "others"),
    [
        ('participants = "nothing"', 1, {"Volta One with lotus"}, set()),
        (
            'participants = "outcomes"',
            3,
            {"Volta One with lotus", "Station B with CSMS A", "Station B with CSMS B"},
            set(),
        ),
        (
            'participants = "outcomes"\nnames = "real"',
            3,
            {"Volta One with lotus", "Wren One with lotus", "Wren One with deep"},
            {"Wren", "deep"},
        ),
    ],
)
async def test_participant_sees_their_own_whole_and_of_others_what_the_event_shows(
    tmp_path: Path, viewing: str, pairs: int, names: set[str], others: set[str]
) -> None:
    async with event(tmp_path, viewing) as there:
        board = await there.board(OWN, pairs)
        seen = await everything_for(there, OWN, pairs)

    assert board.names == names
    assert words_in(seen, *OWN_WORDS) == {*OWN_WORDS}
    assert words_in(seen, *OTHERS_NAMES) == others
    assert words_in(seen, *OTHERS_WORDS) == set()


async def test_owner_of_a_csms_sees_its_whole_column_also_of_other_peoples_stations(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        board = await there.board(OTHER, 3)
        seen = await everything_for(there, OTHER, 3)

    assert board.names == {"Volta One with lotus", "Wren One with lotus", "Wren One with deep"}
    assert words_in(seen, "said-V1-lotus", "said-W9-lotus", "said-W9-deep") == {
        "said-V1-lotus", "said-W9-lotus", "said-W9-deep",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("viewing", "pairs", "words"),
    [
        ("", 3, set()),
        ('names = "real"', 3, {"Volta", "Wren", "deep"}),
        ('hall = "nothing"', 0, set()),
    ],
)
async def test_viewer_sees_what_the_hall_is_shown(tmp_path: Path, viewing: str, pairs: int, words: set[str]) -> None:
    async with event(tmp_path, viewing) as there:
        seen = await viewer_sees(there, pairs)

    assert words_in(seen, *OWN_WORDS, *OTHERS_NAMES, *OTHERS_WORDS) == words


async def viewer_sees(there: Site, pairs: int) -> str:
    if pairs:
        return await everything_for(there, VIEWER, pairs)
    await there.board(ORGANIZER, 3)
    async with there.following(VIEWER) as board:
        await board.until(lambda: board.status.get("stage") == "live")
        return board.sent + str([await there.get(VIEWER, f"/-/page/data/session?id={number}") for number in (1, 2, 3)])


async def test_hall_screen_of_the_organizer_shows_no_more_than_the_hall_may_see(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        await there.board(ORGANIZER, 3)
        paths = ["pair?id=station-a.csms-a.1.6", "session?id=1", "pair?id=station-b.csms-b.1.6"]
        answers = [await there.get(ORGANIZER, f"/-/page/data/{path}&hall=1") for path in paths]
        frame = await there.get(ORGANIZER, "/-/page/data/frame?id=2&hall=1")

    assert [status for status, _ in answers] == [200, 200, 200]
    assert words_in(str(answers), *OWN_WORDS, *OTHERS_NAMES, *OTHERS_WORDS) == set()
    assert frame[0] == 403


async def test_what_others_have_is_answered_as_what_is_not_there(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        others = {each for each in (await there.board(ORGANIZER, 3)).pairs if each.startswith("Wren")}
        await there.board(OWN, 1)
        guessed = {await there.get(OWN, f"/-/page/data/session?id={number}") for number in (2, 3, 999)}
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        theirs = [number for number, (status, body) in enumerate(frames, 1) if status == 200 and "W9" in body]
        messages = {await there.get(OWN, f"/-/page/data/frame?id={number}") for number in [*theirs, 999]}
        pairs = {await there.get(OWN, f"/-/page/data/pair?id={each}") for each in [*others, "nobody"]}

    assert len(others) == 2
    assert theirs
    assert [len(each) for each in (guessed, messages, pairs)] == [1, 1, 1]
    assert {status for each in (guessed, messages, pairs) for status, _ in each} == {404}


async def test_moment_that_others_made_is_told_to_nobody_who_sees_nothing_of_them(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        await there.board(ORGANIZER, 3)
        await there.board(OWN, 1)
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        told = [
            (number, json.loads(body)["message"]) for number, (status, body) in enumerate(frames, 1) if status == 200
        ]
        theirs = [number for number, each in told if each["session"] != 1]
        ours = max(each["at"] for _, each in told if each["session"] == 1)
        by_message = {await there.get(OWN, f"/-/page/data/board?at=%23{number}") for number in [*theirs, 999]}
        latest = json.loads((await there.get(OWN, "/-/page/data/board?at=2999-01-01"))[1])["when"]
        first = json.loads((await there.get(OWN, "/-/page/data/board?at=1999-01-01"))[1])["when"]
        refused = {(await there.get(VIEWER, f"/-/page/data/board?at=%23{number}"))[0] for number in [*theirs, 999]}

    assert theirs
    assert [status for status, _ in by_message] == [404]
    assert latest["at"] == ours
    assert first["at"] <= ours
    assert refused == {403}


async def test_letters_are_those_of_now_at_every_moment(tmp_path: Path) -> None:
    async with event(tmp_path, 'participants = "outcomes"') as there:
        now = (await there.board(VIEWER, 3)).names
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        moments = [told_at(json.loads(body)["message"]["at"] + 1) for status, body in frames if status == 200]
        boards = [json.loads((await there.get(VIEWER, f"/-/page/data/board?at={each}"))[1]) for each in moments]

    names = [{f"{pair['station']} with {pair['csms']}" for pair in each["pairs"]} for each in boards]
    assert set().union(*names) == now
    assert [len(each) for each in names] == sorted(len(each) for each in names)


async def test_station_that_has_not_said_its_name_is_told_by_its_identity_neither_now_nor_then(tmp_path: Path) -> None:
    async with event(tmp_path, 'names = "real"') as there:
        await there.board(VIEWER, 3)
        silent = await there.http.ws_connect(f"{there.hub.url}/deep/SILENT", protocols=["ocpp1.6"])
        await silent.send_str('[2,"h","Heartbeat",{}]')
        async with there.following(VIEWER) as board:
            await board.until(lambda: len(board.pairs) == 4)
            now, live = {pair["station"] for pair in board.pairs.values()}, board.sent
        boot = told_at(json.loads((await there.get(ORGANIZER, "/-/page/data/session?id=1"))[1])["opened"] + 1)
        _, before = await there.get(VIEWER, "/-/page/data/board?at=1999-01-01")
        _, then = await there.get(VIEWER, f"/-/page/data/board?at={boot}")

    assert now == {"Volta One", "Wren One", "Station C"}
    assert [pair["station"] for pair in json.loads(before)["pairs"]] == ["Station A"]
    assert words_in(live + before + then, "V1", "W9", "SILENT") == set()


async def test_nothing_that_others_do_moves_or_counts_for_who_sees_nothing_of_them(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there, there.following(OWN) as board, there.following(ORGANIZER) as all_of_it:
        await board.until(lambda: board.status.get("stage") == "live" and len(board.pairs) == 1)
        before = board.status
        await there.visit("W9", "lotus", "Wren")
        await there.visit("X7", "deep", "Xenon")
        await all_of_it.until(lambda: any(pair["station"] == "Xenon One" for pair in all_of_it.pairs.values()))

        await there.visit("V1", "deep", "Volta")
        await board.until(lambda: len(board.pairs) == 2)

    assert {name for name in before if name in ("messages", "findings", "rate")} == set()
    assert (before["sessions"], board.status["sessions"]) == (1, 2)
    assert words_in(board.sent, "Wren", "Xenon", "W9", "X7") == set()


async def test_somebody_elses_station_that_says_it_is_the_same_product_stays_somebody_elses(tmp_path: Path) -> None:
    async with site(tmp_path) as there:
        await there.visit("V1", "lotus", "Volta")
        await there.visit("W9", "lotus", "Volta")
        organizers = await there.board(ORGANIZER, 1)
        board = await there.board(OWN, 1)
        (pair,) = board.pairs
        _, detail = await there.get(OWN, f"/-/page/data/pair?id={pair}")
        seen = await everything_in_reach(there, OWN)

    assert [each["sessions"] for each in organizers.pairs.values()] == [2]
    assert board.pairs[pair]["sessions"] == 1
    assert [each["identity"] for each in json.loads(detail)["latest"]] == ["V1"]
    assert json.loads(detail)["firmware"] == "fw-V1-lotus"
    assert words_in(board.sent + detail + seen, "W9", "fw-W9", "said-W9") == set()


async def everything_in_reach(there: Site, role: str) -> str:
    numbers = range(1, 30)
    return str([await there.get(role, f"/-/page/data/{what}?id={n}") for n in numbers for what in ("session", "frame")])


# -- who may stay -----------------------------------------------------------------------------------------------------


async def test_browser_with_a_revoked_token_is_told_why_and_gets_nothing_more(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there, there.following(OWN) as board:
        await board.until(lambda: len(board.pairs) == 1)
        assert there.hub.settings.tokens is not None

        revoke(there.hub.settings.tokens, OWN)
        await board.until(lambda: board.farewell)
        rest = await board._answer.content.read()
        status, _ = await there.get(OWN, "/-/page/data/session?id=1")

    assert board.farewell == "this token was revoked"
    assert rest == b"\n"
    assert status == 401


async def test_browser_is_shown_something_else_as_soon_as_the_event_says_so(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there, there.following(OWN) as board:
        await board.until(lambda: len(board.pairs) == 1)
        file = tmp_path / "event.toml"

        file.write_text(file.read_text() + 'participants = "outcomes"\n')

        async with asyncio.timeout(20):
            while await board._answer.content.read(1 << 16):
                pass
        again = await there.board(OWN, 3)
    assert "Station B with CSMS B" in again.names


async def test_rules_that_are_edited_reach_the_page(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there, there.following(OWN) as board:
        await board.until(lambda: {pair["outcome"] for pair in board.pairs.values()} == {"deviated"})
        _, told = await there.get(OWN, "/-/page/data/session?id=1")
        codes = {each["rule"] for each in json.loads(told)["findings"] if each["severity"] == "violation"}
        file = tmp_path / "event.toml"

        off = "".join(f'[rules.{code}]\nseverity = "off"\nreason = "agreed"\n' for code in sorted(codes))
        file.write_text(file.read_text() + off)

        await board.until(lambda: {pair["outcome"] for pair in board.pairs.values()} <= {"passed", "remarked"})
        _, told = await there.get(OWN, "/-/page/data/session?id=1")

    assert codes
    assert [each for each in json.loads(told)["findings"] if each["severity"] == "violation"] == []

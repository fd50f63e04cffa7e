"""Every way into the hub, for every role: nobody is let in further than is granted, nor stays longer."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web
from sites import (
    AFAR,
    KNOWN,
    NOBODY,
    ORGANIZER,
    OWN,
    REVOKED,
    ROLES,
    WRONG,
    Site,
    event,
    site,
)

from hub.access import token_file
from hub.access.nearness import FIELD
from hub.access.tokens import revoke
from hub.tunnel import doors as tunnel_doors
from hub.tunnel.words import PROTOCOL
from tui.page.answers import VIEWS

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
    ("POST", "/-/page/enter"): with_token(200, mover=403),
    ("POST", "/-/page/leave"): PUBLIC,
    ("GET", "/-/page/live"): with_token(200, nobody=403, mover=403),
    ("GET", "/-/page/data/{what}"): with_token(200, nobody=403, mover=403),
    ("GET", "/-/feed"): with_token(NO_UPGRADE, viewer=403, mover=403),
    ("GET", "/-/disturb"): NEARBY,
    ("POST", "/-/disturb"): NEARBY,
    ("GET", "/-/event/pairs"): NEARBY,
    ("POST", "/-/event/pairs"): NEARBY,
    ("POST", "/-/event/swap"): NEARBY,
    ("GET", "/-/event/clock"): NEARBY,
    ("POST", "/-/event/clock"): NEARBY,
    ("GET", "/-/note"): NEARBY,
    ("POST", "/-/note"): NEARBY,
    ("GET", "/-/tunnel/control"): with_token(NO_UPGRADE, mover=401),
}
"""Each route of the application, and what each role is answered. The shell of the page shows nothing by itself."""
NO_ORDER: Final = 400  # let in, and then asked for the order that these requests lack
OVER_TLS: Final[Mapping[tuple[str, str], Statuses]] = {
    ("POST", "/-/page/enter"): with_token(200),
    ("GET", "/-/page/live"): with_token(200, nobody=403),
    ("GET", "/-/page/data/{what}"): with_token(200, nobody=403),
    ("GET", "/-/feed"): with_token(NO_UPGRADE, viewer=403),
    ("GET", "/-/event/pairs"): with_token(403, mover=200),
    ("POST", "/-/event/pairs"): with_token(403, mover=NO_ORDER),
    ("POST", "/-/event/swap"): with_token(403, mover=NO_ORDER),
    ("GET", "/-/event/clock"): with_token(403, mover=200),
    ("POST", "/-/event/clock"): with_token(403, mover=NO_ORDER),
    ("GET", "/-/tunnel/control"): with_token(NO_UPGRADE),
}
"""What is answered otherwise at a door for TLS. At a plain one, a token that moves stations is good for nothing."""
BY_BADGE: Final[Mapping[tuple[str, str], int]] = {
    ("GET", "/-/page/live"): 200,
    ("GET", "/-/page/data/{what}"): 200,
    ("GET", "/-/feed"): NO_UPGRADE,
    ("GET", "/-/disturb"): 200,
    ("POST", "/-/disturb"): NO_ORDER,
    ("GET", "/-/event/pairs"): 200,
    ("POST", "/-/event/pairs"): NO_ORDER,
    ("POST", "/-/event/swap"): NO_ORDER,
    ("GET", "/-/event/clock"): 200,
    ("POST", "/-/event/clock"): NO_ORDER,
    ("GET", "/-/note"): 200,
    ("POST", "/-/note"): NO_ORDER,
}
"""What is answered otherwise than to nobody, where a program on the hub's machine shows its badge."""
RAW_WAYS: Final = {b"/-/tunnel/data": everybody(410), b"/-/tunnel/station": with_token(409, mover=401)}
"""The ways past the application, which carry bytes: a ticket, or an agent that is connected, is needed too."""
DATA: Final[Mapping[str, Statuses]] = {
    "legend": with_token(200, nobody=403, mover=403),
    "board": with_token(200, nobody=403, mover=403),
    "doctor": with_token(200, nobody=403, mover=403, viewer=403),
    "pair?id={pair}": with_token(200, nobody=403, mover=403, viewer=404, own=404),
    "session?id=3": with_token(200, nobody=403, mover=403, own=404),
    "frame?id={frame}": with_token(200, nobody=403, mover=403, viewer=403, own=404),
}
"""Each view of the page's JSON, and what each role is answered without TLS, of what is all the other participant's."""
FILLED: Final = {"{id}": "1", "{name}": "app.js", "{what}": "legend"}


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


async def test_on_the_hubs_machine_the_badge_opens_every_way_and_the_address_alone_none(tmp_path: Path) -> None:
    strangers = {way: WAYS[way][NOBODY] for way in WAYS}
    async with site(tmp_path) as there:
        there.afar = {}
        silent = {way: await asked(there, *way, NOBODY) for way in WAYS}
        there.afar = {FIELD: there.hub.badge.secret}
        shown = {way: await asked(there, *way, NOBODY) for way in WAYS}
        there.afar |= AFAR
        passed_on = {way: await asked(there, *way, NOBODY) for way in WAYS}

    assert silent == passed_on == strangers
    assert shown == {**strangers, **BY_BADGE}


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
    headers = there.afar if path.endswith("/enter") else there.headers(role)
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

        async with asyncio.timeout(30):
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

"""Who may watch the feed, and what of it: every role, with and without a token, and after it was revoked."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from drawing import Pen
from event_texts import a_csms, a_participant, a_station, event_text
from recorded import record

from hub.access import token_file
from hub.access.tokens import Role, Token, new_token, revoke
from hub.access.viewing import OVERHEARD, Viewing
from hub.access.viewing import REVOKED as REVOKED_WORDS
from hub.events.desk import EventDesk
from hub.events.file import parse_event, read_event
from hub.feed import OTHER_SCOPE, REVOKED, Sight, feed_app, unpack
from hub.mirror import MirrorError, check, feed_url, mirrored
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from matrix.trace import Frame, Opened, Session, Side, Traffic

EVENT = event_text(
    a_participant("volta"), a_participant("lotus"), a_csms("lotus", "lotus"), a_station("one", "volta", "V1")
)
SPOKEN = ['> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"$NOW"}]']


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(token_file, "LOOK_S", 0.01)
    places = [("V1", "lotus"), ("V1", "other"), ("W9", "lotus"), ("W9", "other")]
    record(tmp_path / "event.db", *(Pen().session(SPOKEN, identity=who, csms=csms) for who, csms in places))
    (tmp_path / "event.toml").write_text(EVENT)
    new_token(tmp_path / "tokens.toml", Token(name="first", digest="", csmses=("none",)))
    desk = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())
    settings = HubSettings(recording=tmp_path / "event.db", csmses={}, port=0, tokens=tmp_path / "tokens.toml")
    async with Hub(settings, app=feed_app(tmp_path / "event.db"), desk=desk) as hub:
        yield hub


async def token_of(hub: Hub, role: Role, participant: str = "", csmses: tuple[str, ...] = ()) -> str:
    """Add a token to the hub's file, and wait until the hub knows it."""
    assert hub.settings.tokens is not None
    token = Token(name=f"{role}-{participant}", digest="", role=role, participant=participant, csmses=csmses)
    secret = new_token(hub.settings.tokens, token)
    assert hub.tunnels.tokens is not None
    async with asyncio.timeout(30):
        while hub.tunnels.tokens.tokens.match(secret) is None:  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)
    return secret


@asynccontextmanager
async def feed_of(hub: Hub, token: str, after: int = 0) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url, headers = feed_url(hub.url).with_query(after=str(after)), {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as socket, asyncio.timeout(30):
        await socket.receive_json()
        yield socket


async def seen_by(hub: Hub, token: str, after: int = 0) -> list[Traffic]:
    async with feed_of(hub, token, after) as socket:
        return await traffic_from(socket)


async def traffic_from(socket: aiohttp.ClientWebSocketResponse) -> list[Traffic]:
    """Return the next batch; what is said beside the traffic is passed over."""
    while (message := await socket.receive()).type is not aiohttp.WSMsgType.BINARY:
        assert message.type is aiohttp.WSMsgType.TEXT, message
    return unpack(message.data)


def sessions_in(items: list[Traffic]) -> list[tuple[str, str]]:
    return [(item.session.identity, item.session.csms) for item in items if isinstance(item, Opened)]


async def test_organizer_sees_everything(hub: Hub) -> None:
    items = await seen_by(hub, await token_of(hub, Role.ORGANIZER))

    with Recording.open(hub.settings.recording) as recording:
        assert items == recording.traffic()


@pytest.mark.parametrize(
    ("participant", "csmses", "sessions"),
    [
        ("volta", (), [("V1", "lotus"), ("V1", "other")]),
        ("lotus", (), [("V1", "lotus"), ("W9", "lotus")]),
        ("", ("other",), [("V1", "other"), ("W9", "other")]),
    ],
)
async def test_participant_sees_the_sessions_of_their_own_products_whole_and_no_others(
    hub: Hub, participant: str, csmses: tuple[str, ...], sessions: list[tuple[str, str]]
) -> None:
    items = await seen_by(hub, await token_of(hub, Role.PARTICIPANT, participant, csmses))

    assert sessions_in(items) == sessions
    assert len(items) == len(sessions) * 4  # opened, two messages, closed


async def test_participant_who_comes_back_goes_on_within_a_session(hub: Hub) -> None:
    token = await token_of(hub, Role.PARTICIPANT, "volta")
    whole = await seen_by(hub, token)

    rest = await seen_by(hub, token, after=1)

    assert rest == whole[1:]


@pytest.mark.parametrize(
    ("role", "participant", "status"),
    [(Role.VIEWER, "", 403), (Role.PARTICIPANT, "", 403), (Role.PARTICIPANT, "nobody", 403)],
)
async def test_who_has_nothing_to_watch_is_told_why(hub: Hub, role: Role, participant: str, status: int) -> None:
    token = await token_of(hub, role, participant)

    with pytest.raises(MirrorError, match=f"it answered {status}: this token is"):
        await check(feed_url(hub.url), token=token)


async def test_wrong_token_is_refused_also_from_the_hubs_own_machine(hub: Hub) -> None:
    with pytest.raises(MirrorError, match="it answered 401: the hub does not know this token"):
        await check(feed_url(hub.url), token="plugfest_guessed")


async def test_guessing_is_slowed_down(hub: Hub) -> None:
    url, headers = feed_url(hub.url).with_scheme("http"), {"Authorization": "Bearer plugfest_guessed"}
    async with aiohttp.ClientSession() as http:
        statuses = [(await http.get(url, headers=headers)).status for _ in range(12)]

    assert statuses[0] == 401
    assert statuses[-1] == 429


async def test_page_of_a_browser_is_refused_with_a_good_token_too(hub: Hub) -> None:
    token = await token_of(hub, Role.ORGANIZER)
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}

    async with aiohttp.ClientSession() as http:
        answer = await http.get(feed_url(hub.url).with_scheme("http"), headers=headers)

    assert answer.status == 403


async def test_revoked_token_ends_the_feed(hub: Hub) -> None:
    token = await token_of(hub, Role.ORGANIZER)
    async with feed_of(hub, token) as socket:
        await traffic_from(socket)

        assert hub.settings.tokens is not None
        revoke(hub.settings.tokens, "organizer-")

        async with asyncio.timeout(30):
            while not socket.closed:
                await socket.receive()
        assert socket.close_code == REVOKED


@pytest.mark.parametrize(
    ("role", "participant", "viewing", "is_whole"),
    [
        (Role.ORGANIZER, "", "", True),
        (Role.PARTICIPANT, "volta", "", False),
        (Role.VIEWER, "", '[viewing]\nhall = "everything"\n', False),
    ],
)
async def test_round_is_told_to_all_and_who_meets_whom_to_the_organizer(
    hub: Hub, role: Role, participant: str, viewing: str, *, is_whole: bool
) -> None:
    token = await token_of(hub, role, participant)
    assert hub.desk is not None
    hub.desk.trouble = "event.toml:7: no"
    put_event(hub, f'{viewing}[[rounds]]\nstarts = {datetime.now(UTC).isoformat()}\npairs = [["one", "lotus"]]\n')

    async with feed_of(hub, token) as socket:
        told = (await socket.receive_json())["round"]

    assert (told["event"], told["number"], told["of"], 1700 < told["left_s"] <= 1800) == ("Fest", 1, 1, True)
    assert told["pairs"] == ([["one", "lotus"]] if is_whole else [])
    assert told["trouble"] == ("event.toml:7: no" if is_whole else "")


def test_stranger_without_a_token_is_told_that_one_is_needed() -> None:
    request = make_mocked_request("GET", "/-/feed", headers={"Host": "hub"}, app=web.Application())
    from_afar = request.clone(remote="192.0.2.7")

    with pytest.raises(aiohttp.web.HTTPUnauthorized) as refused:
        Viewing().admit(from_afar)

    assert "needs a token" in str(refused.value.text)


async def test_watch_is_told_that_its_token_was_revoked_and_keeps_what_it_has(hub: Hub, tmp_path: Path) -> None:
    token = await token_of(hub, Role.PARTICIPANT, "volta")

    def watched() -> tuple[str, int]:
        path = tmp_path / "mine.recording"
        with mirrored(hub.url, path, None, token) as mirror, Recording.open(path) as mine:
            wait_until(lambda: len(mine.traffic()) == 8)
            assert hub.settings.tokens is not None
            revoke(hub.settings.tokens, "participant-volta")
            wait_until(lambda: mirror.lost_at is not None)
            return mirror.sent_away, len(mine.traffic())

    assert await asyncio.to_thread(watched) == (REVOKED_WORDS, 8)


async def test_viewers_token_watches_the_feed_where_the_hall_is_shown_everything_and_as_long_as_it_is(hub: Hub) -> None:
    token = await token_of(hub, Role.VIEWER)
    put_event(hub, '[viewing]\nhall = "everything"\n')
    async with feed_of(hub, token) as socket:
        items = await traffic_from(socket)

        put_event(hub, "")

        while not socket.closed:
            await socket.receive()
    assert len(sessions_in(items)) == 4
    assert socket.close_code == OTHER_SCOPE


async def test_session_that_is_a_participants_no_longer_is_seen_no_further(hub: Hub) -> None:
    token = await token_of(hub, Role.PARTICIPANT, "volta")
    assert hub.tunnels.tokens is not None
    viewing, session = (
        Viewing(hub.tunnels.tokens, desk=hub.desk),
        Session(id=1, opened_at=0, identity="V1", csms="other"),
    )
    sight = Sight(viewing.admit(request_with(token)), [session])
    frame = Frame(id=2, session=1, at=0, side=Side.STATION, opcode=1, payload="[]")
    before = sight.of([frame])

    put_event(hub, "", identity="X9")

    assert (before, sight.of([frame])) == ([frame], [])


def put_event(hub: Hub, more: str, identity: str = "V1") -> None:
    """Edit the event: put it in force as the hub does with an edited file."""
    assert hub.desk is not None
    hub.desk.take_up(parse_event(EVENT.replace("V1", identity) + more, hub.desk.event.path))


def request_with(token: str) -> aiohttp.web.Request:
    headers = {"Host": "hub", "Authorization": f"Bearer {token}"}
    return make_mocked_request("GET", "/-/feed", headers=headers, app=web.Application()).clone(remote="192.0.2.7")


def wait_until(reached: Callable[[], bool]) -> None:
    while not reached():
        time.sleep(0.01)  # the mirror writes in a thread of its own, and tells nobody


async def test_mirror_shows_its_token(hub: Hub, tmp_path: Path) -> None:
    token = await token_of(hub, Role.PARTICIPANT, "volta")

    def copied() -> list[Traffic]:
        with (
            mirrored(hub.url, tmp_path / "mine.recording", None, token),
            Recording.open(tmp_path / "mine.recording") as mine,
        ):
            wait_until(lambda: len(mine.traffic()) >= 8)
            return mine.traffic()

    found = await asyncio.to_thread(copied)

    assert sessions_in(found) == [("V1", "lotus"), ("V1", "other")]


def test_token_that_moves_stations_is_not_even_for_looking_where_others_may_read_it(tmp_path: Path) -> None:
    secrets = [
        new_token(tmp_path / "tokens.toml", Token(name=name, digest="", role=Role.ORGANIZER, may_move=name == "moves"))
        for name in ("moves", "looks")
    ]
    viewing = Viewing(token_file.TokenFile(tmp_path / "tokens.toml"))

    told: list[str] = []
    for secret in secrets:
        for context in (None, ssl.create_default_context()):
            headers = {"Host": "hub.example", "Authorization": f"Bearer {secret}"}
            try:
                app = web.Application()
                viewing.admit(make_mocked_request("GET", "/", headers=headers, sslcontext=context, app=app))
                told.append("")
            except web.HTTPForbidden as exc:
                told.append((exc.text or "").strip())

    assert told == [OVERHEARD, "", "", ""]

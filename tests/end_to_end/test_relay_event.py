"""An event in a running hub: stations that are paired, moved by hand, and moved by an edit of the file."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from event_texts import a_csms, a_participant, a_station, event_text
from raw_peers import ACCEPT, Line, Peers, frame, masked, raw_peers, upgrade
from relayed import recorded, session_of

from hub.disturbing.control import ControlError
from hub.events import desk as event_desk
from hub.events.control import DeskAt, MoveOrder, PairShown, SwapOrder, add_event_control
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.handshake.authentication import Authentication, OpenToAll, Rejection
from hub.handshake.heads import RequestHead
from hub.relaying.tap import Tap
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from matrix.trace import Ending, Opcode, Side

MOVED = "connect again: the event has paired this station anew"
SECRET = "what lotus expects of V2"
CALL = '[2,"1","Heartbeat",{}]'


@pytest.fixture
async def others() -> AsyncIterator[Peers]:
    async with raw_peers() as peers:
        yield peers


def event_of(lotus: Peers, deep: Peers, csms: str = "lotus") -> str:
    return event_text(
        a_participant("volta"),
        a_csms("lotus", "volta", lotus.url),
        f'[csmses.lotus.passwords]\nV2 = "{SECRET}"\n',
        a_csms("deep", "volta", deep.url),
        a_station("Volta One", "volta", "V 1", "V2", csms=csms),
        a_station("idle", "volta", "V3"),
    )


@asynccontextmanager
async def hub_with(
    tmp_path: Path, lotus: Peers, deep: Peers, authentication: Authentication | None = None
) -> AsyncIterator[Hub]:
    (tmp_path / "event.toml").write_text(event_of(lotus, deep))
    desk = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())
    app = web.Application()
    add_event_control(app, desk)
    settings = HubSettings(
        recording=tmp_path / "event.db", csmses={}, port=0, authentication=authentication or OpenToAll()
    )
    async with Hub(settings, app=app, desk=desk) as hub:
        yield hub
        lotus.hang_up()
        deep.hang_up()


@pytest.fixture
async def hub(tmp_path: Path, peers: Peers, others: Peers) -> AsyncIterator[Hub]:
    async with hub_with(tmp_path, peers, others) as hub:
        yield hub


async def closes_of(line: Line, side: Side) -> list[bytes]:
    reads = Tap(side).feed(await line.rest())
    return [bytes(read.payload) for read in reads if read.opcode == Opcode.CLOSE and isinstance(read.payload, bytes)]


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)


async def test_station_reaches_the_csms_that_it_is_paired_with_byte_for_byte(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers, "/V%201?a=%62")

    await station.say(masked(CALL))

    assert await upstream.hear(len(masked(CALL)))
    (session,) = recorded(hub)
    assert (session.identity, session.csms, session.path) == ("V 1", "lotus", "/V%201?a=%62")
    assert session.upstream == f"{peers.url}/V%201?a=%62"


async def test_station_that_is_paired_with_nobody_is_told_so(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade("/V3"))

    answer = await station.rest()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 10\r\n" in answer
    assert b"'V3' rests: it is paired with no CSMS now; connect to /NAME/V3 for a certain one: deep, lotus" in answer


async def test_station_that_the_event_does_not_know_is_told_so(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade("/v3"))

    assert (
        b"'v3' is no station of the event; connect to /NAME/v3 for a certain one: deep, lotus" in await station.rest()
    )


async def test_stations_that_are_swapped_meet_each_others_csms(hub: Hub, peers: Peers) -> None:
    station, _ = await session_of(hub, peers, "/V2")

    swapped = await DeskAt(hub.url).swap(SwapOrder("V2", "idle"))

    assert [(each.identity, each.before, each.csms) for each in swapped] == [
        ("V2", "lotus", None),
        ("V3", None, "lotus"),
    ]
    assert await closes_of(station, Side.CSMS) == [(1012).to_bytes(2, "big") + MOVED.encode()]
    await session_of(hub, peers, "/V3")


async def test_moved_station_is_closed_with_1012_and_reaches_the_other_csms(
    hub: Hub, peers: Peers, others: Peers
) -> None:
    station, upstream = await session_of(hub, peers, "/V2")

    moved = await DeskAt(hub.url).move(MoveOrder("Volta One", "deep"))

    goodbye = (1012).to_bytes(2, "big") + MOVED.encode()
    assert moved == [
        PairShown("V 1", "Volta One", "deep", "lotus"),
        PairShown("V2", "Volta One", "deep", "lotus"),
    ]
    assert await station.hear(len(frame(goodbye, 8))) == frame(goodbye, 8)
    await session_of(hub, others, "/V2")
    ended, going = recorded(hub)
    assert (ended.ending, ended.fault) == (
        Ending.HUB,
        "the organizer, or a round, moved the station from lotus to deep",
    )
    assert (going.csms, going.is_open) == ("deep", True)
    upstream.end()


async def test_station_that_names_its_csms_stays_there(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers, "/lotus/V2")

    await DeskAt(hub.url).move(MoveOrder("V2", "deep"))
    await station.say(masked(CALL))

    assert await upstream.hear(len(masked(CALL)))
    assert recorded(hub)[0].is_open


async def test_station_that_is_moved_during_its_handshake_is_closed_once_it_is_open(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)
    await station.say(upgrade("/V2"))
    upstream = await peers.line()
    await upstream.head()

    await DeskAt(hub.url).move(MoveOrder("V2", "deep"))
    await upstream.say(ACCEPT)

    assert await station.head() == ACCEPT
    goodbye = frame((1012).to_bytes(2, "big") + MOVED.encode(), 8)
    assert await station.hear(len(goodbye)) == goodbye


class Slow:
    """Lets everybody in, in its own time."""

    def __init__(self) -> None:
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def rejection(self, request: RequestHead, identity: str, tls: ssl.SSLObject | None) -> Rejection | None:  # noqa: ARG002 - the protocol's names
        self.asked.set()
        await self.goes_on.wait()
        return None


async def test_station_that_is_moved_while_its_password_is_checked_does_not_reach_the_old_csms(
    tmp_path: Path, peers: Peers, others: Peers
) -> None:
    slow = Slow()
    async with hub_with(tmp_path, peers, others, slow) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade("/V2"))
        await slow.asked.wait()

        await DeskAt(hub.url).move(MoveOrder("V2", "deep"))
        slow.goes_on.set()

        assert b" 503 " in (answer := await station.head())
        assert b"\r\nRetry-After: " in answer
        assert [(each.csms, each.is_open) for each in recorded(hub)] == [("lotus", False)]
        await session_of(hub, others, "/V2")


async def test_pairs_are_shown_as_they_are_now(hub: Hub) -> None:
    await DeskAt(hub.url).move(MoveOrder("V2", "deep"))

    shown = await DeskAt(hub.url).pairs()

    assert [(each.identity, each.csms) for each in shown.pairs] == [("V 1", "lotus"), ("V2", "deep"), ("V3", None)]
    assert shown.csmses == ["lotus", "deep"]


async def test_move_of_what_is_not_there_is_refused_in_a_sentence(hub: Hub) -> None:
    with pytest.raises(ControlError, match="there is no CSMS 'nowhere' in the event; known: lotus, deep"):
        await DeskAt(hub.url).move(MoveOrder("V2", "nowhere"))


async def test_hub_without_an_event_says_so(tmp_path: Path, peers: Peers) -> None:
    app = web.Application()
    add_event_control(app, None)
    settings = HubSettings(recording=tmp_path / "plain.db", csmses={"acme": peers.url}, port=0)

    async with Hub(settings, app=app) as plain:
        with pytest.raises(ControlError, match="this hub runs without an event file"):
            await DeskAt(plain.url).pairs()


async def test_edit_is_taken_up_and_drops_no_session_but_those_that_it_moves(
    tmp_path: Path, peers: Peers, others: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.01)
    async with hub_with(tmp_path, peers, others) as hub:
        moved, _ = await session_of(hub, peers, "/V2")
        stays, upstream = await session_of(hub, peers, "/lotus/V3")

        (tmp_path / "event.toml").write_text(event_of(peers, others, "deep"))

        await until(lambda: hub.desk is not None and hub.desk.pairing.csms_of("V2") == "deep")
        assert (await moved.hear(4))[2:] == (1012).to_bytes(2, "big")
        await stays.say(masked(CALL))
        assert await upstream.hear(len(masked(CALL)))


async def test_limits_of_an_edit_hold_for_connections_to_come(
    tmp_path: Path, peers: Peers, others: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.01)
    async with hub_with(tmp_path, peers, others) as hub:
        limits = "\n[limits]\nhead_bytes = 1024\nhandshake_s = 0.1\n"
        (tmp_path / "event.toml").write_text(event_of(peers, others) + limits)
        await until(lambda: hub.limits.head_bytes == 1024)
        long, slow = await peers.station(hub.port), await peers.station(hub.port)

        await long.say(upgrade("/V2", f"X-Long: {'x' * 1024}"))
        await slow.say(b"GET ")

        assert (await long.head()).startswith(b"HTTP/1.1 431 ")
        assert (await slow.head()).startswith(b"HTTP/1.1 408 ")


async def test_broken_edit_is_refused_and_the_old_event_stays_in_force(
    tmp_path: Path, peers: Peers, others: Peers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.01)
    async with hub_with(tmp_path, peers, others) as hub:
        (tmp_path / "event.toml").write_text(event_of(peers, others, "nowhere"))

        await until(lambda: "stays so" in caplog.text)

        assert hub.desk is not None
        assert hub.desk.pairing.csms_of("V2") == "lotus"
        await session_of(hub, peers, "/V2")


async def test_csms_that_an_edit_adds_is_reached(
    tmp_path: Path, peers: Peers, others: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0.01)
    async with hub_with(tmp_path, peers, others) as hub:
        added = f'[csmses.new]\nparticipant = "volta"\nurl = "{others.url}"\nversions = ["1.6"]\n'

        (tmp_path / "event.toml").write_text(event_of(peers, others) + added)

        await until(lambda: hub.desk is not None and "new" in hub.desk.event.csmses)
        await session_of(hub, others, "/new/V2")
        assert recorded(hub)[0].csms == "new"


async def test_csms_is_shown_the_password_that_it_expects_in_the_place_of_the_stations_own(
    hub: Hub, peers: Peers
) -> None:
    own = "Authorization: Basic " + b64encode(b"V2:its own").decode()
    station = await peers.station(hub.port)

    await station.say(upgrade("/V2", own))
    upstream = await peers.line()
    asked = await upstream.head()
    echo = f"HTTP/1.1 401 Unauthorized\r\nContent-Length: {len(SECRET)}\r\n\r\n{SECRET}"
    await upstream.say(echo.encode())

    expected = b"Authorization: Basic " + b64encode(f"V2:{SECRET}".encode())
    assert [line for line in asked.split(b"\r\n") if line.lower().startswith(b"authorization")] == [expected]
    assert SECRET.encode() in await station.rest()
    (session,) = recorded(hub)
    assert SECRET not in repr(session)
    assert "user=V2" in (session.header("Authorization") or "")


async def test_station_without_a_login_is_shown_with_the_one_that_is_expected(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade("/lotus/V2"))

    asked = await (await peers.line()).head()
    assert b"\r\nAuthorization: Basic " + b64encode(f"V2:{SECRET}".encode()) + b"\r\n" in asked


async def test_login_of_another_station_is_left_as_it_is(hub: Hub, peers: Peers) -> None:
    own = "Authorization: Basic " + b64encode(b"V 1:its own").decode()
    station = await peers.station(hub.port)

    await station.say(upgrade("/V%201", own))

    assert f"\r\n{own}\r\n".encode() in await (await peers.line()).head()

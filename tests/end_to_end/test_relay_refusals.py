"""Handshakes that come to nothing: what the station is told, and what the recording says of it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from raw_peers import ACCEPT, Peers, upgrade
from relayed import recorded

from hub.doors import ListenError
from hub.handshake.switchboard import SwitchboardError
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.trace import Closed, Ending, Opened, Side


async def told(hub: Hub, peers: Peers, request: bytes) -> tuple[int, str]:
    """Send a request; return the status and the body of what comes back."""
    station = await peers.station(hub.port)
    await station.say(request)
    head, _, body = (await station.rest()).partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode().strip()


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def hub_for(tmp_path: Path, url: str, **settings: object) -> AsyncIterator[Hub]:
    everything = HubSettings(recording=tmp_path / "other.db", csmses={"acme": url}, port=0, **settings)  # type: ignore[arg-type]  # of the table
    async with Hub(everything) as hub:
        yield hub


# -- the CSMS says no -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 7\r\n\r\ngo away",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\ngo \r\n4\r\naway\r\n0\r\n\r\n",
        b"\r\ngo away",
    ],
    ids=["by length", "chunked", "until the end"],
)
async def test_the_csmss_refusal_reaches_the_station_with_its_body(hub: Hub, peers: Peers, body: bytes) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    upstream = await peers.accept(b"HTTP/1.1 401 Who are you\r\nWWW-Authenticate: Basic\r\nSet-Cookie: a=b\r\n" + body)
    upstream.end()

    assert await station.rest() == (
        b"HTTP/1.1 401 Who are you\r\nWWW-Authenticate: Basic\r\nSet-Cookie: a=b\r\n"
        b"Content-Length: 7\r\nConnection: close\r\n\r\ngo away"
    )
    (session,) = recorded(hub)
    assert (session.status, session.reason, session.body) == (401, "Who are you", "go away")
    assert (session.ending, session.closed_by, session.fault) == (Ending.REFUSED, Side.CSMS, None)
    assert session.header("WWW-Authenticate", of=Side.CSMS) == "Basic"


async def test_a_refusal_whose_body_is_broken_is_still_a_refusal(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    await peers.accept(b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n\r\n")

    assert (await station.head()).startswith(b"HTTP/1.1 403 No\r\n")


async def test_a_redirect_is_the_stations_to_follow(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    await peers.accept(b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n")

    assert b"Location: ws://elsewhere/\r\n" in await station.head()


async def test_a_refusal_is_a_session_that_has_opened_and_closed(hub: Hub, peers: Peers) -> None:
    await told(hub, peers, upgrade("/nobody/CS1"))

    with Recording.open(hub.settings.recording) as recording:
        first, second = recording.traffic()

    assert isinstance(first, Opened)
    assert isinstance(second, Closed)
    assert (first.session.status, second.session.ending) == (404, Ending.REFUSED)


# -- the hub says no --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_head", "status", "sentence", "csms"),
    [
        (upgrade("/nobody/CS1"), 404, "there is no CSMS named 'nobody' here; known: acme", ""),
        (upgrade("/acme/"), 404, "'/acme/' names no station: connect to /acme/IDENTITY", ""),
        (upgrade("/acme/%2e%2e/CS1"), 400, "'/acme/%2e%2e/CS1' has a segment '.' or '..', which leads elsewhere", ""),
        (
            upgrade("/acme/CS1", "Content-Length: 5"),
            400,
            "an upgrade request has no body, this one announces one",
            "acme",
        ),
        (
            b"GET acme HTTP/1.1\r\n\r\n",
            400,
            "this is not a request of HTTP/1.1: its target is neither a path nor a ws:// or http:// URL without a user",
            "",
        ),
    ],
)
async def test_what_cannot_be_passed_on_is_answered_in_a_sentence_and_recorded(
    hub: Hub, peers: Peers, request_head: bytes, status: int, sentence: str, csms: str
) -> None:
    answer = await told(hub, peers, request_head)

    assert answer == (status, sentence)
    (session,) = recorded(hub)
    assert (session.status, session.fault, session.csms) == (status, sentence, csms)
    assert (session.ending, session.closed_by) == (Ending.REFUSED, None)


@pytest.mark.parametrize(
    ("target", "status", "sentence"),
    [
        ("/favicon.ico", 404, "there is no CSMS named 'favicon.ico' here; known: acme"),
        ("/acme/CS1", 426, "'/acme/CS1' is for stations: connect with a WebSocket (RFC 6455)"),
    ],
)
async def test_a_request_that_is_no_upgrade_is_no_session(
    hub: Hub, peers: Peers, target: str, status: int, sentence: str
) -> None:
    answer = await told(hub, peers, f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())

    assert answer == (status, sentence)
    assert recorded(hub) == []


# -- secrets ----------------------------------------------------------------------------------------------------------

SECRET = "hunter2"
BASIC = "Q1MxOmh1bnRlcjI="  # CS1:hunter2


def assert_kept_secret(hub: Hub, log: str) -> None:
    """Look for the secret in every byte that was recorded, and in the log."""
    files = [file.read_bytes() for file in hub.settings.recording.parent.iterdir()]
    assert len(files) > 1, "the write-ahead log is looked into as well"
    for secret in (SECRET, BASIC.rstrip("=")):
        assert not any(secret.encode() in content for content in files)
        assert secret not in log


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (upgrade("/nobody/CS1?pass=hunter2"), 404),
        (upgrade("/token=hunter2/CS1"), 404),
        (upgrade("/acme%3ftoken=hunter2/CS1"), 404),
        (upgrade("/nobody/CS1%3ftoken=hunter2"), 404),
        (upgrade("/acme/?token=hunter2"), 404),
        (upgrade("/acme/?%74oken=hunter2", f"Authorization: Basic {BASIC}"), 404),
        (upgrade("/acme/../x?password=hunter2"), 400),
        (upgrade("/acme/CS1?token=a hunter2"), 400),
        (upgrade("http://u:hunter2@hub/acme/CS1?token=hunter2"), 400),
        (upgrade("/acme/CS1?token=hunter2", "Content-Length: 5"), 400),
        (upgrade("/acme/CS1", f"Authorization : Basic {BASIC}"), 400),
        (upgrade("/acme/CS1", "Authorization:", f" Basic {BASIC}"), 400),
        (upgrade("/acme/CS1", f"Authorization Basic {BASIC}"), 400),
        (upgrade("/acme/CS1", "X-Token: hunter2\x01"), 400),
        (f"hunter2 {BASIC}\r\n\r\n".encode(), 400),
        (b"GET /acme/CS1?token=hunter2 HTTP/1.1\r\nHost: h\r\n\r\n", 426),
        (b"GET /nobody?token=hunter2 HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    ],
)
async def test_no_refusal_of_the_hub_gives_a_secret_away(
    hub: Hub, peers: Peers, caplog: pytest.LogCaptureFixture, request_head: bytes, status: int
) -> None:
    caplog.set_level(logging.INFO)

    answer = await told(hub, peers, request_head)

    assert answer[0] == status
    assert SECRET not in answer[1]
    assert_kept_secret(hub, caplog.text)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 401 Not hunter2\r\nContent-Length: 16\r\n\r\nnobody's hunter2",
        b"HTTP/1.1 302 Found\r\nLocation: wss://h/?token=hunter2\r\nContent-Length: 7\r\n\r\nhunter2",
        b"HTTP/1.1 403 No\r\nSet-Cookie : a=hunter2\r\nX: 1\r\n hunter2\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 No\r\nX-Debug: who is hunter2\r\nContent-Length: 0\r\n\r\n",
        b"no token hunter2 here\r\n\r\n",
    ],
)
async def test_no_refusal_of_the_csms_gives_a_secret_away(
    hub: Hub, peers: Peers, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    caplog.set_level(logging.INFO)
    station = await peers.station(hub.port)

    await station.say(upgrade("/acme/CS1?x=1", f"Authorization: Basic {BASIC}"))
    upstream = await peers.accept(answer)
    await station.rest()
    upstream.end()

    assert recorded(hub)[0].status is not None
    assert_kept_secret(hub, caplog.text)


async def test_a_csms_that_cannot_be_reached_gives_no_secret_away(
    peers: Peers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with hub_for(tmp_path, f"ws://127.0.0.1:{unused_port()}/ocpp") as hub:
        await told(hub, peers, upgrade("/acme/CS1?token=hunter2", f"X-Authorization: Basic {BASIC}"))

        assert_kept_secret(hub, caplog.text)


async def test_a_fault_of_the_hub_is_recorded_by_its_kind_only(
    hub: Hub, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("hub.handshake.dial.start_connection", broken)
    station = await peers.station(hub.port)

    await station.say(upgrade())
    await station.rest()

    assert recorded(hub)[0].fault == "the hub failed: ValueError"


async def test_a_head_without_end_is_refused(hub: Hub, peers: Peers) -> None:
    status, sentence = await told(hub, peers, upgrade()[:-2] + b"X: " + b"x" * (65 << 10))

    assert (status, sentence) == (431, "this request cannot be read: its head is longer than 65536 bytes")


async def test_an_identity_of_4_kib_gets_through(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade("/acme/" + "x" * 4096))
    await peers.accept()

    assert await station.head() == ACCEPT
    assert recorded(hub)[0].identity == "x" * 4096


async def test_hostile_text_is_recorded_as_text(hub: Hub, peers: Peers) -> None:
    status, _ = await told(hub, peers, upgrade("/nobody/%1b%5b31m%00%e2%80%ae\udcff", "X: \udcff\x1b"))

    assert status == 400  # for the control character in a field
    status, _ = await told(hub, peers, upgrade("/nobody/%1b%5b31m%00%e2%80%ae\udcff", "X: \udcff"))
    assert status == 404
    assert recorded(hub)[1].identity == "\x1b[31m\x00\u202e\ufffd"


# -- nobody answers ---------------------------------------------------------------------------------------------------


async def test_a_csms_that_is_not_there_is_a_502(peers: Peers, tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{unused_port()}/ocpp"
    async with hub_for(tmp_path, url) as hub:
        answer = await told(hub, peers, upgrade())

        sentence = f"the CSMS 'acme' cannot be reached at {url}: connection refused"
        (session,) = recorded(hub)
    assert answer == (502, sentence)
    assert (session.ending, session.fault, session.closed_by) == (Ending.UNREACHABLE, sentence, None)


async def test_a_csms_without_an_address_is_a_502(peers: Peers, tmp_path: Path) -> None:
    async with hub_for(tmp_path, "ws://no-such-host.invalid/") as hub:
        status, sentence = await told(hub, peers, upgrade())

    assert status == 502
    assert "cannot be reached at ws://no-such-host.invalid/" in sentence


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 1", b"SSH-2.0-OpenSSH_9.6\r\n\r\n"])
async def test_a_csms_that_does_not_answer_in_http_is_a_502(hub: Hub, peers: Peers, answer: bytes) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    upstream = await peers.accept(answer)
    upstream.end()

    assert b" 502 Bad Gateway" in await station.head()
    assert recorded(hub)[0].ending is Ending.UNREACHABLE


async def test_a_csms_that_takes_too_long_is_a_504(peers: Peers, tmp_path: Path) -> None:
    async with hub_for(tmp_path, peers.url, answer_timeout_s=0.1) as hub:
        answer = await told(hub, peers, upgrade())

        (session,) = recorded(hub)
    assert answer == (504, "the CSMS 'acme' did not answer within 0.1 s")
    assert (session.ending, session.status) == (Ending.UNREACHABLE, 504)


async def test_a_station_that_does_not_wait_has_abandoned_the_session(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    upstream = await peers.line()
    await upstream.head()
    station.end()
    assert await station.rest() == b""

    (session,) = recorded(hub)
    assert (session.ending, session.closed_by, session.status) == (Ending.ABANDONED, Side.STATION, None)


async def test_a_hub_that_is_stopped_during_a_handshake_says_so(peers: Peers, tmp_path: Path) -> None:
    async with hub_for(tmp_path, peers.url) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade())
        await (await peers.line()).head()

    (session,) = recorded(hub)
    assert (session.ending, session.fault) == (Ending.HUB, "the hub was stopped during the handshake")


# -- the hub itself ---------------------------------------------------------------------------------------------------


async def test_a_port_in_use_is_named(hub: Hub, tmp_path: Path) -> None:
    settings = HubSettings(recording=tmp_path / "second.db", csmses={}, port=hub.port)

    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{hub.port}: "):
        async with Hub(settings):
            pass

    async with Hub(HubSettings(recording=tmp_path / "second.db", csmses={}, port=0)):
        pass  # the first attempt let go of the recording


async def test_an_unusable_csms_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SwitchboardError, match="must begin with ws:// or wss://"):
        Hub(HubSettings(recording=tmp_path / "event.db", csmses={"acme": "http://h"}))


async def test_pages_of_the_hub_itself_are_served_beside_the_stations(peers: Peers, tmp_path: Path) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="the matrix")

    app = web.Application()
    app.router.add_get("/-/matrix", page)
    async with Hub(HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0), app=app) as hub:
        answer = await told(hub, peers, b"GET /-/matrix HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    assert answer == (200, "the matrix")


async def test_many_stations_at_once_are_all_connected(hub: Hub, peers: Peers) -> None:
    async def connect(number: int) -> bytes:
        station = await peers.station(hub.port)
        await station.say(upgrade(f"/acme/CS{number}"))
        return await station.head()

    async with asyncio.TaskGroup() as tasks:
        heads = [tasks.create_task(connect(number)) for number in range(100)]
        for _ in heads:
            await peers.accept()

    assert {task.result() for task in heads} == {ACCEPT}
    assert len({session.identity for session in recorded(hub)}) == 100

"""Upgrades as the field sends them: the CSMS gets the station's own request, the station gets the CSMS's own answer."""

import pytest
from raw_peers import ACCEPT, Deflater, Line, Peers, frame, masked, upgrade

from hub.recording.reading import Recording
from hub.server import Hub
from matrix.trace import RSV1, Ending, Frame, Session, Side

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


def recorded(hub: Hub) -> Session:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()[-1]


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


async def asked(hub: Hub, peers: Peers, request: bytes) -> tuple[Line, Line, bytes]:
    """Send a request through the hub; return the station's end, the CSMS's, and the request that the CSMS got."""
    station = await peers.station(hub.port)
    await station.say(request)
    upstream = await peers.line()
    return station, upstream, await upstream.head()


def as_it_came(peers: Peers, *lines: str) -> bytes:
    """Return a request as the CSMS gets it: with its own target and Host."""
    return head(*(f"Host: 127.0.0.1:{peers.port}" if line.lower().startswith("host:") else line for line in lines))


# -- what reaches the CSMS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        ["Upgrade: WebSocket", "hOST:hub", "X-B: 2", "connection:Upgrade", "X-A: 1", "x-b:  3 ", KEY, "X-Empty:"],
        ["Host: hub", "Connection: keep-alive, Upgrade", "Upgrade: websocket", KEY],
        ["Host: hub", "Connection: Upgrade", "Connection: keep-alive", "Upgrade: h2c", "Upgrade: websocket", KEY],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Via: 1.1 gateway", "Forwarded: for=10.0.0.1"],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Cookie: a=b", "Authorization: Basic Q1MxOng="],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Expect: nothing", "Accept-Encoding: gzip"],
    ],
    ids=["odd order and case", "keep-alive", "repeated", "a proxy before", "credentials", "others"],
)
async def test_end_to_end_fields_arrive_in_their_order(hub: Hub, peers: Peers, fields: list[str]) -> None:
    _, _, request = await asked(hub, peers, head("GET /acme/CS1 HTTP/1.1", *fields))

    assert request == as_it_came(peers, "GET /ocpp/CS1 HTTP/1.1", *fields)


async def test_fields_of_the_first_hop_stay_there(hub: Hub, peers: Peers) -> None:
    fields = ["Host: hub", "Upgrade: websocket", "Keep-Alive: timeout=5", KEY, "Proxy-Connection: keep-alive", "X: 1"]

    _, _, request = await asked(hub, peers, head("GET /acme/CS1 HTTP/1.1", *fields))

    assert request == as_it_came(peers, "GET /ocpp/CS1 HTTP/1.1", "Host: hub", "Upgrade: websocket", KEY, "X: 1")


@pytest.mark.parametrize(
    "fields",
    [
        ["Sec-WebSocket-Protocol: ocpp2.1, ocpp2.0.1,ocpp1.6"],
        ["Sec-WebSocket-Protocol: ocpp2.1", "X: 1", "sec-websocket-protocol:ocpp2.0.1,  ocpp1.6"],
        ["Sec-WebSocket-Protocol: ocpp2.1", "Sec-WebSocket-Protocol: ocpp2.0.1", "Sec-WebSocket-Protocol: ocpp1.6"],
    ],
    ids=["one field", "two", "three"],
)
async def test_several_subprotocols_are_offered_as_they_were(hub: Hub, peers: Peers, fields: list[str]) -> None:
    station, upstream, request = await asked(hub, peers, head("GET /acme/CS1 HTTP/1.1", "Host: hub", KEY, *fields))
    await upstream.say(ACCEPT)
    await station.head()

    assert request == as_it_came(peers, "GET /ocpp/CS1 HTTP/1.1", "Host: hub", KEY, *fields)
    assert recorded(hub).offered == ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
    assert recorded(hub).chosen == "ocpp1.6"


@pytest.mark.parametrize(
    "agreed",
    [
        "Sec-WebSocket-Extensions: x-odd; a=1, permessage-deflate; server_no_context_takeover",
        "Sec-WebSocket-Extensions: x-odd\r\nsec-websocket-extensions: permessage-deflate;server_no_context_takeover",
        'Sec-WebSocket-Extensions: Permessage-Deflate; server_max_window_bits="15" ; Server_No_Context_Takeover',
    ],
    ids=["one field", "two", "quoted"],
)
async def test_of_several_extensions_compression_is_read(hub: Hub, peers: Peers, agreed: str) -> None:
    offers = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-odd", "sec-websocket-extensions:y"
    answer = head("HTTP/1.1 101 Sure", "Upgrade: websocket", agreed)
    sender = Deflater(keeps_context=False)
    said = b"".join(frame(sender.deflate("[3,'1']" * 9), rsv=RSV1) for _ in range(2))

    station, upstream, request = await asked(hub, peers, upgrade("/acme/CS1", *offers))
    await upstream.say(answer, said)
    heard = await station.hear(len(answer + said))

    assert request == upgrade("/ocpp/CS1", *offers, host=f"127.0.0.1:{peers.port}")
    assert heard == answer + said
    with Recording.open(hub.settings.recording) as recording:
        payloads = [item.payload for item in recording.traffic() if isinstance(item, Frame)]
    assert payloads == ["[3,'1']" * 9] * 2


@pytest.mark.parametrize(
    "fields",
    [
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 13"],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Protocol:"],
        ["Host: hub", "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13"],
        ["Host: hub", "Connection: Upgrade", KEY, "Sec-WebSocket-Protocol: ocpp1.6"],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: ocpp1.6"],
        ["Upgrade: websocket", "Connection: Upgrade", KEY],
        ["Host: hub", "Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 8", "User-Agent:"],
    ],
    ids=["F001 no subprotocol", "F003 an empty one", "no Connection", "no Upgrade", "no key", "no Host", "hybi-10"],
)
async def test_what_the_station_left_out_is_for_the_csms_to_notice(hub: Hub, peers: Peers, fields: list[str]) -> None:
    station, upstream, request = await asked(hub, peers, head("GET /acme/CS1 HTTP/1.1", *fields))
    await upstream.say(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
    answer = await station.rest()

    assert request == as_it_came(peers, "GET /ocpp/CS1 HTTP/1.1", *fields)
    assert answer == b"HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert (recorded(hub).status, recorded(hub).ending) == (400, Ending.REFUSED)


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("RDAM%7C123", "RDAM|123"),
        ("RDAM|123", "RDAM|123"),
        ("CS%201", "CS 1"),
        ('"CS<1>"', '"CS<1>"'),
        ("cp/v16//CS1", "CS1"),
        ("CS1%2f", "CS1/"),
    ],
    ids=["F009", "F010", "a space", "quotes", "F013", "a slash"],
)
async def test_the_identity_keeps_its_encoding(hub: Hub, peers: Peers, path: str, identity: str) -> None:
    _, _, request = await asked(hub, peers, upgrade(f"/acme/{path}"))

    assert request == upgrade(f"/ocpp/{path}", host=f"127.0.0.1:{peers.port}")
    await hub.recorder.committed()
    assert recorded(hub).identity == identity


async def test_http_1_0_is_passed_on_as_such(hub: Hub, peers: Peers) -> None:
    fields = ["Upgrade: websocket", "Connection: Upgrade", KEY]

    station, upstream, request = await asked(hub, peers, head("GET /acme/CS1 HTTP/1.0", *fields))
    answer = b"HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    await upstream.say(answer, frame("hello"))

    assert request == head("GET /ocpp/CS1 HTTP/1.0", *fields)
    assert await station.hear(len(answer + frame("hello"))) == answer + frame("hello")
    assert recorded(hub).upgraded


async def test_an_empty_line_before_the_request_is_ignored(hub: Hub, peers: Peers) -> None:
    _, _, request = await asked(hub, peers, b"\r\n" + upgrade())

    assert request == upgrade("/ocpp/CS1", host=f"127.0.0.1:{peers.port}")


@pytest.mark.parametrize("url", ["ws://hub:9000", "WSS://hub", "http://[::1]:9000"])
async def test_a_target_with_scheme_and_host_is_passed_on_without(hub: Hub, peers: Peers, url: str) -> None:
    station, upstream, request = await asked(hub, peers, upgrade(f"{url}/acme/CS%201?x=ws://y"))
    await upstream.say(ACCEPT)
    await station.head()

    assert request == upgrade("/ocpp/CS%201?x=ws://y", host=f"127.0.0.1:{peers.port}")
    session = recorded(hub)
    assert (session.path, session.identity) == (f"{url}/acme/CS%201?x=ws://y", "CS 1")
    assert session.upstream == f"{peers.url}/CS%201?x=ws://y"


@pytest.mark.parametrize("target", ["/", "ws://hub:9000", "ws://hub:9000/"])
async def test_a_station_that_asks_for_nothing_is_told_so_and_recorded(hub: Hub, peers: Peers, target: str) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade(target))
    answer = await station.rest()

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"there is no CSMS named '' here; known: acme" in answer
    assert (recorded(hub).path, recorded(hub).ending) == (target, Ending.REFUSED)


# -- what reaches the station -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 301 Moved\r\nLocation: wss://other:8443/CS1?a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 307 Go\r\nlocation:/elsewhere\r\ncontent-length: 0\r\nConnection: close\r\nX: 1\r\n\r\n",
        b"HTTP/1.1 308 Go\r\nConnection: close\r\nLocation: //other/CS1\r\nContent-Length: 4\r\n\r\nthis",
        b'HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm="a, b"\r\nWWW-Authenticate: Digest nonce="x"\r\n'
        b"Content-Length: 6\r\nConnection: close\r\n\r\nno way",
        b"HTTP/1.1 426 Upgrade\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 503 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 404 \r\nServer: odd\r\nContent-Length: 2\r\nConnection: close\r\n\r\n\x00\xff",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<hi>",
        b"HTTP/1.1 204 Nothing\r\nX: 1\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda answer: answer.split()[1].decode(),
)
async def test_an_answer_that_is_no_upgrade_reaches_the_station_unchanged(
    hub: Hub, peers: Peers, answer: bytes
) -> None:
    station, upstream, _ = await asked(hub, peers, upgrade())

    await upstream.say(answer)
    upstream.end()

    assert await station.rest() == answer
    session = recorded(hub)
    assert (session.status, session.ending, session.closed_by) == (int(answer.split()[1]), Ending.REFUSED, Side.CSMS)


async def test_a_refusal_whose_body_never_ends_is_handed_on_all_the_same(
    hub: Hub, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.handshake.dial.BODY_TIMEOUT_S", 0.1)
    station, upstream, _ = await asked(hub, peers, upgrade())

    await upstream.say(b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\n\r\nno way")

    assert await station.rest() == (
        b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno way"
    )
    assert (recorded(hub).status, recorded(hub).body, recorded(hub).ending) == (401, "no way", Ending.REFUSED)


async def test_a_101_that_a_reset_follows_at_once_reaches_the_station(hub: Hub, peers: Peers) -> None:
    station, upstream, _ = await asked(hub, peers, upgrade())

    await upstream.say(ACCEPT)
    upstream.reset()

    assert await station.head() == ACCEPT
    with pytest.raises(ConnectionResetError):
        await station.rest()
    await hub.relay.is_idle.wait()
    assert (recorded(hub).ending, recorded(hub).closed_by) == (Ending.RESET, Side.CSMS)


@pytest.mark.parametrize("goodbye", [frame(b"\x03\xea", 8), b""], ids=["with a close frame", "without"])
async def test_a_101_without_subprotocol_and_its_end_reach_the_station(hub: Hub, peers: Peers, goodbye: bytes) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    station, upstream, _ = await asked(hub, peers, upgrade())

    await upstream.say(answer, goodbye)
    upstream.end()
    heard = await station.rest()
    station.end()
    await upstream.rest()
    await hub.relay.is_idle.wait()

    assert heard == answer + goodbye
    session = recorded(hub)
    assert (session.status, session.chosen, session.closed_by) == (101, None, Side.CSMS)
    assert (session.ending, session.csms_close) == ((Ending.CLOSED, 1002) if goodbye else (Ending.DROPPED, None))


async def test_compressed_frames_that_nobody_agreed_on_cross_and_are_recorded_as_they_came(
    hub: Hub, peers: Peers
) -> None:
    station, upstream, _ = await asked(hub, peers, upgrade())  # F018
    await upstream.say(ACCEPT)
    await station.head()
    compressed = Deflater().deflate('[2,"1","Heartbeat",{}]')

    await station.say(sent := masked(compressed, rsv=RSV1))

    assert await upstream.hear(len(sent)) == sent
    with Recording.open(hub.settings.recording) as recording:
        (found,) = (item for item in recording.traffic() if isinstance(item, Frame))
    assert (found.rsv, found.size) == (RSV1, len(sent))
    assert found.payload == compressed or str(found.payload).encode() == compressed

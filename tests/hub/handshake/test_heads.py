import pytest
from raw_peers import ACCEPT, upgrade

from hub.handshake.heads import HeadError, RequestHead, ResponseHead, refusal


def test_every_line_but_the_host_reaches_the_csms_as_it_came() -> None:
    odd = ("x-odd:no space ", "X-Latin: gr\udcfcn", "Authorization: Basic eDp5", "connection: x")
    request = RequestHead.parse(upgrade("/acme/CS1?x=%2F", *odd))

    forwarded = request.forwarded("/ocpp/CS1?x=%2F", "csms.example")

    expected = upgrade("/ocpp/CS1?x=%2F", *odd, host="csms.example")
    assert forwarded == expected


def test_fields_for_one_connection_only_stay_behind() -> None:
    request = RequestHead.parse(
        upgrade("/a/b", "Connection: keep-alive, X-Mine", "Keep-Alive: 5", "X-Mine: 1", "TE: x")
    )

    forwarded = request.forwarded("/b", "h")

    assert forwarded == upgrade("/b", "Connection: keep-alive, X-Mine", host="h")


def test_a_station_cannot_hide_its_websocket_fields_from_the_csms() -> None:
    request = RequestHead.parse(upgrade("/a/b", "Connection: Sec-WebSocket-Protocol"))

    assert b"Sec-WebSocket-Protocol: ocpp1.6" in request.forwarded("/b", "h")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"PRI * HTTP/2.0", "its version is HTTP/2.0"),
        (b"GET acme/CS1 HTTP/1.1", "its target is neither a path nor a ws:// or http:// URL without a user"),
        (
            b"GET http://u:secret@hub/CS1?token=secret HTTP/1.1",
            "its target is neither a path nor a ws:// or http:// URL without a user",
        ),
        (b"OPTIONS * HTTP/1.1", "its target is neither a path nor a ws:// or http:// URL without a user"),
        (b"GET /acme/CS1?token=a secret HTTP/1.1", "its target contains a space or a control character"),
        (b"GET /acme/CS1?token=secret", "it does not begin with a method, a target and a version"),
        (b"GET /acme/CS1 HTTP/1.1secret", "it does not begin with a method, a target and a version"),
        (b"\x16\x03\x01\x00\xa5", "it does not begin with a method, a target and a version"),
        (b"", "it does not begin with a method, a target and a version"),
    ],
)
def test_what_is_not_a_request_is_refused_without_quoting_it(line: bytes, wrong: str) -> None:
    with pytest.raises(HeadError) as raised:
        RequestHead.parse(line + b"\r\n\r\n")

    assert str(raised.value) == f"this is not a request of HTTP/1.1: {wrong}"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"no colon secret", "it has no colon"),
        (b" folded: secret", "it begins with white space"),
        (b": secret", "it does not begin with a name"),
        (b"Basic secret:secret", "it does not begin with a name"),
        (b"s" * 41 + b" : x", "it does not begin with a name"),
        (b"Authorization : Basic secret", "there is white space between 'Authorization' and its colon"),
        (b"X: a\nsecret", "the value of 'X' contains a control character"),
    ],
)
def test_a_line_that_is_no_field_is_refused_by_its_name_without_its_value(line: bytes, wrong: str) -> None:
    with pytest.raises(HeadError) as raised:
        RequestHead.parse(b"GET /acme/CS1 HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n\r\n")

    assert str(raised.value) == f"line 3 of the request is not a header field: {wrong}"


@pytest.mark.parametrize(
    ("head", "wrong"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "it begins with 'SSH-2.0'"),
        (b"HTTP/2 200\r\n\r\n", "it begins with 'HTTP/2'"),
        (b"bad token secret\r\n\r\n", "it does not begin with a version and a status"),
    ],
)
def test_what_is_not_a_response_is_refused_by_its_protocol_only(head: bytes, wrong: str) -> None:
    with pytest.raises(HeadError) as raised:
        ResponseHead.parse(head)

    assert str(raised.value) == f"the answer is not one of HTTP/1.1: {wrong}"


def test_lists_are_read_over_several_fields() -> None:
    request = RequestHead.parse(upgrade("/a/b", "sec-websocket-protocol:ocpp2.0.1, ,ocpp2.1"))

    assert request.tokens("sec-websocket-protocol") == ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
    assert request.field("sec-websocket-protocol") == "ocpp1.6, ocpp2.0.1, ,ocpp2.1"


@pytest.mark.parametrize(
    ("fields", "is_upgrade"),
    [
        (b"Upgrade: WebSocket\r\n", True),
        (b"Sec-WebSocket-Key: x\r\n", True),
        (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", False),
        (b"", False),
    ],
)
def test_anything_that_asks_for_a_websocket_counts(fields: bytes, is_upgrade: bool) -> None:
    assert RequestHead.parse(b"GET / HTTP/1.1\r\n" + fields + b"\r\n").is_upgrade is is_upgrade


def test_a_response_is_read_and_kept_as_it_came() -> None:
    response = ResponseHead.parse(ACCEPT)

    assert (response.status, response.reason, response.raw) == (101, "Switching Protocols", ACCEPT)
    assert response.field("sec-websocket-protocol") == "ocpp1.6"


def test_a_response_without_a_reason_or_with_an_odd_field_is_a_response() -> None:
    response = ResponseHead.parse(b"HTTP/1.1 101\r\nodd\r\n\r\n")

    assert (response.status, response.reason, response.headers) == (101, "", (("odd", ""),))


def test_a_refusal_handed_on_keeps_what_is_meant_for_the_station() -> None:
    head = (
        b"HTTP/1.1 401 No entry\r\nWWW-Authenticate: Basic\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
        b"Transfer-Encoding: chunked\r\nX-A:1\r\n\r\n"
    )

    raw = ResponseHead.parse(head).with_body(b"go away")

    assert raw == (
        b"HTTP/1.1 401 No entry\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n"
        b"Content-Length: 7\r\nX-A:1\r\n\r\ngo away"
    )


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("ws://hub:9000/acme/CS%201?a=//b", "/acme/CS%201?a=//b"),
        ("HTTPS://[::1]:9000//acme/CS1", "//acme/CS1"),
        ("http://hub", "/"),
        ("wss://hub?a=@b", "/?a=@b"),
        ("/ws://hub/acme", "/ws://hub/acme"),
    ],
)
def test_a_target_with_scheme_and_host_means_its_path(asked: str, target: str) -> None:
    request = RequestHead.parse(upgrade(asked))

    assert (request.asked, request.target) == (asked, target)


def test_a_refusal_of_the_hub_is_a_sentence_in_plain_text() -> None:
    raw = refusal(404, "no such \udc80 thing")

    assert raw.startswith(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n")
    assert raw.endswith(b"\r\n\r\nno such ? thing\n")

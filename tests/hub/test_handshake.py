import pytest
from raw_peers import ACCEPT, upgrade

from hub.handshake import HeadError, RequestHead, ResponseHead, refusal


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
    "head",
    [
        b"PRI * HTTP/2.0\r\n\r\n",
        b"GET acme/CS1 HTTP/1.1\r\n\r\n",
        b"GET http://hub/acme/CS1 HTTP/1.1\r\n\r\n",
        b"GET /acme/CS 1 HTTP/1.1\r\n\r\n",
        b"GET /acme/CS1 HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /acme/CS1 HTTP/1.1\r\nX: a\nb\r\n\r\n",
        b"GET /acme/CS1 HTTP/1.1\r\nX : a\r\n\r\n",
        b"GET /acme/CS1 HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_what_is_not_a_request_is_refused(head: bytes) -> None:
    with pytest.raises(HeadError):
        RequestHead.parse(head)


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
    head = b"HTTP/1.1 401 No entry\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\nX-A:1\r\n\r\n"

    raw = ResponseHead.parse(head).with_body(b"go away")

    assert raw == (
        b"HTTP/1.1 401 No entry\r\nWWW-Authenticate: Basic\r\nX-A:1\r\n"
        b"Content-Length: 7\r\nConnection: close\r\n\r\ngo away"
    )


def test_a_refusal_of_the_hub_is_a_sentence_in_plain_text() -> None:
    raw = refusal(404, "no such \udc80 thing")

    assert raw.startswith(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n")
    assert raw.endswith(b"\r\n\r\nno such ? thing\n")

import base64
import time

import pytest

from hub.handshake.credentials import Masker, form_of

MASKER = Masker(b"k" * 32)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_basic_password_is_replaced_and_the_user_kept() -> None:
    ((name, value),) = MASKER.headers((("Authorization", basic("CS:1:secret")),))

    assert name == "Authorization"
    assert value == f"Basic user=CS password={MASKER.digest('1:secret')} form=-15"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer abc.def"),
        ("AUTHORIZATION", "secret"),
        ("Authorization", "Basic not-base64!"),
        ("Authorization", "Basic bm9jb2xvbg=="),
        ("Proxy-Authorization", "Basic bm9jb2xvbg=="),
        ("Cookie", "a=secret"),
        ("Set-Cookie", "a=secret; Path=/"),
        ("X-Api-Key", "secret"),
        ("X-Auth-Token", "secret"),
        ("X-Authorization", "Basic bm9jb2xvbg=="),
        ("X-Authorization", "a secret"),
        ("Authorization ", "Bearer secret"),
        ("Authentication", "secret"),
        ("X-Auth", "secret"),
        ("X-Access-Key", "secret"),
        ("apiKey", "secret"),
        ("X-Pass", "secret"),
        ("X-Pwd", "secret"),
        ("X-Session-Id", "secret"),
        ("X-Signature", "secret"),
        ("X-Odd", "Bearer secret"),
        ("X-Odd", "a=b; password=secret"),
        ("X-Original-Uri", "/acme/CS1?x=1&token=secret"),
        ("Location", "https://h/next?token=secret"),
        ("Location", "https://h/next#access_token=secret"),
        ("Referer", "http://u:secret@h/"),
        ("Referer", "http://secret@h/"),
        ("Link", "<http%3A%2F%2Fu%3Asecret%40h>"),
        (" folded", "secret"),
        ("not a name: secret", ""),
    ],
)
def test_no_secret_stays_in_clear(name: str, value: str) -> None:
    ((kept, masked),) = MASKER.fresh().headers(((name, value),))

    recorded = f"{kept}: {masked}"
    assert "hmac:" in recorded
    assert "secret" not in recorded
    assert "bm9jb2xvbg" not in recorded
    assert not masked or value.rpartition(" ")[2] not in recorded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=15"),
        ("Sec-WebSocket-Protocol", "ocpp2.0.1 ,ocpp1.6"),
        ("WWW-Authenticate", 'Basic realm="x", charset="UTF-8"'),
        ("WWW-Authenticate", "Bearer abc"),
        ("User-Agent", "Station/1.0 (+https://h/keyboard?model=x)"),
        ("X-Cookies-Accepted", "yes"),
        ("X-Authority", "h"),
        ("Location", "wss://h:8080/ocpp/CS1?x=1&y=2"),
    ],
)
def test_what_is_no_secret_is_recorded_as_it_is(name: str, value: str) -> None:
    assert MASKER.fresh().headers(((name, value),)) == ((name, value),)


@pytest.mark.parametrize(
    ("target", "recorded"),
    [
        ("/acme/CS1", "/acme/CS1"),
        ("/acme/CS1?model=x&token=", "/acme/CS1?model=x&token="),
        ("/acme/CS1?model=x&access_token=t%20", f"/acme/CS1?model=x&access_token={MASKER.digest('t%20')}"),
        ("/a?Password=p&b=1", f"/a?Password={MASKER.digest('p')}&b=1"),
        ("/a?pass=p&b=1", f"/a?pass={MASKER.digest('p')}&b=1"),
        ("/a?%74oken=p", f"/a?%74oken={MASKER.digest('p')}"),
        ("/a?%252574oken=p", f"/a?%252574oken={MASKER.digest('p')}"),
        ("/a?auth[token]=p", f"/a?auth[token]={MASKER.digest('p')}"),
        ("/a?token=p;q?r#s/t=u&b=1", f"/a?token={MASKER.digest('p;q?r#s/t=u')}&b=1"),
        ("/a?b=1;token=p", f"/a?b=1;token={MASKER.digest('p')}"),
        ("/a?next=%2Fb%3Ftoken%3Dp&c=1", f"/a?next=%2Fb%3Ftoken%3D{MASKER.digest('p')}&c=1"),
        ("/a/CS1;token=p", f"/a/CS1;token={MASKER.digest('p')}"),
        ("/a/CS1%3Ftoken=p", f"/a/CS1%3Ftoken={MASKER.digest('p')}"),
        ("/a/token=p/CS1?b=1", f"/a/token={MASKER.digest('p')}/CS1?b=1"),
        ("http://u:p@h/a?token=q", f"http://u:{MASKER.digest('p')}@h/a?token={MASKER.digest('q')}"),
        ("/monkey/CS=1?model=keyboard&author=x", "/monkey/CS=1?model=keyboard&author=x"),
    ],
)
def test_values_of_parameters_that_are_named_like_secrets_are_masked(target: str, recorded: str) -> None:
    assert MASKER.target(target) == recorded


@pytest.mark.parametrize(
    "offer",
    [
        "Bearer.secret",
        "bearer secret",
        "base64url.bearer.authorization.k8s.io.secret",
        "access_token.secret",
        "eyJhbGciOiJub25lIn0.secret",
        "secret-5a0c7e9f-41d2",
        "s.e.c.r.e.t.secret.that.is.longer.than.40.chars",
    ],
)
def test_a_token_among_the_subprotocols_is_masked_in_request_and_answer(offer: str) -> None:
    masker = MASKER.fresh()

    ((_, offered),) = masker.headers((("sec-websocket-protocol", f"ocpp1.6, {offer},ocpp2.0.1"),))
    ((_, chosen),) = masker.headers((("Sec-WebSocket-Protocol", offer),))

    assert offered == f"ocpp1.6, {MASKER.digest(offer)},ocpp2.0.1"
    assert chosen == MASKER.digest(offer)


def test_a_token_that_another_subprotocol_announces_is_masked() -> None:
    fields = (("Sec-WebSocket-Protocol", "ocpp1.6, access_token"), ("Sec-WebSocket-Protocol", "hunter2, mqtt"))

    masked = MASKER.fresh().headers(fields)

    assert [value for _, value in masked] == [
        f"ocpp1.6, {MASKER.digest('access_token')}",
        f"{MASKER.digest('hunter2')}, mqtt",
    ]


@pytest.mark.parametrize("offer", ["OCPP1.6", "ocpp1.6-json", "1.6", "mqtt", "graphql-transport-ws", "v12.stomp"])
def test_a_wrong_subprotocol_is_recorded_as_it_is(offer: str) -> None:
    assert MASKER.fresh().headers((("Sec-WebSocket-Protocol", offer),)) == (("Sec-WebSocket-Protocol", offer),)


def test_secrets_are_found_again_where_they_are_echoed() -> None:
    masker = MASKER.fresh()
    masker.target("/CS1?token=a%2Fsecret")
    masker.headers((("Authorization", basic("CS1:hunter2")),))

    text = masker.text("CS1 sent a%2Fsecret, a/secret and hunter2")

    token = MASKER.digest("a%2Fsecret")
    assert text == f"CS1 sent {token}, {token} and {MASKER.digest('hunter2')}"
    assert masker.fresh().text("hunter2") == "hunter2"


def test_of_two_echoed_secrets_the_longer_is_replaced_as_a_whole() -> None:
    masker = MASKER.fresh()
    masker.target("/CS1?pass=hunter2&token=hunter2-and-more")

    assert masker.text("hunter2-and-more") == MASKER.digest("hunter2-and-more")


@pytest.mark.parametrize("piece", ["%25", "?token", "//", "=", ";", "//u:", "/token=", "&token=x", "%3a%2f%2f"])
def test_no_target_takes_long_to_mask(piece: str) -> None:
    target = "/acme/CS1?" + piece * (60_000 // len(piece))
    started = time.perf_counter()

    MASKER.fresh().target(target)

    assert time.perf_counter() - started < 1


def test_equal_secrets_can_be_told_within_one_run_only() -> None:
    assert MASKER.digest("a") == MASKER.digest("a")
    assert MASKER.digest("a") != MASKER.digest("b")
    assert Masker().digest("a") != Masker().digest("a")


@pytest.mark.parametrize(
    ("password", "form"),
    [
        (b"", "-15"),
        (b"a" * 15, "-15"),
        (b"a" * 16 + b"!", "16-20"),
        ("é".encode() * 20, "16-20"),
        (b"correct horse battery staple", "21-64"),
        (b"x" * 65, "65-"),
        (b"aB" * 15, "21-64"),
        (b"aB" * 16, "21-64,hex"),
        (b"4F" * 20, "21-64,hex"),
        (b"4F" * 21, "21-64"),
        (b"4" * 33, "21-64"),
        (b"\xff" * 20, "16-20,binary"),
    ],
)
def test_form_of_a_password_is_a_range_of_lengths_and_no_more(password: bytes, form: str) -> None:
    assert form_of(password) == form


def test_binary_passwords_that_differ_have_digests_that_differ() -> None:
    headers = tuple(
        ("Authorization", "Basic " + base64.b64encode(b"CS:" + password).decode()) for password in (b"\xfe", b"\xff")
    )

    (_, one), (_, other) = MASKER.headers(headers)

    assert one != other
    assert one.isascii()

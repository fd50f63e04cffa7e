import base64

import pytest

from hub.credentials import Masker

MASKER = Masker(b"k" * 32)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_basic_password_is_replaced_and_the_user_kept() -> None:
    ((name, value),) = MASKER.headers((("Authorization", basic("CS:1:secret")),))

    assert name == "Authorization"
    assert value == f"Basic user=CS password={MASKER.digest('1:secret')}"


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
    ],
)
def test_no_secret_stays_in_clear(name: str, value: str) -> None:
    ((_, recorded),) = MASKER.headers(((name, value),))

    assert "hmac:" in recorded
    assert value.rpartition(" ")[2] not in recorded
    assert "secret" not in recorded


@pytest.mark.parametrize("name", ["Sec-WebSocket-Key", "WWW-Authenticate", "User-Agent", "X-Cookies-Accepted"])
def test_what_is_no_secret_is_recorded_as_it_is(name: str) -> None:
    assert MASKER.headers(((name, "value"),)) == ((name, "value"),)


@pytest.mark.parametrize(
    ("target", "recorded"),
    [
        ("/acme/CS1", "/acme/CS1"),
        ("/acme/CS1?model=x&token=", "/acme/CS1?model=x&token="),
        ("/acme/CS1?model=x&access_token=t%20", f"/acme/CS1?model=x&access_token={MASKER.digest('t%20')}"),
        ("/a?Password=p&b=1", f"/a?Password={MASKER.digest('p')}&b=1"),
    ],
)
def test_values_of_parameters_that_are_named_like_secrets_are_masked(target: str, recorded: str) -> None:
    assert MASKER.target(target) == recorded


def test_equal_secrets_can_be_told_within_one_run_only() -> None:
    assert MASKER.digest("a") == MASKER.digest("a")
    assert MASKER.digest("a") != MASKER.digest("b")
    assert Masker().digest("a") != Masker().digest("a")

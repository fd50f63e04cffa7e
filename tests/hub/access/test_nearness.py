import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hub.access.nearness import BADGE, FIELD, OWN_NAMES, has_own_address, host_in, is_from_here

SECRET = "plugfest_badge"


class FromAfar:
    """A transport whose other end has an address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 50000) if name == "peername" else default


def request(address: str, **headers: str) -> web.Request:
    """Return a request that shows the hub's badge, where it shows nothing else in its place."""
    app = web.Application()
    app[BADGE] = SECRET
    shown = {FIELD: SECRET} | headers
    return make_mocked_request("GET", "/", headers=shown, transport=FromAfar(address), app=app)


@pytest.mark.parametrize(
    ("address", "host"),
    [("127.0.0.1", "localhost:9000"), ("::1", "[::1]:9000"), ("127.0.1.1", f"{min(OWN_NAMES - {'localhost'})}:9000")],
)
def test_a_program_on_this_machine_with_the_hubs_badge_is_near(address: str, host: str) -> None:
    assert is_from_here(request(address, Host=host))


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {"Host": "localhost"}),
        ("127.0.0.1", {"Host": "evil.example"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=192.0.2.7"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Proto": "https"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Host": "hub.example"}),
        ("127.0.0.1", {"Host": "localhost", "Via": "1.1 proxy"}),
    ],
)
def test_who_comes_from_afar_by_a_proxy_or_by_a_strangers_name_is_not(address: str, headers: dict[str, str]) -> None:
    assert not is_from_here(request(address, **headers))


@pytest.mark.parametrize("shown", ["", "plugfest_other", SECRET[:-1], f"{SECRET}x", "b\xe4dge"])
def test_without_the_badge_nobody_is_near_wherever_they_seem_to_come_from(shown: str) -> None:
    stranger = request("127.0.0.1", Host="localhost", **{FIELD: shown})

    assert has_own_address(stranger)
    assert not is_from_here(stranger)


def test_hub_without_a_badge_has_nobody_near_who_shows_none() -> None:
    asked = make_mocked_request(
        "GET", "/", headers={"Host": "localhost", FIELD: ""}, transport=FromAfar("127.0.0.1"), app=web.Application()
    )

    assert not is_from_here(asked)


@pytest.mark.parametrize("garbage", ["[::", "a b", "x:99999999", "", ":", "[]:9", "a@b:x", "\x00", "%zz"])
def test_host_that_is_none_is_nobodys_and_breaks_nothing(garbage: str) -> None:
    assert not is_from_here(request("127.0.0.1", Host=garbage))


@pytest.mark.parametrize(
    ("field", "scheme", "named"),
    [
        ("Hub.example", "http", ("hub.example", 80)),
        ("hub.example", "https", ("hub.example", 443)),
        ("[::1]:9000", "http", ("::1", 9000)),
    ],
)
def test_host_field_names_a_host_and_a_port(field: str, scheme: str, named: tuple[str, int]) -> None:
    assert host_in(field, scheme) == named

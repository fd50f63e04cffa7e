import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hub.page.views import View, see_from_here


class FromAfar:
    """A transport whose other end has an address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 50000) if name == "peername" else default


def request(address: str, **headers: str) -> web.Request:
    return make_mocked_request("GET", "/", headers=headers, transport=FromAfar(address))


@pytest.mark.parametrize(("address", "host"), [("127.0.0.1", "localhost:9000"), ("::1", "[::1]:9000")])
def test_a_browser_on_this_machine_sees_everything(address: str, host: str) -> None:
    assert see_from_here(request(address, Host=host)) is View.EVERYTHING


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {"Host": "localhost"}),
        ("127.0.0.1", {"Host": "evil.example"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=192.0.2.7"}),
    ],
)
def test_nobody_else_does(address: str, headers: dict[str, str]) -> None:
    with pytest.raises(web.HTTPForbidden):
        see_from_here(request(address, **headers))

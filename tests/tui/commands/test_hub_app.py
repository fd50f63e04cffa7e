"""The web application of a hub that is served."""

import pytest

from tui.commands.hub_app import page_url


@pytest.mark.parametrize(
    ("door", "page"),
    [
        ("ws://127.0.0.1:9000", "http://127.0.0.1:9000/"),
        ("wss://hub.example:443", "https://hub.example/"),
        ("ws://0.0.0.0:9000", "http://localhost:9000/"),
        ("wss://[::]:9443", "https://localhost:9443/"),
        ("ws://[::1]:9000", "http://[::1]:9000/"),
    ],
)
def test_the_address_of_the_page_is_one_that_a_browser_here_is_shown_it_by(door: str, page: str) -> None:
    assert page_url(door) == page

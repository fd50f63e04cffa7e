"""Which proxy the environment names; the way through it is tested with `hub.tunnel.outbound`."""

import pytest
from yarl import URL

from hub.tunnel.proxy import ProxyError, proxy_for


@pytest.mark.parametrize(
    ("hub", "environment", "expected"),
    [
        ("wss://hub.example", {"HTTPS_PROXY": "http://p:3128"}, "p:3128"),
        ("wss://hub.example", {"https_proxy": "p:3128"}, "p:3128"),
        ("wss://hub.example", {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "q:2"),
        ("wss://hub.example", {"HTTP_PROXY": "http://p:1"}, "p:1"),
        ("ws://hub.example", {"HTTPS_PROXY": "http://q:2"}, None),
        ("ws://hub.example", {"ALL_PROXY": "http://all:1"}, "all:1"),
        ("wss://hub.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other,.example"}, None),
        ("wss://hub.example:8443", {"HTTPS_PROXY": "http://p:1", "no_proxy": "hub.example"}, None),
        ("wss://hub.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("wss://hub.example", {"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_environment_names_the_proxy(hub: str, environment: dict[str, str], expected: str | None) -> None:
    proxy = proxy_for(URL(hub), environment)

    assert (proxy and proxy.where) == expected


@pytest.mark.parametrize("text", ["https://p:1", "socks5://p:1", "http://", "http://p:port"])
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(text: str) -> None:
    with pytest.raises(ProxyError, match="HTTPS_PROXY"):
        proxy_for(URL("wss://hub.example"), {"HTTPS_PROXY": text})


def test_a_proxys_password_is_not_in_the_sentence_about_it() -> None:
    with pytest.raises(ProxyError) as caught:
        proxy_for(URL("wss://hub.example"), {"HTTPS_PROXY": "socks5://me:hunter2@p:1"})

    assert "hunter2" not in str(caught.value)

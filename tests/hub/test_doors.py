"""Where the hub listens: all doors or none."""

import asyncio
import socket
import ssl
from collections.abc import Sequence

import pytest

from hub.doors import Door, Doors, ListenError
from hub.handshake.dial import HeadReader

HOST = "127.0.0.1"


def doors(each: Sequence[Door]) -> Doors:
    return Doors(each, lambda _: HeadReader())


@pytest.mark.parametrize("tls", [None, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)], ids=["ws", "wss"])
async def test_an_address_that_is_taken_is_an_error_and_frees_the_others(tls: ssl.SSLContext | None) -> None:
    with socket.create_server((HOST, 0)) as taken, socket.socket() as probe:
        port = taken.getsockname()[1]
        several = doors([Door(HOST, 0), Door(HOST, 0, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)), Door(HOST, port, tls)])

        with pytest.raises(ListenError, match=f"cannot listen on {HOST}:{port}: address already in use$"):
            await several.bind()
        await asyncio.sleep(0)

        for freed in several.ports[:2]:
            assert probe.connect_ex((HOST, freed)) != 0


@pytest.mark.parametrize("tls", [None, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)], ids=["ws", "wss"])
async def test_a_door_with_a_name_says_at_which_addresses_it_is(tls: ssl.SSLContext | None) -> None:
    several = doors([Door(HOST, 0), Door("localhost", 0, tls)])
    await several.bind()

    addresses = several.addresses
    await several.close()

    assert addresses[:2] == [f"ws://{HOST}:{several.ports[0]}", f"{'wss' if tls else 'ws'}://{HOST}:{several.ports[1]}"]
    assert [each for each in addresses[2:] if "[::1]" not in each] == []


@pytest.mark.parametrize(
    ("door", "url"),
    [
        (Door("hub.example", 0), "ws://hub.example:9000"),
        (Door("::1", 0), "ws://[::1]:9000"),
        (Door("hub.example", 0, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)), "wss://hub.example:9000"),
    ],
)
def test_a_door_has_a_url(door: Door, url: str) -> None:
    assert door.url(9000) == url

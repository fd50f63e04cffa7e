"""A hub between raw peers. Its tests run on uvloop, and in `make nightly` (EVERY_LOOP=1) on both event loops.

At its edges, a transport differs between them; the hub takes uvloop where that installs.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop
from page_viewer import missing
from peers import node_packages, python_packages
from raw_peers import Peers, raw_peers
from tls_peers import HOST

from hub.server import Hub, HubSettings
from hub.tls.certs import Authority
from hub.tls.contexts import KeyPair

Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Loops:  # noqa: ARG001 - the hook's names
    if not item.path.name.startswith("test_relay"):
        return {"asyncio": asyncio.new_event_loop}
    every = {"asyncio": asyncio.new_event_loop} if os.environ.get("EVERY_LOOP") else {}
    return {**every, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    async with raw_peers() as peers:
        yield peers


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    async with Hub(HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)) as hub:
        yield hub
        peers.hang_up()  # a hub waits a while for peers to take what is left for them


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("certs"), days=2)


@pytest.fixture(scope="session")
def servers(authority: Authority) -> list[KeyPair]:
    return [KeyPair(each.certificate, each.key) for each in authority.server_pair([HOST], days=2)]


@pytest.fixture(scope="session")
def browser() -> None:
    """Skip what needs a browser where there is none."""
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def npm() -> None:
    """Install the packages of npm that play station or CSMS."""
    _need(node_packages.install())


@pytest.fixture(scope="session")
def pypi() -> None:
    """Install the packages of PyPI that play station or CSMS in processes of their own."""
    _need(python_packages.install())


def _need(reason: str | None) -> None:
    """Skip, and say why, where a package cannot be installed. CI has to be able to."""
    if reason is not None:
        assert "CI" not in os.environ, reason
        pytest.skip(reason)

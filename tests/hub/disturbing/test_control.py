"""Orders to a hub: who may give them, and what comes back."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from raw_peers import Peers, raw_peers, upgrade

from hub.access.nearness import FIELD
from hub.disturbing.control import ControlError, HubAt, Order, add_control, control_tls, control_url, order
from hub.disturbing.disturber import Disturber
from hub.feed import feed_app
from hub.mirror import check, feed_url
from hub.server import Hub, HubSettings


async def hub_with(tmp_path: Path, peers: Peers, disturber: Disturber | None) -> Hub:
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)
    app = feed_app(settings.recording)
    add_control(app, disturber)
    return Hub(settings, app=app, disturber=disturber)


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    async with raw_peers() as peers:
        yield peers


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    async with await hub_with(tmp_path, peers, Disturber()) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade())
        await peers.accept()
        await station.head()
        yield hub


@pytest.mark.parametrize("by_file", [True, False])
async def test_an_order_begins_lists_and_ends_a_disturbance(hub: Hub, *, by_file: bool) -> None:
    there = HubAt(str(hub.settings.recording) if by_file else hub.url)

    (begun,) = await order(there, Order(target="CS1", what="stall 60s"))
    listed = await order(there, None)
    (ended,) = await order(there, Order(stop=begun.number))

    assert (begun.session, begun.target, begun.text) == (1, "CS1/acme", "stall 60s")
    assert listed == [begun] == [ended]
    assert await order(there, None) == []


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (Order(target="1", what="stall 9"), "word 2 of 'stall 9' is '9', and should be"),
        (Order(target="7", what="stall 9s"), "there is no open session '7'"),
        (Order(stop=7), "there is no disturbance 7 that is on"),
    ],
)
async def test_what_cannot_be_done_comes_back_as_a_sentence(hub: Hub, wanted: Order, complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        await order(HubAt(hub.url), wanted)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"target": "1", "what": "stall 1s"}, "headers": {"Origin": "http://evil.example"}}, 403),
        ({"data": b'{"target":"1","what":"stall 1s"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ({"data": {"target": "1", "what": "stall 1s"}}, 415),
        ({"json": {"target": "1", "what": "x" * 5_000}}, 400),
        ({"json": {"target": 1}}, 400),
        ({"json": {"tarqet": "1"}}, 400),
        ({"json": {"target": "1", "what": "\ud800"}}, 400),
        ({"data": b"\xff{", "headers": {"Content-Type": "application/json"}}, 400),
    ],
)
async def test_web_pages_and_garbage_are_refused(hub: Hub, sent: dict[str, Any], status: int) -> None:
    shown = {FIELD: hub.badge.secret}
    async with aiohttp.ClientSession(headers=shown) as http, http.post(control_url(hub.url), **sent) as response:
        assert response.status == status
    assert hub.disturber is not None
    assert hub.disturber.list() == []


async def test_a_hub_with_doors_for_tls_only_is_asked_by_its_recording_or_with_its_ca(tmp_path: Path) -> None:
    authority, server_side = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    settings = HubSettings(
        recording=tmp_path / "event.db", csmses={"acme": "ws://127.0.0.1:1"}, port=0, tls=server_side
    )
    app, disturber = feed_app(settings.recording), Disturber()
    add_control(app, disturber)
    async with Hub(settings, app=app, disturber=disturber) as hub:
        assert await order(HubAt(str(settings.recording)), None) == []
        assert await order(HubAt(hub.url, tmp_path / "ca.pem"), None) == []
        await check(feed_url(hub.url), control_tls(hub.url, tmp_path / "ca.pem"))
        with pytest.raises(ControlError, match="CERTIFICATE_VERIFY_FAILED"):
            await order(HubAt(hub.url), None)


@pytest.mark.parametrize("host", ["192.0.2.10", "hub.example"])
def test_only_a_hub_on_a_loopback_address_is_taken_at_its_word(tmp_path: Path, host: str) -> None:
    (tmp_path / "event.db.lock").write_text(f"1\n\nwss://{host}:9443\n")

    assert control_tls(str(tmp_path / "event.db")) is True


async def test_disturbing_is_off_unless_the_hub_allows_it(peers: Peers, tmp_path: Path) -> None:
    async with await hub_with(tmp_path, peers, None) as hub:
        with pytest.raises(ControlError, match="is off; `plugfest serve --allow-disturb` turns it on"):
            await order(HubAt(hub.url), Order(target="1", what="stall 1s"))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("nowhere.recording", "there is no recording at 'nowhere.recording'"),
        ("http://hub", "'http://hub' is not the URL of a hub"),
        ("ws://[", "'ws://\\[' is not a URL"),
    ],
)
def test_where_no_hub_can_be_is_said(source: str, complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        control_url(source)


def test_a_recording_that_no_hub_writes_to_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "event.recording"
    path.touch()

    with pytest.raises(ControlError, match="no hub writes to"):
        control_url(str(path))


async def test_a_hub_that_is_gone_is_said(tmp_path: Path) -> None:
    (tmp_path / "event.db.lock").write_text("1\n\nws://127.0.0.1:1\n")

    with pytest.raises(ControlError, match=r"no hub answers at http://127\.0\.0\.1:1: connection refused"):
        await order(HubAt(str(tmp_path / "event.db")), None)


def test_a_hub_that_listens_everywhere_is_asked_on_this_machine() -> None:
    assert str(control_url("ws://0.0.0.0:9000")) == "http://127.0.0.1:9000/-/disturb"
    assert str(control_url("wss://[::]:9000")) == "https://[::1]:9000/-/disturb"

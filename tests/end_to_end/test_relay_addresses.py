"""Where a session goes is the organizer's to say: nothing in a request makes the hub dial elsewhere or write a file."""

from pathlib import Path

import pytest
from raw_peers import ACCEPT, Peers, upgrade

from hub.recording.reading import Recording
from hub.server import Hub


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/elsewhere/CS1",
        "//evil.example/CS1",
        "/acme/../../etc/CS1",
        "/acme/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/..%2f..%2fevil/CS1",
        "@evil.example/CS1",
        "/acme\r\nHost: evil.example\r\n",
        "/evil@acme/CS1",
        "*",
    ],
)
async def test_a_target_that_points_elsewhere_reaches_nobody_and_makes_no_file(
    hub: Hub, peers: Peers, tmp_path: Path, target: str
) -> None:
    before = names_in(tmp_path)
    station = await peers.station(hub.port)

    await station.say(upgrade(target))
    answer = await station.rest()

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert peers.is_untouched
    assert names_in(tmp_path) == before


@pytest.mark.parametrize(
    "identity", ["@evil.example", "http:%2f%2fevil", "%0d%0aHost:%20evil", "%F0%9F%92%A9", "a%00b"]
)
async def test_whatever_an_identity_is_it_is_dialled_at_the_csmss_own_address(
    hub: Hub, peers: Peers, tmp_path: Path, identity: str
) -> None:
    before = names_in(tmp_path)
    station = await peers.station(hub.port)

    await station.say(upgrade(f"/acme/{identity}"))
    request = await (await peers.line()).head()

    assert request == upgrade(f"/ocpp/{identity}", host=f"127.0.0.1:{peers.port}")
    assert names_in(tmp_path) == before


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/acme/CS1", "Authorization: Basic Q1MxOmh1bnRlcjI="),
        ("/acme/CS1", "Authorization: Bearer hunter2"),
        ("/acme/CS1", "Authorization: Digest username=CS1, response=hunter2"),
        ("/acme/CS1", "AUTHORIZATION:hunter2"),
        ("/acme/CS1", "Authorization: Basic hunter2"),
        ("/acme/CS1?password=hunter2&x=1", "X: y"),
        ("/acme/CS1?%70assword=hunter2", "X: y"),
        ("/acme/CS1", "Sec-WebSocket-Protocol: access_token, hunter2"),
    ],
)
async def test_credentials_are_in_no_file_and_no_log(
    hub: Hub, peers: Peers, tmp_path: Path, caplog: pytest.LogCaptureFixture, target: str, field: str
) -> None:
    caplog.set_level("DEBUG")
    station = await peers.station(hub.port)

    await station.say(upgrade(target, field))
    await peers.accept(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
    await station.rest()

    written = bytes_in(tmp_path) + caplog.text.encode()
    assert b"hunter2" not in written
    assert b"Q1MxOmh1bnRlcjI" not in written
    with Recording.open(hub.settings.recording) as recording:
        assert recording.sessions()[0].status == 401


async def test_an_absolute_target_names_a_host_that_nobody_dials(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade("http://evil.example:1/acme/CS1"))
    upstream = await peers.accept()

    assert upstream.writer.get_extra_info("sockname")[1] == peers.port
    assert await station.head() == ACCEPT

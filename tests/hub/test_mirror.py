"""Following a hub from afar: the mirror is the hub's recording over again."""

import asyncio
import socket
from pathlib import Path

import pytest
from drawing import judged

from hub.feed import feed_app
from hub.mirror import MirrorError, feed_url, mirrored
from hub.recording import Recording
from hub.server import Hub, HubSettings
from matrix.report import verdicts


def caught_up(mirror: Path, original: Path) -> bool:
    with Recording.open(mirror) as copy, Recording.open(original) as recording:
        return copy.last_mark() == recording.last_mark() > 0


async def test_mirror_holds_what_the_hub_recorded(tmp_path: Path) -> None:
    original, mirror = tmp_path / "hub.recording", tmp_path / "mirror.recording"
    settings = HubSettings(recording=original, csmses={"acme": "ws://127.0.0.1:1"}, port=0)
    async with Hub(settings, app=feed_app(original)) as hub:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(b"GET /acme/CS1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 502")
        writer.close()
        await asyncio.to_thread(_follow, hub.url, mirror, original)

    with Recording.open(mirror) as copy, Recording.open(original) as recording:
        assert copy.traffic() == recording.traffic()
        assert verdicts(judged(copy.traffic())) == verdicts(judged(recording.traffic()))


def _follow(hub: str, mirror: Path, original: Path) -> None:
    with mirrored(hub, mirror):
        while not caught_up(mirror, original):
            pass


@pytest.mark.parametrize("url", ["http://x", "ftp://x", "ws://", "nonsense"])
def test_url_that_is_no_hubs_is_named(url: str) -> None:
    with pytest.raises(MirrorError, match="not the URL of a hub"):
        feed_url(url)


def test_hub_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    with pytest.raises(MirrorError, match="no hub can be watched"), mirrored(f"ws://127.0.0.1:{port}", tmp_path / "m"):
        pass

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hub.handshake import host_names
from hub.handshake.host_names import NoAddressError, addresses_of

SILENT = "csms.of-a-silent-server.example"
asked_everybody = socket.getaddrinfo


class NameServer:
    """Answers for SILENT when it is let, for all others as ever."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = threading.Event()

    def getaddrinfo(self, host: str, port: int, *, type: int, flags: int) -> list[tuple[Any, ...]]:  # noqa: A002 - its name
        if host == SILENT and not flags & socket.AI_NUMERICHOST:
            self.asked += 1
            self.may_answer.wait()
            host = "127.0.0.1"
        return [*asked_everybody(host, port, type=type, flags=flags)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    yield server
    server.may_answer.set()


async def test_a_silent_name_server_keeps_nobody_from_another_host(names: NameServer) -> None:
    waiting = [asyncio.create_task(addresses_of(SILENT, 80)) for _ in range(50)]
    await asyncio.sleep(0)

    others = [await addresses_of(host, 9000) for host in ("localhost", "127.0.0.1", "::1")]
    names.may_answer.set()
    found = await asyncio.gather(*waiting)

    assert [other[0][4][1] for other in others] == [9000] * 3
    assert {each[0][4] for each in found} == {("127.0.0.1", 80)}
    assert names.asked == 1


@pytest.mark.usefixtures("names")
async def test_who_waits_for_a_silent_name_server_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_names, "LOOKUP_S", 0.01)

    with pytest.raises(NoAddressError) as caught:
        await addresses_of(SILENT, 80)

    assert str(caught.value) == f"nobody says which address {SILENT!r} has, within 0.01 s"


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ("no-such-host.invalid", "'no-such-host.invalid' has no address: "),
        (f"{'a' * 64}.example", f"'{'a' * 64}.example' cannot be the name of a host"),
    ],
)
async def test_what_is_wrong_with_a_name_is_said(host: str, complaint: str) -> None:
    with pytest.raises(NoAddressError) as caught:
        await addresses_of(host, 80)

    assert str(caught.value).startswith(complaint)
    assert "Errno" not in str(caught.value)

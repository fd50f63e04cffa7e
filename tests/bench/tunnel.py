"""What one stalled session costs the others of a tunnel: `python tests/bench/tunnel.py`. Prints Markdown.

Hub and agent are processes of their own, with the timing that holds in earnest; sessions cross both kinds of tunnel:
the stations connect to the agent, and the CSMS is one that it brings. A station sends 330 bytes every 0.1 s or so, and
the CSMS answers each; the stalled one floods a CSMS that reads nothing, until all that lies between them is full.
"""

import argparse
import asyncio
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from messages import upgrade_answer, upgrade_request
from processes import LOAD_CORE, RELAY_CORE, first_line, process

from hub.access.tokens import Token, new_token

PAYLOAD: Final = 330
SAID: Final = b"\x82\xfe" + PAYLOAD.to_bytes(2, "big") + bytes(4 + PAYLOAD)
ANSWERED: Final = b"\x82\x10" + bytes(16)
CHUNK: Final = b"\x82\xfe\xea\x60" + bytes(4 + 60_000)
STILL_S: Final = 1.0


class Csms:
    """Answers each message of fixed size; reads nothing from the station CS0 while `reads` is cleared."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(upgrade_answer(head))
        is_stalled = b"/CS0 " in head.partition(b"\r\n")[0]
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                if is_stalled:
                    await self.reads.wait()
                await reader.readexactly(len(SAID))
                writer.write(ANSWERED)
        writer.close()


class Station:
    """One session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.flooded = 0
        self._reader = reader
        self._writer = writer

    async def open(self, number: int) -> None:
        self._writer.write(upgrade_request(f"/acme/CS{number}", "agent"))
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    async def converse(self, times: int) -> list[float]:
        """Return the round trips of so many messages, in seconds."""
        took = []
        for _ in range(times):
            began = time.perf_counter()
            self._writer.write(SAID)
            await self._reader.readexactly(len(ANSWERED))
            took.append(time.perf_counter() - began)
            await asyncio.sleep(random.uniform(0.05, 0.15))
        return took

    async def flood(self) -> None:
        while True:
            self._writer.write(CHUNK)
            await self._writer.drain()
            self.flooded += len(CHUNK)


async def measure(sessions: int, times: int) -> None:
    csms = Csms()
    server = await asyncio.start_server(csms.serve, "127.0.0.1", 0)
    with ExitStack() as stack:
        port = await asyncio.to_thread(tunnelled, stack, server.sockets[0].getsockname()[1])
        stations = [Station(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(sessions)]
        for number, station in enumerate(stations):
            await station.open(number)
        stalled, others = stations[0], stations[1:]
        print("| sessions | round trips | p50 ms | p99 ms | most ms |\n| --- | ---: | ---: | ---: | ---: |")
        show("all do well", await conversations(others, times))
        csms.reads.clear()
        flood = asyncio.create_task(stalled.flood())
        flooded = -1
        while flooded != (flooded := stalled.flooded):  # noqa: ASYNC110 - a count sets no event
            await asyncio.sleep(STILL_S)
        show(f"one is stalled, after {flooded / (1 << 20):.1f} MiB", await conversations(others, times))
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
    server.close()


async def conversations(stations: Sequence[Station], times: int) -> list[float]:
    took = await asyncio.gather(*(station.converse(times) for station in stations))
    return sorted(each for some in took for each in some)


def tunnelled(stack: ExitStack, csms_port: int) -> int:
    """Start a hub and an agent; return the port at which the agent takes stations."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    tokens, recording = folder / "tokens.toml", folder / "bench.recording"
    os.environ["PLUGFEST_TOKEN"] = new_token(
        tokens, Token(name="bench", digest="", csmses=("acme",), may_bring_stations=True)
    )
    os.environ["NO_PROXY"] = "*"
    command = (sys.executable, "-m", "tui.cli")
    serve = ("serve", "--listen", "127.0.0.1:0", "--csms", "acme=tunnel:", "--tokens", str(tokens))
    hub = stack.enter_context(process(RELAY_CORE, *command, *serve, "--recording", str(recording)))
    url = first_line(hub).partition("/acme/")[0]
    port = free_port()
    bring = ("tunnel", "csms", "acme", f"ws://127.0.0.1:{csms_port}", "--listen", f"127.0.0.1:{port}", "--hub", url)
    agent = stack.enter_context(process(LOAD_CORE, *command, *bring, "--json"))
    while '"connected"' not in first_line(agent):
        pass
    return port


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def show(what: str, took: Sequence[float]) -> None:
    p50, p99, most = (f"{1000 * took[int((len(took) - 1) * part)]:.2f}" for part in (0.5, 0.99, 1))
    print(f"| {what} | {len(took)} | {p50} | {p99} | {most} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--times", type=int, default=200, help="messages of each session, before and after")
    options = parser.parse_args()
    asyncio.run(measure(options.sessions, options.times))

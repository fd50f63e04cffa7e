"""Random frames through the hub, both ways: what was sent, what arrived and what was recorded have to be the same.

`python tests/soak.py --frames 1000000 --seed 1` prints what came of it. The frames spread over 257 sessions: one for
each combination of the parameters of permessage-deflate (RFC 7692 §7.1), and one without compression.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import uvloop
from hub_apart import hub_apart
from random_frames import COMBINATIONS, PIECE, Account, Sender
from raw_peers import upgrade

from hub.recording.reading import Recording
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Side

AT_ONCE: Final = 8
"""How many sessions are open at the same time."""
LAST_BYTES_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak came to: for each stream what was sent, and what arrived and was recorded differently."""

    seed: int
    frames: int
    wire_bytes: int
    seconds: float
    peak_memory_bytes: int
    differences: tuple[str, ...]


class Soak:
    """The stations and the CSMS of one soak."""

    def __init__(self, frames: int, seed: int) -> None:
        each = -(-frames // (2 * len(COMBINATIONS)))
        self.frames_each, self.seed = each, seed
        self.wire_bytes = 0
        self.sent: dict[tuple[str, Side], Account] = {}
        self.arrived: dict[tuple[str, Side], str] = {}
        self.all_arrived = asyncio.Event()

    async def run_stations(self, port: int) -> None:
        numbers = iter(range(len(COMBINATIONS)))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._run_stations(port, numbers))

    async def _run_stations(self, port: int, numbers: Iterator[int]) -> None:
        for number in numbers:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(upgrade(f"/acme/{number}"))
            await reader.readuntil(b"\r\n\r\n")
            await self._talk(str(number), Side.STATION, reader, writer)

    async def serve_station(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        identity = head.split()[1].decode().rpartition("/")[2]
        agreed = COMBINATIONS[int(identity)]
        extensions = f"Sec-WebSocket-Extensions: {agreed}\r\n" if agreed else ""
        writer.write(f"HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\n{extensions}\r\n".encode())
        await self._talk(identity, Side.CSMS, reader, writer)

    async def _talk(
        self, identity: str, side: Side, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say(identity, side, writer))
            tasks.create_task(self._hear(identity, side.other, reader))
        writer.close()

    async def _say(self, identity: str, side: Side, writer: asyncio.StreamWriter) -> None:
        sender = Sender(side, COMBINATIONS[int(identity)], f"{self.seed} {identity} {side}")
        for piece in sender.pieces(self.frames_each):
            writer.write(piece)
            await writer.drain()
            self.wire_bytes += len(piece)
        writer.write_eof()
        self.sent[identity, side] = sender.account

    async def _hear(self, identity: str, side: Side, reader: asyncio.StreamReader) -> None:
        digest = sha256()
        while data := await reader.read(PIECE):
            digest.update(data)
        self.arrived[identity, side] = digest.hexdigest()
        if len(self.arrived) == 2 * len(COMBINATIONS):
            self.all_arrived.set()

    def differences(self, recording: Path) -> Iterator[str]:
        """Return a sentence for each stream that did not arrive, or was not recorded, as it was sent."""
        recorded = recorded_streams(recording)
        for stream, account in self.sent.items():
            if self.arrived.get(stream) != account.wire.hexdigest():
                yield f"what the {stream[1]} of {stream[0]} sent did not arrive as it was sent"
            if stream not in recorded or recorded[stream].digests != account.digests:
                yield f"what the {stream[1]} of {stream[0]} sent was not recorded as it was sent"
        if len(self.sent) != 2 * len(COMBINATIONS):
            yield f"only {len(self.sent)} streams were sent"


def recorded_streams(path: Path) -> dict[tuple[str, Side], Account]:
    """Return an account of every stream in a recording, its frames in the order of recording."""
    accounts: dict[tuple[str, Side], Account] = {}
    collected: dict[tuple[int, Side], list[bytes]] = {}
    with Recording.open(path) as recording:
        identities = {session.id: session.identity for session in recording.sessions()}
        for item in recording.all_traffic():
            if isinstance(item, Frame):
                account = accounts.setdefault((identities[item.session], item.side), Account())
                _note_recorded(account, item, collected)
    return accounts


def _note_recorded(account: Account, item: Frame, collected: dict[tuple[int, Side], list[bytes]]) -> None:
    payload = item.payload.encode() if isinstance(item.payload, str) else item.payload
    facts = (int(item.fin), item.rsv, int(item.masked), item.size)
    if item.opcode < FIRST_CONTROL_OPCODE:
        parts = collected.setdefault((item.session, item.side), [])
        parts.append(payload)
        payload = b"".join(parts) if item.fin else b""
        if item.fin:
            parts.clear()
    account.note(item.opcode, payload, facts)


async def soak(frames: int, seed: int, recording: Path) -> Outcome:
    """Send about so many frames through a hub that records here."""
    run, began = Soak(frames, seed), time.perf_counter()
    server = await asyncio.start_server(run.serve_station, "127.0.0.1", 0)
    async with server, hub_apart(recording, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as hub:
        await run.run_stations(hub.port)
        async with asyncio.timeout(LAST_BYTES_S):
            await run.all_arrived.wait()
        seconds, peak = time.perf_counter() - began, peak_memory_bytes(hub.pid)
    differences = tuple(run.differences(recording))
    sent = sum(account.count for account in run.sent.values())
    return Outcome(seed, sent, run.wire_bytes, seconds, peak, differences)


def peak_memory_bytes(pid: int) -> int:
    """Return the most memory that a process has had resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)  # noqa: T201 - a script
    with tempfile.TemporaryDirectory() as directory:
        outcome = uvloop.run(soak(arguments.frames, arguments.seed, Path(directory) / "soak.db"))
    print(outcome)  # noqa: T201 - a script
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())

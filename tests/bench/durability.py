"""What `--durability power` costs: messages through the recorder, against `kill`, in one run on one disk.

`python tests/bench/durability.py [FOLDER] [SECONDS]`: FOLDER is on the disk to measure. Closed loop: so many stations
send their next message when the last was handed on. Open loop: so many messages a second, evenly; latency from the
arrival of a message to its being handed on.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import uvloop
from raw_peers import masked

from hub.recording.writable import Durability
from hub.writing.batch import Stream
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from matrix.trace import Session

TEXT = '[2,"1","MeterValues",{}]'.ljust(330)
DATA = masked(TEXT)
STREAM = Stream(1, "station")


async def closed_loop(recorder: Recorder, stations: int, seconds: float) -> tuple[float, float]:
    """Return messages a second, and CPU a message in microseconds."""
    count = 0
    done = asyncio.Event()
    end = time.monotonic() + seconds

    def handed_on(_: bytes) -> None:
        nonlocal count
        count += 1
        if time.monotonic() < end:
            recorder.pass_on_text(*STREAM, TEXT, DATA, handed_on)
        else:
            done.set()

    cpu = time.process_time()
    for _ in range(stations):
        recorder.pass_on_text(*STREAM, TEXT, DATA, handed_on)
    await done.wait()
    await recorder.committed()
    return count / seconds, (time.process_time() - cpu) / count * 1e6


async def open_loop(recorder: Recorder, rate: int, seconds: float) -> tuple[float, float, float]:
    """Return p50, p99 and the longest latency in milliseconds."""
    latencies: list[float] = []
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        at = start + number / rate
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        began = time.perf_counter()
        recorder.pass_on_text(*STREAM, TEXT, DATA, lambda _, began=began: latencies.append(time.perf_counter() - began))
    await recorder.committed()
    latencies.sort()
    return tuple(latencies[int(share * (len(latencies) - 1))] * 1e3 for share in (0.5, 0.99, 1.0))  # type: ignore[return-value]  # three


async def measure(durability: Durability, folder: Path, seconds: float) -> None:
    recorder = open_recorder(folder / f"{durability}-{time.monotonic_ns()}.recording", durability=durability)
    recorder.answer(Session(id=1, opened_at=1, answered_at=2, identity="CS1", csms="acme", status=101))
    await recorder.committed()
    for stations in (1, 50):
        rate, cpu = await closed_loop(recorder, stations, seconds)
        print(f"{durability:<6} closed loop, {stations:>3} stations: {rate:>9,.0f} messages/s, {cpu:5.1f} µs CPU each")
    for rate in (200, 1_000):
        p50, p99, longest = await open_loop(recorder, rate, seconds)
        print(f"{durability:<6} {rate:>5} messages/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {longest:.1f} ms")
    await recorder.close()


async def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for _ in range(2):
            for durability in Durability:
                await measure(durability, Path(place), seconds)


if __name__ == "__main__":
    uvloop.run(main())

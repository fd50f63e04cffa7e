"""What an index costs, and what it answers how fast: `python tests/bench/search_million.py [FRAMES] [RECORDING]`.

Makes a recording of 200 stations with realistic traffic (or takes one), indexes it, and asks it 20 times each.
"""

import random
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from recordings import RecordingBuilder

from hub.recording.reading import Recording
from hub.search.entry import NoOpinion
from hub.search.finder import find
from hub.search.indexing import following
from hub.search.parser import parse

BOOT = '{"chargePointVendor":"%s","chargePointModel":"M%d","firmwareVersion":"1.%d"}'
METER = (
    '{"connectorId":%d,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":[{"value":"%s",'
    '"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},'
    '{"value":"%s","measurand":"Current.Import","phase":"L1","unit":"A"}]}]}'
)
STATUS = '{"connectorId":%d,"status":"%s","errorCode":"NoError","timestamp":"%s"}'
TIMES = 20


def exchange(number: int, at: int, chance: random.Random) -> tuple[str, str]:
    """Return a call and its answer."""
    key = uuid.UUID(int=chance.getrandbits(128))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 10**9)) + f".{number % 1000:03}Z"
    kind = chance.random()
    answer = f'[3,"{key}",{{}}]'
    if kind < 0.5:
        values = chance.randrange(10**7) / 10, chance.randrange(10**4) / 10
        said = f'"MeterValues",{METER % (number % 4, chance.randrange(10**6), stamp, *values)}'
    elif kind < 0.8:
        said, answer = '"Heartbeat",{}', f'[3,"{key}",{{"currentTime":"{stamp}"}}]'
    elif kind < 0.95:
        status = chance.choice(["Available", "Charging", "Preparing", "Faulted"])
        said = f'"StatusNotification",{STATUS % (number % 4, status, stamp)}'
    else:
        said = f'"Authorize",{{"idTag":"TAG{chance.randrange(10**5):05}"}}'
        answer = f'[3,"{key}",{{"idTagInfo":{{"status":"Accepted"}}}}]'
    return f'[2,"{key}",{said}]', answer


def make(path: Path, frames: int) -> None:
    chance = random.Random(1)
    with RecordingBuilder(path, step_ms=10) as builder:
        sessions = []
        for number in range(200):
            sessions.append(builder.session(f"CP-{number:04}", ["acme", "borealis", "lotus"][number % 3]))
            boot = BOOT % (["Alder", "Birch", "Cedar Corp"][number % 3], number % 7, number % 3)
            builder.say(sessions[-1], f'> [2,"b{number}","BootNotification",{boot}]', f'< [3,"b{number}",{{}}]')
        builder._db.execute("BEGIN")
        for number in range(frames // 2):
            call, answer = exchange(number, builder.at, chance)
            builder.say(chance.choice(sessions), f"> {call}", f"< {answer}")
        builder._db.execute("COMMIT")


def measure(path: Path) -> None:
    with following(path) as (recording, index):
        began, used = time.perf_counter(), time.process_time()
        index.extend(recording)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        size = index.place.stat().st_size if index.place else 0
        part = size / path.stat().st_size
        print(f"indexed {index.until:,} marks in {seconds:.1f} s ({cpu:.1f} s of CPU)")
        print(f"{size / 1e6:.0f} MB, {part:.2f} of the recording")
        message_id = recording.frame(index.until // 2).payload[4:40]
        for text in QUERIES:
            ask(index, recording, text.replace("MESSAGE-ID", str(message_id)))
    began = time.perf_counter()
    with following(path) as (recording, index):
        index.extend(recording)
        print(f"opened again, checked and up to date: {(time.perf_counter() - began) * 1e3:.0f} ms")


QUERIES = (
    "id=MESSAGE-ID",
    "MESSAGE-ID",
    "idTag=TAG00042",
    "TAG00042",
    "Faulted",
    "CP-0012",
    "0012",
    "12",
    "action:MeterValues",
    "action:Authorize identity:CP-0012",
    "vendor:cedar type:callresult",
    "latency>15ms",
    "latency>2s",
    "at>14:02 side:csms",
    "size>300",
    "value>999990",
    "/meterValue/*/sampledValue/*/value=604.2",
    "not heartbeat",
    "faulted or TAG00042",
    "zanzibar",
    "session:7 not action:MeterValues",
)


def ask(index, recording: Recording, text: str) -> None:  # noqa: ANN001 - a benchmark
    query, firsts, wholes, used, found = parse(text), [], [], [], 0
    for _ in range(TIMES):
        began, first, found, cpu = time.perf_counter(), None, 0, time.process_time()
        for some in find(index, recording, query, NoOpinion()):
            found += len(some)
            if first is None and found:
                first = time.perf_counter() - began
        wholes.append((time.perf_counter() - began) * 1e3)
        used.append((time.process_time() - cpu) * 1e3)
        firsts.append((first or 0) * 1e3)
        if sum(wholes) > 20_000:
            break
    p50, p95 = statistics.median(wholes), sorted(wholes)[int(len(wholes) * 0.95) - (len(wholes) >= TIMES)]
    first, cpu = statistics.median(firsts), statistics.median(used)
    print(
        f"{text[:50]:<52}{found:>9,} found  p50 {p50:8.1f}  p95 {p95:8.1f}  first {first:7.1f}  CPU {cpu:8.1f} ms",
        flush=True,
    )


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / "million.recording"
        if not path.exists():
            make(path, frames)
        measure(path)


if __name__ == "__main__":
    main()

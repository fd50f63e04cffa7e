"""How long a session of a million messages takes to open: run with `python tests/bench/open_million.py [MESSAGES]`.

The session screen is opened while the judge is still catching up with the recording, which is the hard case.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from recordings import RecordingBuilder

from tui.app import PlugfestApp
from tui.reading.source import Source
from tui.screens.session import SessionScreen
from tui.widgets.live_messages import LiveMessages

PAYLOAD = (
    '"MeterValues",{"connectorId":1,"transactionId":77,"meterValue":[{"timestamp":"2026-01-01T12:00:00Z",'
    '"sampledValue":[{"value":"1234.5","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    '"unit":"Wh"},{"value":"16.0","measurand":"Current.Import","unit":"A"}]}]}'
)


async def measure(path: Path, messages: int) -> None:
    """Open, page and jump, and print how long each took."""
    app = PlugfestApp(Source(path))
    async with app.run_test(size=(120, 40)):
        started = time.perf_counter()
        screen = SessionScreen(app.source, 1)
        await app.push_screen(screen)
        listed = screen.query_one(LiveMessages)
        while listed.length != messages:  # noqa: ASYNC110 - a spinning loop would take the interpreter from the reader
            await asyncio.sleep(0.005)
        await drawn(screen)
        report("opened, first page drawn", started)
        for what, index in (("page down", 70), ("jump to the end", messages - 1), ("jump to the start", 0)):
            started = time.perf_counter()
            listed.go_to(index)
            await drawn(screen)
            report(what, started)
        started = time.perf_counter()
        await asyncio.to_thread(app.source.caught_up.wait)
        print(f"judged to the end {time.perf_counter() - started:.1f} s later")


async def drawn(screen: SessionScreen) -> None:
    """Wait until the screen has drawn what is due. (A pilot would wait for the processor to be idle.)"""
    done = asyncio.Event()
    screen.call_after_refresh(done.set)
    await done.wait()


def report(what: str, started: float) -> None:
    print(f"{what}: {time.perf_counter() - started:.3f} s")


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.recording"
        with RecordingBuilder(path) as builder:
            builder.many(builder.session("CS-1", "acme"), messages // 2, PAYLOAD)
        asyncio.run(measure(path, messages))


if __name__ == "__main__":
    main()

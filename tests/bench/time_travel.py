"""How long the dashboard takes to be at another moment: `python tests/bench/time_travel.py [FRAMES] [SESSIONS]`.

A million frames of fifty stations that talk at the same time, one in a hundred wrong. With SESSIONS, of so many that
are all open at once, nearly all of their exchanges wrong (9000: the extreme of docs/performance.md). First paint is
that of the command itself, in a terminal of its own. Then the keys: on the matrix, a pair and a session; on the matrix
also while the judge catches up. A jump is done when the screen has drawn the board of that moment.
"""

import asyncio
import os
import pty
import random
import resource
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from drawing import draw
from events import event_of
from judge_speed import session_2x, session_16
from rejudge_million import record

from hub.mirror import keep
from hub.recording.writable import open_for_writing
from matrix.boards.hindsight import Hindsight
from tui.app import PlugfestApp
from tui.garbage import collect_seldom
from tui.reading.source import Source
from tui.screens.base import DashboardScreen
from tui.screens.pair import PairScreen
from tui.screens.session import SessionScreen

JUMPS: Final = 100
LONGEST_S: Final = 30.0


def first_paint(path: Path) -> tuple[float, float]:
    """Return the seconds from the command to the first screen, and to the first pair on it."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    started = time.perf_counter()
    command = [sys.executable, "-m", "tui.cli", "watch", str(path)]
    environment = os.environ | {"TERM": "xterm-256color"}
    painted = []
    with Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as dashboard:
        os.close(theirs)
        said = b""
        for awaited in (b"reading", b"V M"):
            while awaited not in said and time.perf_counter() - started < LONGEST_S:
                said += os.read(ours, 1 << 16)
            painted.append(time.perf_counter() - started)
        dashboard.send_signal(signal.SIGKILL)
    os.close(ours)
    return painted[0], painted[1]


def record_many(path: Path, frames: int, sessions: int) -> None:
    """Record sessions that are all open at once; answers lack a field, values have another type."""
    rounds = max(frames // sessions // 5, 1)
    drawn = [draw(*wrong(session_16(rounds)))]
    drawn += [draw(*wrong(session_2x(rounds)), version=version) for version in ("2.0.1", "2.1")]
    recording = open_for_writing(path)
    keep(recording, event_of([drawn[number % 3] for number in range(sessions)], overlapping=True))
    recording.close()


def wrong(lines: list[str]) -> list[str]:
    changes = {'{"currentTime":"$NOW"}': "{}", '"value":"16.0"': '"value":16.0', "Active.Import": "Active"}
    for right, other in changes.items():
        lines = [line.replace(right, other) for line in lines]
    return lines


def boards(app: PlugfestApp, dice: random.Random) -> None:
    """Print how long it takes to put a board together, without the screen."""
    line, hindsight, took = app.journey.line, Hindsight(app.source.verdicts.chronicle), []
    for _ in range(JUMPS):
        moment, started = dice.randint(1, len(line)), time.perf_counter()
        hindsight.view(moment)
        took.append((time.perf_counter() - started) * 1000)
    say("the board alone, jump", took)


async def measure(path: Path, frames: int) -> None:
    dice = random.Random(0)
    app = PlugfestApp(Source(path))
    began = time.perf_counter()
    async with app.run_test(size=(140, 40)):
        line = app.journey.line
        while len(line) < frames // 10:  # noqa: ASYNC110 - a spinning loop would take the interpreter from the reader
            await asyncio.sleep(0.05)
        await jumps(app, dice, "matrix, while the judge catches up")
        await asyncio.to_thread(app.source.caught_up.wait)
        print(
            f"judged {len(line):,} items after {time.perf_counter() - began:.1f} s, {resident_mib():,.0f} MiB resident"
        )
        boards(app, dice)
        await screens(app, dice)


async def screens(app: PlugfestApp, dice: random.Random) -> None:
    """Jump and step on each screen."""
    matrix = app.screen
    assert isinstance(matrix, DashboardScreen)
    await everything(app, dice, "matrix")
    app.action_now()
    await drawn(app)
    pair = app.board.pairs[0]
    matrix.go(PairScreen(app.source, pair.key))
    await drawn(app)
    await everything(app, dice, "pair")
    session = SessionScreen(app.source, pair.sessions[0])
    matrix.go(session)
    while not session.is_loaded:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.005)
    await everything(app, dice, "session")


async def everything(app: PlugfestApp, dice: random.Random, where: str) -> None:
    await jumps(app, dice, where)
    await series(app, f"{where}, a message back", partial(app.action_step, -1))
    await series(app, f"{where}, next change of outcome", partial(app.action_seek, "CHANGE", 1))


async def jumps(app: PlugfestApp, dice: random.Random, where: str) -> None:
    line = app.journey.line

    def jump() -> None:
        app._go(partial(app.journey.go_to, f"#{line.mark(dice.randint(1, len(line)))}"))

    await series(app, f"{where}, jump", jump)


async def series(app: PlugfestApp, what: str, act: Callable[[], None]) -> None:
    """Do something again and again, and print how long it took until it was drawn."""
    took = []
    for _ in range(JUMPS):
        started = time.perf_counter()
        act()
        await there(app)
        took.append((time.perf_counter() - started) * 1000)
    say(what, took)


def say(what: str, took: list[float]) -> None:
    cuts = statistics.quantiles(took, n=20)
    print(f"{what}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, at most {max(took):.0f} ms")


async def there(app: PlugfestApp) -> None:
    """Wait until the board of the moment is drawn."""
    journey, vantage = app.journey, app.source.verdicts.vantage
    while journey.moment is not None and vantage.mark != journey.line.mark(journey.moment):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.001)
    await drawn(app)


async def drawn(app: PlugfestApp) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


def resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.recording"
        if len(sys.argv) > 2:
            record_many(path, frames, int(sys.argv[2]))
        else:
            record(path, frames)
        print(f"load average {os.getloadavg()[0]:.1f}")
        print("first paint after {:.2f} s, first pairs after {:.2f} s".format(*first_paint(path)))
        collect_seldom()
        asyncio.run(measure(path, frames))


if __name__ == "__main__":
    main()

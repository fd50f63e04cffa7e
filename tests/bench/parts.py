"""What is measured: each part loads the relays in turn, several times over, and returns a row of figures for each.

Rounds alternate between the relays, so that all meet the same machine; medians count.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from processes import LOAD_CORE, Load, Peak, Popen, cpu_s, first_line, memory_bytes, process, wait_until_quiet
from relays import Relay, Running

HERE: Final = Path(__file__).parent
PREPARED: Final = "prepared bytes"
REAL: Final = "aiohttp peers"
LOADS: Final = {
    PREPARED: (("csms.py",), ("stations.py",)),
    REAL: (("aiohttp_peers.py", "csms"), ("aiohttp_peers.py", "stations")),
}
WARM_UP_S: Final = 0.5
SETTLE_S: Final = 1.0
FILL_S: Final = 1.0

Figures = Mapping[str, float]
Rows = dict[str, Figures]
"""By relay: what was measured, by name and unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. Rates are CALLs a second, each of which is answered."""

    rounds: int = 5
    seconds: float = 3.0
    stations: int = 50
    rates: tuple[int, ...] = (200, 1000)
    sessions: int = 9000
    heavy_sessions: int = 500
    """What is asked of a relay for which thousands of sessions are a burden."""
    many_rounds: int = 1
    many_rate: int = 2000
    heavy_rate: int = 100
    others: int = 99
    slow_rate: int = 1000


QUICK: Final = Plan(
    rounds=1, seconds=0.2, stations=3, rates=(50,), sessions=20, heavy_sessions=10, many_rounds=1, many_rate=50,
    heavy_rate=50, others=3, slow_rate=50,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """A relay at work with stations connected through it."""

    running: Running
    load: Load

    def closed_loop(self, seconds: float) -> Figures:
        """Return CPU a frame and frames a second while each station waits for its answer."""
        with _cpu(self.running.pids) as used:
            result = self.load.ask("closed_loop", seconds=seconds)
        wait_until_quiet(self.running.beside)
        return {"µs CPU a frame": used[0] / result["frames"] * 1e6, "frames/s": result["frames_per_s"]}

    def open_loop(self, rate: int, seconds: float) -> Figures:
        """Return CPU a frame and the latencies while CALLs are sent by the clock."""
        with _cpu(self.running.pids) as used:
            result = self.load.ask("open_loop", rate=rate, seconds=seconds)
        return {"µs CPU a frame": used[0] / result["frames"] * 1e6, "p50 ms": result["p50"], "p99 ms": result["p99"]}


def frames(relays: Sequence[Relay], plan: Plan, load: str) -> Rows:
    """CPU a frame and throughput in a closed loop."""
    rounds = defaultdict[str, list[Figures]](list)
    with _sites(relays, plan.stations, load) as sites:
        for _ in range(plan.rounds):
            for name, site in sites.items():
                rounds[name].append(site.closed_loop(plan.seconds))
    return _medians(rounds)


def latency(relays: Sequence[Relay], plan: Plan) -> dict[int, Rows]:
    """Round trips at fixed rates, by rate. A CALL and its answer each cross the relay once."""
    rounds = {rate: defaultdict[str, list[Figures]](list) for rate in plan.rates}
    with _sites(relays, plan.stations) as sites:
        for _ in range(plan.rounds):
            for rate in plan.rates:
                for name, site in sites.items():
                    site.load.ask("open_loop", rate=rate, seconds=min(WARM_UP_S, plan.seconds))
                    rounds[rate][name].append(site.open_loop(rate, plan.seconds))
    return {rate: _medians(of_rate) for rate, of_rate in rounds.items()}


def many_sessions(relays: Sequence[Relay], plan: Plan) -> Rows:
    """Memory of idle sessions, how fast they connect, and what a frame costs among them."""
    rounds = defaultdict[str, list[Figures]](list)
    for _ in range(plan.many_rounds):
        for relay in relays:
            with _site(relay, plan.stations) as site:
                rounds[relay.name].append(_many_sessions(site, relay, plan))
    return _medians(rounds)


def _many_sessions(site: Site, relay: Relay, plan: Plan) -> Figures:
    more = (plan.sessions if relay.is_light else plan.heavy_sessions) - plan.stations
    rate = plan.many_rate if relay.is_light else plan.heavy_rate
    few = site.open_loop(rate, plan.seconds)
    before = memory_bytes(site.running.pids)
    with _cpu(site.running.pids) as used:
        connected = site.load.ask("connect", sessions=more)
    time.sleep(min(SETTLE_S, plan.seconds))
    grown = memory_bytes(site.running.pids) - before
    many = site.open_loop(rate, plan.seconds)
    return {
        "sessions": more + plan.stations,
        "connected/s": connected["sessions_per_s"],
        "µs CPU a handshake": used[0] / more * 1e6,
        "KiB a session": grown / more / 1024,
        f"µs CPU a frame, {plan.stations} sessions": few["µs CPU a frame"],
        "all sessions": many["µs CPU a frame"],
        "ratio": many["µs CPU a frame"] / (few["µs CPU a frame"] or 1.0),
    }


def slow_reader(relays: Sequence[Relay], plan: Plan) -> Rows:
    """What a station that reads 1 KB/s of what its CSMS floods it with does to the relay and to the others.

    First the flood fills what the systems buffer, megabytes at the speed of loopback; from then on a kilobyte a second
    goes through. That first second is told apart: in a session that lasts for hours it decides no percentile.
    """
    rounds = defaultdict[str, list[Figures]](list)
    for relay in relays:
        with _site(relay, plan.others) as site:
            start = memory_bytes(site.running.pids)
            for _ in range(plan.rounds):
                rounds[relay.name].append(_slow_reader(site, plan, start))
    return _medians(rounds)


def _slow_reader(site: Site, plan: Plan, start: int) -> Figures:
    alone = site.open_loop(plan.slow_rate, plan.seconds)
    site.load.ask("read_slowly")
    with Peak(site.running.pids) as peak:
        filling = site.open_loop(plan.slow_rate, min(FILL_S, plan.seconds))
        beside = site.open_loop(plan.slow_rate, plan.seconds)
    site.load.ask("read_no_more")
    return {
        "MiB grown": (peak.bytes - start) / (1 << 20),
        "others' p99 ms without it": alone["p99 ms"],
        "beside it": beside["p99 ms"],
        "ratio": beside["p99 ms"] / alone["p99 ms"],
        "in its first second": filling["p99 ms"],
    }


@contextmanager
def _sites(relays: Sequence[Relay], stations: int, load: str = PREPARED) -> Iterator[dict[str, Site]]:
    with ExitStack() as stack:
        yield {relay.name: stack.enter_context(_site(relay, stations, load)) for relay in relays}


@contextmanager
def _site(relay: Relay, stations: int, load: str = PREPARED) -> Iterator[Site]:
    csms_script, stations_script = LOADS[load]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        csms = stack.enter_context(_script(*csms_script))
        running = stack.enter_context(relay.start(int(first_line(csms)), Path(folder)))
        site = Site(running, Load(stack.enter_context(_script(*stations_script, running.url))))
        site.load.ask("connect", sessions=stations)
        site.closed_loop(WARM_UP_S)
        yield site


def _script(script: str, *arguments: str) -> AbstractContextManager[Popen]:
    return process(LOAD_CORE, sys.executable, str(HERE / script), *arguments, says_why=True)


@contextmanager
def _cpu(pids: Sequence[int]) -> Iterator[list[float]]:
    """Yield a list that holds the CPU seconds of processes once the context is over."""
    used: list[float] = []
    before = cpu_s(pids)
    yield used
    used.append(cpu_s(pids) - before)


def _medians(rounds: Mapping[str, list[Figures]]) -> Rows:
    return {
        name: {figure: median(each[figure] for each in measured) for figure in measured[0]}
        for name, measured in rounds.items()
    }

"""The hub against proxies that record nothing, in one run: `python tests/bench/relay.py`, or `make bench`.

Relays run on the first core, load and CSMS on the last. CPU is what the kernel charged the relay's processes (user and
system) between the first and the last counted frame. Prints Markdown; what it is doing goes to stderr.

Two loads in a closed loop: peers of aiohttp that build and parse each message, and peers that send and count prepared
bytes. The second is as fast as a load can be: relays find many sockets ready at once, which saves them wake-ups, and
nginx, which does nothing else, more than us.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import parts
from parts import PREPARED, QUICK, REAL, Plan, Rows
from processes import LOAD_CORE, RELAY_CORE, raise_file_limit
from relays import Relay, direct, relays

PARTS: Final = ("frames", "latency", "sessions", "slow-reader")
FILES_BESIDE: Final = 100
"""What a relay keeps open beside its sessions, amply."""


def main() -> None:
    options = _options()
    plan = _within_limits(QUICK if options.quick else Plan(rounds=options.rounds), raise_file_limit())
    here, missing = relays(options.mitmdump, with_floor=options.floor)
    wanted = [relay for relay in here if not options.relays or relay.name in options.relays.split(",")]
    for sentence in (_machine(), *missing):
        print(sentence, end="\n\n")
    for part in options.part or PARTS:
        _MEASURES[part](wanted, plan)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to see that everything runs")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; repeatable")
    parser.add_argument("--relays", metavar="NAMES", help="only these, by commas: nginx,hub")
    parser.add_argument("--rounds", type=int, default=Plan().rounds, help="how often each is measured (default: 5)")
    parser.add_argument(
        "--floor", action="store_true", help="also a relay in C that only records (needs SQLite's header)"
    )
    parser.add_argument("--mitmdump", metavar="PATH", help="where mitmdump is (default: $MITMDUMP, then the PATH)")
    return parser.parse_args()


def _frames(here: Sequence[Relay], plan: Plan) -> None:
    for load in (REAL, PREPARED):
        rows = parts.frames(here, plan, load)
        _print_table(f"Closed loop, {plan.stations} stations, {load}", rows, against="nginx")


def _latency(here: Sequence[Relay], plan: Plan) -> None:
    for rate, rows in parts.latency([Relay("direct", direct), *here], plan).items():
        base = rows.pop("direct")
        title = f"Added latency at {rate:,} messages/s, each answered; direct: p50 {base['p50 ms']:.2f} ms"
        added = {
            name: {"added p50 ms": row["p50 ms"] - base["p50 ms"], "added p99 ms": row["p99 ms"] - base["p99 ms"]}
            for name, row in rows.items()
        }
        _print_table(f"{title}, p99 {base['p99 ms']:.2f} ms", added)


def _sessions(here: Sequence[Relay], plan: Plan) -> None:
    title = f"Many sessions; {plan.many_rate:,} messages/s over all of them, each answered"
    _print_table(title, parts.many_sessions(here, plan))


def _slow_reader(here: Sequence[Relay], plan: Plan) -> None:
    title = f"A reader at 1 KB/s beside {plan.others} others with {plan.slow_rate:,} messages/s"
    _print_table(title, parts.slow_reader([relay for relay in here if relay.name != "floor"], plan))  # it would wait


_MEASURES: Final[dict[str, Callable[[Sequence[Relay], Plan], None]]] = {
    "frames": _frames,
    "latency": _latency,
    "sessions": _sessions,
    "slow-reader": _slow_reader,
}


def _within_limits(plan: Plan, files: int) -> Plan:
    """Return the plan with as many sessions as the system's limit on open files allows: two files each."""
    most = (files - FILES_BESIDE) // 2
    if plan.sessions <= most:
        return plan
    print(f"{plan.sessions} sessions need more than the {files} open files that this system allows: {most} instead\n")
    return replace(plan, sessions=most)


def _machine() -> str:
    cores = f"relay on core {RELAY_CORE}, load on core {LOAD_CORE}"
    if RELAY_CORE == LOAD_CORE:
        cores = "relay and load share the one core: only CPU and memory mean anything"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{time.strftime('%Y-%m-%d %H:%M')}, {system}, {cores}; load average before: {load}"


def _print_table(title: str, rows: Rows, *, against: str | None = None) -> None:
    """Print rows as Markdown; `against` adds the ratio of each first figure to that of this relay."""
    print(f"### {title}\n")
    names = [*next(iter(rows.values()))]
    base = rows.get(against or "", {}).get(names[0])
    heads = ["relay", *names, *([f"x {against}"] if base else [])]
    print("|", " | ".join(heads), "|")
    print("|", " | ".join(["---"] * len(heads)), "|")
    for relay, row in rows.items():
        cells = [_cell(value) for value in row.values()]
        ratio = [f"{row[names[0]] / base:.2f}"] if base else []
        print("|", " | ".join([relay, *cells, *ratio]), "|")
    print(flush=True)


def _cell(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())

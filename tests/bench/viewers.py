"""What browsers that follow the page cost the relay: `python tests/bench/viewers.py`. Prints Markdown.

A hub relays a steady load, at first alone, then with browsers on its page. Meanwhile sessions come and go, so that
there is a change to be sent every half second, which is the most that the page sends. CPU is what the kernel charged
the hub's process; the process that judges for the page is charged by itself, and runs on the core of the load.
"""

import argparse
import os
import selectors
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from messages import upgrade_request
from processes import (
    LOAD_CORE,
    Load,
    children,
    cpu_s,
    first_line,
    process,
    raise_file_limit,
    wait_until_quiet,
)
from relays import hub

HERE: Final = Path(__file__).parent
STATIONS: Final = 50
COMES_S: Final = 0.25
TIMEOUT_S: Final = 10.0


class Viewers:
    """Browsers that take what comes."""

    def __init__(self, url: str, number: int) -> None:
        self.bytes = 0
        self.events = 0
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        where = urlsplit(url)
        for _ in range(number):
            sock = socket.create_connection((where.hostname, where.port), timeout=TIMEOUT_S)
            sock.sendall(f"GET /-/page/live HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            self._selector.register(sock, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._take)

    def __enter__(self) -> "Viewers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for key in [*self._selector.get_map().values()]:
            key.fileobj.close()

    def _take(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select(0.1):
                data = key.fileobj.recv(1 << 16)
                self.bytes += len(data)
                self.events += data.count(b"event: board")


@contextmanager
def coming_and_going(url: str) -> Iterator[None]:
    """Let stations open a session and leave it, so that the board changes."""
    over = threading.Event()
    where = urlsplit(url)

    def come_and_go() -> None:
        number = 0
        while not over.wait(COMES_S):
            number += 1
            with socket.create_connection((where.hostname, where.port), timeout=TIMEOUT_S) as sock:
                sock.sendall(upgrade_request(f"{where.path}/GUEST{number % 20}", where.netloc))
                sock.recv(4096)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def main() -> None:
    options = _options()
    raise_file_limit()
    print(f"load average before: {os.getloadavg()[0]:.1f}; {options.rate:,} messages/s, {options.seconds:g} s each\n")
    print("| viewers | hub CPU % | p50 ms | p99 ms | events/s to each | KB/s in all | judge CPU % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    csms = process(LOAD_CORE, sys.executable, str(HERE / "csms.py"))
    with tempfile.TemporaryDirectory() as folder, csms as peer, hub(int(first_line(peer)), Path(folder)) as running:
        command = [sys.executable, str(HERE / "stations.py"), running.url]
        with process(LOAD_CORE, *command, says_why=True) as stations:
            load = Load(stations)
            load.ask("connect", sessions=STATIONS)
            for number in options.viewers:
                _measure(load, running.url, running.pids[0], number, options)


def _measure(load: Load, url: str, pid: int, number: int, options: argparse.Namespace) -> None:
    with Viewers(url, number) as viewers, coming_and_going(url):
        judge = children(pid) if number else []
        for each in judge:
            os.sched_setaffinity(each, {LOAD_CORE})
        load.ask("open_loop", rate=options.rate / 2, seconds=2.0)
        before = cpu_s([pid]), cpu_s(judge), viewers.bytes, viewers.events
        found = load.ask("open_loop", rate=options.rate / 2, seconds=options.seconds)
        after = cpu_s([pid]), cpu_s(judge), viewers.bytes, viewers.events
    used, judged, sent, events = ((late - early) / options.seconds for early, late in zip(before, after, strict=True))
    figures = [f"{found[name]:.2f}" for name in ("p50", "p99")]
    each_gets = events / number if number else 0.0
    cells = [f"{used * 100:.1f}", *figures, f"{each_gets:.2f}", f"{sent / 1000:.0f}", f"{judged * 100:.1f}"]
    print("|", " | ".join([str(number), *cells]), "|", flush=True)
    wait_until_quiet([pid])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=1_000, help="messages a second, answers included")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is measured")
    parser.add_argument("--viewers", type=int, nargs="+", default=[0, 200, 0, 200], help="how many, one after another")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

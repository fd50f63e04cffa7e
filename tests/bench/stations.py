"""The stations of the prepared load. `python tests/bench/stations.py URL` takes commands as JSON lines, and answers so.

Plain sockets and no event loop: its timers count in milliseconds, and what is to be measured is a tenth of one.
"""

import json
import select
import socket
import sys
from collections import deque
from collections.abc import Iterator
from itertools import count
from time import perf_counter
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from messages import ANSWER_BYTES, call_frame, upgrade_request

HANDSHAKES_AT_ONCE: Final = 64
PATIENCE_S: Final = 20.0
"""How long anything may take to arrive."""
RECEIVE_BYTES: Final = 8192
SIP_BYTES: Final = 1024
SLOW_READERS_BUFFER: Final = 4096


class Station:
    """One connection; `due` holds the times at which what is unanswered was to be sent."""

    __slots__ = ("due", "rest", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.due: deque[float] = deque()
        self.rest = 0

    def take_answers(self) -> int:
        """Return how many answers have come."""
        data = self.sock.recv(RECEIVE_BYTES)
        if not data:
            raise SystemExit("the relay closed a session")
        answers, self.rest = divmod(self.rest + len(data), ANSWER_BYTES)
        return answers


class Stations:
    """All connections to one URL, and what can be measured with them."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self.stations: list[Station] = []
        self.numbers = count()
        self.slow: socket.socket | None = None
        self._epoll = select.epoll()  # the first descriptor: select() takes none above 1,023
        self._by_fd: dict[int, Station] = {}

    def connect(self, sessions: int) -> dict[str, float]:
        """Open sessions, some handshakes at a time; a refusal ends the run."""
        began = perf_counter()
        waiting, heads = 0, dict[int, bytes]()
        left = sessions
        while left or waiting:
            while left and waiting < HANDSHAKES_AT_ONCE:
                self._dial()
                waiting, left = waiting + 1, left - 1
            for fd in self._ready(PATIENCE_S) or _give_up():
                heads[fd] = heads.get(fd, b"") + self._by_fd[fd].sock.recv(4096)
                waiting -= _is_upgraded(heads[fd])
        return {"sessions_per_s": sessions / (perf_counter() - began)}

    def closed_loop(self, seconds: float) -> dict[str, float]:
        """Let each station send its next CALL when its last is answered: all that are, in one go."""
        began = perf_counter()
        until, answered = began + seconds, 0
        sending, waiting = self.stations, len(self.stations)
        while waiting:
            for station, number in zip(sending, self.numbers, strict=False):
                station.sock.send(call_frame(number))
            ready = self._epoll.poll(PATIENCE_S) or _give_up()
            sending = [station for fd, _ in ready if (station := self._by_fd[fd]).take_answers()]
            answered += len(sending)
            if perf_counter() >= until:
                waiting, sending = waiting - len(sending), []
        took = perf_counter() - began
        return {"frames": 2 * answered, "frames_per_s": 2 * answered / took}

    def open_loop(self, rate: float, seconds: float) -> dict[str, float]:
        """Send CALLs by the clock, whatever has been answered; a latency counts from when the CALL was to be sent.

        A relay that holds everything up for a moment pays for each CALL of that moment, sent late or not.
        """
        latencies = list[float]()
        for due, station in self._turns(rate, seconds):
            while True:
                latencies += self._answered(max(due - perf_counter(), 0.0))
                if due <= perf_counter():
                    break
            station.due.append(due)
            station.sock.send(call_frame(next(self.numbers)))
        while any(station.due for station in self.stations):
            latencies += self._answered(PATIENCE_S) or _give_up()
        return _percentiles(latencies) | {"frames": 2 * len(latencies)}

    def read_slowly(self) -> dict[str, float]:
        """Open a session that the CSMS floods, and that is read from at 1 KB/s while an open loop runs."""
        self.slow = self._socket("FLOOD", buffer=SLOW_READERS_BUFFER)
        self._next_sip = perf_counter()
        return {}

    def read_no_more(self) -> dict[str, float]:
        """End the session that is read slowly."""
        if self.slow:
            self.slow.close()
        self.slow = None
        return {}

    def _turns(self, rate: float, seconds: float) -> Iterator[tuple[float, Station]]:
        began, stations = perf_counter() + 0.01, self.stations
        for number in range(round(rate * seconds)):
            yield began + number / rate, stations[number % len(stations)]

    def _dial(self) -> None:
        station = Station(self._socket(f"CS{len(self.stations):05}"))
        self.stations.append(station)
        self._by_fd[station.sock.fileno()] = station
        self._epoll.register(station.sock, select.EPOLLIN)

    def _socket(self, identity: str, *, buffer: int = 0) -> socket.socket:
        sock = socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.connect((self.url.hostname, self.url.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.send(upgrade_request(f"{self.url.path}/{identity}", self.url.netloc))
        return sock

    def _sip(self) -> None:
        """Read a kilobyte a second."""
        if self.slow and perf_counter() >= self._next_sip:
            self._next_sip += 1.0
            if select.select([self.slow], [], [], 0)[0]:
                self.slow.recv(SIP_BYTES)

    def _answered(self, seconds: float) -> list[float]:
        """Wait for answers, not longer than that; return their latencies."""
        self._sip()
        latencies = list[float]()
        for fd in self._ready(seconds):
            now, station = perf_counter(), self._by_fd[fd]
            latencies += [now - station.due.popleft() for _ in range(station.take_answers())]
        return latencies

    def _ready(self, seconds: float) -> list[int]:
        """Return the descriptors that have something; select() waits to the microsecond, epoll to the millisecond."""
        if select.select([self._epoll.fileno()], [], [], seconds)[0]:
            return [fd for fd, _ in self._epoll.poll(0)]
        return []


def _is_upgraded(head: bytes) -> bool:
    if not head.startswith(b"HTTP/1.1 101"[: len(head)]) or not head:
        raise SystemExit(f"the relay refused an upgrade: {head[:200]!r}")
    return head.endswith(b"\r\n\r\n")


def _give_up() -> NoReturn:
    raise SystemExit(f"nothing came for {PATIENCE_S:g} s")


def _percentiles(latencies: list[float]) -> dict[str, float]:
    """Return latencies in milliseconds."""
    latencies.sort()
    return {
        "p50": latencies[len(latencies) // 2] * 1e3,
        "p99": latencies[len(latencies) * 99 // 100] * 1e3,
        "max": latencies[-1] * 1e3,
    }


def main() -> None:
    stations = Stations(sys.argv[1])
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        print(json.dumps(getattr(stations, command.pop("do"))(**command)), flush=True)


if __name__ == "__main__":
    main()

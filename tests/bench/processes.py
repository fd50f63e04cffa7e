"""Processes of the benchmark: started on one core, ended with it, and what the kernel says about them."""

import json
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S: Final = 0.1
QUIET_S: Final = 0.4
START_S: Final = 20.0
CUSTOMARY_FILES: Final = 1024

Popen = subprocess.Popen[str]
ROOT: Final = Path(__file__).parents[2]
_CORES: Final = sorted(os.sched_getaffinity(0))
RELAY_CORE: Final = _CORES[0]
LOAD_CORE: Final = _CORES[-1]


@contextmanager
def process(core: int, *command: str, files: int | None = None, says_why: bool = False) -> Iterator[Popen]:
    """Run a command on one core, with stdin and stdout as pipes.

    `files` is its soft limit on open files; where it `says_why`, what it writes to stderr is seen.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.sched_setaffinity(0, {core})
    resource.setrlimit(resource.RLIMIT_NOFILE, (files or soft, hard))
    try:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if says_why else subprocess.DEVNULL,
            text=True,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.sched_setaffinity(0, {LOAD_CORE})
    with running:
        try:
            yield running
        finally:
            running.terminate()


class Load:
    """A process that takes commands as JSON lines."""

    def __init__(self, running: Popen) -> None:
        self._running = running

    def ask(self, do: str, **values: float) -> dict[str, float]:
        """Give a command; returns what came out, once it is over."""
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps({"do": do} | values) + "\n")
        self._running.stdin.flush()
        answer: dict[str, float] = json.loads(first_line(self._running))
        return answer


def first_line(running: Popen) -> str:
    """Return the next line that a process prints."""
    assert running.stdout is not None
    if not (line := running.stdout.readline()):
        raise SystemExit(f"it ended with code {running.wait()}: {' '.join(map(str, _command(running)))}")
    return line.strip()


def _command(running: Popen) -> Sequence[Any]:
    return running.args if isinstance(running.args, list | tuple) else [running.args]


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, once there are any: nginx listens before it has workers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        if found := [child for thread in threads for child in thread.read_text().split()]:
            return [int(child) for child in found]
        time.sleep(0.02)
    raise SystemExit(f"process {pid} has started no other")


def cpu_s(pids: Sequence[int]) -> float:
    """Return the CPU seconds, user and system, that processes have used so far."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) * TICK_S
    return total


def memory_bytes(pids: Sequence[int]) -> int:
    """Return the resident memory of processes."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES for pid in pids)


def wait_until_quiet(pids: Sequence[int]) -> None:
    """Return once processes use next to no CPU."""
    before = cpu_s(pids)
    while pids:
        time.sleep(QUIET_S)
        used, before = cpu_s(pids) - before, cpu_s(pids)
        if used < QUIET_S / 10:
            return


class Peak:
    """The most memory that processes had while the context lasted."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.bytes = memory_bytes(pids)
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self.bytes = max(self.bytes, memory_bytes(self._pids))


def raise_file_limit() -> int:
    """Let this process, and those that it starts, open as many files as the system lets it; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")

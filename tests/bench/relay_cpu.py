"""CPU per relayed frame, the hub against nginx, in one run: `python tests/bench/relay_cpu.py [stations] [seconds]`.

The relay runs on core 0, load and CSMS on core 1. CPU is what the kernel charged the relay's processes (user and
system) between the first and the last counted frame. Rounds alternate, so that both meet the same machine; the
medians count.

Two loads: `ws_load.py`, WebSocket peers of aiohttp that build and parse each message, and `load.py`, peers that send
and count prepared bytes. The second is as fast as a load can be: relays find many sockets ready at once, which saves
them wake-ups, and nginx, which does nothing else, more than us.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROUNDS: Final = 5
PORT: Final = 18080
LOADS: Final = ("ws_load.py", "load.py")
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
NGINX: Final = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{csms}; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h; }} }} }}
"""


def pinned(core: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(core), *command]


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            yield running
        finally:
            running.terminate()


def cpu_of(pids: list[int]) -> float:
    """Return the CPU seconds that processes have used so far."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) * TICK_S
    return total


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def measured(load: str, url: str, pids: list[int], stations: int, seconds: float) -> tuple[float, float]:
    """Return CPU microseconds a frame, and frames a second."""
    command = pinned(1, sys.executable, str(HERE / load), "stations", url, str(stations), str(seconds))
    with process(*command) as run:
        assert run.stdout is not None
        run.stdout.readline()
        before = cpu_of(pids)
        frames, took = run.stdout.readline().split()
        used = cpu_of(pids) - before
    return used / int(frames) * 1e6, int(frames) / float(took)


@contextmanager
def csms(load: str) -> Iterator[str]:
    """Run the CSMS of a load; yields its port."""
    with process(*pinned(1, sys.executable, str(HERE / load), "csms")) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()


@contextmanager
def nginx(csms_port: str, folder: str) -> Iterator[tuple[str, list[int]]]:
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    config = Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=PORT, csms=csms_port))
    with process(*pinned(0, binary, "-c", str(config), "-p", folder)) as running:
        wait_for_port(PORT)
        yield f"http://127.0.0.1:{PORT}/csms", children(running.pid)


@contextmanager
def hub(csms_port: str, folder: str) -> Iterator[tuple[str, list[int]]]:
    command = [
        sys.executable, "-m", "tui.cli", "serve", "--listen", "127.0.0.1:0", "--csms",
        f"acme=ws://127.0.0.1:{csms_port}", "--recording", f"{folder}/bench.recording",
    ]  # fmt: skip
    with process(*pinned(0, *command)) as running:
        assert running.stdout is not None
        address = running.stdout.readline().split("/IDENTITY")[0].replace("ws://", "http://")
        yield address, [running.pid]


def wait_for_port(port: int) -> None:
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise SystemExit(f"nothing listens on port {port}")


def compared(load: str, stations: int, seconds: float) -> None:
    """Print what both relays need under one load."""
    results: dict[str, list[tuple[float, float]]] = {"nginx": [], "hub": []}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = stack.enter_context(csms(load))
        plain, ours = stack.enter_context(nginx(port, folder)), stack.enter_context(hub(port, folder))
        for _ in range(ROUNDS):
            results["nginx"].append(measured(load, *plain, stations, seconds))
            results["hub"].append(measured(load, *ours, stations, seconds))
    print(f"{load}: {stations} stations, MeterValues of about 330 bytes, closed loop, {ROUNDS} rounds of {seconds:g} s")
    for name, rounds in results.items():
        cpu, rate = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{name:>6}: {cpu:5.1f} µs CPU a frame, {rate:8,.0f} frames/s")
    pairs = zip(results["hub"], results["nginx"], strict=True)
    ratio = statistics.median(our[0] / their[0] for our, their in pairs)
    print(f"the hub, recording every frame before it is forwarded: {ratio:.2f} x nginx, which records nothing")


def main() -> None:
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
    for load in LOADS:
        compared(load, stations, seconds)


if __name__ == "__main__":
    main()

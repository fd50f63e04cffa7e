"""CPU per relayed frame, the hub against nginx, in one run: `python tests/bench/relay_cpu.py [stations] [seconds]`.

The relay runs on core 0, load and CSMS on core 1. CPU is what the kernel charged the relay's processes (user and system)
between the first and the last counted frame. Rounds alternate, so that both meet the same machine; the medians count.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROUNDS: Final = 5
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


def measured(url: str, pids: list[int], stations: int, seconds: float) -> tuple[float, float]:
    """Return CPU microseconds a frame, and frames a second."""
    with process(*pinned(1, sys.executable, str(HERE / "load.py"), "stations", url, str(stations), str(seconds))) as run:
        assert run.stdout is not None
        run.stdout.readline()
        before = cpu_of(pids)
        frames, took = run.stdout.readline().split()
        used = cpu_of(pids) - before
    return used / int(frames) * 1e6, int(frames) / float(took)


@contextmanager
def nginx(csms: str, folder: str) -> Iterator[tuple[str, list[int]]]:
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    port = 18080
    config = Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, csms=csms))
    with process(*pinned(0, binary, "-c", str(config), "-p", folder)) as running:
        subprocess.run(["sleep", "0.5"], check=True)
        yield f"http://127.0.0.1:{port}/csms", children(running.pid)


@contextmanager
def hub(csms: str, folder: str) -> Iterator[tuple[str, list[int]]]:
    command = [
        sys.executable, "-m", "tui.cli", "serve", "--listen", "127.0.0.1:0", "--csms", f"acme=ws://127.0.0.1:{csms}",
        "--recording", f"{folder}/bench.recording",
    ]  # fmt: skip
    with process(*pinned(0, *command)) as running:
        assert running.stdout is not None
        address = running.stdout.readline().split("/IDENTITY")[0].replace("ws://", "http://")
        yield address, [running.pid]


def main() -> None:
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
    results: dict[str, list[tuple[float, float]]] = {"nginx": [], "hub": []}
    with tempfile.TemporaryDirectory() as folder, process(*pinned(1, sys.executable, str(HERE / "load.py"), "csms")) as it:
        assert it.stdout is not None
        csms = it.stdout.readline().strip()
        with nginx(csms, folder) as plain, hub(csms, folder) as ours:
            for _ in range(ROUNDS):
                results["nginx"].append(measured(*plain, stations, seconds))
                results["hub"].append(measured(*ours, stations, seconds))
    print(f"{stations} stations, MeterValues of about 330 bytes, closed loop, {ROUNDS} rounds of {seconds:g} s; medians")
    for name, rounds in results.items():
        cpu, rate = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{name:>6}: {cpu:5.1f} µs CPU a frame, {rate:8,.0f} frames/s")
    ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(results["hub"], results["nginx"], strict=True))
    print(f"the hub, recording every frame before it is forwarded, uses {ratio:.2f} x nginx's CPU, which records nothing")


if __name__ == "__main__":
    main()

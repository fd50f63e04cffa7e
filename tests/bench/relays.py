"""The relays that are compared, each on its own core: how they are started, and where they listen.

nginx and HAProxy are set up as they would be for this job, with one process or thread, and record nothing. mitmdump
keeps what it sees in memory. The hub records every frame on disk before it forwards it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from processes import (
    CUSTOMARY_FILES,
    LOAD_CORE,
    RELAY_CORE,
    children,
    first_line,
    free_port,
    process,
    wait_for_port,
)

HERE: Final = Path(__file__).parent
NGINX: Final = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ proxy_pass http://127.0.0.1:{csms};
    proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
    proxy_read_timeout 1h; }} }} }}
"""
HAPROXY: Final = """
global
  nbthread 1
  maxconn 9800
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend stations
  bind 127.0.0.1:{port} backlog 1024
  default_backend csms
backend csms
  server csms 127.0.0.1:{csms}
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A relay at work: where stations connect, the processes that relay, and those that work beside it."""

    url: str
    pids: list[int]
    beside: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that can be started: `start(csms_port, folder)`. `is_light` where thousands of sessions are no burden."""

    name: str
    start: Callable[[int, Path], AbstractContextManager[Running]]
    is_light: bool = True


def relays(mitmdump: str | None, *, with_floor: bool = False) -> tuple[list[Relay], list[str]]:
    """Return the relays that are here, and for each of the others a sentence that says why not.

    `with_floor` adds a relay in C that records into SQLite and does nothing else: what no hub can go below.
    """
    here: list[Relay] = []
    missing: list[str] = []
    binaries = {"nginx": _found("nginx"), "haproxy": _found("haproxy"), "mitmdump": mitmdump or _found("mitmdump")}
    for name, binary in binaries.items():
        if binary and shutil.which(binary):
            here.append(_STARTED[name](binary))
        else:
            missing.append(f"{name}: skipped, {binary or name} is not installed here ({_INSTALL[name]})")
    if with_floor and _can_compile():
        here.append(Relay("floor", floor))
    elif with_floor:
        missing.append(
            "floor: skipped, no C compiler with SQLite's header here (Debian: apt-get install gcc libsqlite3-dev)"
        )
    return [*here, Relay("hub", hub), Relay("hub, judged live", judged_hub)], missing


@contextmanager
def direct(csms_port: int, _: Path) -> Iterator[Running]:
    """No relay at all."""
    yield Running(f"http://127.0.0.1:{csms_port}/csms", [])


@contextmanager
def hub(csms_port: int, folder: Path) -> Iterator[Running]:
    command = [
        sys.executable, "-m", "tui.cli", "serve", "--listen", "127.0.0.1:0", "--csms",
        f"acme=ws://127.0.0.1:{csms_port}", "--recording", str(folder / "bench.recording"),
    ]  # fmt: skip
    with process(RELAY_CORE, *command, files=CUSTOMARY_FILES) as running:
        address = first_line(running).split("/IDENTITY")[0].replace("ws://", "http://")
        yield Running(address, [running.pid])


@contextmanager
def floor(csms_port: int, folder: Path) -> Iterator[Running]:
    """Compile `floor.c`, and run it."""
    binary = folder / "floor"
    subprocess.run(["cc", "-O2", "-o", str(binary), str(HERE / "floor.c"), "-lsqlite3"], check=True)
    with process(RELAY_CORE, str(binary), str(csms_port), str(folder / "floor.db")) as running:
        yield Running(f"http://127.0.0.1:{int(first_line(running))}/csms", [running.pid])


@contextmanager
def judged_hub(csms_port: int, folder: Path) -> Iterator[Running]:
    """Run the hub, and beside the load a process that judges what is recorded, as a dashboard does."""
    with hub(csms_port, folder) as running:
        follower = [sys.executable, str(HERE / "follower.py"), str(folder / "bench.recording")]
        with process(LOAD_CORE, *follower) as judge:
            yield replace(running, beside=(judge.pid,))


def _nginx(binary: str) -> Relay:
    @contextmanager
    def start(csms_port: int, folder: Path) -> Iterator[Running]:
        port, config = free_port(), folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, csms=csms_port))
        with process(RELAY_CORE, binary, "-c", str(config), "-p", str(folder)) as running:
            wait_for_port(port)
            yield Running(f"http://127.0.0.1:{port}/csms", children(running.pid))

    return Relay("nginx", start)


def _haproxy(binary: str) -> Relay:
    @contextmanager
    def start(csms_port: int, folder: Path) -> Iterator[Running]:
        port, config = free_port(), folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(port=port, csms=csms_port))
        with process(RELAY_CORE, binary, "-db", "-q", "-f", str(config)) as running:
            wait_for_port(port)
            yield Running(f"http://127.0.0.1:{port}/csms", [running.pid])

    return Relay("haproxy", start)


def _mitmdump(binary: str) -> Relay:
    @contextmanager
    def start(csms_port: int, folder: Path) -> Iterator[Running]:
        port = free_port()
        command = [
            binary, "--quiet", "--mode", f"reverse:http://127.0.0.1:{csms_port}", "--listen-host", "127.0.0.1",
            "--listen-port", str(port), "--set", f"confdir={folder}",
        ]  # fmt: skip
        with process(RELAY_CORE, *command) as running:
            wait_for_port(port)
            yield Running(f"http://127.0.0.1:{port}/csms", [running.pid])

    return Relay("mitmdump", start, is_light=False)


_STARTED: Final[Mapping[str, Callable[[str], Relay]]] = {"nginx": _nginx, "haproxy": _haproxy, "mitmdump": _mitmdump}
_INSTALL: Final = {
    "nginx": "Debian: apt-get install nginx-light",
    "haproxy": "Debian: apt-get install haproxy",
    "mitmdump": "pip install mitmproxy, in a virtual environment of its own; then --mitmdump or MITMDUMP",
}


def _can_compile() -> bool:
    compiler = ["cc", "-fsyntax-only", str(HERE / "floor.c")]
    return bool(shutil.which("cc")) and not subprocess.run(compiler, check=False, capture_output=True).returncode


def _found(name: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return os.environ.get(name.upper()) or shutil.which(name, path=path)

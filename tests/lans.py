"""Networks of participants that nobody can dial into: behind the kernel's NAT, or as good as that by a TCP proxy."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Final, Protocol

from tunnels import Weather, weather

AT_HOME: Final = "192.168.77"
"""Every participant has the same private addresses, as they have."""
_NUMBERS: Final = count()
RULES: Final = """
table ip nat {{
    chain out {{ type nat hook postrouting priority srcnat; oifname "{way_out}" masquerade; }}
    chain hole {{ type filter hook forward priority filter; }}
}}
"""


class Lan(Protocol):
    """A participant's network: what runs in it, and how that gets to the hub."""

    def inside(self, *command: str) -> tuple[str, ...]:
        """Return a command that runs another one there."""

    def hub_url(self, port: int) -> str:
        """Return the URL by which a hub of the test's own network is reached from there."""

    def swallow(self) -> None:
        """Let nothing through any more, and tell nobody."""

    def heal(self) -> None:
        """Let through again what is sent from now on."""


@dataclass(frozen=True, slots=True)
class BehindNat:
    """A network namespace behind the masquerading of another one, its router."""

    name: str
    router: str
    host: str
    outside: str
    """What the hub sees of it: the address of the router."""

    def inside(self, *command: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name, *command)

    def hub_url(self, port: int) -> str:
        return f"ws://{self.host}:{port}"

    def swallow(self) -> None:
        _run(f"ip netns exec {self.router} nft add rule ip nat hole drop")

    def forget(self, port: int) -> None:
        """Let nothing through any more of one connection, by the port that it has inside.

        The router keeps it outside where it is free.
        """
        for side in ("sport", "dport"):
            _run(f"ip netns exec {self.router} nft add rule ip nat hole tcp {side} {port} drop")

    def heal(self) -> None:
        _run(f"ip netns exec {self.router} nft flush chain ip nat hole")


@dataclass(frozen=True, slots=True)
class BehindProxy:
    """Nothing but a way to the hub that can swallow."""

    way: Weather

    def inside(self, *command: str) -> tuple[str, ...]:
        return command

    def hub_url(self, port: int) -> str:
        self.way.target = port
        return f"ws://127.0.0.1:{self.way.port}"

    def swallow(self) -> None:
        self.way.swallow()
        self.way.hold_new(is_on=True)

    def heal(self) -> None:
        self.way.hold_new(is_on=False)


@contextmanager
def behind_nat() -> Iterator[BehindNat]:
    """Make a network behind NAT, another one each time: the kernel takes a moment to forget the one before.

    Raises:
        OSError, subprocess.CalledProcessError: that cannot be done here.
    """
    pid, number = os.getpid(), next(_NUMBERS) % 100
    net = f"10.{128 + number}.{pid % 256}.{pid // 256 % 64 * 4}".rpartition(".")
    host, outside = (f"{net[0]}.{int(net[2]) + place}" for place in (1, 2))
    lan = BehindNat(f"pf{pid}-{number}", f"pf{pid}-{number}r", host, outside)
    near, far = f"pf{pid % 1_000_000}h{number}", f"pf{pid % 1_000_000}r{number}"
    inner = (f"ip -n {lan.router}", f"ip -n {lan.name}")
    try:
        _run(f"ip netns add {lan.router}", f"ip netns add {lan.name}")
        _run(f"ip link add {near} type veth peer name {far} netns {lan.router}")
        _run(f"{inner[0]} link add lan type veth peer name eth0 netns {lan.name}")
        _run(f"ip addr add {host}/30 dev {near}", f"ip link set {near} up")
        _run(f"{inner[0]} addr add {outside}/30 dev {far}", f"{inner[0]} link set {far} up")
        _run(f"{inner[0]} addr add {AT_HOME}.1/24 dev lan", f"{inner[0]} link set lan up")
        _run(
            f"{inner[1]} addr add {AT_HOME}.2/24 dev eth0", f"{inner[1]} link set eth0 up", f"{inner[1]} link set lo up"
        )
        _run(f"{inner[1]} route add default via {AT_HOME}.1")
        _run(f"ip netns exec {lan.router} sysctl -q -w net.ipv4.ip_forward=1")
        _run(f"ip netns exec {lan.router} nft -f -", text=RULES.format(way_out=far))
        yield lan
    finally:
        for name in (lan.name, lan.router):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@cache
def why_no_nat() -> str | None:
    """Return why no network behind NAT can be made here; None where one can."""
    if missing := [name for name in ("ip", "nft", "sysctl") if shutil.which(name) is None]:
        return f"{missing[0]} is not installed"
    try:
        with behind_nat():
            return None
    except subprocess.CalledProcessError as exc:
        return f"{' '.join(exc.cmd)}: {exc.stderr.strip()}"


@asynccontextmanager
async def lan(kind: str) -> AsyncIterator[Lan]:
    """Make the network of a participant: `nat` or `proxy`."""
    if kind == "nat":
        with behind_nat() as found:
            yield found
    else:
        async with weather(0) as way:
            yield BehindProxy(way)


def _run(*commands: str, text: str | None = None) -> None:
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True, text=True, input=text)

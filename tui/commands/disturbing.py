"""`plugfest disturb`: orders to a hub that runs on this machine."""

import asyncio
from pathlib import Path

import click

from hub.disturbing.control import HubAt, Order, order
from hub.disturbing.disturber import Started
from hub.errors import HubError
from matrix.safe import safe


class UsageError(HubError):
    """The command does not say what to do."""


def run_disturb(
    source: str, target: str | None, what: str, stop: int | None, *, is_list: bool, ca: Path | None = None
) -> None:
    """Begin or end a disturbance, or list what is on.

    Raises:
        HubError: it cannot be done; the message says why.
    """
    asked = [target is not None, stop is not None, is_list]
    if sum(asked) != 1 or (target is not None and not what):
        raise UsageError("say one of: TARGET WHAT (4 stall 10s), --list, --stop NUMBER")
    wanted = None if is_list else Order(stop=stop) if stop is not None else Order(target=target or "", what=what)
    found = asyncio.run(order(HubAt(source, ca), wanted))
    for each in found:
        click.echo(_line(each, is_over=stop is not None))
    if is_list and not found:
        click.echo("nothing is disturbed")


def _line(started: Started, *, is_over: bool) -> str:
    if started.number is None:
        return f"waiting: the next handshake of {safe(started.target)}: {started.text}"
    state = "ended" if is_over else "done" if started.is_done else "on"
    return f"{started.number}: session {started.session}, {safe(started.target)}: {started.text} ({state})"

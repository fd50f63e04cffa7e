"""What a tunnel's agent shows: a small live status on a terminal, lines elsewhere, or JSON for programs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, TextIO

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from hub.tunnel.agent import Agent
from hub.tunnel.agent_events import (
    STATIONS,
    Began,
    Connected,
    Disconnected,
    Finished,
    GaveUp,
    Happened,
    Listening,
    NotCarried,
    TurnedAway,
)
from matrix.safe import safe

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
FRAMES_A_SECOND: Final = 4


def sentence_of(happened: Happened) -> str:
    """Return what happened, as it is told to a person."""
    match happened:
        case Listening(urls):
            return f"stations connect to {', '.join(f'{url}/CSMS/IDENTITY' for url in urls)}"
        case GaveUp(reason):
            return reason
        case Connected(hub, software):
            return f"connected to the hub at {hub} (plugfest {software})"
        case Disconnected(reason, retry_s):
            return f"{reason}; trying again in {retry_s:.1f} s"
        case TurnedAway(remote, reason):
            return f"a connection from {remote} came to nothing: {reason}"
        case Began(tunnel, session, remote):
            return f"{_which(tunnel, session, remote)} began"
        case Finished(tunnel, session, remote, seconds, to_hub, from_hub):
            sizes = f"{_size(to_hub)} to the hub, {_size(from_hub)} from it"
            return f"{_which(tunnel, session, remote)} ended after {seconds:.0f} s: {sizes}"
        case NotCarried(tunnel, session, remote, reason):
            return f"{_which(tunnel, session, remote)} failed: {reason}"


def json_teller(out: TextIO) -> Callable[[Happened], None]:
    """Return what prints one JSON object a line, with the time in seconds since the epoch."""

    def tell(happened: Happened) -> None:
        facts = {"at": round(time.time(), 3)} | msgspec.to_builtins(happened)
        print(msgspec.json.encode(facts).decode(), file=out, flush=True)

    return tell


class Lines:
    """Prints a line for each thing that happens; the same trouble once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._trouble = ""

    def __call__(self, happened: Happened) -> None:
        if isinstance(happened, Disconnected):
            if happened.reason == self._trouble:
                return
            self._trouble = happened.reason
        elif isinstance(happened, Connected):
            self._trouble = ""
        style = "red" if isinstance(happened, Disconnected | NotCarried | TurnedAway) else ""
        line = Text(f"{time.strftime('%H:%M:%S')} {safe(sentence_of(happened), 2_000)}", style=style)
        self._console.print(line, soft_wrap=True)


class Status:
    """The status of an agent, as it is at the moment it is drawn."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._since = time.monotonic()
        self._was_connected = False

    def __rich__(self) -> RenderableType:
        return Group(Text("─" * 40, style="dim"), *self._lines())

    def _lines(self) -> Iterator[Text]:
        agent, streams = self._agent, self._agent.streams
        link, hub = agent.link, safe(str(agent.settings.hub.url))
        if (link is not None) != self._was_connected:
            self._was_connected, self._since = link is not None, time.monotonic()
        ago = timedelta(seconds=int(time.monotonic() - self._since))
        if link is None:
            yield Text.assemble(("○ not connected", "bold red"), f" to {hub} for {ago}")
        else:
            round_trip = "" if link.round_trip_s is None else f", round trip {link.round_trip_s * 1000:.0f} ms"
            yield Text.assemble(("● connected", "bold green"), f" to {hub} for {ago}{round_trip}")
        for csms in agent.settings.csmses:
            yield Text(f"  {hub.rstrip('/')}/{csms.name}/IDENTITY  reaches  {safe(str(csms.url)).rstrip('/')}/IDENTITY")
        for url in agent.urls:
            yield Text(f"  {url}/CSMS/IDENTITY  leads to the hub")
        now = len(streams.carried)
        sessions = "session" if now == 1 else "sessions"
        yield Text(f"  {now} {sessions} now, {streams.total} in all, {_size(streams.bytes_carried)}")


@contextmanager
def live_status(console: Console, agent: Agent) -> Iterator[None]:
    """Show the status at the bottom of a terminal while what happens goes by above it."""
    with Live(Status(agent), console=console, refresh_per_second=FRAMES_A_SECOND):
        yield


def _which(tunnel: str, session: int | None, remote: str) -> str:
    if tunnel == STATIONS:
        return f"the station at {remote}" if remote else "a station"
    return f"session {session} with {tunnel}"


def _size(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {_UNITS[-1]}"

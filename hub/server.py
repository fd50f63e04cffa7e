"""The running hub: it listens, opens the recording, and stops clean."""

import asyncio
import logging
import signal
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from hub.admission import Admission, Duplicates, Refused, Visit
from hub.dial import HeadReader
from hub.errors import HubError
from hub.handshake import HeadError, HeadTooLongError
from hub.limits import DEFAULTS, Limits
from hub.recorder import Durability, Recorder
from hub.relay import Relay
from hub.switchboard import Switchboard

HURRIED_S: Final = 2.0
"""How long a head may take to arrive where it is only read to be refused: there are too many connections."""
STOP_TIMEOUT_S: Final = 2.0
APP_STOP_TIMEOUT_S: Final = 0.5
"""What viewers of the feed are given to leave, before and after they are told to."""
BACKLOG: Final = 1024

log = logging.getLogger(__name__)


class ListenError(HubError):
    """The hub cannot listen there; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """What a hub needs to know.

    `csmses` maps names to ws:// or wss:// URLs. Port 0 is one that the system chooses. `tls` is for the listening
    side; `upstream_tls` replaces the default verification of wss:// CSMSes. `allowed_origins` are the web pages that
    may open sessions (`https://host`, or `*`). A strict hub forwards nothing while it cannot record.
    """

    recording: Path
    csmses: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 9000
    tls: ssl.SSLContext | None = None
    upstream_tls: ssl.SSLContext | None = None
    answer_timeout_s: float = 10.0
    limits: Limits = DEFAULTS
    duplicates: Duplicates = Duplicates.BOTH
    allowed_origins: Collection[str] = ()
    durability: Durability = Durability.KILL
    is_strict: bool = False


class Hub:
    """A hub, running from `__aenter__` to `__aexit__`.

    Requests for paths that begin with `/-`, and those for `/` that are no upgrade, go to `app`; all others are for
    stations.

    Raises, on entering:
        SwitchboardError: a CSMS has an unusable name or URL.
        RecorderError: the recording cannot be written to.
        ListenError: the address is taken or not ours.
    """

    def __init__(self, settings: HubSettings, *, app: web.Application | None = None) -> None:
        self.settings = settings
        self.port = settings.port
        self.recorder: Recorder
        self.relay: Relay
        self._switchboard = Switchboard(settings.csmses)
        self._admission = Admission(settings.limits, settings.duplicates, settings.allowed_origins)
        self._runner = web.AppRunner(
            app or web.Application(), handle_signals=False, access_log=None, shutdown_timeout=APP_STOP_TIMEOUT_S
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    @property
    def url(self) -> str:
        """Where stations connect, without the CSMS's name."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"{'wss' if self.settings.tls else 'ws'}://{host}:{self.port}"

    @property
    def connecting(self) -> "frozenset[asyncio.Task[None]]":
        """The connections whose session is not open yet, each as the task that looks after it."""
        return frozenset(self._tasks)

    async def __aenter__(self) -> Self:
        settings = self.settings
        await self._listen()  # before anything is written: a hub that cannot listen leaves no recording behind
        try:
            self.recorder = Recorder.open(
                settings.recording, durability=settings.durability, is_strict=settings.is_strict
            )
        except BaseException:
            self._server.close()
            await self._runner.cleanup()
            raise
        self.relay = Relay(
            self.recorder,
            self._switchboard,
            admission=self._admission,
            limits=settings.limits,
            tls=settings.upstream_tls or self._default_tls(),
            answer_timeout_s=settings.answer_timeout_s,
        )
        await self._server.start_serving()
        log.info("listening on %s, recording into %s", self.url, settings.recording)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._server.close()
        await self._stop_tasks()
        await self.relay.stop(STOP_TIMEOUT_S)
        await self._runner.cleanup()
        await self.recorder.close()

    async def run_until_signalled(self, ready: Callable[[], object] = lambda: None) -> None:
        """Return on Ctrl-C or SIGTERM; `ready` is called once they are heeded. A second one kills the process."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        try:
            ready()
            await stopped.wait()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
        log.info("stopping, with %d sessions open; once more stops at once", len(self.relay.splices))

    def _default_tls(self) -> ssl.SSLContext | None:
        needed = any(csms.is_tls for csms in self._switchboard.csmses.values())
        return ssl.create_default_context() if needed else None

    async def _listen(self) -> None:
        host, port = self.settings.host, self.settings.port
        await self._runner.setup()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: FrontDoor(self), host, port, ssl=self.settings.tls, backlog=BACKLOG, start_serving=False
            )
        except OSError as exc:
            await self._runner.cleanup()
            raise ListenError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
        self.port = self._server.sockets[0].getsockname()[1]

    def receive(self, station: HeadReader) -> None:
        """Look after a new connection until its session is open."""
        task = asyncio.get_running_loop().create_task(self._receive(station))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self, station: HeadReader) -> None:
        visit = self._admission.enter(_host_of(station))
        try:
            await self._attend(station, visit)
        finally:
            if visit.splice is None:
                self._admission.leave(visit)

    async def _attend(self, station: HeadReader, visit: Visit) -> None:
        limit_s = min(HURRIED_S, self.settings.limits.handshake_s) if visit.excess else self.settings.limits.handshake_s
        try:
            async with asyncio.timeout(limit_s):
                head = await station.read_head()
        except HeadTooLongError as exc:
            await self.relay.turn_away(station, visit, Refused(431, f"this request cannot be read: {exc}"))
        except HeadError as exc:
            log.info("a connection from %s was no request: %s", visit.address, exc)
            station.transport.close()
        except TimeoutError:
            await self._run_out_of_time(station, visit, limit_s)
        else:
            if _is_for_the_app(head):
                self._hand_to_app(station, head)
            else:
                await self.relay.open(station, visit, head)

    async def _run_out_of_time(self, station: HeadReader, visit: Visit, limit_s: float) -> None:
        """Refuse who did not end a request in time; who said nothing at all is no station, and is let go."""
        if visit.excess or station.has_spoken:
            late = Refused(408, f"this request did not arrive within {limit_s:g} s")
            await self.relay.turn_away(station, visit, visit.excess or late)
        else:
            log.info("a connection from %s said nothing for %g s", visit.address, limit_s)
            station.transport.close()

    def _hand_to_app(self, station: HeadReader, head: bytes) -> None:
        assert self._runner.server is not None
        handler = self._runner.server()
        station.transport.set_protocol(handler)
        handler.connection_made(station.transport)
        handler.data_received(head + station.take_rest())

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


class FrontDoor(HeadReader):
    """A connection that nobody knows anything about yet."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(max_head_bytes=hub.settings.limits.head_bytes)
        self._hub = hub

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._hub.receive(self)


def _host_of(station: HeadReader) -> str:
    peer = station.transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _is_for_the_app(head: bytes) -> bool:
    _, _, target = head.partition(b"\r\n")[0].partition(b" ")
    is_page = target.startswith(b"/ ") and b"\r\nsec-websocket-" not in head.lower()
    return is_page or target.startswith(b"/-")  # a station that asks for "/" is refused, and the refusal recorded

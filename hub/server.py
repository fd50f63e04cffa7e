"""The running hub: it listens, opens the recording, and stops clean."""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from hub.admission import Admission, Duplicates, Refused, Visit
from hub.authentication import PLAIN_AT_TLS_DOOR, Authentication, OpenToAll, WrongDoor
from hub.dial import HeadReader, TlsInsteadError, address_of, say_and_close
from hub.disturber import Disturber
from hub.doors import Door, Doors
from hub.event_desk import EventDesk, reachable
from hub.event_remarks import remarks_on_tokens
from hub.feed import VIEWING
from hub.handshake import HeadError, HeadTooLongError, refusal
from hub.limits import DEFAULTS, Limits
from hub.pairing import Move
from hub.recorder import Recorder
from hub.recorders import open_recorder
from hub.recording_file import Durability
from hub.refusals import APP_LOG, noting_refusals
from hub.relay import Relay
from hub.switchboard import Switchboard
from hub.throttle import Throttle
from hub.tls import TlsPolicy, UpstreamTls, csms_context
from hub.token_file import TokenFile
from hub.tunnel_doors import TunnelDoors, astray, is_for_tunnels, is_of_an_agent
from hub.tunnel_words import REASON, Timing
from hub.tunnels import Tunnels
from hub.turned_away import TurnedAway
from hub.viewing import Viewing
from matrix.safe import safe

HURRIED_S: Final = 2.0
"""How long a head may take to arrive where it is only read to be refused: there are too many connections."""
STOP_TIMEOUT_S: Final = 2.0
APP_STOP_TIMEOUT_S: Final = 0.5
"""What viewers of the feed are given to leave, before and after they are told to."""
TLS_AT_PLAIN_DOOR: Final = "the station speaks TLS, and this port does not: connect to ws://, or to a port for wss://"

Peer = Any
"""The address of a connection's other end, as its socket says it."""
Ends = Any
"""The addresses of both ends: the other one may have connections to several doors by the same port."""

log = logging.getLogger(__name__)


RECORDER: Final = web.AppKey("recorder", Recorder)
"""Where the hub's application finds its recorder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """What a hub needs to know.

    `csmses` maps names to ws:// or wss:// URLs. Port 0 is one that the system chooses. `host`, `port` and `tls` are the
    first door, the one that `Hub.url` names; `more_doors` are open beside it. `upstream_tls` replaces the default
    verification of wss:// CSMSes, and `csms_tls` that of single ones by their names. `allowed_origins` are the web
    pages that may open sessions (`https://host`, or `*`). `tokens` is the file of those who may bring a tunnel, and
    `tunnel_timing` what they are held to. A strict hub forwards nothing while it
    cannot record.
    """

    recording: Path
    csmses: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 9000
    tls: ssl.SSLContext | None = None
    more_doors: Sequence[Door] = ()
    upstream_tls: ssl.SSLContext | None = None
    csms_tls: Mapping[str, UpstreamTls] = field(default_factory=dict)
    authentication: Authentication = field(default_factory=OpenToAll)
    answer_timeout_s: float = 10.0
    limits: Limits = DEFAULTS
    duplicates: Duplicates = Duplicates.BOTH
    allowed_origins: Collection[str] = ()
    tokens: Path | None = None
    tunnel_timing: Timing = field(default_factory=Timing)
    durability: Durability = Durability.KILL
    is_strict: bool = False

    @property
    def doors(self) -> tuple[Door, ...]:
        return (Door(self.host, self.port, self.tls), *self.more_doors)


class Hub:
    """A hub, running from `__aenter__` to `__aexit__`.

    Requests for paths that begin with `/-`, and those for `/` that are no upgrade, go to `app`; all others are for
    stations. With a `disturber`, sessions can be disturbed on purpose. With a `desk`, stations are paired by its event,
    whose CSMSes are there beside those of the settings.

    Raises, on entering:
        SwitchboardError: a CSMS has an unusable name or URL.
        RecorderError: the recording cannot be written to.
        ListenError: the address is taken or not ours.
        TokenError (already when made): the token file cannot be used.
    """

    def __init__(
        self,
        settings: HubSettings,
        *,
        app: web.Application | None = None,
        disturber: Disturber | None = None,
        desk: EventDesk | None = None,
    ) -> None:
        self.settings = settings
        self.disturber = disturber
        self.desk = desk
        self.recorder: Recorder
        self.relay: Relay
        self._switchboard = Switchboard(self.csmses, desk.pairing if desk else None)
        self._admission = Admission(settings.limits, settings.duplicates, settings.allowed_origins)
        self._app = web.Application(middlewares=[noting_refusals()]) if app is None else app
        token_file = TokenFile(settings.tokens) if settings.tokens else None
        self.tunnels = Tunnels(token_file, self._tunnelled, settings.tunnel_timing)
        self._tunnel_doors = TunnelDoors(self.tunnels, lambda: self._admission.limits)
        self._tunnel_doors.add_to(self._app)
        self._app[VIEWING] = Viewing(token_file, self.tunnels.failures, desk)
        self._runner = web.AppRunner(
            self._app, handle_signals=False, access_log=None, logger=APP_LOG, shutdown_timeout=APP_STOP_TIMEOUT_S
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._doors = Doors(settings.doors, lambda is_wrong: FrontDoor(self, is_wrong=is_wrong), self._watch_handshake)
        self._shaking_hands: dict[Ends, Visit] = {}
        self._turned_away: TurnedAway
        self._throttle = Throttle()
        self._following: asyncio.Task[None] | None = None
        self._remarked: set[str] = set()

    @property
    def csmses(self) -> dict[str, str]:
        """The URLs of all CSMSes, by name."""
        return {**self.settings.csmses, **(reachable(self.desk.event) if self.desk else {})}

    @property
    def ports(self) -> list[int]:
        """The ports of the doors, in the order of `HubSettings.doors`."""
        return self._doors.ports

    @property
    def port(self) -> int:
        """The port of the first door."""
        return self.ports[0]

    @property
    def url(self) -> str:
        """Where stations connect, without the CSMS's name: the first door."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """Where stations connect, one URL a door."""
        return self._doors.urls

    @property
    def limits(self) -> Limits:
        """What holds for connections to come."""
        return self._admission.limits

    @property
    def connecting(self) -> "frozenset[asyncio.Task[None]]":
        """The connections whose session is not open yet, each as the task that looks after it."""
        return frozenset(self._tasks)

    async def __aenter__(self) -> Self:
        settings = self.settings
        await self._doors.bind()  # before anything is written: a hub that cannot listen leaves no recording behind
        try:
            self.recorder = open_recorder(
                settings.recording, durability=settings.durability, is_strict=settings.is_strict
            )
        except BaseException:
            await self._doors.close()
            raise
        self._app[RECORDER] = self.recorder
        await self._runner.setup()
        self._turned_away = TurnedAway(self.recorder)
        self.relay = Relay(
            self.recorder,
            self._switchboard,
            admission=self._admission,
            limits=settings.limits,
            tls=self._upstream_tls(),
            answer_timeout_s=settings.answer_timeout_s,
            dialler=self.tunnels,
            disturber=self.disturber,
            password_at=self._password_at,
        )
        if self.disturber:
            self.disturber.attach(self.recorder, self.relay.splices)
        if self.desk:
            self.desk.attach(self)
            self._following = asyncio.create_task(self.desk.follow())
        self.recorder.say_where(self.url)
        self.tunnels.start(self._look_over_names)
        self._look_over_names()
        await self._doors.open(self._turned_away)
        log.info("listening on %s, recording into %s", ", ".join(self.urls), settings.recording)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._following:
            self._following.cancel()
        await self._doors.close()
        await self._stop_tasks()
        if self.disturber:
            self.disturber.stop_all()
        await self.relay.stop(STOP_TIMEOUT_S)
        await self.tunnels.stop()
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

    def take_up_event(self) -> None:
        """Put an edited event in force: its CSMSes for sessions to come, its limits for connections to come."""
        self._switchboard.put(self.csmses)
        self.relay.tls = self._upstream_tls()
        if self.desk:
            self._admission.limits = self.relay.limits = self.desk.limits
        self._look_over_names()

    def _look_over_names(self) -> None:
        """Say in the log, once, which names of tokens the event does not have."""
        if self.desk is None or self.tunnels.tokens is None:
            return
        tokens = self.tunnels.tokens.tokens.by_name.values()
        for sentence in remarks_on_tokens(tokens, self.desk.event, self.settings.csmses):
            if sentence not in self._remarked:
                self._remarked.add(sentence)
                log.warning("%s", safe(sentence, 400))

    def take_up_moves(self, moves: list[Move]) -> None:
        """End the sessions of stations that are for another CSMS now."""
        self.relay.take_up(moves)

    def is_connected(self, identity: str) -> bool:
        """Tell whether a station is connected to the CSMS that it is paired with."""
        return bool(self._admission.paired_visits(identity))

    def _password_at(self, csms: str, identity: str) -> str | None:
        return self.desk.pairing.password_at(csms, identity) if self.desk else None

    def _upstream_tls(self) -> dict[str, UpstreamTls]:
        own = {**self.settings.csms_tls, **(self.desk.tls if self.desk else {})}
        others = {csms.name for csms in self._switchboard.csmses.values() if csms.is_tls} - {*own}
        if not others:
            return own
        default = UpstreamTls(self.settings.upstream_tls or csms_context(TlsPolicy()))
        return {**own, **dict.fromkeys(others, default)}

    def _tunnelled(self) -> set[str]:
        return {csms.name for csms in self._switchboard.csmses.values() if csms.is_tunnelled}

    def receive(self, station: "FrontDoor") -> None:
        """Look after a new connection until its session is open."""
        task = asyncio.get_running_loop().create_task(self._receive(station))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextmanager
    def _watch_handshake(self, ends: Ends) -> Iterator[float]:
        """Count a connection at a door for TLS until `_receive` does, or it comes to nothing."""
        visit = self._shaking_hands[ends] = self._admission.enter(_host_of(ends[0]))
        try:
            yield self._patience_s(visit)
        finally:
            if self._shaking_hands.pop(ends, None) is not None:
                self._admission.leave(visit)

    def _patience_s(self, visit: Visit) -> float:
        limit_s = self._admission.limits.handshake_s
        return min(HURRIED_S, limit_s) if visit.excess else limit_s

    async def _receive(self, station: "FrontDoor") -> None:
        ends = peer, _ = tuple(map(station.transport.get_extra_info, ("peername", "sockname")))
        visit = self._shaking_hands.pop(ends, None) or self._admission.enter(_host_of(peer))
        try:
            await self._attend(station, visit)
        finally:
            if visit.splice is None:
                self._admission.leave(visit)

    async def _attend(self, station: HeadReader, visit: Visit) -> None:
        limit_s = self._patience_s(visit)
        try:
            async with asyncio.timeout(limit_s):
                head = await station.read_head()
        except TlsInsteadError:
            self._turned_away.record(address_of(station.transport.get_extra_info("peername")), TLS_AT_PLAIN_DOOR)
            station.transport.write(refusal(400, TLS_AT_PLAIN_DOOR))
            station.transport.close()
        except HeadTooLongError as exc:
            await self.relay.turn_away(station, visit, Refused(431, f"this request cannot be read: {exc}"))
        except HeadError as exc:
            self._say_of(visit, "were no requests", f"was no request: {exc}")
            station.transport.close()
        except TimeoutError:
            await self._run_out_of_time(station, visit, limit_s)
        except asyncio.CancelledError:
            station.abort()
            raise
        else:
            await self._lead(station, visit, head)

    async def _lead(self, station: HeadReader, visit: Visit, head: bytes) -> None:
        """Bring a request to where it belongs: what comes through a tunnel can only be for a CSMS."""
        if isinstance(station, FrontDoor) and station.is_wrong:
            if is_of_an_agent(head) or not _is_of_a_websocket(head):
                await say_and_close(station, refusal(400, PLAIN_AT_TLS_DOOR, f"{REASON}: {PLAIN_AT_TLS_DOOR}"))
                return
            await self.relay.open(station, visit, head, WrongDoor())
        elif station.path is None and is_for_tunnels(head):
            if (far_end := await self._tunnel_doors.arrive(station, head)) is not None:
                await self._attend(far_end, visit)
        elif station.path is None and (path := astray(head)):  # before a CSMS is shown the agent's token
            sentence = f"the hub is at its URL without {path!r}: agents need no name of a CSMS in it"
            await say_and_close(station, refusal(404, sentence, f"{REASON}: {sentence}"))
        elif station.path is None and _is_for_the_app(head):
            self._hand_to_app(station, head)
        else:
            await self.relay.open(station, visit, head, self.settings.authentication)

    async def _run_out_of_time(self, station: HeadReader, visit: Visit, limit_s: float) -> None:
        """Refuse who did not end a request in time; who said nothing at all is no station, and is let go."""
        if visit.excess or station.has_spoken:
            late = Refused(408, f"this request did not arrive within {limit_s:g} s")
            await self.relay.turn_away(station, visit, visit.excess or late)
        else:
            self._say_of(visit, "said nothing", f"said nothing for {limit_s:g} s")
            station.transport.close()

    def _say_of(self, visit: Visit, kind: str, sentence: str) -> None:
        """Log why a connection came to nothing, of one host and kind once a minute: there may be thousands of them."""
        left_out = self._throttle.admits(visit.address, kind, now=time.monotonic())
        if left_out is not None:
            more = f" ({left_out} more from there {kind} since the last one told)" if left_out else ""
            log.info("a connection from %s %s%s", visit.address, sentence, more)

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
    """A connection that nobody knows anything about yet; `is_wrong` where it speaks plain HTTP at a door for TLS."""

    def __init__(self, hub: Hub, *, is_wrong: bool = False) -> None:
        super().__init__(max_head_bytes=hub.limits.head_bytes)
        self.is_wrong = is_wrong
        self._hub = hub

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._hub.receive(self)


def _host_of(peer: Peer) -> str:
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _is_for_the_app(head: bytes) -> bool:
    _, _, target = head.partition(b"\r\n")[0].partition(b" ")
    is_page = target.startswith((b"/ ", b"/?")) and not _is_of_a_websocket(head)
    return is_page or target.startswith(b"/-")  # a station that asks for "/" is refused, and the refusal recorded


def _is_of_a_websocket(head: bytes) -> bool:
    return b"\r\nsec-websocket-" in head.lower()

"""The running hub: it listens, opens the recording, and stops clean."""

import asyncio
import logging
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from aiohttp import web
from yarl import URL

from hub.access.badge import Badge, BadgeError, new_badge
from hub.access.nearness import BADGE
from hub.access.refusals import APP_LOG, noting_refusals
from hub.access.token_file import TokenFile
from hub.access.viewing import Viewing
from hub.disturbing.disturber import Disturber
from hub.doors import Doors
from hub.events.desk import EventDesk, reachable
from hub.events.pairing import Move
from hub.events.remarks import remarks_on_tokens
from hub.feed import VIEWING
from hub.handshake.admission import Admission
from hub.handshake.reception import Reception
from hub.handshake.switchboard import Switchboard
from hub.handshake.turned_away import TurnedAway
from hub.limits import Limits
from hub.relaying.relay import Relay
from hub.settings import HubSettings
from hub.tls.contexts import TlsPolicy, UpstreamTls, csms_context
from hub.tunnel.doors import TunnelDoors
from hub.tunnel.tunnels import Tunnels
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from matrix.safe import safe

__all__ = ["RECORDER", "Hub", "HubSettings"]

STOP_TIMEOUT_S: Final = 2.0
APP_STOP_TIMEOUT_S: Final = 0.5
"""What viewers of the feed are given to leave, before and after they are told to."""

log = logging.getLogger(__name__)

RECORDER: Final = web.AppKey("recorder", Recorder)
"""Where the hub's application finds its recorder."""


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
        self._app[BADGE] = new_badge()
        self.badge: Badge
        """What programs of the hub's own user show it on this machine, once it is bound."""
        self._app[VIEWING] = Viewing(token_file, self.tunnels.failures, desk)
        self._runner = web.AppRunner(
            self._app, handle_signals=False, access_log=None, logger=APP_LOG, shutdown_timeout=APP_STOP_TIMEOUT_S
        )
        self._reception = Reception(self._admission, self._tunnel_doors, self._runner, settings.authentication)
        self._doors = Doors(settings.doors, self._reception.make_reader, self._reception.watch_handshake)
        self._following: asyncio.Task[None] | None = None
        self._keeping_badge: asyncio.Task[None]
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
        return self._reception.connecting

    async def __aenter__(self) -> Self:
        settings = self.settings
        await self._doors.bind()  # before anything is written: a hub that cannot listen leaves no recording behind
        self.badge = Badge(self._app[BADGE], tuple(map(URL, self._doors.addresses)))
        try:
            self.recorder = open_recorder(
                settings.recording, durability=settings.durability, is_strict=settings.is_strict
            )
        except BaseException:
            await self._doors.close()
            raise
        self._app[RECORDER] = self.recorder
        await self._runner.setup()
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
        self._lay_down_badge()
        self._keeping_badge = asyncio.create_task(self.badge.follow(settings.recording))
        self.tunnels.start(self._look_over_names)
        self._look_over_names()
        turned_away = TurnedAway(self.recorder)
        self._reception.open(self.relay, turned_away)
        await self._doors.open(turned_away)
        log.info("listening on %s, recording into %s", ", ".join(self.urls), settings.recording)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._following:
            self._following.cancel()
        await self._doors.close()
        await self._reception.close()
        if self.disturber:
            self.disturber.stop_all()
        await self.relay.stop(STOP_TIMEOUT_S)
        await self.tunnels.stop()
        await self._runner.cleanup()
        self._keeping_badge.cancel()
        self.badge.take_away(self.settings.recording)
        await self.recorder.close()
        if self.desk:
            await self.desk.kept()

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

    def _lay_down_badge(self) -> None:
        try:
            self.badge.lay_down(self.settings.recording)
        except BadgeError as exc:
            log.warning("%s; programs that look for it there are strangers to the hub", safe(str(exc)))

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

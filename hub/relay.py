"""From an upgrade request to an open session, or to a refusal; recorded either way before the station learns of it."""

import asyncio
import logging
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from hub.admission import Admission, Refused, Visit
from hub.authentication import Authentication
from hub.credentials import Masker
from hub.deflate import DeflateParameters
from hub.dial import HeadReader, address_of, ask, dial, read_body, say_and_close
from hub.disturber import Disturber
from hub.errors import HubError
from hub.farewell import SERVICE_RESTART
from hub.handshake import END_OF_HEAD, HeadError, RequestHead, ResponseHead, refusal, storable
from hub.leg import Leg
from hub.limits import Limits
from hub.metered_leg import MeteredLeg
from hub.pairing import Move
from hub.path import Dialler
from hub.recorder import Recorder
from hub.splice import Splice
from hub.switchboard import Csms, NotFoundError, Route, Switchboard, identity_of
from hub.tap import Tap
from hub.tls import UpstreamTls
from hub.tls_facts import tls_facts, why_the_csms_failed
from matrix.safe import safe
from matrix.trace import Ending, Session, Side

RECORDED_BODY: Final = 64 << 10
MOVED: Final = "connect again: the organizer has paired this station with another CSMS"
SUBPROTOCOL: Final = "Sec-WebSocket-Protocol"

log = logging.getLogger(__name__)


class StationLeftError(HubError):
    """The station left before its upgrade was answered."""


class Relay:
    """Opens sessions, and knows the open ones."""

    def __init__(
        self,
        recorder: Recorder,
        switchboard: Switchboard,
        *,
        admission: Admission,
        limits: Limits,
        tls: Mapping[str, UpstreamTls],
        answer_timeout_s: float,
        dialler: Dialler,
        disturber: Disturber | None = None,
        password_at: Callable[[str, str], str | None] = lambda _csms, _identity: None,
    ) -> None:
        """`tls` says how each CSMS with a wss:// URL is reached, by its name; `dialler` reaches tunnelled ones.

        `password_at` is asked for what a CSMS expects of an identity: a Basic login with that takes the place of the
        station's own; None leaves the request as it is.
        """
        self.splices: set[Splice] = set()
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self.recorder = recorder
        self.masker = Masker()
        self.disturber = disturber
        self._switchboard = switchboard
        self._admission = admission
        self.limits = limits
        self.tls = tls
        self._answer_timeout_s = answer_timeout_s
        self._password_at = password_at
        self._dialler = dialler

    async def open(self, station: HeadReader, visit: Visit, head: bytes, authentication: Authentication) -> None:
        """Bring a station that has sent this head to its CSMS, and return once its session is open or refused."""
        opening = Opening(self, station, visit, self.recorder.new_session_id())
        await self._see_through(opening, self._open(opening, head, authentication))

    async def turn_away(self, station: HeadReader, visit: Visit, refused: Refused) -> None:
        """Refuse a station whose request was not read to its end."""
        opening = Opening(self, station, visit, self.recorder.new_session_id())
        await self._see_through(opening, opening.refuse(*refused))

    async def _see_through(self, opening: "Opening", handshake: Coroutine[Any, Any, None]) -> None:
        try:
            await handshake
        except asyncio.CancelledError:
            opening.fail("the hub was stopped during the handshake")
            raise
        except Exception as exc:  # a fault of ours ends this session, not the event
            log.exception("session %d could not be opened", opening.session.id)
            opening.fail(f"the hub failed: {type(exc).__name__}")

    async def _open(self, opening: "Opening", head: bytes, authentication: Authentication) -> None:
        try:
            request = RequestHead.parse(head)
        except HeadError as exc:
            await opening.refuse(400, str(exc))
            return
        opening.requested(request)
        try:
            route = self._located(self._switchboard.route(request.target, opening.target))
        except NotFoundError as exc:
            await opening.refuse(exc.status, str(exc), *exc.fields, is_recorded=request.is_upgrade)
            return
        opening.routed(route)
        if not request.is_upgrade:
            sentence = f"{opening.session.path!r} is for stations: connect with a WebSocket (RFC 6455)"
            await opening.refuse(426, sentence, "Upgrade: websocket", is_recorded=False)
        elif request.has_body:
            await opening.refuse(400, "an upgrade request has no body, this one announces one")
        elif rejection := await authentication.rejection(request, route.identity, opening.tls):
            await opening.refuse(rejection.status, rejection.sentence, *rejection.fields)
        elif self.disturber and (wanted := self.disturber.refusal(opening.session)):
            await opening.refuse(wanted.status, f"this handshake is disturbed on purpose: {wanted.text}")
        elif not self.recorder.is_forwarding:
            sentence = f"the hub opens no session while it cannot record: {self.recorder.failing}"
            await opening.refuse(503, sentence, "Retry-After: 5", is_recorded=False)
        elif refused := self._refused(opening, route):  # no pause between this and the entry of the identity
            await opening.refuse(*refused)
        else:
            await self._connect(opening, route, request)

    def _located(self, route: Route) -> Route:
        return replace(route, csms=self._dialler.located(route.csms)) if route.csms.is_tunnelled else route

    def _refused(self, opening: "Opening", route: Route) -> Refused | None:
        """Say why the hub does not let a station in, where that is so."""
        admission, session = self._admission, opening.session
        return (
            opening.visit.excess
            or admission.refused_origin(*map(session.header, ("Origin", "Host", "User-Agent")))
            or admission.refused_duplicate(route.csms.name, session.identity)
        )

    async def _connect(self, opening: "Opening", route: Route, request: RequestHead) -> None:
        name = route.csms.name
        self._admission.identify(opening.visit, name, opening.session.identity, opening.session.id)
        opening.visit.is_paired = route.is_paired
        self.recorder.begin(opening.session)
        try:
            upstream, response, body = await _while_present(opening.station, self._ask(route, request, opening))
        except StationLeftError:
            opening.abandon(f"the station left before the CSMS {name!r} answered")
        except TimeoutError:
            sentence = f"the CSMS {name!r} did not answer within {self._answer_timeout_s:g} s"
            await opening.refuse(504, sentence, ending=Ending.UNREACHABLE)
        except (OSError, HeadError, UnicodeError) as exc:  # UnicodeError: a host name that cannot be one
            reason = _reason(exc, route.csms, self.tls.get(name))
            where = "through its tunnel" if route.csms.is_tunnelled else f"at {route.csms.url}"
            sentence = f"the CSMS {name!r} cannot be reached {where}: {reason}"
            await opening.refuse(502, sentence, ending=Ending.UNREACHABLE)
        else:
            if response.status == 101:
                self._replace(opening)
                await opening.upgrade(upstream, response)
            else:
                await opening.hand_on(response, body)

    async def _ask(
        self, route: Route, request: RequestHead, opening: "Opening"
    ) -> tuple[HeadReader, ResponseHead, bytes]:
        """Return the connection to the CSMS, the head of its answer, and the body of a refusal."""
        login = opening.login(self._password_at)
        async with asyncio.timeout(self._answer_timeout_s):
            upstream = await self._dial(route.csms, opening.session.id)
            try:
                response = await ask(upstream, request.forwarded(route.target, route.csms.authority, login))
            except BaseException:
                upstream.transport.abort()
                raise
        body = b"" if response.status == 101 else await read_body(upstream, response)
        return upstream, response, body

    async def _dial(self, csms: Csms, session: int) -> HeadReader:
        if csms.is_tunnelled:
            return await self._dialler.dial(csms, session)
        return await dial(csms, self.tls.get(csms.name))

    def _replace(self, opening: "Opening") -> None:
        """End the sessions that give way to one that its CSMS has accepted: nobody replaces another by a name alone."""
        for visit in self._admission.accept(opening.visit):
            if visit.splice is not None:
                _give_way(visit.splice, visit)

    def splice(
        self, session: int, station: HeadReader, visit: Visit, upstream: HeadReader, response: ResponseHead
    ) -> None:
        """Hand the 101 to the station, and from here on every byte to the other side."""
        splice = visit.splice = Splice(session, self.recorder, partial(self._gone, visit))
        deflate = DeflateParameters.agreed(response.field("sec-websocket-extensions"))
        splice.join(
            self._leg(splice, Side.STATION, station.transport, deflate),
            self._leg(splice, Side.CSMS, upstream.transport, deflate),
        )
        for side, reader in ((Side.STATION, station), (Side.CSMS, upstream)):
            if reader.path is not None:
                splice.go_through(side, reader.path)
        self.splices.add(splice)
        self.is_idle.clear()
        if not station.is_lost:
            station.transport.write(response.raw)
        splice.csms.take_over(upstream)
        splice.station.take_over(station)
        if visit.successor is not None:
            _give_way(splice, visit)
        elif visit.moved is not None:
            splice.end_by_hub(visit.moved, MOVED, SERVICE_RESTART)

    def take_up(self, moves: Iterable[Move]) -> None:
        """End the sessions of stations that are paired with another CSMS now: they are to connect again."""
        for identity, before, after in moves:
            sentence = f"the organizer moved the station from {before or 'no CSMS'} to {after or 'no CSMS'}"
            for visit in self._admission.paired_visits(identity):
                visit.moved = sentence
                if visit.splice is not None:
                    visit.splice.end_by_hub(sentence, MOVED, SERVICE_RESTART)

    async def stop(self, timeout_s: float) -> None:
        """End all sessions, and wait a little for their peers to answer, and to take what is left for them."""
        for splice in self.splices:
            splice.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.recorder.committed()
                await self.is_idle.wait()
        for splice in self.splices:
            splice.abort()

    def _leg(self, splice: Splice, side: Side, transport: asyncio.Transport, deflate: DeflateParameters | None) -> Leg:
        limits = self.limits
        tap = Tap(side, deflate=deflate, max_frame_bytes=limits.frame_bytes, max_inflated_bytes=limits.inflated_bytes)
        if not transport.is_closing():  # uvloop lets nobody touch one that is gone already
            transport.set_write_buffer_limits(limits.unsent_bytes)
        if limits.bytes_per_s or limits.unread_s:
            return MeteredLeg(splice, side, transport, tap, limits)
        return Leg(splice, side, transport, tap)

    def _gone(self, visit: Visit, splice: Splice) -> None:
        self._admission.leave(visit)
        self.splices.discard(splice)
        if not self.splices:
            self.is_idle.set()


class Opening:
    """One handshake: what is known of its session so far, and the ways in which it can end."""

    def __init__(self, relay: Relay, station: HeadReader, visit: Visit, session: int) -> None:
        self.station = station
        self.visit = visit
        path = station.path
        self.session = Session(
            id=session,
            opened_at=time.time_ns(),
            identity="",
            csms="",
            remote=path.remote if path else address_of(station.transport.get_extra_info("peername")),
            tls=path.tls if path else tls_facts(self.tls) if self.tls else None,
            tunnel=path.name if path else None,
        )
        self.target = ""
        self._relay = relay
        self._masker = relay.masker.fresh()
        self._is_over = False

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The station's TLS with the hub, None where there is none."""
        if self.station.path is not None:
            return None
        found: ssl.SSLObject | None = self.station.transport.get_extra_info("ssl_object")
        return found

    def requested(self, request: RequestHead) -> None:
        """Note what the station asks for."""
        self.target = self._masker.target(request.target)
        self._note(path=storable(self._masker.target(request.asked)), identity=identity_of(self.target))
        self._note(request=self._masker.headers(request.headers))
        offers = self.session.header(SUBPROTOCOL) or ""
        self._note(offered=tuple(offer for part in offers.split(",") if (offer := part.strip())))

    def routed(self, route: Route) -> None:
        """Note which CSMS it asks for."""
        self._note(csms=route.csms.name, upstream=storable(self._masker.target(route.upstream)))
        if route.csms.is_tunnelled:
            tunnels = filter(None, (self.session.tunnel, f"csms:{route.csms.name}"))
            self._note(tunnel=", ".join(tunnels))

    def login(self, password_at: Callable[[str, str], str | None]) -> str | None:
        """Return what the CSMS is told in the place of the station's own login; None leaves that."""
        password = password_at(self.session.csms, self.session.identity)
        if password is None:
            return None
        self._masker.remember(password)
        log.info("session %d: %s is shown the login that the event file has for it", self.session.id, self.session.csms)
        return "Basic " + b64encode(f"{self.session.identity}:{password}".encode("utf-8", "surrogateescape")).decode()

    async def refuse(
        self, status: int, sentence: str, *fields: str, ending: Ending = Ending.REFUSED, is_recorded: bool = True
    ) -> None:
        """Answer in the CSMS's place."""
        raw = refusal(status, sentence, *fields)
        self._responded(ResponseHead.parse(raw.partition(END_OF_HEAD)[0] + END_OF_HEAD))
        self._note(fault=sentence, ending=ending)
        await self._answer(sentence, raw, is_recorded=is_recorded)

    async def hand_on(self, response: ResponseHead, body: bytes) -> None:
        """Give the station the CSMS's refusal."""
        self._responded(response)
        self._note(ending=Ending.REFUSED, closed_by=Side.CSMS)
        text = self._masker.text(body[: 2 * RECORDED_BODY].decode("utf-8", "replace"))
        await self._answer(text[:RECORDED_BODY], response.with_body(body))

    async def upgrade(self, upstream: HeadReader, response: ResponseHead) -> None:
        """Open the session; the station learns of it once it is recorded."""
        self._responded(response)
        self._note(chosen=self.session.header(SUBPROTOCOL, of=Side.CSMS), answered_at=time.time_ns())
        self._relay.recorder.answer(self.session)
        try:
            await _recorded_or_gone(self._relay.recorder, self.station)
        except asyncio.CancelledError:
            self._withdraw(upstream)
            raise
        if self.station.gone.done():
            self._withdraw(upstream)
            self.abandon("the station left before the session was recorded, and was not told of it")
            return
        self._is_over = True
        chosen = safe(self.session.chosen or "no subprotocol")
        log.info(
            "session %d open: %s to %s, %s", self.session.id, safe(self.session.identity), self.session.csms, chosen
        )
        if self._relay.disturber:
            self._relay.disturber.opened(self.session)
        self._relay.splice(self.session.id, self.station, self.visit, upstream, response)

    def _withdraw(self, upstream: HeadReader) -> None:
        """Take back an answer that the station was not told."""
        upstream.abort()
        self._note(status=None, reason="", response=(), chosen=None, answered_at=None)

    def abandon(self, sentence: str) -> None:
        """Record that the station did not wait."""
        self._end(fault=sentence, ending=Ending.ABANDONED, closed_by=Side.STATION)
        self._let_go()

    def fail(self, sentence: str) -> None:
        """Record that the hub itself could not go on."""
        if not self._is_over:
            self._end(fault=sentence, ending=Ending.HUB)
        self._let_go()

    def _responded(self, response: ResponseHead) -> None:
        """Note what the station is about to be answered."""
        self._note(status=response.status, response=self._masker.headers(response.headers))
        self._note(reason=self._masker.text(response.reason))

    async def _answer(self, body: str, raw: bytes, *, is_recorded: bool = True) -> None:
        self._note(body=body, answered_at=time.time_ns())
        if is_recorded:
            self._end()
            await self._relay.recorder.committed()
        else:
            log.info("%s was answered with %d: %s", self.session.remote, self.session.status, safe(body))
        self._is_over = True
        await say_and_close(self.station, raw)

    def _end(self, **facts: Any) -> None:
        self._is_over = True
        self._note(closed_at=time.time_ns(), **facts)
        self._relay.recorder.answer(self.session)
        why = safe(self.session.fault or f"{self.session.status} {self.session.reason}")
        whose = f"of {safe(self.session.identity)!r}" if self.session.identity else f"from {self.session.remote}"
        log.info("session %d %s not opened: %s", self.session.id, whose, why)

    def _let_go(self) -> None:
        self._relay.recorder.then(HeadReader.abort, self.station)

    def _note(self, **facts: Any) -> None:
        self.session = msgspec.structs.replace(self.session, **facts)


def _give_way(splice: Splice, visit: Visit) -> None:
    sentence = f"replaced by session {visit.successor}, a newer connection of this identity"
    splice.end_by_hub(sentence, "replaced by a newer connection")


async def _while_present(
    station: HeadReader, asking: Coroutine[Any, Any, tuple[HeadReader, ResponseHead, bytes]]
) -> tuple[HeadReader, ResponseHead, bytes]:
    """Await an answer for as long as the station waits for it.

    Raises:
        StationLeftError: it did not wait.
    """
    task = asyncio.ensure_future(asking)
    first: tuple[asyncio.Future[Any], ...] = (task, station.gone)
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StationLeftError("the station left")
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _recorded_or_gone(recorder: Recorder, station: HeadReader) -> None:
    """Wait until what was recorded is committed, which a strict hub may not come to for long, or the station leaves."""
    committed = asyncio.ensure_future(recorder.committed())
    try:
        await asyncio.wait({committed, station.gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        committed.cancel()


def _reason(exc: Exception, csms: Csms, tls: UpstreamTls | None) -> str:
    if tls and (sentence := why_the_csms_failed(exc, csms.name, tls.server_name or csms.host)):
        return sentence
    if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) and exc.errno and exc.errno > 0:
        return os.strerror(exc.errno).lower()
    return str(exc)

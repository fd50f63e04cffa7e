"""From an upgrade request to an open session, or to a refusal; recorded either way before the station learns of it."""

import asyncio
import logging
import os
import ssl
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from hub.disturbing.disturber import Disturber
from hub.events.pairing import Move
from hub.handshake.admission import Admission, Refused, Visit
from hub.handshake.authentication import Authentication
from hub.handshake.credentials import Masker
from hub.handshake.dial import HeadReader, ask, dial, read_body
from hub.handshake.heads import HeadError, RequestHead, ResponseHead
from hub.handshake.opening import Opening
from hub.handshake.presence import StationLeftError, while_present
from hub.handshake.switchboard import RESTS, Csms, NotFoundError, Route, Switchboard
from hub.limits import Limits
from hub.relaying.deflate import DeflateParameters
from hub.relaying.farewell import SERVICE_RESTART
from hub.relaying.metered_leg import leg_of
from hub.relaying.path import Dialler
from hub.relaying.splice import Splice
from hub.tls.contexts import UpstreamTls
from hub.tls.facts import why_the_csms_failed
from hub.writing.recorder import Recorder
from matrix.trace import Ending, Side

MOVED: Final = "connect again: the event has paired this station anew"

log = logging.getLogger(__name__)


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

    async def _see_through(self, opening: Opening, handshake: Coroutine[Any, Any, None]) -> None:
        try:
            await handshake
        except asyncio.CancelledError:
            opening.fail("the hub was stopped during the handshake")
            raise
        except Exception as exc:  # a fault of ours ends this session, not the event
            log.exception("session %d could not be opened", opening.session.id)
            opening.fail(f"the hub failed: {type(exc).__name__}")

    async def _open(self, opening: Opening, head: bytes, authentication: Authentication) -> None:
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
        elif not self._switchboard.is_still_so(route):  # it was moved while its password was looked at
            await opening.refuse(503, MOVED, RESTS)
        elif refused := self._refused(opening, route):  # no pause between this and the entry of the identity
            await opening.refuse(*refused)
        else:
            await self._connect(opening, route, request)

    def _located(self, route: Route) -> Route:
        return replace(route, csms=self._dialler.located(route.csms)) if route.csms.is_tunnelled else route

    def _refused(self, opening: Opening, route: Route) -> Refused | None:
        """Say why the hub does not let a station in, where that is so."""
        admission, session = self._admission, opening.session
        return (
            opening.visit.excess
            or admission.refused_origin(*map(session.header, ("Origin", "Host", "User-Agent")))
            or admission.refused_duplicate(route.csms.name, session.identity)
        )

    async def _connect(self, opening: Opening, route: Route, request: RequestHead) -> None:
        name = route.csms.name
        self._admission.identify(opening.visit, name, opening.session.identity, opening.session.id)
        opening.visit.is_paired = route.is_paired
        self.recorder.begin(opening.session)
        try:
            upstream, response, body = await while_present(opening.station, self._ask(route, request, opening))
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
        self, route: Route, request: RequestHead, opening: Opening
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

    def _replace(self, opening: Opening) -> None:
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
            leg_of(splice, Side.STATION, station.transport, deflate, self.limits),
            leg_of(splice, Side.CSMS, upstream.transport, deflate, self.limits),
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
            sentence = (
                f"the organizer, or a round, moved the station from {before or 'no CSMS'} to {after or 'no CSMS'}"
            )
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

    def _gone(self, visit: Visit, splice: Splice) -> None:
        self._admission.leave(visit)
        self.splices.discard(splice)
        if not self.splices:
            self.is_idle.set()


def _give_way(splice: Splice, visit: Visit) -> None:
    sentence = f"replaced by session {visit.successor}, a newer connection of this identity"
    splice.end_by_hub(sentence, "replaced by a newer connection")


def _reason(exc: Exception, csms: Csms, tls: UpstreamTls | None) -> str:
    if tls and (sentence := why_the_csms_failed(exc, csms.name, tls.server_name or csms.host)):
        return sentence
    if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) and exc.errno and exc.errno > 0:
        return os.strerror(exc.errno).lower()
    return str(exc)

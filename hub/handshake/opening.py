"""One handshake: what is known of its session so far, and how it ends. Recorded before the station learns of it."""

import asyncio
import logging
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hub.handshake.admission import Visit
from hub.handshake.dial import HeadReader, address_of, say_and_close
from hub.handshake.heads import END_OF_HEAD, RequestHead, ResponseHead, refusal, storable
from hub.handshake.presence import recorded_or_gone
from hub.handshake.switchboard import Route, identity_of
from hub.tls.facts import tls_facts
from matrix.safe import safe
from matrix.trace import Ending, Session, Side

if TYPE_CHECKING:
    from hub.relaying.relay import Relay

RECORDED_BODY: Final = 64 << 10
SUBPROTOCOL: Final = "Sec-WebSocket-Protocol"

log = logging.getLogger(__name__)


class Opening:
    """One handshake, from the request's head to the 101 or what takes its place."""

    def __init__(self, relay: "Relay", station: HeadReader, visit: Visit, session: int) -> None:
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
            await recorded_or_gone(self._relay.recorder, self.station)
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

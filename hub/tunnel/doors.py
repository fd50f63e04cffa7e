"""What agents ask the hub for: a control connection, and connections that carry bytes. Tokens are checked here."""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final

from aiohttp import web

from hub.access.refusals import Refusals
from hub.access.tokens import Token
from hub.access.viewing import OVERHEARD
from hub.errors import HubError
from hub.handshake.dial import HeadReader, address_of
from hub.handshake.heads import END_OF_HEAD, HeadError, RequestHead, refusal
from hub.limits import Limits
from hub.tunnel.arrivals import new_ticket
from hub.tunnel.leases import Holder
from hub.tunnel.link import Link, LinkError, SilentError
from hub.tunnel.stream import Stream
from hub.tunnel.tunnels import Tunnels
from hub.tunnel.words import (
    CONTROL,
    DATA,
    INSTANCE,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    REASON,
    STATION,
    STATION_ADDRESS,
    STATION_TLS,
    TICKET,
    from_agent,
)
from matrix.safe import safe

CLOSE_S: Final = 1.0
LONGEST_FACT: Final = 200
NO_TUNNELS: Final = "this hub takes no tunnels: `plugfest serve --tokens FILE` makes it take them"

_RAW: Final = (DATA.encode(), STATION.encode())
_ALL: Final = (CONTROL, DATA, STATION)

log = logging.getLogger(__name__)


class RefusedError(HubError):
    """An agent is refused, with an HTTP status; the message is for its user."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def is_for_tunnels(head: bytes) -> bool:
    """Tell whether a request asks for a connection that carries bytes; control connections are the application's."""
    return _target(head) in _RAW


def astray(head: bytes) -> str | None:
    """Return the path that an agent takes for the beginning of the hub's own: that of a station's URL, as a rule."""
    target = _target(head).decode("utf-8", "replace")
    return next((target.removesuffix(own) for own in _ALL if target.endswith(own) and target != own), None)


def is_of_an_agent(head: bytes) -> bool:
    """Tell whether it is an agent that asks for something."""
    return _target(head).decode("utf-8", "replace") in _ALL


def _target(head: bytes) -> bytes:
    words = head.partition(b"\r\n")[0].split(b" ")
    return words[1] if len(words) > 1 else b""


class TunnelDoors:
    """Lets agents in, as many as the limits of the moment allow."""

    def __init__(self, tunnels: Tunnels, limits: Callable[[], Limits]) -> None:
        self._tunnels = tunnels
        self._refusals = Refusals()
        self._limits = limits
        self._controls: Counter[str] = Counter()

    def add_to(self, app: web.Application) -> None:
        """Have an application serve the control connections."""
        app.router.add_get(CONTROL, self.control)

    async def control(self, request: web.Request) -> web.StreamResponse:
        """Talk to an agent."""
        try:
            token = self._token(request.headers.get("Authorization"), request.remote or "", is_secure=request.secure)
            self._check_room(token)
        except RefusedError as exc:
            return web.Response(status=exc.status, text=f"{exc}\n", headers={REASON: str(exc)})
        self._controls[token.name] += 1
        try:
            return await self._attend(request, token)
        finally:
            self._controls[token.name] -= 1

    async def _attend(self, request: web.Request, token: Token) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=CLOSE_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
        await socket.prepare(request)
        transport = request.transport
        remote = address_of(transport.get_extra_info("peername")) if transport else ""
        try:
            await self._tunnels.attend(Link(socket, from_agent, self._tunnels.timing), token, remote)
        except SilentError:
            if transport is not None:
                transport.abort()
        except LinkError as exc:
            log.debug("an agent from %s: %s", remote, safe(str(exc)))
        return socket

    async def arrive(self, reader: HeadReader, head: bytes) -> HeadReader | None:
        """Take in a connection that carries bytes: return it where a station is at its other end."""
        try:
            request = RequestHead.parse(head)
            return self._end(reader, request)
        except HeadError as exc:
            self._refuse(reader, 400, str(exc))
        except RefusedError as exc:
            self._refuse(reader, exc.status, str(exc))
        return None

    def _end(self, reader: HeadReader, request: RequestHead) -> HeadReader | None:
        if (request.field("upgrade") or "").lower() != PROTOCOL:
            raise RefusedError(426, f"this is for agents, which upgrade to {PROTOCOL}")
        if request.target == DATA:
            self._csms_end(reader, request)
            return None
        return self._station_end(reader, request)

    def _csms_end(self, reader: HeadReader, request: RequestHead) -> None:
        """Give a connection to the relay that waits for it."""
        ticket = request.field(TICKET.lower()) or ""
        waiting = self._tunnels.arrivals.waiting_for(ticket)
        if waiting is None:  # no failure: stations leave while an agent is on its way
            raise RefusedError(410, "this ticket is good no longer: the station has left, or the hub has given up")
        agent = waiting.agent
        upstream = _accepted(reader, HeadReader(keeps_half_open=True))
        agent.forget_what_is_over()
        agent.streams[ticket] = Stream(f"csms:{waiting.csms}", upstream, partial(agent.lose, ticket))
        waiting.arrival.set_result(upstream)

    def _station_end(self, reader: HeadReader, request: RequestHead) -> HeadReader:
        """Return a connection whose other end is a station's."""
        instance = request.field(INSTANCE.lower()) or ""
        is_secure = reader.transport.get_extra_info("ssl_object") is not None
        token = self._token(request.field("authorization"), _host_of(reader), is_secure=is_secure)
        agent = self._tunnels.agents.get(Holder(token.name, instance))
        if agent is None or agent.link is None:
            raise RefusedError(409, "this agent has no control connection to the hub")
        if not agent.hello.stations:
            raise RefusedError(403, "this agent said that it brings no stations")
        agent.forget_what_is_over()
        most = self._limits().tunnel_waiting
        if sum(each.is_waiting for each in agent.streams.values()) >= most:
            raise RefusedError(503, f"{most} stations of this agent are connecting already (limit tunnel_waiting)")
        ticket = new_ticket()
        station = _accepted(reader, HeadReader(), f"{TICKET}: {ticket}")
        agent.streams[ticket] = Stream(
            f"station:{token.name}",
            station,
            partial(agent.lose, ticket),
            remote=_fact(request, STATION_ADDRESS) or "",
            tls=_fact(request, STATION_TLS),
        )
        return station

    def _check_room(self, token: Token) -> None:
        most = self._limits().tunnels_per_token
        if self._controls[token.name] >= most:
            sentence = f"{most} agents are connected with the token {token.name!r} already (limit tunnels_per_token)"
            raise RefusedError(429, sentence)

    def _token(self, authorization: str | None, host: str, *, is_secure: bool) -> Token:
        if self._tunnels.tokens is None:
            raise RefusedError(404, NO_TUNNELS)
        self._check_failures(host)
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise RefusedError(401, "tunnels need a token, and this request carries none")
        if (token := self._match(secret.strip())) is None:
            self._failed(host)
            raise RefusedError(401, "the hub does not know this token: it is mistyped, or was revoked")
        if token.may_move and not is_secure:
            raise RefusedError(401, OVERHEARD)  # as a wrong one, which ends its agent: others would only hear it again
        return token

    def _match(self, secret: str) -> Token | None:
        assert self._tunnels.tokens is not None
        if token := self._tunnels.tokens.tokens.match(secret):
            return token
        self._tunnels.tokens.look()
        return self._tunnels.tokens.tokens.match(secret)

    def _check_failures(self, host: str) -> None:
        if self._tunnels.failures.is_too_many(host, now=monotonic()):
            raise RefusedError(429, f"too many wrong tokens came from {host}: try again in a while")

    def _failed(self, host: str) -> None:
        self._tunnels.failures.note(host, now=monotonic())

    def _refuse(self, reader: HeadReader, status: int, sentence: str) -> None:
        self._refusals.note("", _host_of(reader), "a tunnel's connection", sentence)
        if not reader.is_lost:
            reader.transport.write(refusal(status, sentence, f"{REASON}: {sentence}"))
        reader.transport.close()


def _accepted(reader: HeadReader, successor: HeadReader, *fields: str) -> HeadReader:
    """Upgrade a connection, and return the reader of what it carries."""
    lines = ["HTTP/1.1 101 Switching Protocols", f"Upgrade: {PROTOCOL}", "Connection: Upgrade", *fields]
    reader.transport.write("\r\n".join(lines).encode() + END_OF_HEAD)
    reader.hand_over(successor)
    return successor


def _host_of(reader: HeadReader) -> str:
    peer = reader.transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _fact(request: RequestHead, name: str) -> str | None:
    value = request.field(name.lower())
    return value[:LONGEST_FACT] if value else None

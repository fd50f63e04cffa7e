"""From the first byte of a connection to where it belongs: the relay, a tunnel, or the hub's own application."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from hub.handshake.admission import Admission, Refused, Visit
from hub.handshake.authentication import PLAIN_AT_TLS_DOOR, Authentication, WrongDoor
from hub.handshake.dial import HeadReader, TlsInsteadError, address_of, say_and_close
from hub.handshake.heads import HeadError, HeadTooLongError, refusal
from hub.handshake.turned_away import TurnedAway
from hub.relaying.relay import Relay
from hub.throttle import Throttle
from hub.tunnel.doors import TunnelDoors, astray, is_for_tunnels, is_of_an_agent
from hub.tunnel.words import REASON

HURRIED_S: Final = 2.0
"""How long a head may take to arrive where it is only read to be refused: there are too many connections."""
TLS_AT_PLAIN_DOOR: Final = "the station speaks TLS, and this port does not: connect to ws://, or to a port for wss://"

Peer = Any
"""The address of a connection's other end, as its socket says it."""
Ends = Any
"""The addresses of both ends: the other one may have connections to several doors by the same port."""

log = logging.getLogger(__name__)


class Reception:
    """Looks after connections until their session is open, or they are at home elsewhere.

    Requests for paths that begin with `/-`, and those for `/` that are no upgrade, go to `runner`'s application; those
    of agents to `tunnel_doors`. All others are for stations, and go to the relay of `open`.
    """

    def __init__(
        self, admission: Admission, tunnel_doors: TunnelDoors, runner: web.AppRunner, authentication: Authentication
    ) -> None:
        self._admission = admission
        self._tunnel_doors = tunnel_doors
        self._runner = runner
        self._authentication = authentication
        self._relay: Relay
        self._turned_away: TurnedAway
        self._tasks: set[asyncio.Task[None]] = set()
        self._shaking_hands: dict[Ends, Visit] = {}
        self._throttle = Throttle()

    def open(self, relay: Relay, turned_away: TurnedAway) -> None:
        """Learn who takes stations, and who records those that come to nothing: before anybody comes."""
        self._relay, self._turned_away = relay, turned_away

    @property
    def connecting(self) -> "frozenset[asyncio.Task[None]]":
        """The connections whose session is not open yet, each as the task that looks after it."""
        return frozenset(self._tasks)

    def make_reader(self, is_wrong: bool) -> "FrontDoor":
        """Return what reads a new connection; `is_wrong` where that speaks plain HTTP at a door for TLS."""
        return FrontDoor(self, max_head_bytes=self._admission.limits.head_bytes, is_wrong=is_wrong)

    def receive(self, station: "FrontDoor") -> None:
        """Look after a new connection until its session is open."""
        task = asyncio.get_running_loop().create_task(self._receive(station))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextmanager
    def watch_handshake(self, ends: Ends) -> Iterator[float]:
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
            await self._relay.turn_away(station, visit, Refused(431, f"this request cannot be read: {exc}"))
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
            await self._relay.open(station, visit, head, WrongDoor())
        elif station.path is None and is_for_tunnels(head):
            if (far_end := await self._tunnel_doors.arrive(station, head)) is not None:
                await self._attend(far_end, visit)
        elif station.path is None and (path := astray(head)):  # before a CSMS is shown the agent's token
            sentence = f"the hub is at its URL without {path!r}: agents need no name of a CSMS in it"
            await say_and_close(station, refusal(404, sentence, f"{REASON}: {sentence}"))
        elif station.path is None and _is_for_the_app(head):
            self._hand_to_app(station, head)
        else:
            await self._relay.open(station, visit, head, self._authentication)

    async def _run_out_of_time(self, station: HeadReader, visit: Visit, limit_s: float) -> None:
        """Refuse who did not end a request in time; who said nothing at all is no station, and is let go."""
        if visit.excess or station.has_spoken:
            late = Refused(408, f"this request did not arrive within {limit_s:g} s")
            await self._relay.turn_away(station, visit, visit.excess or late)
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

    async def close(self) -> None:
        """Break off what is going on."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


class FrontDoor(HeadReader):
    """A connection that nobody knows anything about yet; `is_wrong` where it speaks plain HTTP at a door for TLS."""

    def __init__(self, reception: Reception, *, max_head_bytes: int, is_wrong: bool) -> None:
        super().__init__(max_head_bytes=max_head_bytes)
        self.is_wrong = is_wrong
        self._reception = reception

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._reception.receive(self)


def _host_of(peer: Peer) -> str:
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _is_for_the_app(head: bytes) -> bool:
    _, _, target = head.partition(b"\r\n")[0].partition(b" ")
    is_page = target.startswith((b"/ ", b"/?")) and not _is_of_a_websocket(head)
    return is_page or target.startswith(b"/-")  # a station that asks for "/" is refused, and the refusal recorded


def _is_of_a_websocket(head: bytes) -> bool:
    return b"\r\nsec-websocket-" in head.lower()

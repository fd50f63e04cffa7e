"""A CSMS and its sessions."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.log import ws_logger

from hub.demo.products import CsmsProduct
from hub.demo.talk import CsmsTalk
from hub.demo.talk2x import Csms2x
from hub.demo.talk16 import Csms16
from hub.demo.wiring import Answer, HungUpError, LibraryPeer, Link, Payload, Peer, PlainPeer, RefusedError
from matrix.dialect import V16

AT_ONCE: Final = 2
"""CALLs that the sloppy CSMS sends without waiting for the answer to the first."""


class Csms:
    """One CSMS product at work, as a web application's handler."""

    def __init__(self, product: CsmsProduct) -> None:
        self.product = product
        self._sockets: set[web.WebSocketResponse] = set()

    async def meet(self, request: web.Request) -> web.StreamResponse:
        """Answer a station's upgrade, and converse with it until it leaves."""
        offers = _offers(request)
        if (refusal := self._refusal(request.match_info["identity"], offers)) is not None:
            return refusal
        version = next((each for each in self.product.versions if f"ocpp{each}" in offers), None)
        socket = web.WebSocketResponse(protocols=[f"ocpp{version}"] if version else [])
        await socket.prepare(request)
        if version is None and not self.product.sloppy:
            await socket.close(code=aiohttp.WSCloseCode.PROTOCOL_ERROR)  # OCPP-J §3.2: complete, then close
            return socket
        self._sockets.add(socket)
        try:
            await self._converse(socket, version or V16)
        finally:
            self._sockets.discard(socket)
        return socket

    async def hang_up(self, _: web.Application) -> None:
        """End all sessions."""
        for socket in [*self._sockets]:
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    def _refusal(self, identity: str, offers: list[str]) -> web.Response | None:
        if identity.startswith(self.product.strangers):
            return web.Response(status=404, text=f"charging station {identity} is not registered")
        if identity.startswith(self.product.wants_password):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="OCPP"'})
        if self.product.wants_subprotocol and not offers:
            return web.Response(status=400, text="no protocol (OCPP version) is specified")
        return None

    async def _converse(self, socket: web.WebSocketResponse, version: str) -> None:
        talk = self._talk(version)
        peer = self._peer(version, Link(socket), talk)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(peer.listen())
                await ask(peer, talk, at_once=AT_ONCE if self.product.sloppy else 1)
        except* (HungUpError, TimeoutError):
            pass  # the station has left, or answers no more

    def _talk(self, version: str) -> CsmsTalk:
        product = self.product
        if version == V16:
            return Csms16(product.questions_in(version), lacks=product.lacks, keys=product.settings)
        return Csms2x(product.questions_in(version), lacks=product.lacks)

    def _peer(self, version: str, link: Link, talk: CsmsTalk) -> Peer:
        if not self.product.sloppy:
            return LibraryPeer(version, link, talk.answer, lenient=self.product.lenient)
        numbers = count(1)
        return PlainPeer(link, sloppy(talk, version), next_id=lambda: f"q{next(numbers)}", unknown="NotImplementd")


async def ask(peer: Peer, talk: CsmsTalk, *, at_once: int = 1) -> None:
    """Ask the talk's questions: after each answer given to the station, as many as `at_once`.

    Raises:
        HungUpError, TimeoutError: in a group, where there was no answer.
    """
    while talk.questions:
        await peer.answered.wait()
        peer.answered.clear()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                if (question := talk.next_question()) is not None:
                    group.create_task(_ask(peer, *question))


async def _ask(peer: Peer, action: str, payload: Payload) -> None:
    with suppress(RefusedError):  # the next question may fare better
        await peer.say(action, payload)


def sloppy(talk: CsmsTalk, version: str) -> Answer:
    """Answer like a CSMS that nobody has tested.

    Each fault is modelled on one seen in the field: whatever arrives is accepted, also an invalid BootNotification; a
    StatusNotification of 2.x is answered with itself; an answer to a DataTransfer is never given; and what is unknown
    is answered with a misspelt error code (see `Csms`).
    """

    def answer(action: str, payload: Payload) -> Payload | None:
        if action == "DataTransfer":
            return None
        if action == "SecurityEventNotification":
            talk.answer("Unheard", {})
        if action == "StatusNotification" and version != V16:
            return payload
        return talk.answer(action, payload)

    return answer


@asynccontextmanager
async def serving(csms: Csms) -> AsyncIterator[str]:
    """Serve a CSMS on a free port of loopback; yield the URL to which stations append their identity."""
    ws_logger.setLevel(logging.ERROR)  # that two peers have no version in common is for the recording to say
    application = web.Application()
    application.router.add_get("/ocpp/{identity}", csms.meet)
    application.on_shutdown.append(csms.hang_up)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        _, port = runner.addresses[0]
        yield f"ws://127.0.0.1:{port}/ocpp"
    finally:
        await runner.cleanup()


def _offers(request: web.Request) -> list[str]:
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
    return [offer.strip() for offer in offered.split(",") if offer.strip()]

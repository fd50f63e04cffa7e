"""One station and its sessions with one CSMS after the other."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import aiohttp

from hub.demo.products import StationProduct
from hub.demo.talk import Pause, StationTalk
from hub.demo.talk2x import Station2x
from hub.demo.talk16 import Station16
from hub.demo.wiring import Habit, HungUpError, LibraryPeer, Link, Payload, Peer, PlainPeer
from matrix.dialect import SUBPROTOCOLS, V16

DEFLATE_WINDOW: Final = 15


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a station takes its time: seconds between its messages (from, to), and how long it stays.

    It hangs up when it has heard nothing for `silence_s`, and after `limit_s` in any case.
    """

    pause_s: tuple[float, float]
    heartbeats: int | None
    silence_s: float
    limit_s: float | None

    def scaled(self, pace: float) -> "Tempo":
        """Return this tempo with pauses `pace` times as long."""
        least, most = self.pause_s
        return Tempo((least * pace, most * pace), self.heartbeats, self.silence_s, self.limit_s)


TOUR: Final = Tempo(pause_s=(0.015, 0.035), heartbeats=2, silence_s=0.05, limit_s=1.6)
"""A whole charging session in about a second, for the first round."""
CALM: Final = Tempo(pause_s=(1.0, 4.0), heartbeats=6, silence_s=0.5, limit_s=None)
"""A session of about a minute."""


class Unit:
    """One station on the floor: a product with an identity."""

    def __init__(self, product: StationProduct, identity: str, *, seed: int = 0) -> None:
        self.product = product
        self.identity = identity
        self.firmware = product.firmware
        self._chance = random.Random(f"{seed} {identity}")  # noqa: S311 - repeatable is what it has to be

    @property
    def habits(self) -> tuple[Habit, ...]:
        return () if self.firmware == self.product.fixed_in else self.product.habits

    def repair(self) -> None:
        """Install the firmware that the vendor has brought out meanwhile, if there is one."""
        self.firmware = self.product.fixed_in or self.firmware

    async def round(
        self, http: aiohttp.ClientSession, endpoints: Mapping[str, str], order: Sequence[str], tempo: Tempo
    ) -> None:
        """Visit these CSMSes, one after the other."""
        for name in order:
            await self.visit(http, endpoints[name], tempo)
            await asyncio.sleep(self._chance.uniform(*tempo.pause_s))

    async def visit(self, http: aiohttp.ClientSession, endpoint: str, tempo: Tempo) -> None:
        """Run one session with the CSMS at `endpoint`, whatever comes of it."""
        url = f"{endpoint}/{quote(self.identity, safe='')}"
        try:
            async with asyncio.timeout(tempo.limit_s), self._connect(http, url) as socket:
                await self._converse(socket, tempo)
        except* (HungUpError, TimeoutError, aiohttp.ClientError, ConnectionError):
            pass  # the recording says how it ended
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError  # came together with one of the above, and must not be lost with it

    def _connect(
        self, http: aiohttp.ClientSession, url: str
    ) -> "aiohttp.client._WSRequestContextManager":  # what ws_connect returns has no public name
        offers = [f"ocpp{version}" for version in self.product.versions]
        return http.ws_connect(
            url,
            protocols=offers,
            compress=DEFLATE_WINDOW if self.product.compresses else 0,
            heartbeat=self.product.pings_every_s,
        )

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse[bool], tempo: Tempo) -> None:
        link = Link(socket, self.habits)
        if socket.protocol is None and not self.product.by_hand:
            await link.recv()  # no common version: the CSMS closes
            return
        version = SUBPROTOCOLS[socket.protocol] if socket.protocol else V16
        talk = self._talk(version, self._pause(tempo))
        peer = self._peer(version, link, talk)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(peer.listen())
            await talk.journey(peer.say, heartbeats=tempo.heartbeats)
            await link.silence(tempo.silence_s)
            listening.cancel()

    def _talk(self, version: str, pause: Pause) -> StationTalk:
        product = self.product
        plate: Payload = {
            "vendor": product.vendor, "model": product.model, "firmware": self.firmware, "serial": self.identity,
        }  # fmt: skip
        words = Station16 if version == V16 else Station2x
        return words(plate, pause, lacks=product.lacks, extras=product.extras)

    def _peer(self, version: str, link: Link, talk: StationTalk) -> Peer:
        if self.product.by_hand:
            return PlainPeer(link, talk.answer, next_id=lambda: "1", unknown="NotImplemented")
        return LibraryPeer(version, link, talk.answer)

    def _pause(self, tempo: Tempo) -> Pause:
        async def pause() -> None:
            await asyncio.sleep(self._chance.uniform(*tempo.pause_s))

        return pause

"""A tunnel's agent: runs beside a CSMS or stations that nobody can dial, and brings them to a hub (docs/tunnel.md)."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

import aiohttp

from hub.doors import Door, Doors
from hub.errors import HubError
from hub.handshake.dial import HeadReader
from hub.tunnel.agent_events import Connected, Disconnected, Happened, Listening, TurnedAway
from hub.tunnel.agent_streams import AgentSettings, AgentStreams
from hub.tunnel.backoff import Backoff
from hub.tunnel.link import Link, LinkError, PartedError, SilentError
from hub.tunnel.outbound import Connector, OutboundError, no_redirect, refused
from hub.tunnel.words import (
    CONTROL,
    FINAL,
    MAX_MESSAGE_BYTES,
    REASON,
    VERSION,
    Bye,
    Hello,
    OfHub,
    Welcome,
    Why,
    from_hub,
)
from matrix import __version__

UNAUTHORIZED: Final = 401


class AgentError(HubError):
    """It makes no sense to go on; the message says why."""


class Agent:
    """An agent, from `run` until that is cancelled. `tell` is called with everything that happens."""

    def __init__(
        self,
        settings: AgentSettings,
        tell: Callable[[Happened], None],
        *,
        doors: Sequence[Door] = (),
        backoff: Backoff | None = None,
    ) -> None:
        self.settings = settings
        self.link: Link | None = None
        self.streams = AgentStreams(settings, secrets.token_urlsafe(12), tell)
        self._tell = tell
        self._backoff = backoff or Backoff()
        self._doors = Doors(doors, self._door_reader)
        self._lost_at: float | None = None
        self._is_welcome = False
        self._socket_transport: asyncio.Transport | None = None

    @property
    def urls(self) -> list[str]:
        """Where stations connect."""
        return self._doors.urls

    async def run(self) -> None:
        """Bring what there is to bring, for good.

        Raises:
            AgentError: the hub will never let it in like that.
            ListenError: an address is taken or not ours.
        """
        await self._doors.bind()
        try:
            await self._doors.open(self)
            if self.urls:
                self._tell(Listening(self.urls))
            async with self.streams:
                await self._stay_connected()
        finally:
            await self._doors.close()

    def record(self, remote: str, sentence: str) -> None:
        """Note a failed TLS handshake with a station."""
        self._tell(TurnedAway(remote, sentence))

    def _door_reader(self, is_wrong: bool) -> HeadReader:
        return self.streams.door_reader(is_wrong=is_wrong)

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connect_once()
            except PartedError as exc:
                if exc.bye.why in FINAL:
                    raise AgentError(str(exc)) from exc
                self._note_loss(exc)
            except (LinkError, OutboundError, aiohttp.ClientError, OSError, TimeoutError) as exc:
                if isinstance(exc, OutboundError) and exc.status == UNAUTHORIZED:
                    raise AgentError(str(exc)) from exc
                self._note_loss(exc)
            delay_s = self._backoff.next_s()
            self._tell(Disconnected(self.streams.trouble, round(delay_s, 2)))
            await asyncio.sleep(delay_s)
            self._give_up_in_time()

    async def _connect_once(self) -> None:
        """Connect, and talk to the hub until that ends.

        Raises:
            LinkError, OutboundError, aiohttp.ClientError, OSError: how it ended, or why it did not begin.
        """
        hub, timing = self.settings.hub, self.settings.timing
        connector = Connector(hub, self._note_transport)
        async with aiohttp.ClientSession(connector=connector, middlewares=(no_redirect(hub),)) as http:
            async with asyncio.timeout(hub.connect_s + timing.hello_s):
                socket = await self._open_socket(http)
            link, self._is_welcome = Link(socket, from_hub, timing), False
            try:
                await self._talk(link)
            except SilentError:
                self.streams.break_all()  # the path is gone, and with it all that goes through it
                self._abort()
                raise
            finally:
                self.link = self.streams.link = None
                with suppress(ConnectionError):
                    await socket.close()

    async def _talk(self, link: Link) -> None:
        link.say(self._hello())
        sending = asyncio.ensure_future(link.run(lambda word: self._hear(link, word), self.streams.report))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            link.part(Bye(Why.STOPPED, "the agent was stopped"))
            with suppress(LinkError, TimeoutError):
                async with asyncio.timeout(1):
                    await sending
            raise

    async def _open_socket(self, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        hub = self.settings.hub
        url = hub.url.with_path(hub.target(CONTROL), encoded=True)
        fields = {"Authorization": f"Bearer {self.settings.token}"}
        timeout = aiohttp.ClientWSTimeout(ws_close=1.0)
        try:
            return await http.ws_connect(url, headers=fields, timeout=timeout, max_msg_size=MAX_MESSAGE_BYTES)
        except aiohttp.WSServerHandshakeError as exc:
            refused(hub, exc.status, exc.headers.get(REASON) if exc.headers else None)

    def _hello(self) -> Hello:
        return Hello(
            version=VERSION,
            software=__version__,
            instance=self.streams.instance,
            csmses={csms.name: str(csms.url) for csms in self.settings.csmses},
            stations=self.settings.brings_stations,
            tickets=self.streams.tickets,
        )

    def _hear(self, link: Link, word: OfHub) -> None:
        if not isinstance(word, Welcome):
            self.streams.hear(word)
            return
        self.link = self.streams.link = link
        self._is_welcome = True
        self._lost_at, self.streams.trouble = None, ""
        self._backoff.reset()
        self.streams.keep_only({*word.tickets})
        self._tell(Connected(str(self.settings.hub.url), word.software))

    def _note_loss(self, exc: BaseException) -> None:
        self.streams.trouble = self._sentence(exc)
        if self._lost_at is None:
            self._lost_at = monotonic()

    def _sentence(self, exc: BaseException) -> str:
        if isinstance(exc, PartedError):
            return str(exc)
        if isinstance(exc, LinkError) and not self._is_welcome and not isinstance(exc, SilentError):
            return (
                f"what answers at {self.settings.hub.url} took a connection and let it go without a word: is it a hub?"
            )
        if isinstance(exc, LinkError):
            why = self.settings.hub.why(exc.__cause__) if exc.__cause__ else exc
            return f"the connection to {self.settings.hub.where} broke: {why}"
        if isinstance(exc, OutboundError):
            return str(exc)
        if isinstance(exc, TimeoutError):
            return f"{self.settings.hub.where} did not answer in time"
        if isinstance(exc, aiohttp.ClientResponseError):
            return f"what answers at {self.settings.hub.url} does not speak HTTP"
        if isinstance(exc, aiohttp.ServerDisconnectedError) and exc.__cause__ is None:
            return f"{self.settings.hub.where} hung up without an answer"
        return f"{self.settings.hub.where} cannot be talked to: {self.settings.hub.why(exc)}"

    def _give_up_in_time(self) -> None:
        """Break off what the hub has given up by now."""
        if self._lost_at is not None and monotonic() - self._lost_at > self.settings.timing.grace_s:
            self.streams.break_all()

    def _note_transport(self, reader: HeadReader) -> None:
        self._socket_transport = reader.transport

    def _abort(self) -> None:
        if self._socket_transport is not None:
            self._socket_transport.abort()

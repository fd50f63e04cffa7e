"""Plays recorded CSMSes for live stations: listens, and takes up the script of whoever comes."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from hub.doors import Door, Doors
from hub.handshake.credentials import Masker
from hub.handshake.dial import HeadReader, address_of, say_and_close
from hub.handshake.heads import END_OF_HEAD, HeadError, RequestHead, ResponseHead, refusal, storable
from hub.handshake.switchboard import identity_of
from hub.handshake.turned_away import TurnedAway
from hub.relaying.deflate import DeflateParameters
from hub.replay.link import Link
from hub.replay.origin import link
from hub.replay.performance import Performance
from hub.replay.plan import Plan, Told, not_played, origin_of
from hub.replay.wire import accept_of
from hub.tls.facts import tls_facts
from hub.writing.recorder import Recorder
from matrix.exchange import EXTENSIONS
from matrix.replay.acts import Start
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.replay.report import SessionReport
from matrix.replay.script import Script
from matrix.safe import safe
from matrix.trace import Ending, Session, Side

HEAD_S: Final = 30.0
"""How long a request may take to arrive."""

log = logging.getLogger(__name__)


class Cast:
    """The scripts that have not been played: those of a station's own identity are for it, the rest for anybody."""

    def __init__(self, scripts: Sequence[Script], repeat: int) -> None:
        ordered = sorted(scripts, key=lambda script: script.session.opened_at)
        self.waiting = [script for _ in range(repeat) for script in ordered]

    def take(self, identity: str) -> Script | None:
        """Take the next script for a station; None where all are taken."""
        own = (script for script in self.waiting if script.session.identity == identity)
        script = next(own, None) or next(iter(self.waiting), None)
        if script is not None:
            self.waiting.remove(script)
        return script

    def put_back(self, script: Script) -> None:
        """Give back a script that was not played."""
        self.waiting.insert(0, script)


class House:
    """Listens from `__aenter__` to `__aexit__`, and plays a script for each station that comes.

    Raises, on entering:
        ListenError: the address is taken or not ours.
    """

    def __init__(self, plan: Plan, doors: Sequence[Door], recorder: Recorder, told: Told) -> None:
        self.reports: list[SessionReport] = []
        self._plan = plan
        self._recorder = recorder
        self._told = told
        self._cast = Cast(plan.scripts, plan.repeat)
        self._memories: dict[str, Memory] = {}
        self._doors = Doors(doors, lambda is_wrong: _Visitor(self, is_wrong=is_wrong))
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._playing = 0

    @property
    def urls(self) -> list[str]:
        """Where stations connect."""
        return self._doors.urls

    async def __aenter__(self) -> "House":
        await self._doors.bind()
        await self._doors.open(TurnedAway(self._recorder))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._doors.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for script in self._cast.waiting:
            self._note(not_played(script, script.session.identity, "no station came for it"))

    async def until_played(self, wait_s: float | None) -> None:
        """Return once every script has been played; with `wait_s`, also when no station has been there for so long."""
        while self._cast.waiting or self._playing:
            self._changed.clear()
            try:
                async with asyncio.timeout(None if self._playing else wait_s):
                    await self._changed.wait()
            except TimeoutError:
                return

    def receive(self, visitor: "_Visitor") -> None:
        """Look after a new connection."""
        task = asyncio.get_running_loop().create_task(self._receive(visitor))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self, visitor: "_Visitor") -> None:
        try:
            async with asyncio.timeout(HEAD_S):
                request = RequestHead.parse(await visitor.read_head())
        except (HeadError, TimeoutError) as exc:
            log.info("a connection was no request: %s", safe(str(exc)))
            visitor.abort()
            return
        except asyncio.CancelledError:
            visitor.abort()
            raise
        if visitor.is_wrong or not request.is_upgrade or not (key := request.field("sec-websocket-key")):
            await say_and_close(
                visitor, refusal(426, "a recorded CSMS is played here: connect with a WebSocket", "Upgrade: websocket")
            )
            return
        await self._admit(visitor, request, key)

    async def _admit(self, visitor: "_Visitor", request: RequestHead, key: str) -> None:
        session = self._session(visitor, request)
        script = self._cast.take(session.identity)
        if script is None:
            await self._refuse(visitor, session, 503, "all that is to be played has been played")
            return
        chosen = script.session.chosen or (f"ocpp{script.version}" if script.version != "?" else None)
        if script.session.chosen and chosen not in session.offered:
            self._cast.put_back(script)
            offers = ", ".join(session.offered) or "none"
            await self._refuse(
                visitor, session, 400, f"what is played here is {chosen}, and the station offers {offers}"
            )
            return
        await self._play(visitor, script, self._accepted(session, script, chosen, key))

    async def _play(self, visitor: "_Visitor", script: Script, accepted: tuple[Session, bytes]) -> None:
        session, response = accepted
        memory = self._memories.setdefault(session.identity, Memory(f"{self._plan.seed} {session.identity}"))
        self._recorder.answer(session)
        link(self._recorder, origin_of(self._plan, script, session.id))
        player = Player(script, memory, self._plan.tempo, Start(time.time_ns()))
        deflate = DeflateParameters.agreed(session.header(EXTENSIONS, of=Side.CSMS))
        own_end = Link(session.id, Side.CSMS, self._recorder, deflate)
        performance = Performance(player, own_end, self._recorder)
        self._playing += 1
        self._changed.set()
        try:
            await self._recorder.committed()
            visitor.transport.write(response)
            own_end.take_over(visitor)
            await performance.play(session.identity, self._note)
        finally:
            self._playing -= 1
            self._changed.set()

    def _session(self, visitor: "_Visitor", request: RequestHead) -> Session:
        masker = Masker()
        target = masker.target(request.target)
        tls = visitor.transport.get_extra_info("ssl_object")
        return Session(
            id=self._recorder.new_session_id(),
            opened_at=time.time_ns(),
            identity=identity_of(target),
            csms="",
            path=storable(masker.target(request.asked)),
            remote=address_of(visitor.transport.get_extra_info("peername")),
            tls=tls_facts(tls) if tls else None,
            offered=request.tokens("sec-websocket-protocol"),
            request=masker.headers(request.headers),
        )

    def _accepted(self, session: Session, script: Script, chosen: str | None, key: str) -> tuple[Session, bytes]:
        """Return the session as it is recorded, and the response that opens it."""
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines.append(f"Sec-WebSocket-Accept: {accept_of(key)}")
        if chosen in session.offered:
            lines.append(f"Sec-WebSocket-Protocol: {chosen}")
        if _deflates(script.session, Side.CSMS) and _deflates(session, Side.STATION):
            lines.append("Sec-WebSocket-Extensions: permessage-deflate")
        raw = "\r\n".join(lines).encode() + END_OF_HEAD
        head = ResponseHead.parse(raw)
        session = msgspec.structs.replace(
            session, csms=script.session.csms, answered_at=time.time_ns(), status=101, reason=head.reason,
            response=head.headers, chosen=head.field("sec-websocket-protocol"),
        )  # fmt: skip
        return session, raw

    async def _refuse(self, visitor: "_Visitor", session: Session, status: int, sentence: str) -> None:
        raw = refusal(status, sentence)
        head = ResponseHead.parse(raw.partition(END_OF_HEAD)[0] + END_OF_HEAD)
        now = time.time_ns()
        self._recorder.answer(msgspec.structs.replace(
            session, answered_at=now, closed_at=now, status=status, reason=head.reason, response=head.headers,
            body=sentence, fault=sentence, ending=Ending.REFUSED,
        ))  # fmt: skip
        log.info("%s was refused: %s", safe(session.identity), safe(sentence))
        with suppress(asyncio.CancelledError):
            await say_and_close(visitor, raw)

    def _note(self, report: SessionReport) -> None:
        self.reports.append(report)
        self._told(report)


def _deflates(session: Session, side: Side) -> bool:
    return DeflateParameters.agreed(session.header(EXTENSIONS, of=side)) is not None


class _Visitor(HeadReader):
    """A connection that nobody knows anything about yet; `is_wrong` where it speaks plain HTTP at a door for TLS."""

    def __init__(self, house: House, *, is_wrong: bool = False) -> None:
        super().__init__()
        self.is_wrong = is_wrong
        self._house = house

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._house.receive(self)

"""What the two sides of a session say to each other, whatever the OCPP version; the words are in talk16 and talk2x."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.demo.wiring import Payload, RefusedError, UnknownActionError

Say = Callable[[str, Payload], Awaitable[Payload]]
Pause = Callable[[], Awaitable[None]]

LONGEST_REMOTE_CHARGE: Final = 20
"""Meter readings after which a station ends a remotely started transaction that nobody stops."""


UPDATE_STEPS: Final = ("Downloading", "Downloaded", "Installing", "Installed")
"""What a station reports while it updates its firmware."""


def always(**payload: Any) -> Callable[[Payload], Payload]:
    """Return an answer that does not depend on the question."""
    return lambda _: payload


def moment(ahead_s: float = 0) -> str:
    """Return the time as RFC 3339 in UTC with milliseconds, the most that OCPP 2.x allows."""
    at = datetime.now(UTC) + timedelta(seconds=ahead_s)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StationTalk(ABC):
    """The station's part of one session: its journey from boot to the end, and what it answers on the way."""

    replies: Mapping[str, Callable[[Payload], Payload]]
    """Action to answer; what is not here is not implemented."""
    leads_on: frozenset[str]
    """Actions that a station first answers and then acts upon, in messages of its own."""

    def __init__(self, plate: Payload, pause: Pause, *, lacks: frozenset[str], extras: Sequence[str]) -> None:
        self.plate = plate
        self._pause = pause
        self._lacks = lacks
        self._extras = extras
        self._chores: deque[tuple[str, Payload]] = deque()
        self._say: Say = _mute
        self._stop_asked = False
        self._reset_asked = False
        self._meter_wh = 10_000

    def answer(self, action: str, payload: Payload) -> Payload:
        """Answer a CALL of the CSMS, and remember what it asks for.

        Raises:
            UnknownActionError: this product lacks the action.
        """
        if action in self._lacks or action not in self.replies:
            raise UnknownActionError(f"{action} is not implemented")
        if action in self.leads_on:
            self._chores.append((action, payload))
        return self.replies[action](payload)

    async def journey(self, say: Say, *, heartbeats: int | None) -> None:
        """Boot, charge and stay for so many heartbeats (None: for ever), or until the CSMS asks for a reset."""
        self._say = say
        if not await self._boot():
            return
        await self._tell("Heartbeat", {})
        await self._do_chores()
        await self._charge()
        for action in self._extras:
            await self._tell(action, self._extra(action))
        await self._stay(heartbeats)

    async def _stay(self, heartbeats: int | None) -> None:
        await self._do_chores()
        while not self._reset_asked and heartbeats != 0:
            await self._tell("Heartbeat", {})
            await self._do_chores()
            heartbeats = heartbeats - 1 if heartbeats is not None else None

    async def _do_chores(self) -> None:
        while self._chores:
            action, payload = self._chores.popleft()
            if action == "Reset":
                self._reset_asked = True
                return
            await self._follow_up(action, payload)

    async def _tell(self, action: str, payload: Payload) -> Payload:
        """Say something, whatever comes of it; {} where it was refused."""
        reply: Payload = {}
        with suppress(RefusedError):
            reply = await self._say(action, payload)
        await self._pause()
        return reply

    def _metered(self) -> int:
        self._meter_wh += 120
        return self._meter_wh

    @abstractmethod
    async def _boot(self) -> bool:
        """Introduce the station; say whether it was accepted."""

    @abstractmethod
    async def _charge(self, remote: Payload | None = None) -> None:
        """Run one transaction, of a driver at the station or as a CSMS asked for."""

    @abstractmethod
    async def _follow_up(self, action: str, payload: Payload) -> None:
        """Act upon something that was asked for."""

    @abstractmethod
    def _extra(self, action: str) -> Payload:
        """Return what a station that makes use of this action says."""


class CsmsTalk:
    """The CSMS's part of one session: its answers, and the questions that it asks in their order."""

    def __init__(self, questions: Sequence[str], *, lacks: frozenset[str] = frozenset()) -> None:
        self.questions = deque(questions)
        self._lacks = lacks
        self.replies: Mapping[str, Callable[[Payload], Payload]] = {}
        self.words: Mapping[str, Callable[[], Payload | None]] = {}

    def answer(self, action: str, payload: Payload) -> Payload | None:
        """Answer a CALL of the station.

        Raises:
            UnknownActionError: this product lacks the action.
        """
        if action in self._lacks or action not in self.replies:
            raise UnknownActionError(f"{action} is not implemented")
        return self.replies[action](payload)

    def next_question(self) -> tuple[str, Payload] | None:
        """Take the next CALL to send; None while the station is not there yet, or when there is no more."""
        if not self.questions:
            return None
        payload = self.words[self.questions[0]]()
        return None if payload is None else (self.questions.popleft(), payload)


async def _mute(action: str, _: Payload) -> Payload:
    raise AssertionError(f"{action} was to be said before the journey began")

"""Disturbs sessions at the organizer's word, and records each step of it. Off unless a hub is given one."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from hub.disturbing.answer_gate import AnswerGate, AnswerWatch
from hub.disturbing.endings import break_off, half_close, why_not
from hub.disturbing.faults import (
    AnswerFault,
    Bandwidth,
    Close,
    Ending,
    HalfClose,
    Lasting,
    Latency,
    Refuse,
    Reset,
    Stall,
    Wanted,
)
from hub.disturbing.gates import LateGate, NarrowGate, ShutGate, TimedGate
from hub.errors import HubError
from hub.relaying.leg import Leg, State
from hub.relaying.splice import Splice
from hub.writing.recorder import Recorder
from matrix.safe import safe
from matrix.trace import Disturbed, Phase, Session, Side

NAMES_KEPT: Final = 1_000
"""How many names of sessions that are over may pile up before they are forgotten."""

log = logging.getLogger(__name__)


class DisturbError(HubError):
    """That session cannot be disturbed like that; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A session by its number, or a station by its identity, at one CSMS or any."""

    text: str

    @property
    def session(self) -> int | None:
        return int(self.text) if self.text.isdecimal() and len(self.text) < 19 else None

    def fits(self, session: int, identity: str, csms: str) -> bool:
        if self.session is not None:
            return self.session == session
        return self.text in (identity, f"{identity}/{csms}")


@dataclass(frozen=True, slots=True)
class Started:
    """A disturbance that was begun (with its number), or that waits for a handshake (with None).

    `is_done` where it was over as soon as it had begun: a reset, a close.
    """

    number: int | None
    session: int | None
    target: str
    text: str
    is_done: bool = False


@dataclass(slots=True)
class _Going:
    """A disturbance that is on."""

    started: Started
    splice: Splice
    wanted: Wanted
    gates: list[TimedGate | AnswerGate] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Disturber:
    """What is on, and what waits. `attach` it to a relay's recorder and sessions; lives on their event loop."""

    def __init__(self, *, random: Random | None = None) -> None:
        self._random = random or Random()  # noqa: S311 - jitter, not a secret
        self._recorder: Recorder
        self._splices: set[Splice] = set()
        self._names: dict[int, tuple[str, str]] = {}
        self._going: dict[int, _Going] = {}
        self._refusals: list[tuple[Target, Refuse]] = []

    def attach(self, recorder: Recorder, splices: set[Splice]) -> None:
        """Learn where to record, and which sessions are open."""
        self._recorder, self._splices = recorder, splices

    # -- what the relay tells -----------------------------------------------------------------------------------------

    def opened(self, session: Session) -> None:
        """Take up that a session is open."""
        if len(self._names) > 2 * len(self._splices) + NAMES_KEPT:
            still_open = {splice.session for splice in self._splices}
            self._names = {number: names for number, names in self._names.items() if number in still_open}
        self._names[session.id] = session.identity, session.csms

    def refusal(self, session: Session) -> Refuse | None:
        """Return how this upgrade request is to be refused, once, and record that; None where it is let in."""
        for place, (target, wanted) in enumerate(self._refusals):
            if target.fits(session.id, session.identity, session.csms):
                del self._refusals[place]
                self._record_done(session.id, wanted, self._record(session.id, wanted, Phase.BEGUN))
                return wanted
        return None

    # -- what the organizer asks for ----------------------------------------------------------------------------------

    def disturb(self, target: str, wanted: Wanted) -> Started:
        """Begin a disturbance.

        Raises:
            DisturbError: there is no such session, it is disturbed already, or it cannot be disturbed like that.
        """
        self._forget_what_is_over()
        if isinstance(wanted, Refuse):
            return self._wait_for_handshake(Target(target), wanted)
        splice = self._splice_of(Target(target))
        other = next((going for going in self._going.values() if going.splice is splice), None)
        if reason := _why_not_besides(other, wanted) or _why_not(splice, wanted):
            raise DisturbError(f"session {splice.session} cannot be disturbed by {wanted.text!r}: {reason}")
        if other is not None and other.started.number is not None:
            self._over(other.started.number)
        number = self._record(splice.session, wanted, Phase.BEGUN)
        started = Started(
            number,
            splice.session,
            "/".join(self._names[splice.session]),
            wanted.text,
            isinstance(wanted, Reset | Close),
        )
        log.warning("session %d is disturbed: %s", splice.session, wanted.text)
        self._begin(_Going(started, splice, wanted), number)
        return started

    def stop(self, number: int) -> Started:
        """End a disturbance: what it holds back goes on at once.

        Raises:
            DisturbError: there is none of that number that is on.
        """
        self._forget_what_is_over()
        if number not in self._going:
            raise DisturbError(f"there is no disturbance {number} that is on")
        if isinstance(self._going[number].wanted, HalfClose):
            raise DisturbError(f"disturbance {number} cannot be undone: a stream that has ended stays so")
        return self._over(number)

    def stop_all(self) -> None:
        """End everything, and let every handshake through again."""
        self._refusals.clear()
        self._forget_what_is_over()
        for number in [*self._going]:
            self._over(number)

    def list(self) -> list[Started]:
        """Return what is on, and which handshakes will be refused."""
        self._forget_what_is_over()
        waiting = [Started(None, None, target.text, wanted.text) for target, wanted in self._refusals]
        return [*(going.started for going in self._going.values()), *waiting]

    # -- doing it -----------------------------------------------------------------------------------------------------

    def _wait_for_handshake(self, target: Target, wanted: Refuse) -> Started:
        if target.session is not None:
            raise DisturbError(f"{wanted.text!r} waits for a station: name it, IDENTITY or IDENTITY/CSMS")
        if not target.text:
            raise DisturbError(f"{wanted.text!r} waits for a station: name it")
        self._refusals = [(other, each) for other, each in self._refusals if other != target]
        self._refusals.append((target, wanted))
        log.warning("the next handshake of %s will be refused with %d", safe(target.text, 80), wanted.status)
        return Started(None, None, target.text, wanted.text)

    def _splice_of(self, target: Target) -> Splice:
        found = [
            splice
            for splice in self._splices
            if splice.state is not State.OVER and target.fits(splice.session, *self._names[splice.session])
        ]
        if not found:
            raise DisturbError(f"there is no open session {safe(target.text, 80)!r}")
        if len(found) > 1:
            numbers = ", ".join(str(number) for number in sorted(splice.session for splice in found))
            raise DisturbError(f"{safe(target.text, 80)!r} has several open sessions: name one of {numbers}")
        return found[0]

    def _begin(self, going: _Going, number: int) -> None:
        splice, wanted = going.splice, going.wanted
        match wanted:
            case Latency() | Bandwidth() | Stall():
                self._going[number] = going
                going.gates = [self._timed_gate(splice.leg(side), wanted) for side in _sides(wanted.side)]
                if wanted.for_s is not None:
                    going.timer = asyncio.get_running_loop().call_later(wanted.for_s, self._over, number)
            case AnswerFault():
                self._going[number] = going
                going.gates = [*self._answer_gates(splice, wanted, number)]
            case HalfClose():
                self._going[number] = going
                half_close(splice, wanted)
            case Reset() | Close():
                self._record_done(splice.session, wanted, number)  # before the session's end, which comes at once
                break_off(splice, wanted)

    def _timed_gate(self, leg: Leg, wanted: Latency | Bandwidth | Stall) -> TimedGate:
        match wanted:
            case Latency():
                return LateGate(leg, wanted.delay_s, wanted.jitter_s, self._random)
            case Bandwidth():
                return NarrowGate(leg, wanted.bytes_per_s)
            case Stall():
                return ShutGate(leg)

    def _answer_gates(self, splice: Splice, wanted: AnswerFault, number: int) -> Iterator[AnswerGate]:
        watch = AnswerWatch(wanted)
        for side in Side:
            yield AnswerGate(
                splice.leg(side),
                watch,
                wanted.by_s,
                on_taken=partial(self._touched, number),
                on_done=partial(self._over_if_on, number),
            )

    def _touched(self, number: int, frames_before: int) -> None:
        going = self._going.get(number)
        if going is not None and going.splice.state is not State.OVER:  # whoever takes leave still reads by the gate
            self._record(going.splice.session, going.wanted, Phase.TOUCHED, number, frames_before=frames_before)

    def _over_if_on(self, number: int) -> None:
        if number in self._going:
            self._over(number)

    def _over(self, number: int) -> Started:
        going = self._going.pop(number)
        if going.timer:
            going.timer.cancel()
        if going.splice.state is not State.OVER and not isinstance(going.wanted, HalfClose):
            self._record(going.splice.session, going.wanted, Phase.ENDED, number)
        for gate in going.gates:
            gate.open()
        log.warning("session %d is disturbed no more: %s", going.splice.session, going.wanted.text)
        return going.started

    def _forget_what_is_over(self) -> None:
        for number, going in [*self._going.items()]:
            if going.splice.state is State.OVER and going.splice not in self._splices:
                self._over(number)

    def _record_done(self, session: int, wanted: Reset | Close | Refuse, number: int) -> None:
        """Record that what takes no time is over."""
        self._record(session, wanted, Phase.ENDED, number)

    def _record(
        self, session: int, wanted: Wanted, phase: Phase, number: int = 0, *, frames_before: int | None = None
    ) -> int:
        step = Disturbed(
            mark=0, number=number, session=session, at=time.time_ns(), phase=phase, fault=wanted.fault,
            text=wanted.text, side=wanted.side,
        )  # fmt: skip
        return self._recorder.disturb(step, frames_before=frames_before)


def _sides(side: Side | None) -> list[Side]:
    return [*Side] if side is None else [side]


def _why_not_besides(other: _Going | None, wanted: Lasting | Ending) -> str | None:
    """Say why a session cannot be disturbed like that besides what is on; a reset or a close ends it."""
    if other is None or isinstance(wanted, Reset) or (isinstance(wanted, Close) and not _is_half_closed(other)):
        return None
    return f"{other.started.text!r} is on, number {other.started.number}; stop that first"


def _is_half_closed(going: _Going) -> bool:
    return isinstance(going.wanted, HalfClose)


def _why_not(splice: Splice, wanted: Lasting | Ending) -> str | None:
    """Say why a session cannot be disturbed like that; None where it can."""
    match wanted:
        case AnswerFault():
            sides = [side for side in _sides(wanted.side) if splice.leg(side).tap.keeps_context]
            if not sides:
                return None
            return f"{sides[0].label} compresses each message with those before it, so that none can be left out"
        case Close() | HalfClose():
            return why_not(splice, wanted)
        case _:
            return None

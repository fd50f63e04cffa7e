"""Plays one side of a recorded session against a live peer: events in, acts out. Does no I/O and reads no clock.

A step is said once everything that the other side had done before it in the recording has happened again, and its
time has come; what does not happen is given up after a while (`progress`). What the live peer answers is held against
the recording (`calls`), what it asks is answered as it was recorded (`replies`).
"""

from typing import Final

from matrix.replay.acts import Act, Close, Drop, Ping, Say, Start, Tempo
from matrix.replay.calls import Calls
from matrix.replay.memory import Memory
from matrix.replay.progress import Progress
from matrix.replay.replies import Replies
from matrix.replay.report import Notes, SessionReport, What
from matrix.replay.script import GARBLED, Kind, Script, Step
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Send, read

AT_ONCE: Final = 64
"""What is done in one go."""


class Player:
    """One session that is played: tell it what is `heard`, and ask it what to `take` then, and at `wake_at`."""

    def __init__(self, script: Script, memory: Memory, tempo: Tempo, start: Start) -> None:
        self.script = script
        self.notes = Notes()
        self.is_over = False
        self._calls = Calls(script, memory, start, self.notes)
        self._progress = Progress(script, tempo, start, self._calls.unanswered)
        self._replies = Replies(script, memory, self._progress, self.notes)

    @property
    def wake_at(self) -> int | None:
        """When there is something to take, at the latest; None where nothing but the peer can bring it about."""
        return self._progress.wake_at

    @property
    def improvised_ids(self) -> list[tuple[str, str]]:
        """The message ids and actions of answers that were improvised."""
        return self._replies.improvised_ids

    def heard(self, text: str | bytes, now: int) -> None:
        """Take up a message of the live peer; never raises, whatever it is."""
        try:
            self._hear(text, now)
        except RecursionError:  # JSON may be nested as deep as Python's stack
            self.notes.depart(What.GARBAGE, "the peer said what is nested too deep to be looked into")

    def _hear(self, text: str | bytes, now: int) -> None:
        match read(text, self.script.dialect.message_types):
            case Call() as call:
                self._replies.ask(call, now)
            case CallResult() | CallError() as answer:
                self._calls.answered(answer, self._progress, now)
            case CallResultError(code=code, description=description):
                self.notes.depart(What.GARBAGE, f"the peer could not use an answer: {code} {description}")
            case Send() as send:
                self._replies.match(send)
            case Garbled(answers=str(message_id)) if self._calls.is_open(message_id):
                self._calls.answered(CallError(message_id, GARBLED, "", {}), self._progress, now)
            case Garbled(defects=defects):
                self.notes.depart(What.GARBAGE, f"the peer said what cannot be read: {defects[0].text}")

    def closed(self, how: str) -> None:
        """Take up that the live peer has ended the session, or that the connection broke."""
        if self.is_over:
            return
        self.is_over = True
        self._progress.look()
        left = self.script.steps[self._progress.cursor : -1]
        if left:
            self.notes.depart(What.ENDING, f"{how}, when {len(left)} steps were left")
        for step in left:
            self._leave_out(step, how)

    def take(self, now: int) -> list[Act]:
        """Return what to do now, in order; where that is much, `wake_at` is now, for the rest."""
        progress = self._progress
        progress.look()
        acts: list[Act] = [*self._replies.take(now)]
        while not self.is_over and progress.is_ready(now):
            if len(acts) >= AT_ONCE:
                progress.wake(now)
                break
            acts += self._perform(now)
        if not self.is_over:
            self._replies.wake()
        if progress.waits_until:
            acts += self._calls.keep_alive(progress, now)
        return acts

    def _perform(self, now: int) -> list[Act]:
        """Do the next step."""
        step, number = self._progress.next_step, self._progress.cursor
        if (late_ns := self._progress.late_by(step, now)) is not None:
            self.notes.late(late_ns)
        self._progress.cursor += 1
        match step.kind:
            case Kind.CLOSE | Kind.WAIT | Kind.DROP:
                return [self._end(step)]
            case Kind.PING:
                return [Ping(step.raw)]
            case Kind.RAW:
                self.notes.count(What.SENT)
                return [Say(step.raw, step.opcode)]
        if why := self._calls.why_not(step, self._progress):
            self._leave_out(step, why)
            return []
        self._progress.sent(number, now)
        return [self._calls.say(number, now)]

    def _end(self, step: Step) -> Act:
        self.is_over = True
        if step.kind is Kind.DROP:
            return Drop()
        if step.kind is Kind.WAIT:
            self.notes.depart(What.ENDING, "the peer had closed the session in the recording, and did not now")
        return Close(step.code)

    def _leave_out(self, step: Step, why: str) -> None:
        self._calls.leave_out(step, why)
        if step.event is not None:
            self._progress.settle(step.event, 0)

    def report(self, session: int, identity: str) -> SessionReport:
        """Return what came of it; to be asked once, at the end."""
        self._calls.end(self._progress)
        self._replies.end()
        notes = self.notes
        return SessionReport(
            identity=identity,
            origin=self.script.session.id,
            session=session,
            side=self.script.side.value,
            counts={what.value: number for what, number in notes.counts.items()},
            departures=tuple(notes.departures),
            untold=notes.untold,
            timing=notes.timing,
        )

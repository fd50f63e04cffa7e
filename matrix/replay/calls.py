"""The CALLs of the replayed side: sent with live ids, and what the live peer answers held against the recording."""

from itertools import count
from typing import Final

from matrix.replay.acts import SECOND, Say, Start
from matrix.replay.alive import Alive
from matrix.replay.compare import Context, Difference, differences
from matrix.replay.fields import Id, ids_in
from matrix.replay.memory import Memory
from matrix.replay.progress import Progress
from matrix.replay.report import Notes, What, without_secrets
from matrix.replay.script import Kind, Script, Step
from matrix.replay.template import Filling, MessageId, fill
from matrix.schemas import Part
from matrix.trace import Side
from matrix.wire import CallError, CallResult

BOOT: Final = "BootNotification"
BOOT_ATTEMPTS: Final = 3
ALIVE: Final = -1
"""The number of a step that is none: a Heartbeat while waiting."""


class Calls:
    """What the replayed side says of its own accord, and what is open of it."""

    def __init__(self, script: Script, memory: Memory, start: Start, notes: Notes) -> None:
        self._script = script
        self._memory = memory
        self._start = start
        self._notes = notes
        self._alive = Alive.of(script)
        self._open: dict[str, list[int]] = {}
        self._boots = 0
        self._beats = count()

    def is_open(self, message_id: str) -> bool:
        """Tell whether a CALL of this message id waits for its answer."""
        return message_id in self._open

    # -- what is said -------------------------------------------------------------------------------------------------

    def say(self, number: int, now: int) -> Say:
        """Return a step as it is to be said."""
        step = self._script.steps[number]
        salt = str(self._boots) if self._boots and step.action == BOOT else ""
        has_slot = MessageId(step.message_id) in step.template  # an id that is none is as it was
        message_id = self._memory.message_id(step.message_id, salt) if has_slot else step.message_id
        if step.kind is Kind.CALL:
            self._open.setdefault(message_id, []).append(number)
        self._memory.say(step.gives)
        self._notes.count(What.SENT)
        moved_ns = now - step.at if self._start.moved_ns is None else self._start.moved_ns
        return Say(fill(step.template, Filling(lambda _: message_id, self._memory.live, moved_ns)), step.opcode)

    def leave_out(self, step: Step, why: str) -> None:
        """Do not say a step, nor what depends on it."""
        self._notes.depart(What.NOT_SENT, why, action=step.action or step.kind, frame=step.frame)
        given = [found.id for found in step.answer.ids if found.gives] if step.answer else []
        self._memory.miss([*step.gives, *step.names, *given])

    def why_not(self, step: Step, progress: Progress) -> str:
        """Say why a step makes no sense; "" where it does."""
        if progress.stopped:
            return progress.stopped
        for number in progress.lacking(step):
            self._memory.miss(each for each in step.names if each in self._given_by(number))
        missing = next(self._memory.missing(step.names), None)
        if missing is None:
            return ""
        if not missing.value:
            return f"it follows a {missing.kind}, which did not come"
        return f"it names the {missing.kind} id {missing.value}, which nobody has given"

    def _given_by(self, number: int) -> set[Id]:
        """Return the ids that come with a CALL of the other side, or with its answer."""
        cue = self._script.cues[number]
        return {Id(cue.action, ""), *(found.id for found in (*cue.ids, *(cue.answer.ids if cue.answer else ())))}

    def keep_alive(self, progress: Progress, now: int) -> list[Say]:
        """Let a station that waits for the CSMS say what stations say meanwhile."""
        alive, said = self._alive, list[Say]()
        if alive is None:
            return said
        if alive.is_due(now):
            message_id = self._memory.message_id("(alive)", str(next(self._beats)))
            self._open[message_id] = [ALIVE]
            self._notes.count(What.KEPT_ALIVE)
            filling = Filling(lambda _: message_id, self._memory.live, now - alive.step.at)
            said.append(Say(fill(alive.step.template, filling)))
        if alive.next_at < progress.waits_until:
            progress.wake(alive.next_at)
        return said

    # -- what is answered ---------------------------------------------------------------------------------------------

    def answered(self, answer: CallResult | CallError, progress: Progress, now: int) -> None:
        """Hold an answer of the live peer against the recorded one, and learn its ids."""
        number = self._taken(answer.id)
        if number is None:
            self._notes.depart(What.GARBAGE, f"an answer to no open CALL came: {answer.id}")
        if number is None or number == ALIVE:
            return
        progress.heard(now)
        step = self._script.steps[number]
        found = self._compare(step, answer)
        self._learn(step, answer)
        if found:
            self._notes.depart(What.DIFFERENTLY, "", action=step.action, frame=step.frame, differences=found)
        else:
            self._notes.count(What.AS_RECORDED)
        if step.action == BOOT and self._is_to_boot_again(number, answer, progress, now):
            return
        if step.event is not None:
            progress.settle(step.event, now)

    def unanswered(self, step: Step) -> None:
        """Note that there is no answer to a step."""
        if step.answer is None:
            self._notes.count(What.SILENT_AS_RECORDED)
            return
        self._notes.depart(What.UNANSWERED, "there was no answer in time", action=step.action, frame=step.frame)
        self._memory.miss(found.id for found in step.answer.ids if found.gives)

    def end(self, progress: Progress) -> None:
        """Note what is open as unanswered, unless it has been."""
        steps = [self._script.steps[each] for numbers in self._open.values() for each in numbers if each != ALIVE]
        for step in steps:
            if not progress.is_settled(step.event):
                self.unanswered(step)

    def _taken(self, message_id: str) -> int | None:
        """Return the number of the step that an answer is to, the first of those that wait under its message id."""
        numbers = self._open.get(message_id)
        if not numbers:
            return None
        number = numbers.pop(0)
        if not numbers:
            del self._open[message_id]
        return number

    def _compare(self, step: Step, answer: CallResult | CallError) -> list[Difference]:
        recorded = step.answer
        if recorded is None:
            return [Difference("", "no answer", _kind_of(answer))]
        if isinstance(answer, CallError) or recorded.payload is None:
            was = f"CALLERROR {recorded.code}" if recorded.payload is None else "CALLRESULT"
            now = _kind_of(answer)
            return [] if was == now else [Difference("", was, now)]
        context = Context(self._script.version, step.action, Part.RESPONSE)
        found = differences(recorded.payload, answer.payload, context, self._memory)
        return without_secrets(found, recorded.payload, answer.payload) if found else []

    def _learn(self, step: Step, answer: CallResult | CallError) -> None:
        if step.answer is None or not step.answer.ids:
            return
        payload = answer.payload if isinstance(answer, CallResult) else None
        self._memory.learn(step.answer.ids, ids_in(payload or {}, self._script.version, step.action, Part.RESPONSE))
        self._memory.miss(found.id for found in step.answer.ids if found.gives)

    def _is_to_boot_again(
        self, number: int, answer: CallResult | CallError, progress: Progress, now: int
    ) -> bool:  # fmt: skip
        """Tell whether a station that was accepted, and is not now, tries again; else it has nothing more to say."""
        step = self._script.steps[number]
        was = (step.answer.payload or {}).get("status") if step.answer else None
        payload = (answer.payload or {}) if isinstance(answer, CallResult) else {}
        status = payload.get("status")
        if self._script.side is not Side.STATION or was != "Accepted" or status == "Accepted":
            return False
        self._boots += 1
        if self._boots == BOOT_ATTEMPTS:
            progress.stopped = f"the station was not accepted: {status or _kind_of(answer)}"
            return False
        interval = payload.get("interval")
        wait_ns = interval * SECOND if type(interval) is int and interval > 0 else SECOND
        progress.not_before = now + min(progress.tempo.scaled(wait_ns), progress.tempo.deadline_ns)
        progress.cursor = number
        return True


def _kind_of(answer: CallResult | CallError) -> str:
    return "CALLRESULT" if isinstance(answer, CallResult) else f"CALLERROR {answer.code}"

"""Plays one side of a recorded session against a live peer: events in, acts out. Does no I/O and reads no clock.

A step is said once everything that the other side had done before it in the recording has happened again, and its
time has come; what does not happen is given up after a while. What the live peer asks is answered as it was recorded.
"""

from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple

import orjson

from matrix.dialect import CALLERROR, CALLRESULT
from matrix.replay.acts import SECOND, Act, Close, Drop, Ping, Say, Start, Tempo
from matrix.replay.alive import Alive
from matrix.replay.book import Book, Fit, Match
from matrix.replay.compare import Context, Difference, differences
from matrix.replay.fields import Id, ids_in
from matrix.replay.improvise import Occasion, improvised
from matrix.replay.memory import Memory
from matrix.replay.report import Notes, SessionReport, What, without_secrets
from matrix.replay.script import GARBLED, Answer, Cue, Kind, Script, Step
from matrix.replay.template import Filling, MessageId, fill
from matrix.schemas import Part
from matrix.trace import Side
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Send, read

LEAST_PATIENCE: Final = SECOND // 10
"""What is left of the patience with a peer that asks for nothing that it had asked for."""
LEAST_NEED: Final = SECOND
"""The same, with what something depends on."""
LINGER: Final = SECOND // 10
"""How long the peer has to have asked nothing before a session is closed."""
CSMS_PATIENCE: Final = SECOND
"""How long a CALL of the CSMS is waited for, beyond its time, that nothing depends on: the CSMS may be waiting too."""
AT_ONCE: Final = 64
"""What is done in one go."""
BOOT: Final = "BootNotification"
BOOT_ATTEMPTS: Final = 3
ALIVE: Final = -1
"""The number of a step that is none: a Heartbeat while waiting."""


class _Pending(NamedTuple):
    """An answer that waits for its time."""

    due: int
    number: int
    call: Call
    cue: int | None
    is_again: bool


class Player:
    """One session that is played: tell it what is `heard`, and ask it what to `take` then, and at `wake_at`."""

    def __init__(self, script: Script, memory: Memory, tempo: Tempo, start: Start) -> None:
        self.script = script
        self.notes = Notes()
        self.is_over = False
        self.wake_at: int | None = start.opened_at
        self.improvised_ids: list[tuple[str, str]] = []
        self._memory = memory
        self._tempo = tempo
        self._start = start
        self._book = Book(script.version, script.cues)
        self._settled = [False] * len(script.events)
        self._settled_at = [0] * len(script.events)
        self._low = 0
        self._cursor = 0
        self._open: dict[str, list[int]] = {}
        self._sent_at: dict[int, int] = {}
        self._last_step = (script.begins_at, start.opened_at)
        self._heard_at = self._ready_at = start.opened_at
        self._most_patience = tempo.deadline_ns
        if script.side is Side.STATION:
            self._most_patience = min(CSMS_PATIENCE, tempo.deadline_ns)
        self._patience = self._most_patience
        self._need = tempo.deadline_ns
        self._alive = Alive.of(script)
        self._waits_until = 0
        self._asked_at = 0
        self._come: set[int] = set()
        self._series: set[str] = set()
        self._answers: list[_Pending] = []
        self._numbers = count()
        self._new_ids = count(_highest_id(script) + 1)
        self._boots = 0
        self._not_before = 0
        self._stopped = ""
        self._has_closed = False

    # -- what happens -------------------------------------------------------------------------------------------------

    def heard(self, text: str | bytes, now: int) -> None:
        """Take up a message of the live peer; never raises, whatever it is."""
        try:
            self._hear(text, now)
        except RecursionError:  # JSON may be nested as deep as Python's stack
            self.notes.depart(What.GARBAGE, "the peer said what is nested too deep to be looked into")

    def _hear(self, text: str | bytes, now: int) -> None:
        match read(text, self.script.dialect.message_types):
            case Call() as call:
                self._asked(call, now)
            case CallResult() | CallError() as answer:
                self._answered(answer, now)
            case CallResultError(code=code, description=description):
                self.notes.depart(What.GARBAGE, f"the peer could not use an answer: {code} {description}")
            case Send() as send:
                self._match(send)
            case Garbled(answers=str(message_id)) if message_id in self._open:
                self._answered(CallError(message_id, GARBLED, "", {}), now)
            case Garbled(defects=defects):
                self.notes.depart(What.GARBAGE, f"the peer said what cannot be read: {defects[0].text}")

    def closed(self, how: str) -> None:
        """Take up that the live peer has ended the session, or that the connection broke."""
        if self.is_over:
            return
        self.is_over = self._has_closed = True
        self.wake_at = None
        steps = self.script.steps
        if self._cursor < len(steps) - 1:
            self.notes.depart(What.ENDING, f"{how}, when {len(steps) - 1 - self._cursor} steps were left")
        for step in steps[self._cursor : -1]:
            self._leave_out(step, how)

    def take(self, now: int) -> list[Act]:
        """Return what to do now, in order; where that is much, `wake_at` is now, for the rest."""
        acts: list[Act] = []
        self.wake_at, self._waits_until = None, 0
        while self._answers and self._answers[0].due <= now:
            acts.append(self._answer(heappop(self._answers), now))
        steps = self.script.steps
        while not self.is_over and self._is_ready(steps[self._cursor], now):
            if len(acts) >= AT_ONCE:
                self._wake(now)
                break
            step, self._cursor = steps[self._cursor], self._cursor + 1
            acts += self._perform(step, self._cursor - 1, now)
        if self._answers and not self.is_over:
            self._wake(self._answers[0].due)
        if self._waits_until and self._alive:
            acts += self._keep_alive(self._alive, now)
        return acts

    def _keep_alive(self, alive: Alive, now: int) -> list[Act]:
        """Let a station that waits for the CSMS say what stations say meanwhile."""
        acts: list[Act] = []
        if alive.is_due(now):
            message_id = self._memory.message_id("(alive)", str(next(self._numbers)))
            self._open[message_id] = [ALIVE]
            self.notes.count(What.KEPT_ALIVE)
            filling = Filling(lambda _: message_id, self._memory.live, now - alive.step.at)
            acts.append(Say(fill(alive.step.template, filling)))
        if alive.next_at < self._waits_until:
            self._wake(alive.next_at)
        return acts

    # -- steps --------------------------------------------------------------------------------------------------------

    def _is_ready(self, step: Step, now: int) -> bool:
        due = self._due(step)
        while True:
            while self._low < step.after and self._settled[self._low]:
                self._low += 1
            if self._low >= step.after:
                break
            if (limit := self._limit(self._low, due)) > now:
                self._wake(limit)
                return False
            self._give_up(step.after, due, now)
        if (limit := self._limit_of_needs(step, due)) > now:
            self._waits_until = limit
            self._wake(limit)
            return False
        due = self._due(step)
        if step.kind is Kind.WAIT:
            due = max(due, self._ready_at) + self._tempo.deadline_ns
        elif step.kind is Kind.CLOSE:
            latest = max(due, self._ready_at, self._last_step[1]) + self._tempo.deadline_ns
            due = max(due, min(max(self._asked_at, self._last_step[1], self._ready_at) + LINGER, latest))
        if due > now:
            self._wake(due)
            return False
        if not self._tempo.is_at_once and self._ready_at <= due and step.kind not in (Kind.WAIT, Kind.CLOSE):
            self.notes.late(now - due)
        return True

    def _due(self, step: Step) -> int:
        """Return when a step's time is, as far as is known."""
        if self._tempo.is_at_once:
            return self._not_before
        if self._start.recorded_at is not None:
            at = self._start.live_at + self._tempo.scaled(step.at - self._start.recorded_at)
            return max(at, self._not_before)
        recorded_at, live_at = self._last_step
        if step.after and self._settled_at[step.after - 1]:
            event = self.script.events[step.after - 1]
            if event.at >= recorded_at:
                recorded_at, live_at = event.at, self._settled_at[step.after - 1]
        return max(live_at + self._tempo.scaled(max(step.at - recorded_at, 0)), self._not_before)

    def _limit(self, place: int, due: int) -> int:
        """Return until when an event is waited for."""
        event = self.script.events[place]
        if event.step is None:
            left = event.gap - self._tempo.scaled(event.gap)  # what a timer of the peer's takes, however fast we are
            return self._quiet_since(due) + self._patience + min(max(left * 3 // 2, 0), self._tempo.deadline_ns)
        sent_at = self._sent_at.get(event.step, 0)
        if event.until is None:
            return sent_at + self._tempo.deadline_ns
        return sent_at + min(max(self._tempo.scaled(event.until - event.at), SECOND), self._tempo.deadline_ns)

    def _limit_of_needs(self, step: Step, due: int) -> int:
        """Return until when is waited for what a step is said because of; 0 where all of it has come."""
        if self._stopped or all(number in self._come for number in step.needs):
            return 0
        return self._quiet_since(due) + self._need

    def _quiet_since(self, due: int) -> int:
        return max(due, self._heard_at, self._last_step[1])

    def _give_up(self, until: int, due: int, now: int) -> None:
        """Wait no longer for what is overdue before a step."""
        has_missed = False
        for place in range(self._low, until):
            if not self._settled[place] and self._limit(place, due) <= now:
                event = self.script.events[place]
                self._settle(place, 0)
                self._ready_at = now
                has_missed |= event.cue is not None
                if event.step is not None:
                    self._unanswered(self.script.steps[event.step])
        if has_missed:
            self._patience = max(self._patience // 2, LEAST_PATIENCE)

    def _perform(self, step: Step, number: int, now: int) -> list[Act]:
        match step.kind:
            case Kind.CLOSE | Kind.WAIT:
                self.is_over = True
                if step.kind is Kind.WAIT:
                    self.notes.depart(What.ENDING, "the peer had closed the session in the recording, and did not now")
                return [Close(step.code)]
            case Kind.DROP:
                self.is_over = True
                return [Drop()]
            case Kind.PING:
                return [Ping(step.raw)]
            case Kind.RAW:
                self.notes.count(What.SENT)
                return [Say(step.raw, step.opcode)]
        if why := self._why_not(step):
            self._leave_out(step, why)
            return []
        return [self._say(step, number, now)]

    def _say(self, step: Step, number: int, now: int) -> Say:
        self._last_step = (step.at, now)
        self._sent_at[number] = now
        salt = str(self._boots) if self._boots and step.action == BOOT else ""
        has_slot = MessageId(step.message_id) in step.template  # an id that is none is as it was
        message_id = self._memory.message_id(step.message_id, salt) if has_slot else step.message_id
        if step.kind is Kind.CALL:
            self._open.setdefault(message_id, []).append(number)
        self._memory.say(step.gives)
        self.notes.count(What.SENT)
        moved_ns = now - step.at if self._start.moved_ns is None else self._start.moved_ns
        text = fill(step.template, Filling(lambda _: message_id, self._memory.live, moved_ns))
        return Say(text, step.opcode)

    def _why_not(self, step: Step) -> str:
        """Say why a step makes no sense; "" where it does."""
        if self._stopped:
            return self._stopped
        for number in step.needs:
            if number not in self._come:
                self._memory.miss(each for each in step.names if each in self._given_by(number))
                self._need = max(self._need // 2, LEAST_NEED)
        missing = next(self._memory.missing(step.names), None)
        if missing is None:
            return ""
        if not missing.value:
            return f"it follows a {missing.kind}, which did not come"
        return f"it names the {missing.kind} id {missing.value}, which nobody has given"

    def _given_by(self, number: int) -> set[Id]:
        """Return the ids that come with a CALL of the other side, or with its answer."""
        cue = self.script.cues[number]
        return {Id(cue.action, ""), *(found.id for found in (*cue.ids, *(cue.answer.ids if cue.answer else ())))}

    def _leave_out(self, step: Step, why: str) -> None:
        """Do not say a step, nor what depends on it."""
        self.notes.depart(What.NOT_SENT, why, action=step.action or step.kind, frame=step.frame)
        given = [found.id for found in step.answer.ids if found.gives] if step.answer else []
        self._memory.miss([*step.gives, *step.names, *given])
        if step.event is not None:
            self._settle(step.event, 0)

    # -- answers to the replayed side ---------------------------------------------------------------------------------

    def _answered(self, answer: CallResult | CallError, now: int) -> None:
        numbers = self._open.get(answer.id)
        if not numbers:
            self.notes.depart(What.GARBAGE, f"an answer to no open CALL came: {answer.id}")
            return
        number = numbers.pop(0)
        if not numbers:
            del self._open[answer.id]
        if number == ALIVE:
            return
        self._heard_at = now
        step = self.script.steps[number]
        found = self._compare(step, answer)
        self._learn(step, answer)
        if found:
            self.notes.depart(What.DIFFERENTLY, "", action=step.action, frame=step.frame, differences=found)
        else:
            self.notes.count(What.AS_RECORDED)
        if step.action == BOOT and self._is_to_boot_again(step, answer, number, now):
            return
        if step.event is not None:
            self._settle(step.event, now)

    def _compare(self, step: Step, answer: CallResult | CallError) -> list[Difference]:
        recorded = step.answer
        if recorded is None:
            return [Difference("", "no answer", _kind_of(answer))]
        if isinstance(answer, CallError) or recorded.payload is None:
            was = f"CALLERROR {recorded.code}" if recorded.payload is None else "CALLRESULT"
            now = _kind_of(answer)
            return [] if was == now else [Difference("", was, now)]
        context = Context(self.script.version, step.action, Part.RESPONSE)
        found = differences(recorded.payload, answer.payload, context, self._memory)
        return without_secrets(found, recorded.payload, answer.payload) if found else []

    def _learn(self, step: Step, answer: CallResult | CallError) -> None:
        if step.answer is None or not step.answer.ids:
            return
        payload = answer.payload if isinstance(answer, CallResult) else None
        self._memory.learn(step.answer.ids, ids_in(payload or {}, self.script.version, step.action, Part.RESPONSE))
        self._memory.miss(found.id for found in step.answer.ids if found.gives)

    def _unanswered(self, step: Step) -> None:
        if step.answer is None:
            self.notes.count(What.SILENT_AS_RECORDED)
            return
        self.notes.depart(What.UNANSWERED, "there was no answer in time", action=step.action, frame=step.frame)
        self._memory.miss(found.id for found in step.answer.ids if found.gives)

    def _is_to_boot_again(self, step: Step, answer: CallResult | CallError, number: int, now: int) -> bool:
        """Tell whether a station that was accepted, and is not now, tries again; else it has nothing more to say."""
        was = (step.answer.payload or {}).get("status") if step.answer else None
        payload = (answer.payload or {}) if isinstance(answer, CallResult) else {}
        status = payload.get("status")
        if self.script.side is not Side.STATION or was != "Accepted" or status == "Accepted":
            return False
        self._boots += 1
        if self._boots == BOOT_ATTEMPTS:
            self._stopped = f"the station was not accepted: {status or _kind_of(answer)}"
            return False
        interval = payload.get("interval")
        wait_ns = interval * SECOND if type(interval) is int and interval > 0 else SECOND
        self._not_before = now + min(self._tempo.scaled(wait_ns), self._tempo.deadline_ns)
        self._cursor = number
        return True

    # -- what the live peer asks --------------------------------------------------------------------------------------

    def _asked(self, call: Call, now: int) -> None:
        self._asked_at = now
        match = self._match(call)
        if match is None:
            self._plan_answer(now, call, None)
            return
        if match.fit is not Fit.AGAIN:
            self._heard_at = now
        cue = self.script.cues[match.cue]
        if cue.settles_early or cue.answer is None:
            self._settle_cue(cue, now)
        if cue.answer is not None:
            delay = self._tempo.scaled(max(cue.answer.at - cue.at, 0))
            self._plan_answer(now + delay, call, match.cue, is_again=match.fit is Fit.AGAIN)
        elif cue.is_cut:
            self._plan_answer(now, call, None)
        else:
            self.notes.count(What.LEFT_OPEN)

    def _match(self, call: Call | Send) -> Match | None:
        """Find the recorded message that a live one is taken for, and learn from the two."""
        match = self._book.match(call.action, call.payload, self._memory)
        if match is not None:
            cue = self.script.cues[match.cue]
            if match.fit is not Fit.AGAIN:
                self._patience, self._need = self._most_patience, self._tempo.deadline_ns
                self._come.add(match.cue)
                live = ids_in(call.payload or {}, self.script.version, call.action, Part.REQUEST)
                self._memory.learn(cue.ids, live)
            self._note_asked(call, cue, match)
        return match

    def _note_asked(self, call: Call | Send, cue: Cue, match: Match) -> None:
        match match.fit:
            case Fit.SAME:
                self.notes.count(What.ASKED)
            case Fit.AGAIN:
                self.notes.count(What.ASKED_AGAIN)
            case Fit.ALIKE:
                found = without_secrets(match.differences, cue.payload, call.payload)
                self.notes.depart(What.ASKED_DIFFERENTLY, "", action=cue.action, frame=cue.frame, differences=found)

    def _plan_answer(self, due: int, call: Call, cue: int | None, *, is_again: bool = False) -> None:
        heappush(self._answers, _Pending(due, next(self._numbers), call, cue, is_again))

    def _answer(self, pending: _Pending, now: int) -> Say:
        if pending.cue is None:
            return self._improvise(pending.call, now)
        cue = self.script.cues[pending.cue]
        assert cue.answer is not None
        text = self._recorded_answer(cue.answer, pending, now)
        self._settle_cue(cue, now)
        return Say(text)

    def _recorded_answer(self, answer: Answer, pending: _Pending, now: int) -> str:
        given = frozenset(found.id for found in answer.ids if found.gives)
        if pending.is_again:
            anew = {each: str(next(self._new_ids)) for each in given if each.value.isdecimal()}
        else:
            anew = {}
            self._memory.say(given)
        live = self._memory.live
        filling = Filling(lambda _: pending.call.id, lambda each: anew.get(each) or live(each), now - answer.at)
        return fill(answer.template, filling)

    def _improvise(self, call: Call, now: int) -> Say:
        occasion = Occasion(self.script.version, call.action, call.payload or {}, now, next(self._new_ids))
        made = improvised(occasion)
        self.improvised_ids.append((call.id, call.action))
        self.notes.depart(What.IMPROVISED, "the recording has no answer to it", action=call.action)
        if made.payload is None:
            return Say(orjson.dumps([CALLERROR, call.id, made.error, "", {}]).decode())
        return Say(orjson.dumps([CALLRESULT, call.id, made.payload]).decode())

    def _settle_cue(self, cue: Cue, now: int) -> None:
        if cue.event is not None and not self._settled[cue.event]:
            self._settle(cue.event, now)
        self._settle_uncounted(cue, now)

    def _settle_uncounted(self, cue: Cue, now: int) -> None:
        """Let one of those that come in any number stand for all that the next step waits for."""
        if not (series := cue.series) or self._cursor >= len(self.script.steps):
            return
        self._series.add(series)
        for place in range(self._low, self.script.steps[self._cursor].after):
            event = self.script.events[place]
            if event.cue is not None and self.script.cues[event.cue].series == series and not self._settled[place]:
                self._settle(place, now)

    # -- bookkeeping --------------------------------------------------------------------------------------------------

    def _settle(self, place: int, now: int) -> None:
        self._settled[place] = True
        self._settled_at[place] = now
        self._ready_at = max(self._ready_at, now)

    def _wake(self, at: int) -> None:
        self.wake_at = at if self.wake_at is None else min(self.wake_at, at)

    # -- the end ------------------------------------------------------------------------------------------------------

    def report(self, session: int, identity: str) -> SessionReport:
        """Return what came of it; to be asked once, at the end."""
        for numbers in self._open.values():
            for number in numbers:
                if number == ALIVE:
                    continue
                event = self.script.steps[number].event
                if event is None or not self._settled[event]:
                    self._unanswered(self.script.steps[number])
        for number in self._book.unused():
            cue = self.script.cues[number]
            if cue.event is not None and cue.series not in self._series:
                self.notes.depart(What.MISSING, "the peer did not ask it", action=cue.action, frame=cue.frame)
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


def _kind_of(answer: CallResult | CallError) -> str:
    return "CALLRESULT" if isinstance(answer, CallResult) else f"CALLERROR {answer.code}"


def _highest_id(script: Script) -> int:
    """Return the highest integer that is given as an id in a script."""
    ids: list[Id] = [found.id for cue in script.cues for found in (*cue.ids, *(cue.answer.ids if cue.answer else ()))]
    ids += [each for step in script.steps for each in step.gives]
    return max((int(each.value) for each in ids if each.value.isdecimal() and len(each.value) < 10), default=0)

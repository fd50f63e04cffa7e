"""What the live peer asks: answered as it was recorded, at its time, or else by an improvised answer."""

from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import orjson

from matrix.dialect import CALLERROR, CALLRESULT
from matrix.replay.acts import Say
from matrix.replay.book import Book, Fit, Match
from matrix.replay.fields import Id, ids_in
from matrix.replay.improvise import Improvised, Occasion, improvised
from matrix.replay.items import Items
from matrix.replay.memory import Memory
from matrix.replay.progress import Progress
from matrix.replay.report import Notes, What, without_secrets
from matrix.replay.script import Answer, Cue, Script
from matrix.replay.template import Filling, fill
from matrix.schemas import Part
from matrix.wire import Call, Send


class _Pending(NamedTuple):
    """An answer that waits for its time."""

    due: int
    number: int
    call: Call
    cue: int | None
    is_again: bool


class Replies:
    """Answers the CALLs of the live peer. `improvised_ids` are the message ids and actions of those made up."""

    def __init__(self, script: Script, memory: Memory, progress: Progress, notes: Notes) -> None:
        self.improvised_ids: list[tuple[str, str]] = []
        self._script = script
        self._memory = memory
        self._progress = progress
        self._notes = notes
        self._book = Book(script.version, script.cues)
        self._made_up: set[str] = set()
        self._pending: list[_Pending] = []
        self._numbers = count()
        self._new_ids = count(_highest_id(script) + 1)

    @cached_property
    def _items(self) -> Items:
        return Items(self._script)

    def ask(self, call: Call, now: int) -> None:
        """Take up a CALL of the peer: the answer to it comes at its time."""
        self._progress.asked(now)
        match = self.match(call)
        if match is None:
            self._plan(now, call, None)
            self._hear_news(call, now)
            return
        if match.fit is not Fit.AGAIN:
            self._progress.heard(now)
        cue = self._script.cues[match.cue]
        if cue.settles_early or cue.answer is None:
            self._progress.settle_cue(cue, now)
        if cue.answer is not None:
            delay = self._progress.tempo.scaled(max(cue.answer.at - cue.at, 0))
            self._plan(now + delay, call, match.cue, is_again=match.fit is Fit.AGAIN)
        elif cue.is_cut:
            self._plan(now, call, None)
        else:
            self._notes.count(What.LEFT_OPEN)

    def match(self, call: Call | Send) -> Match | None:
        """Find the recorded message that a live one is taken for, and learn from the two."""
        match = self._book.match(call.action, call.payload, self._memory)
        if match is not None:
            cue = self._script.cues[match.cue]
            if match.fit is not Fit.AGAIN:
                self._progress.came(match.cue)
                live = ids_in(call.payload or {}, self._script.version, call.action, Part.REQUEST)
                self._memory.learn(cue.ids, live)
            self._note(call, cue, match)
        return match

    def take(self, now: int) -> list[Say]:
        """Return the answers whose time has come."""
        said: list[Say] = []
        while self._pending and self._pending[0].due <= now:
            said.append(self._answer(heappop(self._pending), now))
        return said

    def wake(self) -> None:
        """Have the player woken for the next answer."""
        if self._pending:
            self._progress.wake(self._pending[0].due)

    def end(self) -> None:
        """Note what the peer did not ask."""
        for number in self._book.unused():
            cue = self._script.cues[number]
            if cue.event is not None and cue.series not in self._progress.series:
                self._notes.depart(What.MISSING, "the peer did not ask it", action=cue.action, frame=cue.frame)

    def _hear_news(self, call: Call, now: int) -> None:
        """Have patience with a peer that goes through questions of its own: once with each kind of them."""
        if call.action not in self._made_up:
            self._made_up.add(call.action)
            self._progress.heard(now)

    def _note(self, call: Call | Send, cue: Cue, match: Match) -> None:
        match match.fit:
            case Fit.SAME:
                self._notes.count(What.ASKED)
            case Fit.AGAIN:
                self._notes.count(What.ASKED_AGAIN)
            case Fit.ALIKE:
                found = without_secrets(match.differences, cue.payload, call.payload)
                self._notes.depart(What.ASKED_DIFFERENTLY, "", action=cue.action, frame=cue.frame, differences=found)

    def _plan(self, due: int, call: Call, cue: int | None, *, is_again: bool = False) -> None:
        heappush(self._pending, _Pending(due, next(self._numbers), call, cue, is_again))

    def _answer(self, pending: _Pending, now: int) -> Say:
        if pending.cue is None:
            return self._improvise(pending.call, now)
        cue = self._script.cues[pending.cue]
        assert cue.answer is not None
        text = self._recorded(cue.answer, pending, now)
        self._progress.settle_cue(cue, now)
        return Say(text)

    def _recorded(self, answer: Answer, pending: _Pending, now: int) -> str:
        given = frozenset(found.id for found in answer.ids if found.gives)
        anew: dict[Id, str] = {}
        if pending.is_again:
            anew = {each: str(next(self._new_ids)) for each in given if each.value.isdecimal()}
        else:
            self._memory.say(given)
        live = self._memory.live
        filling = Filling(lambda _: pending.call.id, lambda each: anew.get(each) or live(each), now - answer.at)
        return fill(answer.template, filling)

    def _improvise(self, call: Call, now: int) -> Say:
        request = call.payload or {}
        made, why = Improvised(self._items.answer(call.action, request)), "put together from what it has of each item"
        if made.payload is None:
            occasion = Occasion(self._script.version, call.action, request, now, next(self._new_ids))
            made, why = improvised(occasion), "the recording has no answer to it"
        self.improvised_ids.append((call.id, call.action))
        self._notes.depart(What.IMPROVISED, why, action=call.action)
        if made.payload is None:
            return Say(orjson.dumps([CALLERROR, call.id, made.error, "", {}]).decode())
        return Say(orjson.dumps([CALLRESULT, call.id, made.payload]).decode())


def _highest_id(script: Script) -> int:
    """Return the highest integer that is given as an id in a script."""
    ids: list[Id] = [found.id for cue in script.cues for found in (*cue.ids, *(cue.answer.ids if cue.answer else ()))]
    ids += [each for step in script.steps for each in step.gives]
    return max((int(each.value) for each in ids if each.value.isdecimal() and len(each.value) < 10), default=0)

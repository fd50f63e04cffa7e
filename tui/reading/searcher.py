"""Searching for the dashboard, in a thread: builds the index, answers the filter of the moment, follows a live one."""

import threading
import time
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from hub.errors import HubError
from hub.recording.database import DatabaseError
from hub.recording.reading import Recording
from hub.search.finder import find
from hub.search.indexing import Index, following
from hub.search.query import EVERYTHING, Query, asks_the_judge, asks_who
from matrix.safe import safe
from tui.reading.opinion import Judged
from tui.reading.source import Source

POLL_S: Final = 0.5
TURN_S: Final = 1.0
"""How long the index is built before what is found by then is shown."""
AGAIN_S: Final = 2.0
"""How often everything is looked through again that the judge may think otherwise of by now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: each has a number of its own."""

    number: int
    query: Query


@dataclass(frozen=True, slots=True)
class Hits:
    """More of what is found for a question; with `anew`, the first of it. `handshakes` are sessions by their marks.

    `until` is the last mark that was looked at, None while there is more to come.
    """

    number: int
    marks: "array[int]"
    handshakes: Mapping[int, int]
    anew: bool
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """Until which mark the recording can be found, and which share of it that is; `trouble`: why nothing can."""

    until: int
    share: float
    trouble: str = ""


Post = Callable[[Hits | Indexed], object]


class Searcher:
    """Answers one question at a time; `ask` may be called from any thread."""

    def __init__(self, source: Source, post: Post) -> None:
        self._source = source
        self._post = post
        self._asked = Asked(0, EVERYTHING)
        self._news = threading.Event()
        self._stopped = False
        self._answered = 0
        self._renewed = 0
        self._until = 0
        self._stamp: object = None
        self._looked_at = 0.0

    def ask(self, query: Query) -> int:
        """Look for something else from now on; return the number of the question."""
        self._asked = Asked(self._asked.number + 1, query)
        self._news.set()
        return self._asked.number

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stopped = True
        self._news.set()

    def run(self) -> None:
        """Answer until `stop`. What is wrong with the recording is posted, not raised."""
        while not self._stopped:
            try:
                with following(self._source.path) as (recording, index):
                    self._follow(recording, index)
            except HubError as exc:
                self._post(Indexed(0, 0.0, safe(str(exc))))
                self._news.wait(POLL_S)
            except DatabaseError as exc:
                self._post(Indexed(0, 0.0, f"the index cannot be read: {safe(str(exc))}"))
                self._renew()

    def _renew(self) -> None:
        """Make the index anew, once for a question; one that cannot be answered is left alone then."""
        if self._renewed == self._asked.number:
            self._answered = self._renewed
            self._news.wait()
            return
        self._answered, self._renewed = 0, self._asked.number
        with suppress(HubError), following(self._source.path) as (recording, index):
            index.renew(recording)

    def _follow(self, recording: Recording, index: Index) -> None:
        """Answer and go on with the index by turns, for as long as the file is in its place."""
        file = _file_of(self._source)
        index.extend(recording, is_stopped=lambda: True)
        while not self._stopped and _file_of(self._source) == file:
            self._news.clear()
            if self._asked.number != self._answered:
                self._answer(index, recording, self._asked)
            elif self._stamp_of(index) != self._stamp:
                self._look_again(index, recording)
            self._extend(index, recording)
            if index.until >= recording.last_mark():
                self._news.wait(POLL_S)

    def _extend(self, index: Index, recording: Recording) -> None:
        turn = time.monotonic() + TURN_S
        index.extend(recording, is_stopped=lambda: self._is_asked_otherwise() or time.monotonic() > turn)
        end = recording.last_mark()
        self._post(Indexed(index.until, min(index.until / end, 1.0) if end else 1.0))

    def _is_asked_otherwise(self) -> bool:
        return self._stopped or self._news.is_set()

    def _stamp_of(self, index: Index) -> object:
        verdicts = self._source.verdicts
        return index.until, verdicts, verdicts.vantage.mark, verdicts.tallies.count, self._source.caught_up.is_set()

    # -- answering ----------------------------------------------------------------------------------------------------

    def _answer(self, index: Index, recording: Recording, asked: Asked) -> None:
        """Find all there is so far, and post it in portions."""
        self._stamp, self._looked_at = self._stamp_of(index), time.monotonic()
        self._until = index.until
        handshakes = {mark: session for session, mark in index.opened.items()}
        opinion, anew = Judged(self._source.verdicts), True
        for marks in find(index, recording, asked.query, opinion, is_stopped=self._is_asked_otherwise):
            if marks or anew:
                self._post(Hits(asked.number, marks, handshakes, anew))
                anew = False
        if not self._is_asked_otherwise():
            self._answered = asked.number
            self._post(Hits(asked.number, array("q"), handshakes, anew, self._until))

    def _look_again(self, index: Index, recording: Recording) -> None:
        """Take up what came since; where the judge is asked, all of it, because it may think otherwise by now."""
        asked = self._asked
        if asks_the_judge(asked.query) or asks_who(asked.query):
            if time.monotonic() - self._looked_at < AGAIN_S:
                return
            stamp, self._looked_at = self._stamp_of(index), time.monotonic()
            found = self._found(index, recording, asked, after=0)
            anew = True
        else:
            stamp, anew = self._stamp_of(index), False
            found = self._found(index, recording, asked, after=self._until)
        if not self._is_asked_otherwise():
            self._stamp, self._until = stamp, index.until
            handshakes = {mark: session for session, mark in index.opened.items()}
            self._post(Hits(asked.number, found, handshakes, anew, index.until))

    def _found(self, index: Index, recording: Recording, asked: Asked, *, after: int) -> "array[int]":
        found, opinion = array("q"), Judged(self._source.verdicts)
        for marks in find(index, recording, asked.query, opinion, after=after, is_stopped=self._is_asked_otherwise):
            found.extend(marks)
        return found


def _file_of(source: Source) -> int | None:
    try:
        return source.path.stat().st_ino
    except OSError:
        return None

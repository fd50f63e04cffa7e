"""The process behind the hub's web page: `python -m tui.page.process RECORDING`.

It follows the recording as a dashboard does, tells the hub over a pipe what changes on the board, and answers what
viewers ask. Ends with its standard input.
"""

import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from hub.access.scope import Scope
from hub.page.pipe import Asked, Change, Looks, Question, Reply, Rules, asked, pack
from matrix.boards.pair import EMPTY_BOARD, BoardView
from matrix.notes import Notes
from matrix.policy import AS_WRITTEN, Policy, read_policy
from tui.garbage import collect_seldom
from tui.page.answers import Answers, sight_of
from tui.page.board import pair_summary, rules_of, status
from tui.page.names import Letters
from tui.page.sight import Seen, Sight
from tui.reading.messages import Advanced, Progress, Rejudged
from tui.reading.source import Source

CHANGES_S: Final = 0.5
"""Changes of pairs are told this often at most."""
STATUS_S: Final = 2.0
"""How often the line at the top is told anew, where nothing else has changed."""
GIVES_UP_S: Final = 5.0


class Teller:
    """Turns boards into changes: what it has told of one scope so far, and what is new."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._told: dict[str, bytes] | None = None
        self._pairs: dict[tuple[object, ...], tuple[Seen, bytes]] = {}
        self._status = b""
        self._status_at = 0.0

    def tell(
        self, board: BoardView, progress: Progress, notes: Notes, *, now: float, policy: Policy = AS_WRITTEN
    ) -> Change | None:
        """Return what has changed since the last call; None where that is nothing, or only what can wait."""
        seen = [*self._sight.pairs(board)]
        pairs = self._as_json(seen, notes)
        told = self._told or {}
        changed = {name: body for name, body in pairs.items() if told.get(name) != body}
        gone = tuple(name for name in told if name not in pairs)
        shown = status(board, progress, self._sight.scope, (each.pair for each in seen))
        line = orjson.dumps(shown | rules_of(policy))
        is_whole = self._told is None
        is_due = line != self._status and now - self._status_at >= STATUS_S
        if not (is_whole or changed or gone or is_due):
            return None
        self._told, self._status, self._status_at = pairs, line, now
        return Change(self._sight.scope, is_whole, changed, gone, line)

    def _as_json(self, seen: Iterable[Seen], notes: Notes) -> dict[str, bytes]:
        """Return the pairs as JSON by their ids; those that are the same objects are not put together anew."""
        known, self._pairs = self._pairs, {}
        found: dict[str, bytes] = {}
        for each in seen:
            names, name = each.names, each.pair_id
            key = (
                id(each.pair),
                name,
                names.station(each.pair),
                names.csms(each.pair.csms),
                notes.contested(each.pair),
            )
            before = known.get(key)
            if before is None or before[0].pair is not each.pair:
                before = each, orjson.dumps(pair_summary(each, notes))
            self._pairs[key] = before
            found[name] = before[1]
        return found


class PageJudge:
    """The process's three threads: one judges, one answers, one tells what has changed."""

    def __init__(self, recording: Path, rules: Rules, output: BinaryIO) -> None:
        self.source = Source(recording, policy=_policy(rules))
        self._letters = Letters()
        self._tellers: dict[Scope, Teller] = {}
        self._answers = Answers(self.source, self._letters)
        self._output = output
        self._may_write = threading.Lock()
        self._news = threading.Event()
        self._latest: tuple[BoardView, Progress] = (EMPTY_BOARD, Progress())
        self._is_over = False

    def judge(self) -> None:
        """Follow the recording until the end."""
        self.source.run(self._take)
        if not self._is_over:  # it was taken away or put in another's place: a new process begins with what is there
            time.sleep(GIVES_UP_S)
            os._exit(1)

    def answer(self, words: Iterable[Asked]) -> None:
        """Do as the hub says and answer it until it closes the pipe, then end."""
        for word in words:
            match word:
                case Question():
                    self._answer(word)
                case Looks():
                    self._look(word.scopes)
                case Rules():
                    self.source.rejudge_by(_policy(word))
        self._is_over = True
        self.source.stop()
        self._news.set()

    def tell(self) -> None:
        """Tell what changes, until the end."""
        while not self._is_over:
            self._news.clear()
            for teller in self._tellers.values():
                with self._answers.from_now:
                    notes, policy = self.source.verdicts.notes, self.source.policy
                    change = teller.tell(*self._latest, notes, now=time.monotonic(), policy=policy)
                if change:
                    self._write(pack(change))
            time.sleep(CHANGES_S)
            self._news.wait(STATUS_S)

    def _answer(self, question: Question) -> None:
        self._answers.board, self._answers.progress = self._latest
        with nullcontext() if "at" in question.about else self.source.courtesy():  # to look back may take long
            found, body, hidden = self._answers.answer(question)
        self._write(pack(Reply(question.number, found, orjson.dumps(body), hidden)))

    def _look(self, scopes: Iterable[Scope]) -> None:
        """Tell of these scopes from now on; what was told of one goes on, while somebody looks."""
        known = self._tellers
        self._tellers = {
            scope: known.get(scope) or Teller(sight_of(scope, self.source, self._letters)) for scope in scopes
        }
        self._news.set()

    def _take(self, told: Advanced | Rejudged) -> None:
        if isinstance(told, Advanced):
            self._letters.look_at(told.board, self.source.verdicts.sessions)
            self._latest = (told.board, told.progress)
            self._news.set()

    def _write(self, word: bytes) -> None:
        with self._may_write:
            self._output.write(word)
            self._output.flush()


def main(recording: Path) -> None:
    """Judge, answer and tell until standard input ends; the first word there is the event's rules."""
    _let_the_relay_go_first()
    collect_seldom()
    words = asked(sys.stdin.buffer)
    rules = next(words, Rules())
    judge = PageJudge(recording, rules if isinstance(rules, Rules) else Rules(), sys.stdout.buffer)
    for work in (judge.judge, lambda: judge.answer(words)):
        threading.Thread(target=work, daemon=True).start()
    with suppress(BrokenPipeError):
        judge.tell()
    os._exit(0)  # nothing is left to be saved, and a thread may be in the middle of a page


def _policy(rules: Rules) -> Policy:
    return read_policy({each["rule"]: {key: each[key] for key in ("severity", "reason")} for each in rules.regrades})


def _let_the_relay_go_first() -> None:
    os.nice(10)
    with suppress(AttributeError, OSError):  # Linux only
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

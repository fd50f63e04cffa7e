"""The process behind the hub's web page: `python -m tui.page_process RECORDING [RULES.toml]`.

It follows the recording as a dashboard does, tells the hub over a pipe what changes on the board, and answers what
viewers ask. Ends with its standard input.
"""

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from hub.page.pipe import Change, Reply, pack, questions
from hub.page.views import View
from matrix.board import BoardView, Pair
from tui.garbage import collect_seldom
from tui.messages import Advanced, Progress, Rejudged
from tui.page_answers import Answers
from tui.page_board import pair_summary, status
from tui.page_names import Names, Numbers, RealNames
from tui.source import EMPTY_BOARD, Source

CHANGES_S: Final = 0.5
"""Changes of pairs are told this often at most."""
STATUS_S: Final = 2.0
"""How often the line at the top is told anew, where nothing else has changed."""
GIVES_UP_S: Final = 5.0


class Teller:
    """Turns boards into changes: what it has told of one view so far, and what is new."""

    def __init__(self, view: View, names: Names) -> None:
        self.names = names
        self._view = view
        self._told: dict[str, bytes] | None = None
        self._pairs: dict[int, tuple[Pair, str, bytes]] = {}
        self._status = b""
        self._status_at = 0.0

    def tell(self, board: BoardView, progress: Progress, *, now: float) -> Change | None:
        """Return what has changed since the last call; None where that is nothing, or only what can wait."""
        pairs = self._as_json(board)
        told = self._told or {}
        changed = {name: body for name, body in pairs.items() if told.get(name) != body}
        gone = tuple(name for name in told if name not in pairs)
        line = orjson.dumps(status(board, progress, self.names))
        is_whole = self._told is None
        is_due = line != self._status and now - self._status_at >= STATUS_S
        if not (is_whole or changed or gone or is_due):
            return None
        self._told, self._status, self._status_at = pairs, line, now
        return Change(self._view, is_whole, changed, gone, line)

    def _as_json(self, board: BoardView) -> dict[str, bytes]:
        """Return the pairs as JSON by their ids; those that are the same objects are not put together anew."""
        known, self._pairs = self._pairs, {}
        for pair in sorted(board.pairs, key=lambda each: each.sessions):  # numbers shall not tell the order of names
            before = known.get(id(pair))
            if before is None or before[0] is not pair:
                before = (pair, self.names.pair_id(pair.key), orjson.dumps(pair_summary(pair, self.names)))
            self._pairs[id(pair)] = before
        return {name: body for _, name, body in self._pairs.values()}


class PageJudge:
    """The process's three threads: one judges, one answers, one tells what has changed."""

    def __init__(self, recording: Path, rules_file: Path | None, output: BinaryIO) -> None:
        self.source = Source(recording, rules_file=rules_file)
        self._tellers = [Teller(View.EVERYTHING, RealNames()), Teller(View.OUTCOMES, Numbers())]
        self._answers = Answers(self.source, {View.EVERYTHING: RealNames(), View.OUTCOMES: self._tellers[1].names})
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

    def answer(self, pipe: BinaryIO) -> None:
        """Answer until the hub closes the pipe, then end."""
        for question in questions(pipe):
            self._answers.board = self._latest[0]
            with self.source.courtesy():
                found, body = self._answers.answer(question)
            self._write(pack(Reply(question.number, found, orjson.dumps(body))))
        self._is_over = True
        self.source.stop()
        self._news.set()

    def tell(self) -> None:
        """Tell what changes, until the end."""
        while not self._is_over:
            self._news.clear()
            for teller in self._tellers:
                if change := teller.tell(*self._latest, now=time.monotonic()):
                    self._write(pack(change))
            time.sleep(CHANGES_S)
            self._news.wait(STATUS_S)

    def _take(self, told: Advanced | Rejudged) -> None:
        if isinstance(told, Advanced):  # nobody has the page judge anew
            self._latest = (told.board, told.progress)
            self._news.set()

    def _write(self, word: bytes) -> None:
        with self._may_write:
            self._output.write(word)
            self._output.flush()


def main(recording: Path, rules_file: Path | None = None) -> None:
    """Judge, answer and tell until standard input ends."""
    _let_the_relay_go_first()
    collect_seldom()
    judge = PageJudge(recording, rules_file, sys.stdout.buffer)
    for work in (judge.judge, lambda: judge.answer(sys.stdin.buffer)):
        threading.Thread(target=work, daemon=True).start()
    with suppress(BrokenPipeError):
        judge.tell()
    os._exit(0)  # nothing is left to be saved, and a thread may be in the middle of a page


def _let_the_relay_go_first() -> None:
    os.nice(10)
    with suppress(AttributeError, OSError):  # Linux only
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

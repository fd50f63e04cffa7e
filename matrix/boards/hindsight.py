"""The board as it was at a moment: what a judge of the recording cut there would show, without judging it again."""

from bisect import bisect_left
from collections.abc import Callable
from functools import partial

from matrix.boards.board import Board
from matrix.boards.chronicle import Chronicle, Step
from matrix.boards.pair import BoardView, Station
from matrix.boards.row_log import Placed, RowLog
from matrix.boards.tally import SessionTally
from matrix.trace import Session


class Hindsight:
    """Goes to any moment of a chronicle; what has not changed since the last one is not put together again.

    For one thread at a time, while another one may write the chronicle.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._board = _Then()

    def view(self, moment: int) -> BoardView:
        """Return the board after so many items of traffic."""
        timeline = self._chronicle.timeline
        entries, written = timeline.entries(moment), timeline.entries(len(timeline))
        self._take_steps(bisect_left(self._chronicle.step_numbers, entries))
        for session, logs in self._chronicle.logs.copy().items():
            self._board.put(session, logs, entries, written)
        self._board.messages = timeline.messages(moment)
        return self._board.view()

    def _take_steps(self, until: int) -> None:
        """Open, close and name sessions as had been done by then, and undo what was done later."""
        board = self._board
        while len(board.undo) > until:
            board.undo.pop()()
        for step in self._chronicle.steps[len(board.undo) : until]:
            board.take(step)


class _Then(Board):
    """A board whose steps can be undone, the latest first, and whose rows are put there as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.undo: list[Callable[[], None]] = []
        self._opened_at: dict[int, int] = {}
        self._shown: dict[int, _Shown] = {}

    # -- steps --------------------------------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        """Do to the board what was done to it then."""
        method, arguments = step
        getattr(self, method)(*arguments)

    def open(self, session: Session, version: str) -> None:
        super().open(session, version)
        self._opened_at[session.id] = self._sessions[session.id].last_at
        self.undo.append(partial(self._unopen, session.id))

    def close(self, session: int) -> None:
        self.undo.append(partial(self._reopen, session) if session in self._open else _nothing)
        super().close(session)

    def identify(self, session: int, station: Station) -> None:
        identity = station.identity
        unnamed = self._unnamed.get(identity, [])
        before = {tally: tally.station for tally in (self._sessions[session], *unnamed)}
        self.undo.append(partial(self._unidentify, identity, self._products.get(identity), before, unnamed))
        super().identify(session, station)

    def set_version(self, session: int, version: str) -> None:
        self.undo.append(partial(super().set_version, session, self._sessions[session].version))
        super().set_version(session, version)

    def _unopen(self, session: int) -> None:
        tally = self._sessions.pop(session)
        self._open.discard(session)
        unnamed = self._unnamed.get(tally.station.identity, [])
        if tally in unnamed:
            unnamed.remove(tally)
        self._leave(tally)

    def _reopen(self, session: int) -> None:
        self._open.add(session)
        self._views.pop(self._sessions[session].key, None)

    def _unidentify(
        self, identity: str, product: Station | None, stations: dict[SessionTally, Station], unnamed: list[SessionTally]
    ) -> None:
        for tally, station in stations.items():
            self._leave(tally)
            tally.station = station
            self._enter(tally)
        if product is None:
            del self._products[identity]
        else:
            self._products[identity] = product
        if unnamed:
            self._unnamed[identity] = unnamed

    # -- rows ---------------------------------------------------------------------------------------------------------

    def put(self, session: int, logs: dict[str, RowLog], entries: int, written: int) -> None:
        """Let the rows of a session be as they were after so many entries; `written` are all that are in the logs."""
        tally = self._sessions.get(session)
        if tally is None:
            return
        shown = self._shown.get(session)
        if shown is None or shown.tally is not tally:
            shown = self._shown[session] = _Shown(tally, shown.rows if shown else {})
        elif shown.after < entries <= shown.until:
            return
        if shown.put(logs.copy(), entries, written):
            tally.last_at = shown.last_at or self._opened_at[session]
            self._views.pop(tally.key, None)


class _Shown:
    """The rows of a session as they have been put last: as they were after an entry on the board, up to another."""

    __slots__ = ("after", "last_at", "rows", "tally", "until")

    def __init__(self, tally: SessionTally, rows: dict[str, Placed]) -> None:
        self.tally = tally
        self.rows = rows
        self.after = self.until = -1
        self.last_at = 0

    def put(self, logs: dict[str, RowLog], entries: int, written: int) -> bool:
        """Put each row as it was, and tell whether any is another now."""
        rows, shown, is_changed = self.rows, self.tally.rows, self.until < 0
        after, until, last_at = -1, written, 0
        for action, log in logs.items():
            row = known = rows.get(action)
            if row is None or not row.after < entries <= row.until:
                row = rows[action] = log.placed(entries, written, known)
                is_changed = is_changed or known is None or known.length != row.length
            if row.after > after:
                after, last_at = row.after, row.at
            if row.until < until:
                until = row.until
            if row.tally is not None:
                shown[action] = row.tally
            else:
                shown.pop(action, None)
        self.after, self.until, self.last_at = after, until, last_at
        return is_changed


def _nothing() -> None:
    """Undo what has changed nothing."""

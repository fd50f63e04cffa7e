"""The board as it was at a moment: what a judge of the recording cut there would show, without judging it again."""

from bisect import bisect_left

from matrix.board import Board, BoardView, RowTally
from matrix.chronicle import Chronicle, RowLog
from matrix.trace import Session


class Hindsight:
    """Goes to any moment of a chronicle; what has not changed since the last one is not put together again.

    For one thread at a time, while another one may write the chronicle.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._board = _Then()
        self._steps = 0

    def view(self, moment: int) -> BoardView:
        """Return the board after so many items of traffic."""
        timeline = self._chronicle.timeline
        entries = timeline.entries(moment)
        self._take_steps(bisect_left(self._chronicle.step_numbers, entries))
        for session, logs in self._chronicle.logs.copy().items():
            if not self._board.has(session, entries):
                self._board.put(session, logs.copy(), entries)
        self._board.messages = timeline.messages(moment)
        return self._board.view()

    def _take_steps(self, until: int) -> None:
        """Open, close and name sessions as had been done; from the beginning where one has to be undone."""
        if until < self._steps:
            self._board, self._steps = _Then(self._board), 0
        for method, arguments in self._chronicle.steps[self._steps : until]:
            getattr(self._board, method)(*arguments)
        self._steps = until


class _Then(Board):
    """A board whose rows are put there as they were; those of `like` are taken over where they are the same."""

    def __init__(self, like: "_Then | None" = None) -> None:
        super().__init__()
        self._opened_at: dict[int, int] = {}
        self._put: dict[int, dict[str, tuple[int, RowTally]]] = {}
        self._same: dict[int, tuple[int, int]] = {}
        self._known = like._put if like else {}  # noqa: SLF001 - of this class

    def open(self, session: Session, version: str) -> None:
        super().open(session, version)
        self._opened_at[session.id] = self._sessions[session.id].last_at

    def has(self, session: int, entries: int) -> bool:
        """Tell whether the rows of a session are as they were after so many entries on the board."""
        after, until = self._same.get(session, (entries, entries))
        return after < entries <= until

    def put(self, session: int, logs: dict[str, RowLog], entries: int) -> None:
        """Let the rows of a session be as they were after so many entries on the board."""
        counts = {action: count for action, log in logs.items() if (count := log.count(entries))}
        rows = self._put.setdefault(session, {})
        self._note_same(session, logs, entries)
        if {action: count for action, (count, _) in rows.items()} == counts:
            return
        known = rows or self._known.get(session, {})
        for action, count in counts.items():
            if action not in rows or rows[action][0] != count:
                kept = known.get(action)
                rows[action] = kept if kept and kept[0] == count else (count, logs[action].as_of(count))
        for action in rows.keys() - counts.keys():
            del rows[action]
        self._show(session, logs)

    def _note_same(self, session: int, logs: dict[str, RowLog], entries: int) -> None:
        """Note between which entries on the board no row of a session changes."""
        spans = [log.unchanged(log.count(entries)) for log in logs.values()]
        following = min((until for _, until in spans if until is not None), default=entries)
        self._same[session] = max(after for after, _ in spans), following

    def _show(self, session: int, logs: dict[str, RowLog]) -> None:
        tally, rows = self._sessions[session], self._put[session]
        tally.rows = {action: row for action, (_, row) in rows.items()}
        latest = max((logs[action].last(count) for action, (count, _) in rows.items()), default=None)
        tally.last_at = latest[1] if latest else self._opened_at[session]
        self._views.pop(tally.key, None)

"""What of a board one scope sees: its own sessions by name and whole, of others what it is shown, under their names.

A station says itself what product it is, so that sessions of two participants may count for one pair. What is shown of
such a pair as one's own is put together from one's own sessions only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub.access.scope import Scope, Shown
from matrix.boards.pair import BoardView, Pair, part_of
from matrix.trace import Session
from tui.page.names import ANOTHERS, Letters, Names, RealNames, SaidNames


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair, or the part of it that is seen, and what it is called; `is_own` where it is the viewer's."""

    pair: Pair
    names: Names
    is_own: bool = False

    @property
    def pair_id(self) -> str:
        return self.names.pair_id(self.pair.key)


class Sight:
    """Looks at the board for one scope. `session` returns what is known of a session by its number.

    Where the board is that of a moment that has passed, the letters and sessions have to be those of then.
    """

    def __init__(self, scope: Scope, letters: Letters, session: Callable[[int], Session | None]) -> None:
        self.scope = scope
        self._session = session
        self._owned: dict[int, bool] = {}
        self._own: Names = RealNames()
        self._parts: dict[int, tuple[Pair, tuple[Seen, ...]]] = {}
        is_open = scope.others is Shown.EVERYTHING
        addition = ANOTHERS if scope.is_somebodys and not is_open else ""

        def named(addition: str = "") -> Names:
            if scope.is_anonymous:
                return letters
            return RealNames() if is_open else SaidNames(letters, addition)

        self._others, self._namesakes = named(), named(addition)

    def pairs(self, board: BoardView) -> Iterator[Seen]:
        """Yield what is seen of a board, in its order."""
        known, self._parts = self._parts, {}
        for pair in board.pairs:
            before = known.get(id(pair))
            if before is None or before[0] is not pair:
                before = pair, tuple(self._seen(pair))
            self._parts[id(pair)] = before
            yield from before[1]

    @property
    def has_open(self) -> bool:
        """True where there may be sessions that are seen whole."""
        return self.scope.is_somebodys or self.scope.others is Shown.EVERYTHING

    def is_open_to(self, session: Session) -> bool:
        """Tell whether a session is seen whole."""
        return self._owns(session) or self.scope.others is Shown.EVERYTHING

    def names_for(self, session: Session) -> Names | None:
        """Return how a session is shown; None where nothing of it is."""
        if self._owns(session):
            return self._own
        return None if self.scope.others is Shown.NOTHING else self._others

    def _seen(self, pair: Pair) -> Iterator[Seen]:
        if not self.scope.is_somebodys:
            if self.scope.others is not Shown.NOTHING:
                yield Seen(pair, self._others, is_own=False)
            return
        sessions = [session for number in pair.sessions if (session := self._session(number)) is not None]
        own = [session for session in sessions if self._owns(session)]
        others = [session for session in sessions if not self._owns(session)]
        if own:
            yield Seen(part_of(pair, own) if others else pair, self._own, is_own=True)
        if others and self.scope.others is not Shown.NOTHING:
            yield Seen(part_of(pair, others) if own else pair, self._namesakes if own else self._others, is_own=False)

    def _owns(self, session: Session) -> bool:
        known = self._owned.get(session.id)
        if known is None:
            known = self._owned[session.id] = self.scope.owns(session.identity, session.csms)
        return known

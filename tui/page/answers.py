"""What the page's process answers to the hub's questions: a status of HTTP, and data for JSON.

What a scope does not see is answered as what is not there, so that guessing tells nothing. A question `at` a moment is
answered as it would have been then, to who sees what they see now.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.access.scope import Scope, Shown
from hub.page.pipe import Question
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.boards.pair import BoardView
from matrix.doctor import spoken_by_csms
from matrix.trace import Session
from tui.page.board import SESSIONS_SHOWN, legend, pair_detail, pair_summary, rules_of, view_of
from tui.page.names import Letters, Names
from tui.page.past import Past, Recall, find_past, looking_from, read_at
from tui.page.refusal import BAD, FORBIDDEN, NOT_FOUND, NOT_THERE, OUTCOMES_ONLY, RefusedError
from tui.page.session import Told, frame_detail, message_page, session_summary
from tui.page.sight import Seen, Sight
from tui.patients import patients_as_json
from tui.reading.messages import Progress
from tui.reading.source import Source
from tui.reading.vantage import NOW
from tui.reading.verdicts import Verdicts

OK: Final = 200
LONGEST_NUMBER: Final = 18
SIGHTS_KEPT: Final = 256
NO_PAIR: Final = "there is no such pair, or not any more: a station may have said its name since"
NO_PAIR_YET: Final = "there was no such pair at that moment: a station may have said its name only later"
NOT_OPENED: Final = "this session had not been opened at that moment"
NOT_SAID: Final = "this message had not been said at that moment"

About = dict[str, str]
"""What a question says besides: `id`, `before` and the like, as they stand in the address."""
Answer = tuple[int, dict[str, Any], str]
"""A status of HTTP, data for JSON, and for the log why something is not told ("": it is)."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How somebody looks: at which board, with what they may see of it, and up to which mark."""

    sight: Sight
    board: BoardView | None
    until: int = NOW

    @property
    def is_now(self) -> bool:
        return self.until == NOW


class Answers:
    """Answers from the recording, the latest board and the verdicts. For one thread.

    Whoever else looks at the verdicts holds `from_now` meanwhile: else they would see those of another moment.
    """

    def __init__(self, source: Source, letters: Letters) -> None:
        self.board: BoardView | None = None
        self.progress = Progress()
        self.from_now = threading.Lock()
        self._source = source
        self._letters = letters
        self._verdicts = source.verdicts
        self._recall = Recall()
        self._sights: dict[Scope, Sight] = {}

    def answer(self, question: Question) -> Answer:
        """Return what is asked for, or why it is not there. Never raises for what a stranger asks."""
        self._verdicts = self._source.verdicts
        try:
            if "at" in question.about:
                return OK, self._look_back(question), ""
            return OK, self._find(question, _Look(self.sight(question.scope), self.board)), ""
        except RefusedError as exc:
            return exc.status, {"error": str(exc)}, exc.hidden or (str(exc) if exc.status == FORBIDDEN else "")
        except RecordingError:
            return NOT_FOUND, {"error": NOT_THERE}, ""

    def sight(self, scope: Scope) -> Sight:
        """Return how a scope sees the board."""
        found = self._sights.get(scope)
        if found is None:
            if len(self._sights) >= SIGHTS_KEPT:
                del self._sights[next(iter(self._sights))]
            found = self._sights[scope] = sight_of(scope, self._source, self._letters)
        return found

    def _look_back(self, question: Question) -> dict[str, Any]:
        past = self._past(question)
        board = self._recall.board(self._verdicts, past)
        sight = _sight_then(question.scope, self._verdicts, self._letters.as_of(board))
        with self.from_now, looking_from(past, self._verdicts):
            self._verdicts.hearing.recall(board, past.mark)
            return self._find(question, _Look(sight, board, past.mark)) | {"when": past.as_data}

    def _past(self, question: Question) -> Past:
        target = read_at(question.about["at"])
        with self._recording() as recording:
            return find_past(target, self.sight(question.scope), self._verdicts, self.progress, recording)

    def _find(self, question: Question, look: _Look) -> dict[str, Any]:
        view = VIEWS.get(question.what)
        if view is None:
            raise RefusedError(NOT_FOUND, "there is no such view")
        return view(self, question.about, look)

    def _legend(self, _about: About, _look: _Look) -> dict[str, Any]:
        return {"legend": legend()}

    def _board(self, _about: About, look: _Look) -> dict[str, Any]:
        pairs = [pair_summary(each, self._verdicts.notes) for each in _seen(look)]
        shown = {"pairs": pairs, "status": view_of(look.sight.scope) | rules_of(self._source.policy)}
        return shown | {"judged": round(self.progress.share, 2)} if look.is_now else shown

    def _pair(self, about: About, look: _Look) -> dict[str, Any]:
        pair_id = about.get("id", "")
        found = next((each for each in _seen(look) if each.pair_id == pair_id), None)
        if found is None:
            raise RefusedError(NOT_FOUND, NO_PAIR if look.is_now else NO_PAIR_YET)
        with self._recording() as recording:
            latest = [recording.session(number) for number in found.pair.sessions[-SESSIONS_SHOWN:]]
        return pair_detail(found, [*self._as_they_stood(latest, look)], self._verdicts.notes)

    def _session(self, about: About, look: _Look) -> dict[str, Any]:
        number = _number(about, "id")
        with self._recording() as recording:
            latest = recording.session(number)
            names = _names_for(latest, look.sight)
            session = next(self._as_they_stood([latest], look), None)
            if session is None:
                raise RefusedError(NOT_FOUND, NOT_OPENED)
            told = self._told(names, look.sight)
            spoken = self._spoken(recording, session, look)
            shown = session_summary(session, _seen_of(session, look), told, spoken)
            if not names.is_open:
                return shown
            places = {name: _number(about, name) for name in ("frame", "before", "after")}
            return shown | message_page(recording, number, told.verdicts.of(number), **places)

    def _frame(self, about: About, look: _Look) -> dict[str, Any]:
        number, sight = _number(about, "id"), look.sight
        if not sight.has_open:
            raise RefusedError(FORBIDDEN, OUTCOMES_ONLY)
        with self._recording() as recording:
            session = recording.session(recording.frame(number).session)
            names = _names_for(session, sight)
            if not names.is_open:
                raise RefusedError(NOT_FOUND, NOT_THERE, f"message {number} is of session {session.id}, of others")
            if number > look.until:
                raise RefusedError(NOT_FOUND, NOT_SAID)
            return frame_detail(recording, number, session.id, self._told(names, sight))

    def _doctor(self, _about: About, look: _Look) -> dict[str, Any]:
        """Return the patients whose attempts are seen whole; what CSMSes have spoken, too, is told of those only."""
        if not look.sight.has_open:
            raise RefusedError(FORBIDDEN, OUTCOMES_ONLY)
        with self._recording() as recording:
            return {"patients": patients_as_json(self._open_to(recording, look))}

    def _told(self, names: Names, sight: Sight) -> Told:
        return Told(self._verdicts, names, with_witnesses=sight.scope.others is not Shown.NOTHING)

    def _spoken(self, recording: Recording, session: Session, look: _Look) -> list[str]:
        """Return the subprotocols that a CSMS has spoken, where that tells why a session did not come about."""
        if session.upgraded and session.chosen:
            return []
        return sorted(spoken_by_csms(self._open_to(recording, look)).get(session.csms, ()))

    def _open_to(self, recording: Recording, look: _Look) -> Iterator[Session]:
        """Yield the sessions that are seen whole."""
        return self._as_they_stood((each for each in recording.sessions() if look.sight.is_open_to(each)), look)

    def _as_they_stood(self, sessions: Iterable[Session], look: _Look) -> Iterator[Session]:
        """Yield sessions as they were at the moment that is looked at, those that had been opened."""
        for session in sessions:
            if look.is_now:
                yield session
                continue
            verdicts = self._verdicts.of(session.id)
            if verdicts.has_begun and verdicts.session is not None:
                yield verdicts.session

    def _recording(self) -> Recording:
        return Recording.open(self._source.path)


VIEWS: Final[Mapping[str, Callable[[Answers, About, _Look], dict[str, Any]]]] = {
    "legend": Answers._legend,  # noqa: SLF001 - of this module
    "board": Answers._board,  # noqa: SLF001 - of this module
    "pair": Answers._pair,  # noqa: SLF001 - of this module
    "session": Answers._session,  # noqa: SLF001 - of this module
    "frame": Answers._frame,  # noqa: SLF001 - of this module
    "doctor": Answers._doctor,  # noqa: SLF001 - of this module
}
"""What can be asked for, by its name in the address."""


def sight_of(scope: Scope, source: Source, letters: Letters) -> Sight:
    """Return how a scope sees what a source reads."""
    return Sight(scope, letters, lambda number: source.verdicts.of(number).session)


def _sight_then(scope: Scope, verdicts: Verdicts, letters: Letters) -> Sight:
    return Sight(scope, letters, lambda number: verdicts.of(number).session)


def _seen(look: _Look) -> list[Seen]:
    if look.board is None:
        raise RefusedError(NOT_FOUND, "nothing has been judged yet")
    return [*look.sight.pairs(look.board)]


def _seen_of(session: Session, look: _Look) -> Seen | None:
    return next((each for each in _seen(look) if session.id in each.pair.sessions), None)


def _names_for(session: Session, sight: Sight) -> Names:
    names = sight.names_for(session)
    if names is None:
        raise RefusedError(NOT_FOUND, NOT_THERE, f"session {session.id} is of others")
    return names


def _number(about: About, name: str) -> int:
    text = about.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise RefusedError(BAD, f"{name} has to be a number")
    return int(text)

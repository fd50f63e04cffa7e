"""What the page's process answers to the hub's questions: a status of HTTP, and data for JSON.

What a scope does not see is answered as what is not there, so that guessing tells nothing.
"""

from typing import Any, Final

from hub.page.pipe import Question
from hub.recording import Recording, RecordingError
from hub.scope import Scope, Shown
from matrix.board import BoardView
from matrix.doctor import spoken_by_csms
from matrix.trace import Session
from tui.page_board import SESSIONS_SHOWN, legend, pair_detail
from tui.page_names import Letters, Names
from tui.page_session import Told, frame_detail, message_page, session_summary
from tui.page_sight import Seen, Sight
from tui.patients import patients_as_json
from tui.source import Source

OK: Final = 200
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
LONGEST_NUMBER: Final = 18
SIGHTS_KEPT: Final = 256
NOT_THERE: Final = "the recording has no such thing, or cannot be read"
NO_PAIR: Final = "there is no such pair, or not any more: a station may have said its name since"
OUTCOMES_ONLY: Final = "this page shows outcomes, and not what was said"

Answer = tuple[int, dict[str, Any], str]
"""A status of HTTP, data for JSON, and for the log why something is not told ("": it is)."""


class RefusedError(Exception):
    """A question that is answered with an error's status; the message says why, `hidden` does so for the log only."""

    def __init__(self, status: int, sentence: str, hidden: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.hidden = hidden


class Answers:
    """Answers from the recording, the latest board and the verdicts. For one thread."""

    def __init__(self, source: Source, letters: Letters) -> None:
        self.board: BoardView | None = None
        self._source = source
        self._letters = letters
        self._sights: dict[Scope, Sight] = {}

    def answer(self, question: Question) -> Answer:
        """Return what is asked for, or why it is not there. Never raises for what a stranger asks."""
        try:
            return OK, self._find(question), ""
        except RefusedError as exc:
            return exc.status, {"error": str(exc)}, exc.hidden
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

    def _find(self, question: Question) -> dict[str, Any]:
        sight, about = self.sight(question.scope), question.about
        match question.what:
            case "legend":
                return {"legend": legend()}
            case "pair":
                return self._pair(about.get("id", ""), sight)
            case "session":
                return self._session(_number(about, "id"), about, sight)
            case "frame":
                return self._frame(_number(about, "id"), sight)
            case "doctor":
                return self._doctor(sight)
            case _:
                raise RefusedError(NOT_FOUND, "there is no such view")

    def _pair(self, pair_id: str, sight: Sight) -> dict[str, Any]:
        found = next((each for each in self._seen(sight) if each.pair_id == pair_id), None)
        if found is None:
            raise RefusedError(NOT_FOUND, NO_PAIR)
        with self._recording() as recording:
            sessions = [recording.session(number) for number in found.pair.sessions[-SESSIONS_SHOWN:]]
        return pair_detail(found, sessions, self._source.verdicts.notes)

    def _session(self, number: int, about: dict[str, str], sight: Sight) -> dict[str, Any]:
        with self._recording() as recording:
            session = recording.session(number)
            names = _names_for(session, sight)
            told = self._told(names, sight)
            spoken = self._spoken(recording, session, sight)
            shown = session_summary(session, self._seen_of(session, sight), told, spoken)
            if not names.is_open:
                return shown
            places = {name: _number(about, name) for name in ("frame", "before", "after")}
            return shown | message_page(recording, number, told.verdicts.of(number), **places)

    def _frame(self, number: int, sight: Sight) -> dict[str, Any]:
        if not sight.has_open:
            raise RefusedError(FORBIDDEN, OUTCOMES_ONLY)
        with self._recording() as recording:
            session = recording.session(recording.frame(number).session)
            names = _names_for(session, sight)
            if not names.is_open:
                raise RefusedError(NOT_FOUND, NOT_THERE, f"message {number} is of session {session.id}, of others")
            return frame_detail(recording, number, session.id, self._told(names, sight))

    def _doctor(self, sight: Sight) -> dict[str, Any]:
        """Return the patients whose attempts are seen whole; what CSMSes have spoken, too, is told of those only."""
        if not sight.has_open:
            raise RefusedError(FORBIDDEN, OUTCOMES_ONLY)
        with self._recording() as recording:
            return {"patients": patients_as_json(each for each in recording.sessions() if sight.is_open_to(each))}

    def _told(self, names: Names, sight: Sight) -> Told:
        return Told(self._source.verdicts, names, with_witnesses=sight.scope.others is not Shown.NOTHING)

    def _seen_of(self, session: Session, sight: Sight) -> Seen | None:
        return next((each for each in self._seen(sight) if session.id in each.pair.sessions), None)

    def _spoken(self, recording: Recording, session: Session, sight: Sight) -> list[str]:
        """Return the subprotocols that a CSMS has spoken, where that tells why a session did not come about."""
        if session.upgraded and session.chosen:
            return []
        seen = (each for each in recording.sessions() if sight.is_open_to(each))
        return sorted(spoken_by_csms(seen).get(session.csms, ()))

    def _seen(self, sight: Sight) -> list[Seen]:
        if self.board is None:
            raise RefusedError(NOT_FOUND, "nothing has been judged yet")
        return [*sight.pairs(self.board)]

    def _recording(self) -> Recording:
        return Recording.open(self._source.path)


def sight_of(scope: Scope, source: Source, letters: Letters) -> Sight:
    """Return how a scope sees what a source reads."""
    return Sight(scope, letters, lambda number: source.verdicts.of(number).session)


def _names_for(session: Session, sight: Sight) -> Names:
    names = sight.names_for(session)
    if names is None:
        raise RefusedError(NOT_FOUND, NOT_THERE, f"session {session.id} is of others")
    return names


def _number(about: dict[str, str], name: str) -> int:
    text = about.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise RefusedError(400, f"{name} has to be a number")
    return int(text)

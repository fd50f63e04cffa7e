"""What the page's process answers to the hub's questions: a status of HTTP, and data for JSON."""

from typing import Any, Final

from hub.page.pipe import Question
from hub.recording import Recording, RecordingError
from matrix.board import BoardView, Pair
from matrix.doctor import spoken_by_csms
from matrix.trace import Session
from tui.page_board import SESSIONS_SHOWN, legend, pair_detail
from tui.page_names import Names
from tui.page_session import frame_detail, message_page, session_summary
from tui.patients import patients_as_json
from tui.source import Source

OK: Final = 200
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
LONGEST_NUMBER: Final = 18

Answer = tuple[int, dict[str, Any]]


class RefusedError(Exception):
    """A question that is answered with an error's status; the message says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Answers:
    """Answers from the recording, the latest board and the verdicts. For one thread."""

    def __init__(self, source: Source, names: dict[str, Names]) -> None:
        self.board: BoardView | None = None
        self._source = source
        self._names = names

    def answer(self, question: Question) -> Answer:
        """Return what is asked for, or why it is not there. Never raises for what a stranger asks."""
        try:
            return OK, self._find(question)
        except RefusedError as exc:
            return exc.status, {"error": str(exc)}
        except RecordingError:
            return NOT_FOUND, {"error": "the recording has no such thing, or cannot be read"}

    def _find(self, question: Question) -> dict[str, Any]:
        names, about = self._names[question.view], question.about
        match question.what:
            case "legend":
                return {"legend": legend()}
            case "pair":
                return self._pair(about.get("id", ""), names)
            case "session":
                return self._session(_number(about, "id"), about, names)
            case "frame":
                return self._frame(_number(about, "id"), _open_only(names))
            case "doctor":
                _open_only(names)
                with self._recording() as recording:
                    return {"patients": patients_as_json(recording.sessions())}
            case _:
                raise RefusedError(NOT_FOUND, "there is no such view")

    def _pair(self, pair_id: str, names: Names) -> dict[str, Any]:
        found = next((each for each in self._pairs() if names.pair_id(each.key) == pair_id), None)
        if found is None:
            raise RefusedError(
                NOT_FOUND, "there is no such pair, or not any more: a station may have said its name since"
            )
        with self._recording() as recording:
            sessions = [recording.session(number) for number in found.sessions[-SESSIONS_SHOWN:]]
        return pair_detail(found, names, sessions)

    def _session(self, number: int, about: dict[str, str], names: Names) -> dict[str, Any]:
        verdicts = self._source.verdicts.of(number)
        with self._recording() as recording:
            session = recording.session(number)
            shown = session_summary(session, self._pair_of(session), verdicts, names, self._spoken(session))
            if not names.is_open:
                return shown
            places = {name: _number(about, name) for name in ("frame", "before", "after")}
            return shown | message_page(recording, number, verdicts, **places)

    def _frame(self, number: int, names: Names) -> dict[str, Any]:
        with self._recording() as recording:
            session = recording.frame(number).session
            return frame_detail(recording, number, self._source.verdicts.of(session), names)

    def _pair_of(self, session: Session) -> Pair | None:
        return next((each for each in self._pairs() if session.id in each.sessions), None)

    def _spoken(self, session: Session) -> list[str]:
        """Return the subprotocols that a CSMS has spoken, where that tells why a session did not come about."""
        if session.upgraded and session.chosen:
            return []
        with self._recording() as recording:
            return sorted(spoken_by_csms(recording.sessions()).get(session.csms, ()))

    def _pairs(self) -> tuple[Pair, ...]:
        if self.board is None:
            raise RefusedError(NOT_FOUND, "nothing has been judged yet")
        return self.board.pairs

    def _recording(self) -> Recording:
        return Recording.open(self._source.path)


def _open_only(names: Names) -> Names:
    if not names.is_open:
        raise RefusedError(FORBIDDEN, "this page shows outcomes, and not what was said")
    return names


def _number(about: dict[str, str], name: str) -> int:
    text = about.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise RefusedError(400, f"{name} has to be a number")
    return int(text)

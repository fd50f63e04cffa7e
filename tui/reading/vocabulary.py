"""What a filter can be asked about in a recording: the values to complete it with, and who meets whom in a session."""

from collections.abc import Iterable

from hub.search.completion import Vocabulary
from hub.search.entry import About
from matrix.boards.pair import CONNECT, FRAMING, BoardView
from matrix.dialect import UNKNOWN
from matrix.outcome import Outcome
from matrix.recognise import version_of
from matrix.rule import all_rules
from matrix.trace import Session
from tui.reading.verdicts import Verdicts


def vocabulary(board: BoardView, verdicts: Verdicts) -> Vocabulary:
    """Return the values by field; of actions those first that were seen."""
    stations = [pair.station for pair in board.pairs]
    sessions = [session for each in verdicts.all() if (session := each.session)]
    return {
        "action": _actions(board),
        "vendor": _distinct(station.vendor for station in stations),
        "model": _distinct(station.model for station in stations),
        "firmware": _distinct(station.firmware for station in stations),
        "identity": _distinct(session.identity for session in sessions),
        "csms": _distinct(session.csms for session in sessions),
        "rule": [rule.code for rule in all_rules() if not rule.undecidable],
    }


def about_session(number: int, session: Session | None, board: BoardView) -> About:
    """Return who meets whom in a session, as far as that is known."""
    pair = next((pair for pair in board.pairs if number in pair.sessions), None)
    if session is None:
        return About(number, "", "", UNKNOWN)
    if pair is None:
        return About(number, session.identity, session.csms, version_of(session))
    station = pair.station
    return About(number, session.identity, session.csms, pair.version, station.vendor, station.model, station.firmware)


def _actions(board: BoardView) -> list[str]:
    rows = [row for pair in board.pairs for row in pair.rows if row.action not in (CONNECT, FRAMING)]
    seen = _distinct(row.action for row in rows if row.outcome is not Outcome.UNTESTED)
    return [*seen, *(action for action in _distinct(row.action for row in rows) if action not in set(seen))]


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value}, key=str.lower)

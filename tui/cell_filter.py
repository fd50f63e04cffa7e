"""The language of filters, asked of a cell of the matrix: a pair, or one message type of it."""

from functools import lru_cache
from typing import Final

from hub.search.matching import says
from hub.search.parser import parse
from hub.search.query import All, Either, Fact, Inside, Not, Op, Query, QueryError, Words, fold, terms
from matrix.boards.pair import Pair
from matrix.outcome import Outcome
from tui.lines.text import pair_name

ASKED: Final = ("action", "vendor", "model", "firmware", "identity", "csms", "version", "outcome")
"""Fields that a cell has."""


@lru_cache(16)
def parse_for_cells(text: str) -> Query:
    """Return what a filter asks of cells.

    Raises:
        QueryError: it is no filter, or asks what only messages have.
    """
    query = parse(text)
    for term in terms(query):
        is_word = isinstance(term, Words) or (isinstance(term, Inside) and term.op is Op.HAS)
        if not is_word and not (isinstance(term, Fact) and term.field in ASKED):
            raise QueryError(0, f"the matrix is asked for words and for {', '.join(ASKED)}; S searches in messages")
    return query


def cell_matches(query: Query, pair: Pair, action: str, outcome: Outcome) -> bool:
    """Tell whether a cell is what a query asks for; `action` is "" for a pair as a whole."""
    match query:
        case Words(text):
            station = pair.station
            return text in fold(f"{pair_name(pair)} {station.identity} {station.firmware} {pair.version} {action}")
        case Fact():
            return any(says(query, value) for value in _values(query.field, pair, action, outcome))
        case Not(inner):
            return not cell_matches(inner, pair, action, outcome)
        case All(queries):
            return all(cell_matches(each, pair, action, outcome) for each in queries)
        case Either(queries):
            return any(cell_matches(each, pair, action, outcome) for each in queries)
        case _:
            return False


def _values(field: str, pair: Pair, action: str, outcome: Outcome) -> list[str]:
    """Return the values of a field; a pair has the actions that were seen."""
    match field:
        case "action":
            return [action] if action else [row.action for row in pair.rows if row.outcome is not Outcome.UNTESTED]
        case "outcome":
            return [outcome.value]
        case "csms" | "version":
            return [getattr(pair, field)]
        case _:
            return [getattr(pair.station, field)]

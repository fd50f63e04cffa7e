"""From a query to what the index can say about it: what is found for certain, and what may be.

The full text of the index holds pieces of three characters, without their places: a longer text may stand where all
its pieces do, and what is found so is held against `hub.search.matching`. What people type is bound, never written into
a statement, and reaches the syntax of full texts only as quoted pieces.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from hub.search.comparing import number_of
from hub.search.entry import KINDS, About, Kind, Opinion
from hub.search.matching import ANY, said_of, says
from hub.search.operands import DAY_NS
from hub.search.query import All, Either, Fact, Inside, Not, Op, Quantity, Query, When, Words, fold
from matrix.finding import Finding
from matrix.outcome import Outcome
from matrix.trace import Side

PIECE: Final = 3
"""Characters of a piece of the full text."""
PIECES: Final = 48
"""Pieces of one text that are looked for: more say little more."""
BEGINNINGS: Final = 1_000
"""Pieces that begin with the same two characters, which are looked for."""
NAMES: Final = 16
"""Steps of a pointer that are looked for: more say little more."""
SIDES: Final = (None, *Side)
"""In the order in which the index counts them."""

_ORDERS: Final = {Op.HAS: "=", Op.IS: "=", Op.ABOVE: ">", Op.AT_LEAST: ">=", Op.BELOW: "<", Op.AT_MOST: "<="}
_NUMERIC: Final = frozenset("0123456789+-.eE")


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is made of: the names that the index counts, the sessions, and the judge's opinion.

    `opened` are the marks of handshakes, by session. `pieces` returns those of the full text with a certain beginning.
    """

    actions: Mapping[str, int]
    about: Mapping[int, About]
    opened: Mapping[int, int]
    pieces: Callable[[str], Sequence[str]]
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on `entry` in SQL, with the values to bind."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is found for certain, and what may be: the rest of `maybe` is held against the query."""

    sure: Condition
    maybe: Condition

    @property
    def is_exact(self) -> bool:
        return self.sure == self.maybe


ALWAYS: Final = Condition("1")
NEVER: Final = Condition("0")


def plan(query: Query, known: Known) -> Bounds:
    """Return what the index has to be asked for a query."""
    match query:
        case Words(text):
            found = _exactly(_marks(_found(known, lambda each: text in said_of(each))))
            return _either([spoken(text, known), found])
        case Fact():
            return _fact(query, known)
        case Quantity():
            return _exactly(_quantity(query))
        case When():
            return _exactly(_when(query))
        case Inside():
            return _inside(query, known)
        case Not(inner):
            bounds = plan(inner, known)
            return Bounds(_not(bounds.maybe), _not(bounds.sure))
        case All(queries):
            return _all([plan(each, known) for each in queries])
        case Either(queries):
            return _either([plan(each, known) for each in queries])


def _exactly(condition: Condition) -> Bounds:
    return Bounds(condition, condition)


def _all(bounds: Sequence[Bounds]) -> Bounds:
    if not bounds:
        return _exactly(ALWAYS)
    return Bounds(_joined([each.sure for each in bounds], "AND"), _joined([each.maybe for each in bounds], "AND"))


def _either(bounds: Sequence[Bounds]) -> Bounds:
    return Bounds(_joined([each.sure for each in bounds], "OR"), _joined([each.maybe for each in bounds], "OR"))


def _joined(conditions: Sequence[Condition], by: str) -> Condition:
    """Join conditions; where one settles it, the rest is not asked."""
    settling, idle = (NEVER, ALWAYS) if by == "AND" else (ALWAYS, NEVER)
    conditions = [each for each in conditions if each != idle]
    if settling in conditions:
        return settling
    if len(conditions) < 2:
        return conditions[0] if conditions else idle
    sql = f" {by} ".join(f"({condition.sql})" for condition in conditions)
    return Condition(sql, tuple(value for condition in conditions for value in condition.values))


def _not(condition: Condition) -> Condition:
    if condition in (ALWAYS, NEVER):
        return NEVER if condition == ALWAYS else ALWAYS
    return Condition(f"NOT ({condition.sql})", condition.values)


# -- text -------------------------------------------------------------------------------------------------------------


def spoken(folded: str, known: Known) -> Bounds:
    """Return the entries in whose text a folded text stands: for certain where that is a piece, or begins some."""
    if len(folded) == PIECE - 1:
        pieces = known.pieces(folded)
        if len(pieces) > BEGINNINGS:
            return Bounds(NEVER, ALWAYS)
        return _exactly(_full_text(" OR ".join(map(quoted, pieces)))) if pieces else _exactly(NEVER)
    pieces = pieces_of(folded)
    if not pieces:
        return Bounds(ALWAYS if not folded else NEVER, ALWAYS)
    maybe = _full_text(" AND ".join(map(quoted, pieces)))
    return Bounds(maybe if len(folded) == PIECE else NEVER, maybe)


def _full_text(query: str) -> Condition:
    return Condition("entry.id IN (SELECT rowid FROM spoken WHERE spoken MATCH ?)", (query,))


def quoted(piece: str) -> str:
    """Return a piece as FTS5 reads a string, whatever it says."""
    return '"' + piece.replace('"', '""') + '"'


def pieces_of(folded: str) -> list[str]:
    """Return the pieces of a folded text, some of them where it is long; none where it is too short to have any."""
    pieces = dict.fromkeys(folded[at : at + PIECE] for at in range(len(folded) - PIECE + 1))
    return [*pieces][:: max(len(pieces) // PIECES, 1)]


def _inside(query: Inside, known: Known) -> Bounds:
    """Return the entries whose text has the names, and the value where it can be written in one way only."""
    texts = [fold(step) for step in query.steps if query.anywhere or not (step == ANY or step.isdigit())]
    texts, value = texts[:NAMES], query.value
    if value is not None and not query.op.orders and number_of(value) is None and not _NUMERIC.issuperset(value):
        texts.append(fold(value))
    return Bounds(NEVER, _joined([spoken(text, known).maybe for text in texts], "AND"))


# -- facts ------------------------------------------------------------------------------------------------------------


def _fact(query: Fact, known: Known) -> Bounds:
    if query.field == "id":
        return Bounds(NEVER, spoken(query.value, known).maybe)
    return _exactly(_certain_fact(query, known))


def _certain_fact(query: Fact, known: Known) -> Condition:
    match query.field:
        case "action":
            numbers = array("q", (number for name, number in known.actions.items() if says(query, name)))
            return _among("entry.action", numbers)
        case "side":
            return Condition("entry.side = ?", (SIDES.index(Side(query.value)),))
        case "type":
            return Condition("entry.kind = ?", (KINDS.index(Kind(query.value)),))
        case "outcome":
            return _marks(known.opinion.frames_with(Outcome(query.value)))
        case "rule":
            return _marks(_found(known, lambda each: says(query, each.rule)))
        case "severity":
            return _marks(_found(known, lambda each: each.severity == query.value))
        case field:
            sessions = (number for number, about in known.about.items() if says(query, getattr(about, field)))
            return _among("entry.session", array("q", sessions))


def _found(known: Known, is_meant: Callable[[Finding], bool]) -> Iterable[int]:
    for finding in known.opinion.all_findings():
        if is_meant(finding):
            yield known.opened.get(finding.session, 0) if finding.frame is None else finding.frame


def _marks(marks: Iterable[int]) -> Condition:
    return _among("entry.id", array("q", sorted(set(marks))))


def _among(column: str, numbers: "array[int]") -> Condition:
    if not numbers:
        return NEVER
    return Condition(f"{column} IN carray(?)", (apsw.carray(numbers),))


def _quantity(query: Quantity) -> Condition:
    comparison = f"{_ORDERS[query.op]} ?"
    match query.field:
        case "frame":
            handshake = KINDS.index(Kind.HANDSHAKE)
            return Condition(f"entry.id {comparison} AND entry.kind <> ?", (query.value, handshake))
        case "latency":
            return Condition(f"coalesce(entry.latency {comparison}, 0)", (query.value,))
        case field:
            return Condition(f"entry.{field} {comparison}", (query.value,))


def _when(query: When) -> Condition:
    at = f"(entry.at % {DAY_NS} + {DAY_NS}) % {DAY_NS}" if query.daily else "entry.at"
    match query.op:
        case Op.HAS | Op.IS:
            return Condition(f"{at} >= ? AND {at} < ?", (query.since, query.until))
        case Op.AT_MOST:
            return Condition(f"{at} < ?", (query.until,))
        case _:
            return Condition(f"{at} {_ORDERS[query.op]} ?", (query.since,))

"""What somebody looks for, as plain data: what `hub.search.parser` makes of a text, and `hub.search.matching` asks.

Texts are compared folded: without regard to case, and without what no index can hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.errors import HubError

END: Final = "\uf8ff"
"""A character for private use, which marks the end of a text in the index: no folded text has it."""
_UNHELD: Final = re.compile(f"[\0\ud800-\udfff{END}]")


class QueryError(HubError):
    """A text is no filter: `position` is the character where it stops being one, from 0; `wanted` what should come."""

    def __init__(self, position: int, wanted: str) -> None:
        super().__init__(f"at character {position + 1} of the filter: {wanted}")
        self.position = position
        self.wanted = wanted


class Op(StrEnum):
    """How a value is compared."""

    HAS = ":"
    IS = "="
    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = ">="
    AT_MOST = "<="

    @property
    def orders(self) -> bool:
        """True where it asks for more or less, not for the same."""
        return self not in (Op.HAS, Op.IS)


@dataclass(frozen=True, slots=True)
class Words:
    """A folded text that stands in a message, or in what was found about it."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A field with a text: with HAS it contains the folded `value`, with IS it is that. "" is what has none."""

    field: str
    op: Op
    value: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A field with a number: sizes in bytes, latencies in nanoseconds."""

    field: str
    op: Op
    value: int


@dataclass(frozen=True, slots=True)
class When:
    """A span of time, nanoseconds from `since` to before `until`: since the epoch, or `daily` since midnight UTC."""

    op: Op
    since: int
    until: int
    daily: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """A value in a message's JSON: by the steps of a pointer into its payload, or by a name, wherever it stands.

    A step `*` is any. `value` is None where it only has to be there; else it is as it was typed.
    """

    steps: tuple[str, ...]
    anywhere: bool
    op: Op
    value: str | None


@dataclass(frozen=True, slots=True)
class Not:
    """What is not so."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class All:
    """What is all of these; without any, everything."""

    queries: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """What is one of these, at least."""

    queries: "tuple[Query, ...]"


Term = Words | Fact | Quantity | When | Inside
Query = Term | Not | All | Either

EVERYTHING: Final = All(())

JUDGED_FIELDS: Final = frozenset({"rule", "severity", "outcome"})
STATION_FIELDS: Final = frozenset({"vendor", "model", "firmware", "version"})


def fold(text: str) -> str:
    """Return a text as it is compared."""
    text = text.casefold()
    return text if text.isascii() and "\0" not in text else _UNHELD.sub("\ufffd", text)


def terms(query: Query) -> Iterator[Term]:
    """Yield the terms of a query."""
    match query:
        case Not(inner):
            yield from terms(inner)
        case All(queries) | Either(queries):
            for each in queries:
                yield from terms(each)
        case _:
            yield query


def asks_the_judge(query: Query) -> bool:
    """Tell whether it takes findings or outcomes to answer it."""
    return any(
        isinstance(term, Words) or (isinstance(term, Fact) and term.field in JUDGED_FIELDS) for term in terms(query)
    )


def asks_who(query: Query) -> bool:
    """Tell whether it takes what a station says of itself later in its session to answer it."""
    return any(isinstance(term, Fact) and term.field in STATION_FIELDS for term in terms(query))

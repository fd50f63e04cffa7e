"""The text of a filter, cut into words, quoted phrases, comparisons and parentheses, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hub.search.query import Op, QueryError

LONGEST: Final = 2_000
"""Characters of a filter."""
MOST: Final = 200
"""Words, comparisons and parentheses of a filter."""

_PART: Final = re.compile(r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<quote>")|(?P<bare>[^\s()"]+))')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_COMPARED: Final = re.compile(r"(?P<name>[^:=<>]*)(?P<op>>=|<=|[:=<>])(?P<value>.*)", re.DOTALL)


class Sort(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    NOT = auto()
    AND = auto()
    OR = auto()
    TERM = auto()
    END = auto()


KEYWORDS: Final = {"not": Sort.NOT, "and": Sort.AND, "or": Sort.OR}


@dataclass(frozen=True, slots=True)
class Piece:
    """A text as it was meant, where it begins, and whether it stood in quotes."""

    text: str
    at: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A token, from `at` to `end`. A term is a word, or a `name` that is compared by `op` with `value`."""

    sort: Sort
    at: int
    end: int
    name: Piece | None = None
    op: Op | None = None
    value: Piece | None = None


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter, and one that says where it ends.

    Raises:
        QueryError: a quote is not closed, or the text is too long.
    """
    if len(text) > LONGEST:
        raise QueryError(LONGEST, f"a filter has at most {LONGEST:,} characters")
    at, count = 0, 0
    while match := _PART.match(text, at):
        count += 1
        if count > MOST:
            raise QueryError(match.start(str(match.lastgroup)), f"a filter has at most {MOST} words")
        token = _token(text, match)
        at = token.end
        yield token
    yield Token(Sort.END, len(text), len(text))


def _token(text: str, match: re.Match[str]) -> Token:
    kind = str(match.lastgroup)
    at, end = match.start(kind), match.end(kind)
    match kind:
        case "open":
            return Token(Sort.OPEN, at, end)
        case "close":
            return Token(Sort.CLOSE, at, end)
        case "quote":
            return _phrase(text, at)
        case _:
            return _bare(text, match["bare"], at)


def _phrase(text: str, at: int) -> Token:
    """Read a phrase, and what it is compared with, where it is a name: `"idTag":"ABC"` as it stands in JSON."""
    piece, end = _quoted(text, at)
    bare = _PART.match(text, end)
    if bare is None or bare.lastgroup != "bare" or bare.start("bare") != end or not bare["bare"].startswith(tuple(Op)):
        return Token(Sort.TERM, at, end, value=piece)
    return _comparison(text, piece, bare["bare"], end)


def _bare(text: str, bare: str, at: int) -> Token:
    sort = KEYWORDS.get(bare.lower())
    if sort is not None:
        return Token(sort, at, at + len(bare))
    compared = _COMPARED.fullmatch(bare)
    if compared is None or not compared["name"]:
        return Token(Sort.TERM, at, at + len(bare), value=Piece(bare, at))
    name = Piece(compared["name"], at)
    return _comparison(text, name, bare[len(name.text) :], at + len(name.text))


def _comparison(text: str, name: Piece, rest: str, at: int) -> Token:
    compared = _COMPARED.fullmatch(rest)
    assert compared is not None
    op, value, begins = Op(compared["op"]), compared["value"], at + compared.start("value")
    end = at + len(rest)
    if value:
        return Token(Sort.TERM, name.at, end, name, op, Piece(value, begins))
    if text[end : end + 1] == '"':
        piece, end = _quoted(text, end)
        return Token(Sort.TERM, name.at, end, name, op, piece)
    return Token(Sort.TERM, name.at, end, name, op, None)


def _quoted(text: str, at: int) -> tuple[Piece, int]:
    match = _QUOTED.match(text, at)
    if match is None:
        raise QueryError(at, 'this quote is not closed; a quote in a phrase is written \\"')
    return Piece(_ESCAPED.sub(r"\1", match[1]), at, quoted=True), match.end()

"""From the text of a filter to a query. The grammar is on docs/searching.md."""

from difflib import get_close_matches
from typing import Final

from hub.search.comparing import is_ordered_value
from hub.search.fields import FIELDS, Field, Of
from hub.search.operands import bytes_of, count_of, nanoseconds_of, when
from hub.search.query import EVERYTHING, All, Either, Fact, Inside, Not, Op, Quantity, Query, QueryError, Words, fold
from hub.search.tokens import Piece, Sort, Token, tokens

DEEPEST: Final = 40
"""Parentheses and `not`s within each other."""
ANY: Final = "*"
"""As a value: it only has to be there. As a step of a pointer: any."""

_MEASURES: Final = {Of.COUNT: count_of, Of.BYTES: bytes_of, Of.DURATION: nanoseconds_of}


def parse(text: str) -> Query:
    """Return what a filter asks for; an empty one asks for everything.

    Raises:
        QueryError: it is no filter; nothing else is ever raised.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._place = 0
        self._depth = 0

    def _next(self) -> Sort:
        return self._tokens[self._place].sort

    def _take(self) -> Token:
        token = self._tokens[self._place]
        self._place += 1
        return token

    def parse(self) -> Query:
        if self._next() is Sort.END:
            return EVERYTHING
        query = self._either()
        if self._next() is not Sort.END:
            raise QueryError(self._take().at, "this parenthesis closes nothing")
        return query

    def _either(self) -> Query:
        queries = [self._all()]
        while self._next() is Sort.OR:
            self._take()
            queries.append(self._all())
        return queries[0] if len(queries) == 1 else Either(tuple(queries))

    def _all(self) -> Query:
        queries = [self._one()]
        while self._next() in (Sort.AND, Sort.TERM, Sort.NOT, Sort.OPEN):
            if self._next() is Sort.AND:
                self._take()
            queries.append(self._one())
        return queries[0] if len(queries) == 1 else All(tuple(queries))

    def _one(self) -> Query:
        token = self._take()
        match token.sort:
            case Sort.NOT:
                return Not(self._deeper(token))
            case Sort.OPEN:
                query = self._deeper(token)
                if self._take().sort is not Sort.CLOSE:
                    raise QueryError(token.at, "this parenthesis is not closed")
                return query
            case Sort.TERM:
                return _term(token)
            case _:
                raise QueryError(token.at, _something_expected(self._tokens[self._place - 2 : self._place - 1]))

    def _deeper(self, token: Token) -> Query:
        if self._depth == DEEPEST:
            raise QueryError(token.at, f"at most {DEEPEST} parentheses and `not`s stand within each other")
        self._depth += 1
        query = self._one() if token.sort is Sort.NOT else self._either()
        self._depth -= 1
        return query


def _something_expected(before: list[Token]) -> str:
    after = {Sort.NOT: " after `not`", Sort.AND: " after `and`", Sort.OR: " after `or`", Sort.OPEN: " after `(`"}
    where = after.get(before[0].sort, "") if before else ""
    return f'something to look for is expected{where}; write "and", "or" and "not" in quotes to look for these words'


def _term(token: Token) -> Query:
    name, op, value = token.name, token.op, token.value
    if name is None or op is None:
        assert value is not None
        return Words(fold(value.text))
    field = None if name.quoted else FIELDS.get(name.text.lower())
    if value is None:
        raise QueryError(token.end, f"a value is expected after {name.text}{op}" + _example(field))
    if field is not None:
        return _of_field(field, op, value, token)
    if name.text.startswith("/") and not name.quoted:
        return Inside(_steps(name.text), False, op, _wanted(op, value))
    return _named(name, op, value)


def _example(field: Field | None) -> str:
    return f": {', '.join(field.choices)}" if field and field.choices else ""


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _wanted(op: Op, value: Piece) -> str | None:
    if op.orders and not is_ordered_value(value.text):
        raise QueryError(value.at, f"a number or a time such as 2026-11-23T14:02:00Z is expected, not {value.text!r}")
    return None if value.text == ANY and not value.quoted else value.text


def _named(name: Piece, op: Op, value: Piece) -> Query:
    """Return what looks for a value by its name; `urn:x`, which may be just a word with a colon, is looked for too."""
    inside = Inside((name.text,), True, op, _wanted(op, value))
    if op is not Op.HAS or name.quoted:
        return inside
    near = get_close_matches(name.text.lower(), FIELDS, 1, 0.75)
    if near and not value.quoted:
        raise QueryError(name.at, f"there is no field {name.text!r}; is it {near[0]}? Else write it in quotes")
    return Either((Words(fold(f"{name.text}{op}{value.text}")), inside))


def _of_field(field: Field, op: Op, value: Piece, token: Token) -> Query:
    if op.orders and not field.can_order:
        raise QueryError(token.at, f"{field.name} is no number: compare it with {field.name}: or {field.name}=")
    if field.of is Of.TIME:
        return when(op, value)
    if field.of is Of.CHOICE:
        return _choice(field, value)
    if field.of is Of.TEXT:
        return Fact(field.name, op, fold(value.text))
    return Quantity(field.name, Op.IS if op is Op.HAS else op, _MEASURES[field.of](value))


def _choice(field: Field, value: Piece) -> Fact:
    chosen = value.text.lower()
    if chosen not in field.choices:
        raise QueryError(value.at, f"{field.name} is one of {', '.join(field.choices)}, not {value.text!r}")
    return Fact(field.name, Op.IS, chosen)

"""What may come next in a filter: names of fields, and values that there are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hub.search.fields import FIELDS
from hub.search.query import fold

MOST: Final = 12
"""Completions that are offered at once."""
LONGEST: Final = 100
"""Characters of a value that is offered."""

_LAST: Final = re.compile(r'(?:[^\s()"]|"(?:[^"\\]|\\.)*+"?)*\Z', re.DOTALL)
_FIELD: Final = re.compile(r"(?P<name>[A-Za-z]+)(?P<op>[:=])(?P<value>.*)", re.DOTALL)
_NEEDS_QUOTES: Final = re.compile(r'[\s()"\\]|\A\Z')

Vocabulary = Mapping[str, Sequence[str]]
"""Values that there are, by field. They may be peers' words: show them through `matrix.safe`."""


def complete(text: str, vocabulary: Vocabulary, *, every: bool = False) -> list[str]:
    """Return what a filter may become whose last word is completed: the filter as a whole, the likeliest first.

    It is at most `MOST`, and nothing that is typed already; with `every`, all that there is, the word itself too.
    """
    match = _LAST.search(text)
    last = match[0] if match else ""
    before = text[: len(text) - len(last)]
    found = [before + each for each in _completed(last, vocabulary)]
    return found if every else [each for each in found if each != text][:MOST]


def _completed(last: str, vocabulary: Vocabulary) -> Iterable[str]:
    compared = _FIELD.fullmatch(last)
    field = FIELDS.get(compared["name"].lower()) if compared else None
    if compared is None or field is None:
        return (f"{name}:" for name in FIELDS if name.startswith(last.lower()) and not last.endswith(tuple(":=<>")))
    values = field.choices or vocabulary.get(field.name, ())
    typed = fold(compared["value"].strip('"'))
    return (f"{compared['name']}{compared['op']}{_written(value)}" for value in _likely(typed, values))


def _likely(typed: str, values: Iterable[str]) -> list[str]:
    """Return the values that have what is typed, those first that begin with it."""
    having = [(not fold(value).startswith(typed), value) for value in values if typed in fold(value)]
    return [value for _, value in sorted(having, key=lambda each: each[0]) if len(value) <= LONGEST]


def _written(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

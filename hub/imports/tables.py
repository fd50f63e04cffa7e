"""Lines of a table: fields between commas, semicolons or tabs, the message quoted as CSV quotes."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from hub.imports.directions import sender_named, way_in
from hub.imports.entries import Entry, Said
from hub.imports.objects import DIRECTIONS, IDENTITIES, TIMES, VERSIONS
from hub.imports.stamps import Stamp, epoch, stamp_in

_QUOTED: Final = re.compile(r'"(\[\s{0,8}[2-6]\s{0,8},\s{0,8}""(?:[^"]|"")*)"')
_SEPARATORS: Final = ",;\t"
_LONGEST: Final = 4_096
"""Characters of a quoted field that separators may stand in: a longer one is taken apart at them."""
MESSAGE: Final = "\0"
"""Stands for the message while the fields around it are told apart."""


def table_line(line: str) -> Entry | None:
    """Read a line of a table without a heading; None where it holds no quoted message."""
    return _read(line, [])


def table_reader(heading: str) -> Callable[[str], Entry | None]:
    """Return what reads the lines under a heading, by the names of the columns."""
    separator = max(_SEPARATORS, key=heading.count)
    names = columns(heading, separator)
    return lambda line: _read(line, names, separator)


def columns(line: str, separators: str = _SEPARATORS) -> list[str]:
    """Return the fields of a line without the message, such as a heading: what stands between separators, or quotes."""
    return [_unquoted(match[1].strip()) for match in _fields(separators).finditer(line)]


@cache
def _fields(separators: str) -> re.Pattern[str]:
    quoted = rf'[ ]?"(?:[^"]|""){{0,{_LONGEST}}}+"[ ]?(?=[{separators}]|\Z)'
    return re.compile(rf"(?:\A|[{separators}])({quoted}|[^{separators}]*)")


def _unquoted(field: str) -> str:
    is_quoted = len(field) > 1 and field[0] == field[-1] == '"'
    return field[1:-1].replace('""', '"') if is_quoted else field.strip('"')


def _read(line: str, names: list[str], separators: str = _SEPARATORS) -> Entry | None:
    match = _QUOTED.search(line)
    if match is None:
        return None
    plain = f"{line[: match.start()]}{MESSAGE}{line[match.end() :]}"
    fields = columns(plain, separators)
    named = dict(zip(names, fields, strict=False)) if len(names) == len(fields) else {}
    others = [field for field in fields if field != MESSAGE]
    words = _under(DIRECTIONS, named)
    told = [words] if words else others
    side = next((who for word in told if (who := sender_named(word)) is not None), None)
    way = None if side else next((each for word in told if (each := way_in(word)) is not None), None)
    return Said(
        text=match[1].replace('""', '"'), at=_time([_under(TIMES, named), *others]), side=side, way=way,
        identity=_under(IDENTITIES, named), version=_under(VERSIONS, named),
    )  # fmt: skip


def _time(fields: list[str]) -> Stamp | None:
    return next((at for field in fields if (at := stamp_in(field) or epoch(field)) is not None), None)


def _under(columns: tuple[str, ...], named: dict[str, str]) -> str:
    return next((named[name] for name in columns if named.get(name)), "")


def is_heading(line: str) -> bool:
    """Tell whether a line names columns: a time among them."""
    return any(field in TIMES for field in columns(line[:1_000]))

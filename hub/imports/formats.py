"""The formats that can be imported, and telling them apart by what lines hold."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from hub.imports.entries import Entry, ImportLogError, LineError, Said
from hub.imports.log_lines import any_line, ocpp_line, steve_line
from hub.imports.objects import logged_object, trace_record
from hub.imports.tables import is_heading, table_line, table_reader

Reader = Callable[[str], Entry | None]
"""Reads a line: what it holds, or None where it is about something else. Raises LineError where it should hold more."""


class Format(StrEnum):
    """How a log is written."""

    OPEN_OCPP_TRACE = "open-ocpp-trace"
    STEVE = "steve"
    OCPP = "ocpp"
    JSON = "json"
    CSV = "csv"
    LINES = "lines"


READERS: Final[dict[Format, Reader]] = {
    Format.OPEN_OCPP_TRACE: trace_record,
    Format.STEVE: steve_line,
    Format.OCPP: ocpp_line,
    Format.JSON: logged_object,
    Format.CSV: table_line,
    Format.LINES: any_line,
}
"""From the most particular to the most general: a line counts for the first that reads it."""

SURE: Final = frozenset({Format.OPEN_OCPP_TRACE, Format.STEVE, Format.OCPP})
"""Formats whose words for the direction mean one thing only."""

OBJECTS: Final = frozenset({Format.OPEN_OCPP_TRACE, Format.JSON})


def format_of(lines: Iterable[str], name: str) -> Format:
    """Return the format that lines of a log are in.

    Raises:
        ImportLogError: none is recognised, or several are.
    """
    counts = dict.fromkeys(Format, 0)
    is_empty = True
    for line in lines:
        is_empty = False
        if (found := _format_of_line(line)) is not None:
            counts[found] += 1
    seen = [each for each in Format if counts[each]]
    if is_empty:
        raise ImportLogError(f"{name!r} is empty")
    if not seen:
        choices = ", ".join(Format)
        raise ImportLogError(f"no OCPP messages were found in {name!r}; it can be imported as one of: {choices}")
    if len(seen) > 1:
        told = " and ".join(f"{each} ({counts[each]} lines)" for each in seen)
        choices = " or ".join(f"--format {each}" for each in seen)
        raise ImportLogError(f"{name!r} reads as {told}: say which of them to import, with {choices}")
    return seen[0]


def reader_of(format_: Format, first_line: str) -> Reader:
    """Return what reads a log in that format; the first line may name its columns."""
    if format_ is Format.CSV and is_heading(first_line):
        return table_reader(first_line)
    return READERS[format_]


def _format_of_line(line: str) -> Format | None:
    objects = line.lstrip().startswith("{")
    for format_, read in READERS.items():
        if objects and format_ not in OBJECTS:
            continue
        try:
            if isinstance(read(line), Said):
                return format_
        except LineError:
            continue
    return None

"""The time line as columns: how much was said in each, what went wrong there, and how far the judge has come."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from matrix.boards.timeline import Kind, Landmarks, Timeline
from matrix.outcome import Outcome
from tui.journey import When
from tui.lines.line import Line, Span
from tui.lines.text import GLYPHS

LEVELS: Final = " ▁▂▃▄▅▆▇█"
NOT_JUDGED: Final = "·"
HERE: Final = "▲"


@dataclass(frozen=True, slots=True)
class Column:
    """A stretch of time: messages, and whether something failed or deviated there; None where it is not judged yet."""

    messages: int | None
    fails: bool = False
    deviates: bool = False


class Marks:
    """Failures and deviations of certain sessions (None: of all), looked up once for as many as there are."""

    def __init__(self) -> None:
        self._basis: object = None
        self._found: tuple[Landmarks, Landmarks] = (Landmarks(), Landmarks())

    def of(self, line: Timeline, sessions: Container[int] | None) -> tuple[Landmarks, Landmarks]:
        """Return failures and deviations."""
        all_of_them = line.landmarks[Kind.FAILURE], line.landmarks[Kind.DEVIATION]
        if sessions is None:
            return all_of_them
        basis = (line, sessions, *map(len, all_of_them))
        if basis != self._basis:
            self._basis = basis
            self._found = all_of_them[0].of(sessions), all_of_them[1].of(sessions)
        return self._found


def columns(when: When, width: int, marks: tuple[Landmarks, Landmarks]) -> list[Column]:
    """Return the recording's time, from its start to its end, in so many columns."""
    line, extent = when.line, when.extent
    if not len(line) or width <= 0:
        return []
    edges = [extent.start - 1, *(extent.at(number / width) for number in range(1, width)), extent.end]
    found = []
    for edge, (after, until) in zip(edges, line.bins(edges), strict=False):
        if edge >= when.judged_until and extent.end > when.judged_until:
            found.append(Column(None))
            continue
        messages = line.messages(until) - line.messages(after)
        failures, deviations = (each.count(after, until) for each in marks)
        found.append(Column(messages, failures > 0, deviations > 0))
    return found


def place_of(when: When, width: int) -> int:
    """Return in which column one stands."""
    return min(int(when.extent.share(when.at) * width), width - 1)


def density_line(found: list[Column], here: int) -> Line:
    """Return how much was said, as bars in proportion to the fullest column."""
    most = max((column.messages or 0 for column in found), default=0)
    return tuple(
        Span(_bar(column.messages, most), "time-here" if number == here else _role(column))
        for number, column in enumerate(found)
    )


def mark_line(found: list[Column], here: int) -> Line:
    """Return where something went wrong, and where one stands."""
    return tuple(_mark(column, is_here=number == here) for number, column in enumerate(found))


def _bar(messages: int | None, most: int) -> str:
    if messages is None:
        return NOT_JUDGED
    return LEVELS[-(-messages * (len(LEVELS) - 1) // most)] if most else LEVELS[0]


def _role(column: Column) -> str:
    return "failed" if column.fails else "deviated" if column.deviates else "muted"


def _mark(column: Column, *, is_here: bool) -> Span:
    if is_here:
        return Span(HERE, "strong")
    if column.fails:
        return Span(GLYPHS[Outcome.FAILED], "failed")
    return Span(GLYPHS[Outcome.DEVIATED], "deviated") if column.deviates else Span(" ")

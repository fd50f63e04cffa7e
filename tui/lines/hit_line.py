"""One line of what a search has found: whose message, what it is, and the part of it that was looked for."""

from collections.abc import Sequence
from typing import Final

from hub.search.query import Fact, Inside, Op, Query, Words, fold, terms
from matrix.finding import Finding
from matrix.safe import safe
from matrix.trace import Frame, Session
from tui.lines.line import Line, Span, clip, fit
from tui.lines.message_line import as_text, flags, tell
from tui.lines.text import ARROWS, clock_time, state_of
from tui.reading.exchange_log import Joined

WHO: Final = 16
"""Cells that the station's identity has; more where there is room."""
WIDE: Final = 120
BEFORE: Final = 12
"""Characters that are shown before what was looked for."""


def words_of(query: Query) -> tuple[str, ...]:
    """Return the folded texts to point out in what a query finds."""
    found: list[str] = []
    for term in terms(query):
        match term:
            case Words(text) | Fact("id", _, text):
                found.append(text)
            case Inside(_, _, Op.HAS | Op.IS, str(value)):
                found.append(fold(value))
            case Inside(steps, True):
                found.append(fold(steps[0]))
    return tuple(filter(None, found))


def heading(width: int) -> Line:
    """Return the heading over the lines."""
    at = "at" if width < WIDE else "at      "
    return (Span(f"   session {fit('station', _who(width))} {at:<13} message", "heading"),)


def frame_line(
    session: Session,
    frame: Frame,
    joined: Joined | None,
    findings: tuple[Finding, ...],
    words: Sequence[str],
    width: int,
) -> Line:
    """Return the line for a frame, whose payload may be cut."""
    told, end = tell(frame, joined), flags(joined, findings)
    wide = width >= WIDE
    start = (
        *_start(session, frame.at, width, wide=wide),
        Span(f" {ARROWS[frame.side]} ", frame.side.value),
        Span(fit(told.name, 32 if wide else 20) + " ", told.role),
    )
    room = width - sum(len(span.text) for span in start) - 5
    return (*clip((*start, *_excerpt(as_text(frame.payload), told.summary, words, room)), width - 5), Span(" "), *end)


def handshake_line(session: Session, width: int) -> Line:
    """Return the line for a handshake."""
    answer = f"{session.status or 'no answer'} {safe(session.reason, 60)}".strip()
    return (
        *_start(session, session.answered_at or session.opened_at, width, wide=width >= WIDE),
        Span(f"   {'handshake':<20} ", "strong"),
        Span(f"{answer}, {safe(state_of(session))}", "muted"),
    )


def _start(session: Session, at: int, width: int, *, wide: bool) -> Line:
    return (
        Span(f" #{session.id:<6}", "strong"),
        Span(f"{fit(safe(session.identity, 60), _who(width))} ", "accent"),
        Span(clock_time(at, millis=wide), "muted"),
    )


def _who(width: int) -> int:
    return WHO if width < WIDE else WHO + 8


def _excerpt(text: str, summary: str, words: Sequence[str], room: int) -> Line:
    """Return the part of what is said with the first of the words in it; its beginning where it has none."""
    for said in (summary, text):
        folded = said.lower()
        place, word = min(((at, word) for word in words if (at := folded.find(word)) >= 0), default=(-1, ""))
        if place >= 0 and len(folded) == len(said):
            start = 0 if place + len(word) <= room else place - min(BEFORE, room // 4)
            before = ("…" if start else "") + said[start:place]
            after = _padded(said[place + len(word) :], room - len(before) - len(word))
            return (Span(before, "muted"), Span(said[place : place + len(word)], "accent"), Span(after))
    return (Span(_padded(summary, room)),)


def _padded(text: str, room: int) -> str:
    return fit(text, max(room, 0))

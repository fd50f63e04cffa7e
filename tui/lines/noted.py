"""How notes on contested cells read, wherever they are shown."""

from collections.abc import Iterable
from typing import Final

from matrix.notes import Note
from matrix.safe import safe
from tui.lines.line import Line, PaneLine, Span
from tui.lines.text import CONTESTED, clock_time, date_and_time

CLIPPED: Final = 120
"""Characters of a note that fit into a line beside other things."""


def about(note: Note) -> str:
    """Say what a note is about, safe to show: the message type, the session, and what in particular."""
    parts = [safe(note.action, 60) or "the pair", f"session {note.session}"]
    if note.frame is not None:
        parts.append(f"frame {note.frame}")
    return ", ".join([*parts, *([note.rule] if note.rule else [])])


def said(note: Note) -> str:
    """Say who contests what, and how that was resolved, safe to show."""
    words = f"contested by {safe(note.author)}, {date_and_time(note.at)}: {safe(note.text)}"
    if note.resolved_at is None:
        return words
    return f"{words} (resolved by {safe(note.resolved_by)}, {date_and_time(note.resolved_at)}: {safe(note.resolution)})"


def marked(notes: Iterable[Note]) -> Line:
    """Return the notes that contest a cell in one line: the latest, and how many more."""
    contesting = [note for note in notes if note.is_open]
    if not contesting:
        return ()
    latest = contesting[-1]
    more = f" (+{len(contesting) - 1})" if len(contesting) > 1 else ""
    who = f"contested by {safe(latest.author)} {clock_time(latest.at)}{more}: "
    return (Span(f" {CONTESTED} ", "warning"), Span(who, "warning"), Span(safe(latest.text, CLIPPED)))


def note_lines(notes: Iterable[Note]) -> list[PaneLine]:
    """Return the lines for notes, the resolved ones included."""
    lines = []
    for note in notes:
        who = f"{CONTESTED} contested by {safe(note.author)}" if note.is_open else f"resolved: {safe(note.author)}"
        lines += [
            PaneLine((Span(who, "warning" if note.is_open else "muted"), Span(f"  {about(note)}", "muted"))),
            PaneLine((Span(safe(note.text)),), 2),
        ]
        if not note.is_open:
            lines.append(PaneLine((Span(f"{safe(note.resolved_by)}: ", "muted"), Span(safe(note.resolution))), 2))
    return lines

"""How outcomes, times and counts read: one glyph and one way of writing each, wherever they are shown."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from matrix.boards.history import sentence
from matrix.boards.pair import Pair, Row
from matrix.finding import Severity
from matrix.notes import Notes
from matrix.outcome import GRAVITY, Outcome, gravest
from matrix.safe import safe
from matrix.trace import Clock, Ending, Session, Side
from tui.lines.line import Line, Span

GLYPHS: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "✓",
    Outcome.REMARKED: "≈",
    Outcome.DEVIATED: "≠",
    Outcome.FAILED: "✗",
    Outcome.REFUSED: "⊘",
    Outcome.UNANSWERED: "…",
    Outcome.INCONCLUSIVE: "?",
    Outcome.UNTESTED: "·",
    Outcome.UNREACHABLE: "↯",
}
"""Each outcome has its own, so that nothing is said by colour alone."""

MEANINGS: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "works and conforms",
    Outcome.REMARKED: "works and conforms, with warnings",
    Outcome.DEVIATED: "works, but a rule was broken",
    Outcome.FAILED: "does not work",
    Outcome.REFUSED: "answered NotImplemented or NotSupported: legitimate, and not a pass",
    Outcome.UNANSWERED: "no answer in time, or the session ended first",
    Outcome.INCONCLUSIVE: "cannot be judged: path fault, no schema, or a rule that crashed",
    Outcome.UNTESTED: "exists in this version and was never seen",
    Outcome.UNREACHABLE: "no session could be opened",
}

SEVERITY_GLYPHS: Final[Mapping[Severity, str]] = {Severity.VIOLATION: "▲", Severity.WARNING: "△", Severity.INFO: "•"}
ARROWS: Final[Mapping[Side, str]] = {Side.STATION: "→", Side.CSMS: "←"}
"""Which way a message went, stations on the left."""
INITIATOR_ARROWS: Final[Mapping[str, str]] = {"station": "→", "csms": "←", "both": "↔", "": " "}

ENDINGS: Final[Mapping[Ending, str]] = {
    Ending.REFUSED: "refused",
    Ending.UNREACHABLE: "CSMS not reached",
    Ending.ABANDONED: "station left before the answer",
    Ending.CLOSED: "closed",
    Ending.DROPPED: "dropped without a close frame",
    Ending.RESET: "connection reset",
    Ending.HUB: "ended by the hub",
    Ending.UNSEEN: "imported, end not seen",
}

CLOCKS: Final[Mapping[Clock, str]] = {
    Clock.DERIVED: "the log names no time zone: it was taken from what the CSMS said the time was",
    Clock.LOCAL: "the log names no time zone: its times are shown as if they were UTC",
    Clock.NONE: "the log has no times: all messages are shown at one moment, in its order",
}

DISTURBED: Final = "\N{ELECTRIC ARROW}"
"""Stands wherever a session is shown that the organizer has disturbed."""

FLAPPING: Final = "\N{UPWARDS ARROW LEFTWARDS OF DOWNWARDS ARROW}"
"""Stands beside the outcome of what passes and fails by turns."""
CONTESTED: Final = "\N{BLACK FLAG}"
"""Stands beside the outcome of what somebody contests."""
STRIP: Final = 8
"""How many of the latest outcomes are shown as glyphs."""
MARKS: Final = {FLAPPING: "flapping: passes and fails by turns", CONTESTED: "contested: somebody objects, with a note"}

TIMES: Final = "\N{MULTIPLICATION SIGN}"


def glyph(outcome: Outcome) -> Span:
    """Return an outcome's glyph in its colour."""
    return Span(GLYPHS[outcome], outcome.value)


def counted(counts: Mapping[Outcome, int], *, in_words: bool = False) -> Line:
    """Return counts by outcome, the gravest first: `✗ 2  ✓ 14`, in words `✗ 2 failed  ✓ 14 passed`."""
    spans: list[Span] = []
    for outcome in reversed(GRAVITY):
        if number := counts.get(outcome, 0):
            word = f" {outcome}" if in_words else ""
            spans.append(Span(f"{GLYPHS[outcome]} {number}{word}", outcome.value))
            spans.append(Span("  "))
    return tuple(spans[:-1])


def counted_noun(number: int, noun: str) -> str:
    """Return a number with its noun: `1 rule`, `2,000 rules`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def clock_time(at: int, *, millis: bool = False) -> str:
    """Write nanoseconds since the epoch as the time of day, UTC."""
    try:
        moment = datetime.fromtimestamp(at // 1_000_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        return "--:--:--"
    return f"{moment:%H:%M:%S}.{at // 1_000_000 % 1000:03}" if millis else f"{moment:%H:%M:%S}"


def date_and_time(at: int) -> str:
    """Write nanoseconds since the epoch as date and time, UTC."""
    try:
        moment = datetime.fromtimestamp(at // 1_000_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{at} ns"
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def duration(ms: float) -> str:
    """Write a length of time with two or three digits: `0.4 ms`, `12 ms`, `1.5 s`, `4 min`."""
    if ms < 9.95:
        return f"{ms:.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 99_950:
        return f"{ms / 1000:.1f} s"
    if ms < 6_000_000:
        return f"{ms / 60_000:.0f} min"
    return f"{ms / 3_600_000:.1f} h"


def size(number: int) -> str:
    """Write a number of bytes: `331 B`, `16.0 MiB`."""
    if number < 1024:
        return f"{number} B"
    if number < 1024 * 1024:
        return f"{number / 1024:.1f} KiB"
    return f"{number / 1024 / 1024:.1f} MiB"


def station_name(pair: Pair) -> str:
    """Return a pair's station for people, safe to show."""
    return safe(pair.station.label) or "(no name)"


def pair_name(pair: Pair) -> str:
    """Return a pair's name for people, safe to show."""
    return f"{station_name(pair)} {TIMES} {safe(pair.csms)}"


def gravest_row(pair: Pair) -> Row:
    """Return the row of a pair that is most worth looking at: of equally grave ones the first with evidence."""
    worst = gravest(row.outcome for row in pair.rows)
    candidates = [row for row in pair.rows if row.outcome is worst]
    return next((row for row in candidates if row.evidence), candidates[0])


def row_marks(row: Row, contested: Collection[str]) -> str:
    """Return what stands beside the outcome of a row: that it flaps, that it is contested; "" for neither."""
    return FLAPPING * row.changes.is_flapping + CONTESTED * (row.action in contested)


def pair_marks(pair: Pair, notes: Notes) -> str:
    """Return what stands beside the outcome of a pair: what it or one of its rows is marked with."""
    flaps = any(row.changes.is_flapping for row in pair.rows)
    return FLAPPING * flaps + CONTESTED * bool(notes.contested(pair))


def history_line(row: Row, latest: int = STRIP) -> Line:
    """Return the latest outcomes of a row as glyphs, oldest first, and its history in words."""
    words = safe(sentence(row.changes, row.outcome, clock_time))
    return (*strip_of(row, latest), Span(f" {words}", "warning" if row.changes.is_flapping else "muted"))


def strip_of(row: Row, latest: int = STRIP) -> Line:
    """Return the latest outcomes of a row as glyphs, oldest first."""
    return tuple(glyph(outcome) for outcome in row.changes.last(latest))


def state_of(session: Session) -> str:
    """Say in a few words how a session stands or ended."""
    if session.ending is None:
        return "open" if session.upgraded else "connecting" if session.status is None else "refused"
    words = ENDINGS[session.ending]
    if session.ending is Ending.REFUSED and session.status:
        return f"{words} with {session.status}"
    if session.closed_by and session.ending in (Ending.CLOSED, Ending.DROPPED, Ending.RESET):
        words += f" by {_actor(session.closed_by)}"
    code = session.station_close if session.closed_by is Side.STATION else session.csms_close
    return f"{words}, {code}" if code and session.ending is Ending.CLOSED else words


def _actor(side: Side) -> str:
    return "the CSMS" if side is Side.CSMS else "the station"

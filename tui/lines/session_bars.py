"""What the bars above and below a conversation say."""

from collections.abc import Iterable

from matrix.disturbed.resilience import Resilience
from matrix.finding import Finding
from matrix.notes import Note
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.line import Line, Span
from tui.lines.text import CONTESTED, DISTURBED, SEVERITY_GLYPHS, date_and_time, state_of
from tui.reading.selection import Wanted


def title_line(
    session: Session, disturbance: Resilience | None = None, notes: Iterable[Note] = (), *, has_begun: bool = True
) -> Line:
    """Say which session this is and how it stands, what is done to it on purpose, and what of it is contested."""
    state = state_of(session) if has_begun else "not opened yet at this moment"
    marked = (Span("  "), Span(f" {DISTURBED} {safe(disturbance.text)}: D stops ", "offending")) if disturbance else ()
    return (
        Span(f" #{session.id} {safe(session.identity, 40)} to {safe(session.csms, 30)}", "strong"),
        Span(f"  {safe(session.chosen or 'no subprotocol', 20)}", "accent"),
        Span(f"  {date_and_time(session.opened_at)}  {state}", "muted"),
        *marked,
        *_contested(notes),
    )


def _contested(notes: Iterable[Note]) -> Line:
    actions = dict.fromkeys(safe(note.action, 30) or "the pair" for note in notes if note.is_open)
    return (Span(f"  {CONTESTED} {', '.join(actions)}", "warning"),) if actions else ()


def status_line(wanted: Wanted, trouble: str, findings: tuple[Finding, ...]) -> Line:
    """Say what the filter does and what was found at the cursor: the detail pane may be scrolled to the value."""
    if trouble:
        return (Span(f" {trouble}", "broken"),)
    spans = [Span(" ")]
    if wanted.text:
        spans += [Span("filter ", "muted"), Span(safe(wanted.text), "accent"), Span("  ")]
    if wanted.findings_only:
        spans.append(Span("findings only  ", "accent"))
    if not wanted.control:
        spans.append(Span("no control frames  ", "accent"))
    return (*spans, *_found(findings))


def _found(findings: tuple[Finding, ...]) -> Line:
    if not findings:
        return ()
    first = findings[0]
    more = f" (+{len(findings) - 1})" if len(findings) > 1 else ""
    glyph = Span(f"{SEVERITY_GLYPHS[first.severity]} {first.rule}{more} ", first.severity.value)
    return (glyph, Span(safe(first.text)))


def position_line(cursor: int, length: int, *, following: bool, fresh: int) -> Line:
    """Say where the cursor stands, and what it misses by standing there."""
    place = Span(f"{cursor + 1:,}/{length:,} ", "muted") if length else Span("")
    if following:
        return (Span("● following  ", "passed"), place)
    if fresh > 0:
        return (Span(f"▼ {fresh:,} new, End follows  ", "accent"), place)
    return (place,)

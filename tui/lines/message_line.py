"""One line of a conversation: a frame, told as what it says, in the columns of the list."""

import re
from dataclasses import dataclass
from typing import Final

from matrix.dialect import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, SEND
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.safe import safe
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode
from tui.lines.line import Line, Span, fit
from tui.lines.pretty import read_head
from tui.lines.text import ARROWS, GLYPHS, SEVERITY_GLYPHS, clock_time, duration
from tui.reading.exchange_log import Joined

SUMMARY: Final = 400
"""Characters of a payload that are looked at for its summary."""
_GRAVEST_FIRST: Final = (Severity.VIOLATION, Severity.WARNING, Severity.INFO)
_KEY_QUOTES: Final = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)"[ ]*:[ ]*')
_SPACE: Final = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Told:
    """What a frame says: a name, the role it is shown in, and a summary of the rest."""

    name: str
    role: str
    summary: str


def message_line(
    frame: Frame, joined: Joined | None, findings: tuple[Finding, ...], latency_ns: int | None, width: int
) -> Line:
    """Return the line for a frame. `latency_ns` is how long the request took, where the frame is its answer."""
    told = tell(frame, joined)
    name_width = 22 if width < 90 else 32
    left = (
        Span(clock_time(frame.at, millis=True), "muted"),
        Span(f" {ARROWS[frame.side]} ", frame.side.value),
        Span(fit(told.name, name_width), told.role),
        Span(" "),
    )
    right = (
        Span(f" {duration(latency_ns / 1e6) if latency_ns else '':>7} ", "muted"),
        *flags(joined, findings),
    )
    room = width - 12 - 3 - name_width - 1 - 9 - 4
    return (*left, Span(fit(told.summary, room), "muted" if told.role == "muted" else ""), *right)


def tell(frame: Frame, joined: Joined | None) -> Told:
    """Say what a frame is. Its payload may be cut."""
    if frame.unread is not None or frame.opcode == Opcode.UNREAD:
        return Told("not read", "broken", safe(frame.unread or "bytes that no frame could be read from", SUMMARY))
    if frame.opcode >= FIRST_CONTROL_OPCODE:
        return _tell_control(frame)
    if frame.opcode == Opcode.BINARY or isinstance(frame.payload, bytes):
        return Told("not text", "broken", as_text(frame.payload))
    if not frame.fin:
        return Told("fragment", "muted", as_text(frame.payload))
    return _tell_message(frame.payload, joined)


def _tell_control(frame: Frame) -> Told:
    payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
    if frame.opcode == Opcode.CLOSE:
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005
        return Told(f"close {code}", "accent", as_text(payload[2:]))
    name = {Opcode.PING: "ping", Opcode.PONG: "pong"}.get(Opcode(frame.opcode)) if frame.opcode in (9, 10) else None
    return Told(name or f"opcode {frame.opcode}", "muted" if name else "broken", as_text(payload))


def _tell_message(text: str, joined: Joined | None) -> Told:
    head = read_head(text)
    if head is None:
        return (
            Told(f"└ {joined.action}", "broken", _summary(text))
            if joined
            else Told("malformed", "broken", _summary(text))
        )
    rest = _summary(text[head.rest :].removesuffix("]"))
    match head.type:
        case int(number) if number in (CALL, SEND):
            return Told(safe(head.name, 60) or '""', "strong", rest)
        case int(number) if number == CALLRESULT:
            payload = text[head.after_id :].lstrip(" \t\r\n,").removesuffix("]")
            return Told(f"└ {_action(joined)}", "muted", _summary(payload))
        case int(number) if number in (CALLERROR, CALLRESULTERROR):
            return Told(f"└ {_action(joined)}", "refused", f"{safe(head.name, 60)} {rest}")
        case _:
            return Told("malformed", "broken", _summary(text))


def _action(joined: Joined | None) -> str:
    return safe(joined.action) if joined else "(no request)"


def _summary(text: str) -> str:
    """Return the start of a JSON text on one line, without the quotes around plain keys."""
    return safe(_KEY_QUOTES.sub(r"\1: ", _SPACE.sub(" ", text[:SUMMARY])).replace(",", ", "))


def as_text(payload: str | bytes) -> str:
    """Return the start of a payload as text that is safe to show."""
    if isinstance(payload, str):
        return safe(payload[:SUMMARY])
    try:
        return safe(payload[:SUMMARY].decode("utf-8"))
    except UnicodeDecodeError:
        return payload[: SUMMARY // 3].hex(" ")


def flags(joined: Joined | None, findings: tuple[Finding, ...]) -> Line:
    """Return what stands at the end of a line, four cells: how grave what was found is, and the outcome."""
    severity = next((each for each in _GRAVEST_FIRST if any(f.severity is each for f in findings)), None)
    flag = Span(SEVERITY_GLYPHS[severity], severity.value) if severity else Span(" ")
    outcome = joined.outcome if joined else None
    return (flag, Span(" "), Span(GLYPHS[outcome], Outcome(outcome).value) if outcome else Span(" "), Span(" "))

"""What the detail pane says: a message with its findings and its partner, or a session's handshake."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from matrix.dialect import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, SEND
from matrix.disturbed.resilience import Resilience
from matrix.finding import Finding
from matrix.rule import rule_named
from matrix.safe import safe
from matrix.trace import RSV1, Frame, Headers, Session, Side
from tui.lines.blaming import blame_lines, ground_lines, witness_lines
from tui.lines.line import BLANK, Line, PaneLine, Span
from tui.lines.message_line import tell
from tui.lines.pretty import pretty, read_head
from tui.lines.text import (
    ARROWS,
    CLOCKS,
    DISTURBED,
    GLYPHS,
    SEVERITY_GLYPHS,
    clock_time,
    date_and_time,
    duration,
    size,
    state_of,
)
from tui.reading.exchange_log import Joined

PAYLOAD_AT: Final = {CALL: "/3", SEND: "/3", CALLRESULT: "/2", CALLERROR: "/4", CALLRESULTERROR: "/4"}
"""Where in a message's array the payload stands that findings point into."""
BYTES_SHOWN: Final = 1_024
NO_WITNESSES: Final[Mapping[Finding, tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """A frame with the whole payload of the message that it ends, put together from so many frames.

    `withheld` is the disturbance that kept it from being passed on (at once), if one did. `witnesses` is what the rest
    of the matrix says about its findings, in sentences.
    """

    frame: Frame
    payload: str | bytes
    frames: int
    findings: tuple[Finding, ...]
    withheld: str = ""
    witnesses: Mapping[Finding, tuple[str, ...]] = field(default_factory=dict)


def exchange_lines(selected: Message, partner: Message | None, joined: Joined | None) -> list[PaneLine]:
    """Return the lines for a message and, below it, for its request or answer."""
    lines = _message_lines(selected, joined, _latency(selected, partner, joined))
    lines[2:2] = _evidence_lines(joined, [*selected.findings, *(partner.findings if partner else ())])
    if partner is not None:
        lines += [BLANK, *_message_lines(partner, joined, _latency(partner, selected, joined))]
    elif joined is not None and joined.answer is None and joined.call == selected.frame.id:
        lines += [BLANK, PaneLine((Span("no answer", "muted"), *_outcome(joined)))]
    return lines


def _latency(message: Message, other: Message | None, joined: Joined | None) -> int | None:
    if joined is None or other is None or message.frame.id != joined.answer:
        return None
    return message.frame.at - other.frame.at


def _message_lines(message: Message, joined: Joined | None, latency_ns: int | None) -> list[PaneLine]:
    frame = message.frame
    title = [Span(f"{ARROWS[frame.side]} ", frame.side.value), Span(_title(message, joined), "heading")]
    if latency_ns:
        title.append(Span(f"  after {duration(latency_ns / 1e6)}", "muted"))
    if joined is not None:
        title += _outcome(joined)
    lines = [PaneLine(tuple(title)), PaneLine((Span(_facts(message), "muted"),))]
    if frame.unread is not None:
        lines.append(PaneLine((Span(safe(frame.unread), "broken"),)))
    if message.withheld:
        lines.append(PaneLine((Span(f" {DISTURBED} disturbed on purpose: {safe(message.withheld)} ", "offending"),)))
    lines += _findings_lines(message.findings, message.witnesses)
    return [*lines, *_payload_lines(message)]


def _title(message: Message, joined: Joined | None) -> str:
    told = tell(message.frame, joined)
    name = told.name.removeprefix("└ ")
    if joined is None:
        return name
    return f"{name} {'request' if joined.call == message.frame.id else 'answer'}"


def _outcome(joined: Joined) -> Line:
    if joined.outcome is None:
        return (Span("  waiting", "muted"),)
    return (Span(f"  {GLYPHS[joined.outcome]} {joined.outcome}", joined.outcome.value),)


def _evidence_lines(joined: Joined | None, findings: Iterable[Finding]) -> list[PaneLine]:
    """Return what an exchange came to in words, and whose doing it is, where no single finding says the same."""
    evidence = joined.evidence if joined else None
    if evidence is None or evidence.blame is None:
        return []
    told = {(each.text, (each.side,)) for each in findings}
    if (evidence.text, evidence.blame.sides) in told:
        return []
    return [PaneLine((Span(safe(evidence.text), "strong"),), 2), *blame_lines(evidence.blame)]


def _facts(message: Message) -> str:
    frame = message.frame
    facts = [f"from the {_who(frame.side)}", clock_time(frame.at, millis=True), f"frame {frame.id}", size(frame.size)]
    if message.frames > 1:
        facts.append(f"in {message.frames} fragments")
    if frame.rsv & RSV1:
        facts.append("compressed")
    if frame.rsv & ~RSV1:
        facts.append(f"reserved bits {frame.rsv & ~RSV1:03b}")
    return " · ".join(facts)


def _who(side: Side) -> str:
    return "CSMS" if side is Side.CSMS else "station"


def _findings_lines(findings: Iterable[Finding], witnesses: Mapping[Finding, tuple[str, ...]]) -> Iterator[PaneLine]:
    """Yield the lines for findings; what the matrix says of several alike, once."""
    told: set[tuple[str, ...]] = set()
    for finding in findings:
        said = witnesses.get(finding, ())
        yield from finding_lines(finding, () if said in told else said)
        told.add(said)


def finding_lines(finding: Finding, witnesses: Iterable[str] = ()) -> list[PaneLine]:
    """Return the lines for a finding: what was seen, whose doing it is, what was asked, what other products do."""
    role = finding.severity.value
    lines = [
        PaneLine((
            Span(f"{SEVERITY_GLYPHS[finding.severity]} {finding.severity} by the {_who(finding.side)}", role),
            Span(f"  {finding.rule}", "rule"),
        )),
        PaneLine((Span(safe(finding.text), "strong"),), 2),
    ]  # fmt: skip
    if finding.pointer:
        lines.append(PaneLine((Span(f"at {safe(finding.pointer)}", "muted"),), 2))
    return [*lines, *ground_lines(finding), *_rule_lines(finding.rule), *witness_lines(witnesses)]


def _rule_lines(code: str) -> list[PaneLine]:
    try:
        rule = rule_named(code)
    except KeyError:
        return []
    return [PaneLine((Span("asked: ", "muted"), Span(rule.sentence, "rule"), Span(f"  {rule.clause}", "muted")), 2)]


def _payload_lines(message: Message) -> list[PaneLine]:
    payload = message.payload
    if isinstance(payload, bytes):
        return _bytes_lines(payload)
    return pretty(payload, _pointers(payload, message.findings))


def _pointers(text: str, findings: Iterable[Finding]) -> list[str]:
    head = read_head(text)
    base = PAYLOAD_AT.get(head.type) if head else None
    return [base + finding.pointer for finding in findings if finding.pointer] if base else []


def _bytes_lines(payload: bytes) -> list[PaneLine]:
    lines = [
        PaneLine((
            Span(f"{start:06x}  ", "muted"),
            Span(f"{payload[start : start + 16].hex(' '):<47}  "),
            Span("".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in payload[start : start + 16]), "string"),
        ))
        for start in range(0, min(len(payload), BYTES_SHOWN), 16)
    ]  # fmt: skip
    if len(payload) > BYTES_SHOWN:
        lines.append(PaneLine((Span(f"… {len(payload) - BYTES_SHOWN:,} bytes more", "muted"),)))
    return lines


def handshake_lines(
    session: Session,
    findings: Sequence[Finding],
    disturbances: Sequence[Resilience] = (),
    witnesses: Mapping[Finding, tuple[str, ...]] = NO_WITNESSES,
) -> list[PaneLine]:
    """Return the lines for how a session was opened and how it ended."""
    lines = [PaneLine((Span("Handshake", "heading"), Span(f"  {date_and_time(session.opened_at)} UTC", "muted")))]
    lines += _findings_lines(findings, witnesses)
    for each in disturbances:
        lines.append(
            PaneLine((Span(f"{DISTURBED} disturbed on purpose: ", "warning"), Span(safe(each.text), "strong")))
        )
        lines.append(PaneLine((Span(f"{clock_time(each.begun_at)}: {each.sentence}"),), 2))
    if session.fault and session.origin is None:
        lines.append(PaneLine((Span("hub: ", "muted"), Span(safe(session.fault), "broken"))))
    lines += [BLANK, _fact("from", session.remote), _fact("to", session.upstream)]
    if session.tunnel:
        lines.append(_fact("tunnel", session.tunnel))
    if session.tls:
        lines.append(_fact("TLS", session.tls))
    if session.origin is not None:
        return [*lines, *_origin_lines(session), *_end_lines(session)]
    lines.append(_fact("offered", ", ".join(session.offered) or "no subprotocol"))
    lines.append(_fact("chosen", session.chosen or "none"))
    return [*lines, *_request_lines(session), *_response_lines(session), *_end_lines(session)]


def _origin_lines(session: Session) -> list[PaneLine]:
    lines = [_fact("version", session.chosen or "not told"), _fact("imported", f"from {session.origin}")]
    lines.append(_fact("not seen", "the handshake, pings, who ended it"))
    if session.fault:
        lines.append(_fact("end", session.fault))
    return lines if session.clock is None else [*lines, _fact("times", CLOCKS[session.clock])]


def _request_lines(session: Session) -> list[PaneLine]:
    if not session.path:
        return [BLANK, PaneLine((Span("→ ", "station"), Span("no request", "muted")))]
    title = PaneLine((Span("→ ", "station"), Span(f"GET {safe(session.path, 4_096)}", "strong")))
    return [BLANK, title, *_header_lines(session.request)]


def _response_lines(session: Session) -> list[PaneLine]:
    if session.status is None:
        return [BLANK, PaneLine((Span("← ", "csms"), Span("no answer", "muted")))]
    role = "passed" if session.upgraded else "failed"
    lines = [BLANK, PaneLine((Span("← ", "csms"), Span(f"{session.status} {safe(session.reason, 200)}", role)))]
    if session.answered_at is not None:
        took = duration((session.answered_at - session.opened_at) / 1e6)
        lines[-1] = PaneLine((*lines[-1].spans, Span(f"  after {took}", "muted")))
    lines += _header_lines(session.response)
    if session.body:
        lines += [BLANK, PaneLine((Span(safe(session.body, 4_096), "string"),), 2)]
    return lines


def _end_lines(session: Session) -> list[PaneLine]:
    lines = [BLANK, _fact("now" if session.is_open else "ended", state_of(session))]
    if session.closed_at is not None:
        lines.append(_fact("at", f"{date_and_time(session.closed_at)} UTC, {_lasted(session)} after it was opened"))
    for side, code in (("station", session.station_close), ("CSMS", session.csms_close)):
        if code is not None:
            lines.append(_fact(f"{side} code", str(code)))
    return lines


def _lasted(session: Session) -> str:
    return duration(((session.closed_at or session.opened_at) - session.opened_at) / 1e6)


def _header_lines(headers: Headers) -> list[PaneLine]:
    return [PaneLine((Span(f"{safe(name, 200)}: ", "key"), Span(safe(value, 4_096))), 2) for name, value in headers]


def _fact(name: str, value: str) -> PaneLine:
    return PaneLine((Span(f"{name:<13}", "muted"), Span(safe(value, 4_096))))

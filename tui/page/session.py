"""A session and its messages as the page shows them: plain data, ready for JSON, safe to show, without secrets."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.recording.reading import Recording
from matrix.doctor import explain
from matrix.finding import Finding
from matrix.safe import safe
from matrix.trace import Frame, Headers, Session
from tui.lines.detail import PAYLOAD_AT
from tui.lines.line import PaneLine
from tui.lines.message_line import as_text, tell
from tui.lines.pretty import pretty, read_head
from tui.lines.text import ARROWS, DISTURBED, state_of
from tui.page.board import MS, finding_detail, notes_shown
from tui.page.names import Names
from tui.page.sight import Seen
from tui.reading.exchange_log import Joined
from tui.reading.transcript import Transcript
from tui.reading.verdicts import SessionVerdicts, Verdicts

PAGE: Final = 100
"""Messages that are sent at once."""
NEWEST: Final = 2**62
FINDINGS_SHOWN: Final = 500
LONGEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of sessions, and under which names; witnesses are other products, and not for who sees no others."""

    verdicts: Verdicts
    names: Names
    with_witnesses: bool = True

    def finding(self, finding: Finding, version: str = "") -> dict[str, Any]:
        """Return a finding as it is shown."""
        may_say = self.with_witnesses and self.names.action(finding.action, version) == safe(finding.action, LONGEST)
        witnesses = self.verdicts.hearing.about(finding) if may_say else ()
        return finding_detail(finding, self.names, version, witnesses)


def session_summary(session: Session, seen: Seen | None, told: Told, spoken: Sequence[str]) -> dict[str, Any]:
    """Return how a session stands, and what was found in it: what everybody may see of it who sees it at all."""
    names, verdicts = told.names, told.verdicts.of(session.id)
    version = seen.pair.version if seen else ""
    found = [*verdicts.handshake]
    for frame in [*verdicts.found_frames]:
        found += verdicts.findings(frame)
        if len(found) >= FINDINGS_SHOWN:
            break
    shown = {
        "id": session.id,
        "pair": seen.pair_id if seen else "",
        "station": seen.names.station(seen.pair) if seen else "",
        "csms": names.csms(session.csms) if seen else "",
        "version": safe(version, 20),
        "opened": session.opened_at // MS,
        "closed": session.closed_at and session.closed_at // MS,
        "state": state_of(session),
        "is_open": session.is_open and session.upgraded,
        "disturbed": f"{DISTURBED} disturbed on purpose" if verdicts.disturbances else "",
        "findings": [told.finding(each, version) for each in found[:FINDINGS_SHOWN]],
        "notes": notes_shown(told.verdicts.notes.of_session(session.id), names),
    }
    return shown | _handshake(session, spoken) if names.is_open else shown


def _handshake(session: Session, spoken: Sequence[str]) -> dict[str, Any]:
    return {
        "identity": safe(session.identity, 200),
        "doctor": explain(session, spoken).sentence,
        "facts": [
            ["from", safe(session.remote, 200)],
            ["to", safe(session.upstream, LONGEST)],
            ["TLS", safe(session.tls or "none", LONGEST)],
            ["offered", safe(", ".join(session.offered), LONGEST) or "no subprotocol"],
            ["chosen", safe(session.chosen or "none", 200)],
            ["hub", safe(session.fault or "", LONGEST)],
        ],
        "request": [f"GET {safe(session.path, LONGEST)}", *_headers(session.request)],
        "response": [f"{session.status or 'no answer'} {safe(session.reason, 200)}", *_headers(session.response)],
        "body": safe(session.body, LONGEST),
    }


def _headers(headers: Headers) -> list[str]:
    return [f"{safe(name, 200)}: {safe(value, LONGEST)}" for name, value in headers]


def message_page(
    recording: Recording, session: int, verdicts: SessionVerdicts, *, frame: int = 0, before: int = 0, after: int = 0
) -> dict[str, Any]:
    """Return a page of messages: those around a frame, before or after one, or else the newest of those there were."""
    until = verdicts.vantage.mark
    newest = min(before or NEWEST, until + 1)
    ids = _ids(recording, session, frame=frame if frame <= until else 0, before=newest, after=after)
    ids = ids[: bisect_right(ids, until)]
    transcript = Transcript(recording, ids)
    frames = [head for index in range(len(ids)) if (head := transcript.head(index))]
    first, last = (ids[0], ids[-1]) if ids else (0, 0)
    return {
        "messages": [_message(each, verdicts) for each in frames],
        "earlier": first if first and recording.frame_ids_before(session, first, 1) else 0,
        "later": last if last and any(each <= until for each in recording.frame_ids(session, after=last)[:1]) else 0,
        "last": last,
    }


def _ids(recording: Recording, session: int, *, frame: int, before: int, after: int) -> list[int]:
    if after:
        return recording.frame_ids(session, after=after)[:PAGE]
    if frame:
        earlier = recording.frame_ids_before(session, frame, PAGE // 2)
        return [*reversed(earlier), *recording.frame_ids(session, after=frame - 1)[: PAGE // 2]]
    return [*reversed(recording.frame_ids_before(session, before, PAGE))]


def _message(frame: Frame, verdicts: SessionVerdicts) -> dict[str, Any]:
    joined = verdicts.joined(frame.id)
    told = tell(frame, joined)
    found = [finding.severity for finding in verdicts.findings(frame.id)]
    return {
        "id": frame.id,
        "at": frame.at // MS,
        "side": frame.side,
        "arrow": ARROWS[frame.side],
        "name": told.name.removeprefix("└ "),
        "is_answer": joined is not None and joined.answer == frame.id,
        "role": told.role,
        "summary": told.summary,
        "outcome": joined.outcome if joined else None,
        "found": min(found, key=["violation", "warning", "info"].index) if found else None,
    }


def frame_detail(recording: Recording, frame: int, session: int, told: Told) -> dict[str, Any]:
    """Return a message of a session with its findings, laid out; with it, its request or its answer.

    Raises:
        RecordingError: there is no such frame.
    """
    transcript, joined = Transcript(recording), told.verdicts.of(session).joined(frame)
    partner = _partner(joined, frame)
    return {
        "message": _laid_out(transcript, recording.frame(frame), told),
        "partner": _laid_out(transcript, recording.frame(partner), told) if partner else None,
    }


def _partner(joined: Joined | None, frame: int) -> int | None:
    if joined is None:
        return None
    return joined.answer if joined.call == frame else joined.call


def _laid_out(transcript: Transcript, frame: Frame, told: Told) -> dict[str, Any]:
    verdicts, whole = told.verdicts.of(frame.session), transcript.whole(frame.id) or frame
    payload, fragments = transcript.message(whole)
    findings = verdicts.findings(frame.id)
    return _message(whole, verdicts) | {
        "session": frame.session,
        "size": frame.size,
        "fragments": fragments,
        "unread": safe(frame.unread or "", LONGEST),
        "findings": [told.finding(each) for each in findings],
        "lines": _lines(payload, [each.pointer for each in findings if each.pointer]),
    }


def _lines(payload: str | bytes, pointers: Sequence[str]) -> list[Any]:
    """Return a payload line by line: [indent, is marked, [[text, role], ...]]."""
    if isinstance(payload, bytes):
        return [[0, False, [[as_text(payload), ""]]]]
    head = read_head(payload)
    base = PAYLOAD_AT.get(head.type) if head else None
    return [_line(each) for each in pretty(payload, [base + pointer for pointer in pointers] if base else [])]


def _line(line: PaneLine) -> list[Any]:
    return [line.indent, line.marked, [[span.text, span.role] for span in line.spans]]

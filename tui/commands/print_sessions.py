"""What `show` and `doctor` print: sessions, the messages of one, what a filter lets through, attempts to connect."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.recording.reading import Recording
from matrix.safe import safe
from matrix.secrets import masked_frame
from matrix.trace import Disturbed, Frame, Opcode, Session, mark_of
from tui.commands.printing import console, print_lines
from tui.lines.disturbed import by_session, step_as_json, step_line, what_was_done
from tui.lines.refused_again import folded
from tui.lines.text import ARROWS, CLOCKS, clock_time
from tui.patients import HEALTH_GLYPHS, Patient

SHORT: Final = 160
"""Characters of a payload that `show` prints, unless all of it is asked for."""


def show_sessions(recording: Recording, *, as_json: bool) -> None:
    """Print the sessions of a recording; in a table, refusals that repeat themselves are one line with their number."""
    frames = recording.frame_counts()
    sessions, steps = recording.sessions(), by_session(recording.disturbances())
    if as_json:
        print_lines(
            _session_as_json(session, frames.get(session.id, 0), steps.get(session.id, ())) for session in sessions
        )
        return
    table = Table("id", "opened", "identity", "CSMS", "protocol", "answer", "frames", "lasted", "end", box=None)
    if steps:
        table.add_column("disturbed on purpose")
    for run in folded(sessions, steps.keys()):
        session = run[0]
        cells = _session_cells(session, frames.get(session.id, 0), _again(run))
        table.add_row(*map(Text, (*cells, what_was_done(steps[session.id])) if session.id in steps else cells))
    console().print(table if sessions else "no station has connected yet")


def show_messages(recording: Recording, number: int, *, as_json: bool, full: bool, with_secrets: bool = False) -> None:
    """Print the frames of one session in order, its handshake first; secrets in them only if asked for.

    What was done to it on purpose stands between them, where it was done.

    Raises:
        RecordingError: there is no such session.
    """
    session = recording.session(number)
    steps: Iterable[Frame | Disturbed] = recording.disturbances(number)
    spoken: Iterable[Frame | Disturbed] = merge(recording.frames(number), steps, key=mark_of)
    if as_json:
        print_lines(_item_as_json(item, with_secrets=with_secrets) for item in spoken)
        return
    out = console()
    out.print(Text("\n".join(_handshake(session))), soft_wrap=True)
    for item in spoken:
        _print_line(out, _item_line(item, full=full, with_secrets=with_secrets), full=full)


def show_frame(recording: Recording, number: int, *, as_json: bool, with_secrets: bool = False) -> None:
    """Print one frame, whole, with the number of its session; secrets in it only if asked for.

    Raises:
        RecordingError: there is no such frame.
    """
    show_found([recording.frame(number)], as_json=as_json, full=True, with_secrets=with_secrets)


def show_found(found: Iterable[Frame | Session], *, as_json: bool, full: bool, with_secrets: bool = False) -> None:
    """Print what a filter lets through: frames with the number of their session, handshakes as a line each."""
    if as_json:
        print_lines(
            {"handshake": _session_fields(item)}
            if isinstance(item, Session)
            else _frame_as_json(item, with_secrets=with_secrets)
            for item in found
        )
        return
    out, item = console(), None
    for item in found:
        _print_line(out, _found_line(item, full=full, with_secrets=with_secrets), full=full)
    if item is None:
        out.print("nothing is found")


def _print_line(out: Console, line: Text, *, full: bool) -> None:
    """Print a line as one, whatever the width: cut to that, or whole, for the terminal to break."""
    if full:
        out.print(line, soft_wrap=True)
    else:
        out.print(line, overflow="ellipsis", no_wrap=True)


def show_patients(patients: Iterable[Patient]) -> None:
    """Print who tried to connect, and what became of each attempt, the latest first."""
    lines: list[Text] = []
    for patient in patients:
        lines.append(Text(safe(patient.name), "bold"))
        for attempt in patient.attempts:
            at = f"  {clock_time(attempt.session.opened_at)}  session {attempt.session.id}"
            lines.append(Text(f"{at}  {HEALTH_GLYPHS[attempt.diagnosis.health]} {attempt.diagnosis.sentence}"))
    console().print(*(lines or [Text("no station has tried to connect yet")]), sep="\n", soft_wrap=True)


def _again(run: Sequence[Session]) -> str:
    if len(run) == 1:
        return ""
    return f", {len(run)} times until {clock_time(run[-1].opened_at)}, session {run[-1].id}"


def _session_cells(session: Session, frames: int, again: str = "") -> tuple[str, ...]:
    answer = f"{session.status} {safe(session.reason, 30)}".strip() if session.status else _no_answer(session)
    return (
        str(session.id), clock_time(session.opened_at), safe(session.identity, 40), safe(session.csms, 20) or "-",
        safe(session.chosen or "-", 20), answer, str(frames), _lasted(session), f"{_end(session)}{again}",
    )  # fmt: skip


def _no_answer(session: Session) -> str:
    return "none" if session.origin is None else "not seen"


def _lasted(session: Session) -> str:
    if session.closed_at is None:
        return "open"
    return f"{(session.closed_at - session.opened_at) / 1e9:.1f} s"


def _end(session: Session) -> str:
    if session.ending is None:
        return ""
    who = f" by {session.closed_by.label}" if session.closed_by else ""
    sides = (("station", session.station_close), ("CSMS", session.csms_close))
    codes = [f"{side} {code}" for side, code in sides if code]
    why = safe(session.fault, 80) if session.fault else ", ".join(codes)
    return f"{session.ending}{who}" + (f" ({why})" if why else "")


def _handshake(session: Session) -> Iterator[str]:
    yield f"session {session.id}  {safe(session.identity)} -> {safe(session.csms) or '-'}  {_end(session)}".rstrip()
    if session.fault and session.origin is None:
        yield f"hub: {safe(session.fault)}"
    if session.tunnel:
        yield f"tunnel: {safe(session.tunnel)}, from {safe(session.remote) or '-'}"
    if session.tls:
        yield f"TLS: {safe(session.tls)}"
    if session.origin is not None:
        yield from _where_from(session)
        return
    yield f"GET {safe(session.path)}" if session.path else "no request"
    yield from (f"  {safe(name)}: {safe(value, SHORT)}" for name, value in session.request)
    yield f"{session.status or 'no answer'} {safe(session.reason)}".rstrip()
    yield from (f"  {safe(name)}: {safe(value, SHORT)}" for name, value in session.response)
    if session.body:
        yield f"  {safe(session.body, SHORT)}"


def _where_from(session: Session) -> Iterator[str]:
    yield f"imported from {safe(session.origin or '')}: its messages alone, no handshake, no pings"
    if session.clock is not None:
        yield CLOCKS[session.clock]


def _item_line(item: Frame | Disturbed, *, full: bool, with_secrets: bool) -> Text:
    if isinstance(item, Disturbed):
        return step_line(item)
    return _message_line(item if with_secrets else masked_frame(item), full=full)


def _found_line(item: Frame | Session, *, full: bool, with_secrets: bool) -> Text:
    if isinstance(item, Session):
        at = clock_time(item.answered_at or item.opened_at, millis=True)
        line = f"{'-':>8}  {at}  handshake  {safe(item.identity)} -> {safe(item.csms) or '-'}"
        return Text(f"#{item.id:<5}{line}  {item.status or 'no answer'} {safe(item.reason)}".rstrip())
    return Text(f"#{item.session:<5}") + _message_line(item if with_secrets else masked_frame(item), full=full)


def _message_line(frame: Frame, *, full: bool) -> Text:
    name = "" if frame.opcode == Opcode.TEXT and frame.fin else f"{_opcode_name(frame)} "
    payload = _payload_text(frame, None if full else SHORT)
    line = Text(f"{frame.id:>8}  {clock_time(frame.at, millis=True)}  {ARROWS[frame.side]}  {name}{payload}")
    if frame.unread:
        line.append(f"  [{safe(frame.unread)}]")
    return line


def _opcode_name(frame: Frame) -> str:
    name = Opcode(frame.opcode).name.lower() if frame.opcode in list(Opcode) else f"opcode {frame.opcode}"
    return name if frame.fin else f"{name} (fragment)"


def _payload_text(frame: Frame, limit: int | None) -> str:
    """Return a payload for a terminal: text escaped, close codes as numbers, other bytes as hex."""
    payload = frame.payload
    if frame.opcode == Opcode.CLOSE and isinstance(payload, bytes) and len(payload) >= 2:
        return f"{int.from_bytes(payload[:2])} {safe(payload[2:].decode('utf-8', 'replace'))}".strip()
    if isinstance(payload, str):
        return safe(payload, limit)
    return safe(payload[: limit // 2 if limit else None].hex(" "), limit)


def _session_as_json(session: Session, frames: int, steps: Iterable[Disturbed]) -> dict[str, Any]:
    return {**_session_fields(session), "frames": frames, "disturbances": [step_as_json(step) for step in steps]}


def _session_fields(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in session.__struct_fields__}


def _item_as_json(item: Frame | Disturbed, *, with_secrets: bool) -> dict[str, Any]:
    return step_as_json(item) if isinstance(item, Disturbed) else _frame_as_json(item, with_secrets=with_secrets)


def _frame_as_json(frame: Frame, *, with_secrets: bool) -> dict[str, Any]:
    shown = frame if with_secrets else masked_frame(frame)
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    if isinstance(shown.payload, bytes):
        fields["payload"], fields["payload_hex"] = None, shown.payload.hex()
    if shown is not frame:
        fields["secrets"] = "hidden"
    return fields

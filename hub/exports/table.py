"""CSV: one row for each frame, for spreadsheets; nothing in it is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from hub.exports.contents import Contents, iso
from hub.exports.spoken import Listener, Message
from matrix.safe import safe_cell
from matrix.trace import Closed, Frame, Opcode, session_of

HEADING: Final = (
    "session", "frame", "time", "station", "csms", "side", "opcode", "type", "message_id", "action", "size", "payload",
    "unread", "findings",
)  # fmt: skip
_OPCODES: Final = {int(opcode): opcode.name.lower() for opcode in Opcode}


def table(contents: Contents) -> Iterator[bytes]:
    """Yield the heading, and a row for each frame."""
    yield _row(HEADING)
    listeners: dict[int, Listener] = {}
    for item in contents.traffic():
        if isinstance(item, Frame):
            message = listeners.setdefault(item.session, Listener()).hear(item)
            yield _row(_cells(contents, item, message))
        elif isinstance(item, Closed):
            listeners.pop(session_of(item), None)


def _cells(contents: Contents, frame: Frame, message: Message | None) -> Iterator[str]:
    session = contents.sessions[frame.session]
    message = message or Message("")
    found = "; ".join(f"{each.rule} {each.severity} {each.side}: {each.text}" for each in contents.findings.at(frame))
    opcode = _OPCODES.get(frame.opcode, str(frame.opcode))
    payload = contents.shown(frame).payload
    yield from (str(frame.session), str(frame.id), iso(frame.at), session.identity, session.csms, frame.side)
    yield from (opcode if frame.fin else f"{opcode} (fragment)", message.name, message.id, message.action)
    yield from (str(frame.size), payload if isinstance(payload, str) else payload.hex(" "), frame.unread or "", found)


def _row(cells: Iterable[str]) -> bytes:
    row = io.StringIO()
    csv.writer(row).writerow([safe_cell(cell) for cell in cells])
    return row.getvalue().encode()

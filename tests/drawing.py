"""Sessions drawn as text, as tests and the files under sessions/ have them (the format: sessions/README.md).

session: CS001 -> acme
offers: ocpp1.6

> [2,"1","Heartbeat",{}]
< [3,"1",{"currentTime":"2026-11-01T10:00:00Z"}]
+31s
! begun stall 10s
> close 1000
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.judge import Judge
from matrix.trace import (
    RSV1,
    Closed,
    Disturbed,
    Ending,
    Fault,
    Frame,
    Opcode,
    Opened,
    Phase,
    Session,
    Side,
    Traffic,
)

START_NS: Final = 1_793_527_200_000_000_000
"""2026-11-01T10:00:00Z: when drawn sessions begin."""
STEP_NS: Final = 10_000_000
"""What each line takes, where the drawing does not say how long: 10 ms."""

SIDES: Final = {">": Side.STATION, "<": Side.CSMS}
UNITS: Final = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
_NOW: Final = re.compile(r"\$NOW(?:([+-])(\d+)(ms|s|m|h))?")
HEADERS: Final = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"))
KEY: Final = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")


class DrawingError(ValueError):
    """A line of a drawing that means nothing."""


def draw(*lines: str, version: str = "1.6", **handshake: Any) -> list[Traffic]:
    """Return the traffic of one session of that version, drawn line by line; it is closed at the end."""
    fields: dict[str, Any] = {"offered": (f"ocpp{version}",), "chosen": f"ocpp{version}"} | handshake
    return Pen().session(lines, **fields)


def read_drawing(path: Path) -> list[Traffic]:
    """Return the traffic of a `.session` file: one session or several, one after the other."""
    return drawn_lines(path.read_text(encoding="utf-8").splitlines())


def drawn_lines(lines: Iterable[str]) -> list[Traffic]:
    """Return the traffic of the lines of a `.session` file."""
    return [*_traffic_of(lines)]


def judged(*traffic: Iterable[Traffic], **judge: Any) -> Judge:
    """Return a judge that has seen all that traffic, in that order."""
    seen = Judge(**judge)
    for item in (item for items in traffic for item in items):
        seen.feed(item)
    return seen


def with_unseen_ends(traffic: Iterable[Traffic]) -> list[Traffic]:
    """Return traffic as logs show it: how a session ended is not in them."""
    return [_with_unseen_end(item) if isinstance(item, Closed) else item for item in traffic]


def _with_unseen_end(closed: Closed) -> Closed:
    return msgspec.structs.replace(closed, session=msgspec.structs.replace(closed.session, ending=Ending.UNSEEN))


def codes(judge: Judge) -> list[str]:
    """Return the rules that found something, in order."""
    return [finding.rule for finding in judge.findings]


class Pen:
    """Draws sessions one after the other into one recording."""

    def __init__(self) -> None:
        self._mark = 0
        self._at = START_NS
        self._sessions = 0
        self._disturbed: Disturbed

    def session(
        self,
        lines: Iterable[str],
        *,
        identity: str = "CS001",
        csms: str = "acme",
        path: str | None = None,
        offered: tuple[str, ...] = (),
        chosen: str | None = None,
        status: int | None = 101,
        reason: str = "",
        request: tuple[tuple[str, str], ...] | None = None,
        response: tuple[tuple[str, str], ...] = (),
        fault: str | None = None,
        ending: Ending | None = Ending.CLOSED,
        closed_by: Side | None = Side.STATION,
        refusal: str | None = None,
    ) -> list[Traffic]:
        """Return the traffic of one session. `ending=None` leaves it open; `refusal` is a disturbance before it."""
        self._sessions += 1
        before = [self._disturbance(f"begun {refusal}")] if refusal else []
        if request is None:
            request = _request(offered)
        opened = Session(
            id=self._sessions, opened_at=self._at, answered_at=self._at, identity=identity, csms=csms,
            path=f"/{csms}/{identity}" if path is None else path, offered=offered,
            chosen=chosen if status == 101 else None, status=status, reason=reason, request=request, response=response,
            fault=fault,
        )  # fmt: skip
        traffic: list[Traffic] = [*before, Opened(self._next_mark(), opened)]
        traffic += (item for line in lines if (item := self._line(line.strip())) is not None)
        if ending is not None:
            codes = {f"{frame.side}_close": code for frame, code in _closes(traffic)}
            closed = msgspec.structs.replace(opened, closed_at=self._at, closed_by=closed_by, ending=ending, **codes)
            traffic.append(Closed(self._next_mark(), closed))
        return traffic

    def _line(self, line: str) -> Frame | Disturbed | None:
        if not line or line.startswith("#"):
            return None
        if wait := re.fullmatch(r"\+(\d+)(ms|s|m|h)", line):
            self._at += int(wait[1]) * UNITS[wait[2]]
            return None
        side, _, said = line.partition(" ")
        if side == "!":
            return self._disturbance(said)
        if side not in SIDES:
            raise DrawingError(f"a line starts with >, <, + or !, this one does not: {line!r}")
        self._at += STEP_NS
        said = _NOW.sub(self._moment, said)
        frame = _frame(said)
        masked = frame.masked != (SIDES[side] is Side.STATION)
        return msgspec.structs.replace(
            frame, id=self._next_mark(), session=self._sessions, at=self._at, side=SIDES[side], masked=masked
        )

    def _moment(self, match: re.Match[str]) -> str:
        """Return the line's own time as peers write it, or one before or after it."""
        shift = int(match[2]) * UNITS[match[3]] if match[1] else 0
        at = self._at + (-shift if match[1] == "-" else shift)
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at // 1_000)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _disturbance(self, said: str) -> Disturbed:
        """Return a step of a disturbance: `begun WHAT`, `touched` (the frame that follows), or `ended`."""
        phase, _, text = said.partition(" ")
        self._at += STEP_NS
        mark = self._next_mark()
        if text:
            fault = Fault(text.split(" ")[0])
            self._disturbed = Disturbed(
                mark=mark, number=mark, session=self._sessions, at=self._at, phase=Phase.BEGUN, fault=fault, text=text
            )
        frame = mark + 1 if phase == Phase.TOUCHED else None
        return msgspec.structs.replace(self._disturbed, mark=mark, at=self._at, phase=Phase(phase), frame=frame)

    def _next_mark(self) -> int:
        self._mark += 1
        return self._mark


def _request(offered: tuple[str, ...], own: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[str, str], ...]:
    """Return the fields of an upgrade request: those that all have, but for the ones that it has of its own."""
    usual = (*HEADERS, KEY, *((("Sec-WebSocket-Protocol", ", ".join(offered)),) if offered else ()))
    named = {name.lower() for name, _ in own}
    return (*(field for field in usual if field[0].lower() not in named), *own)


def _closes(traffic: Iterable[Traffic]) -> Iterator[tuple[Frame, int]]:
    for item in traffic:
        if isinstance(item, Frame) and item.opcode == Opcode.CLOSE and isinstance(item.payload, bytes):
            yield item, int.from_bytes(item.payload[:2]) if item.payload else 1005


def _frame(said: str) -> Frame:
    """Return the frame that one line draws: OCPP-J text, or a word for what is none; `masked` where that is wrong."""
    blank = Frame(id=0, session=0, at=0, side=Side.STATION, opcode=Opcode.TEXT, payload=said)
    word, _, rest = said.partition(" ")
    match word:
        case "close":
            payload = int(rest).to_bytes(2, "big") if rest else b""
            return msgspec.structs.replace(blank, opcode=Opcode.CLOSE, payload=payload)
        case "ping" | "pong":
            return msgspec.structs.replace(blank, opcode=Opcode[word.upper()], payload=rest)
        case "binary":
            return msgspec.structs.replace(blank, opcode=Opcode.BINARY, payload=bytes.fromhex(rest))
        case "bytes":
            return msgspec.structs.replace(blank, payload=bytes.fromhex(rest))
        case "part" | "next" | "last":
            opcode = Opcode.TEXT if word == "part" else Opcode.CONTINUATION
            return msgspec.structs.replace(blank, opcode=opcode, payload=rest, fin=word == "last")
        case "rsv":
            return msgspec.structs.replace(blank, rsv=RSV1, payload=rest.encode())
        case "deflated":
            return msgspec.structs.replace(blank, rsv=RSV1, payload=rest)
        case "mismasked":
            return msgspec.structs.replace(blank, payload=rest, masked=True)
        case "unread":
            return msgspec.structs.replace(blank, opcode=Opcode.UNREAD, payload=b"", unread=rest)
        case _:
            return blank


def _traffic_of(lines: Iterable[str]) -> Iterator[Traffic]:
    pen, fields, body = Pen(), dict[str, Any](), list[str]()
    for line in lines:
        if line.startswith("session:") and fields:
            yield from _session(pen, body, fields)
            fields, body = {}, []
        if header := re.fullmatch(r"([a-z]+): (.*)", line):
            _note_header(fields, header[1], header[2])
        else:
            body.append(line)
    yield from _session(pen, body, fields)


def _session(pen: Pen, body: list[str], fields: dict[str, Any]) -> list[Traffic]:
    own = fields.pop("request", ())
    return pen.session(body, **fields, request=_request(fields.get("offered", ()), own))


def _note_header(fields: dict[str, Any], name: str, value: str) -> None:
    match name:
        case "session":
            fields["identity"], _, fields["csms"] = value.partition(" -> ")
        case "offers":
            fields["offered"] = tuple(value.split(", ")) if value else ()
            fields.setdefault("chosen", fields["offered"][0] if fields["offered"] else None)
        case "chooses":
            fields["chosen"] = None if value == "nothing" else value
        case "status":
            status, _, fields["reason"] = value.partition(" ")
            fields["status"] = int(status)
        case "path" | "fault":
            fields[name] = value
        case "ends":
            fields["ending"] = None if value == "open" else Ending(value)
        case "by":
            fields["closed_by"] = Side(value)
        case "refusal":
            fields["refusal"] = value
        case "request" | "response":
            key, _, rest = value.partition(":")
            fields[name] = (*fields.get(name, ()), (key, rest.strip()))
        case _:
            raise DrawingError(f"there is no header {name!r} in a drawing")

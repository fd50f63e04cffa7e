"""Lines of text with a message in them: of SteVe, of the `ocpp` package, of anybody who writes a message a line."""

import re
from typing import Final

from hub.imports.directions import sender_in, way_in
from hub.imports.entries import LONGEST_IDENTITY, Entry, HungUp, LineError, Said, Way
from hub.imports.stamps import stamp_in

_STEVE: Final = re.compile(
    r"\[(?:chargeBoxId|id)=(?P<identity>[^,\]]{1,255})(?:,\s{0,4}sessionId=(?P<link>[^\]]{0,128}))?\]\s{0,4}"
    r"(?:(?P<way>Received|Sending)(?: message)?:\s{0,4}(?P<text>.+)|(?P<end>Connection is closed.{0,200}))",
    re.DOTALL,
)
"""WebSocketLogger of SteVe: `[chargeBoxId=CS1, sessionId=...] Received: [2,...]`; `Received message: ` before 2018."""
_OCPP: Final = re.compile(r"(?P<before>.{1,1000}?): (?P<way>send|receive message) (?P<text>\S.*)", re.DOTALL)
"""ChargePoint of the `ocpp` package, any version: `CS1: receive message [3,...]`, after what logging puts before."""
_LEVEL: Final = re.compile(
    r"(?:(?:DEBUG|INFO|WARNING)(?::ocpp:|\s{0,4}[-|:\])]\s{0,4}|\s+)|(?<![\w.])ocpp(?::|\]?\s{0,4}[-|:\])]\s{0,4}|\]?\s+)"
    r"|\[[\w.]{1,80}\]:?\s+)+"
)
_OBJECT: Final = re.compile(r"<Call(?:Result|Error)? - unique_id=")
"""How the `ocpp` package writes a message that it complains of, which may quote another one: neither is said by it."""
_MESSAGE: Final = re.compile(r'\[\s{0,8}[2-6]\s{0,8},\s{0,8}"')
_WAYS: Final = {"Received": Way.IN, "Sending": Way.OUT, "receive message": Way.IN, "send": Way.OUT}


def steve_line(line: str) -> Entry | None:
    """Read a line of SteVe's log; None where it is about something else."""
    match = _STEVE.search(line)
    if match is None:
        return None
    at, identity, link = stamp_in(line[: match.start()]), match["identity"], match["link"] or ""
    if match["end"]:
        return HungUp(words=match["end"], at=at, identity=identity, link=link)
    return Said(text=match["text"].strip(), at=at, way=_WAYS[match["way"]], identity=identity, link=link)


def ocpp_line(line: str) -> Entry | None:
    """Read a line that the `ocpp` package logged, in whatever layout; None where it is about something else."""
    match = _OCPP.match(line)
    if match is None or not match["text"].startswith("["):
        return None
    before = match["before"]
    if "[chargeBoxId=" in before:
        return None
    return Said(
        text=match["text"].strip(), at=stamp_in(before), way=_WAYS[match["way"]],
        identity=_identity(before)[:LONGEST_IDENTITY],
    )  # fmt: skip


def _identity(before: str) -> str:
    """Return what comes after the last level or logger's name, else the last word."""
    levels = [*_LEVEL.finditer(before)]
    return before[levels[-1].end() :] if levels else next(iter(before.split()[-1:]), "")


def any_line(line: str) -> Entry | None:
    """Read a line with a JSON array of OCPP-J in it, and words or arrows around it; None where it has none."""
    match = _MESSAGE.search(line)
    if match is None or _OBJECT.search(line, 0, match.start()):
        return None
    end = line.rfind("]") + 1
    if end <= match.start():
        raise LineError("the message in it has no end")
    before, text, after = line[: match.start()], line[match.start() : end], line[end:]
    side = sender_in(before) or sender_in(after)
    way = None if side else way_in(before) or way_in(after)
    return Said(text=text, at=stamp_in(before) or stamp_in(after), side=side, way=way)

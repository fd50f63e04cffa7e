"""HAR files into sessions: those that `plugfest export` wrote, and what browsers save of WebSockets."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from hub.imports.entries import LONGEST_IDENTITY, ImportLogError
from hub.imports.files import MARK, beginning_of
from hub.imports.stamps import LATEST_NS
from hub.session_records import Record
from matrix.moments import SECOND_NS, moment
from matrix.trace import Ending, Opcode, Side

LARGEST: Final = 512 << 20
"""Bytes of a file that are read: it is in memory as a whole."""
MOST_CONTAINERS: Final = 10_000_000
MOST_COMMAS: Final = 64_000_000
"""In its text, those within strings too: an array of nothing takes 20 times the room that it has in the file."""
LOOKED_AT: Final = 4_096
SIDES: Final = {"send": Side.STATION, "receive": Side.CSMS}


def is_har(path: Path) -> bool:
    """Tell by its beginning whether a file is meant to be one: a JSON object whose first field is `log`."""
    words = beginning_of(path, LOOKED_AT).removeprefix(MARK).split()
    return b"".join(words[:3]).startswith(b'{"log":{')


def har_sessions(path: Path, csms: str) -> list[list[Record]]:
    """Return the sessions of a file, each as the records of a session file; `csms` is the name of all CSMSes in it.

    Entries that are no WebSocket are passed over.

    Raises:
        ImportLogError: it cannot be read, is no HAR, or is damaged.
    """
    entries = _entries(path)
    found: list[list[Record]] = []
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, dict) and isinstance(entry.get("_webSocketMessages"), list):
            try:
                found.append(_records(entry, csms, f"{path.name} (har)", len(found) + 1))
            except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as exc:
                raise ImportLogError(f"entry {number} of {path.name!r} cannot be read: {_why(exc)}") from exc
    if not found:
        raise ImportLogError(f"there is no WebSocket among the {len(entries)} entries of {path.name!r}")
    return found


def _entries(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise ImportLogError(f"{path.name!r} has more than {LARGEST >> 20} MiB: too much for a HAR file")
        octets = path.read_bytes()
        if octets.count(b"[") + octets.count(b"{") > MOST_CONTAINERS or octets.count(b",") > MOST_COMMAS:
            raise ImportLogError(f"{path.name!r} holds more values than any HAR file of sessions")
        archive = orjson.loads(octets.removeprefix(MARK))
    except OSError as exc:
        raise ImportLogError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    except orjson.JSONDecodeError as exc:
        raise ImportLogError(f"{path.name!r} is cut off, or no HAR: {_no_json(octets, exc)}") from exc
    match archive:
        case {"log": {"entries": [*entries]}}:
            return entries
        case _:
            raise ImportLogError(f"{path.name!r} is no HAR: it has no entries")


def _no_json(octets: bytes, exc: orjson.JSONDecodeError) -> str:
    """Say why bytes are no JSON, and where: the decoder does not say which byte is no text."""
    try:
        octets.decode()
    except UnicodeDecodeError as bad:
        line = octets.count(b"\n", 0, bad.start) + 1
        return f"it is not UTF-8 (byte {bad.start}, in line {line}, is {octets[bad.start]:#04x})"
    return f"it is not JSON ({exc})"


def _why(exc: Exception) -> str:
    return f"{exc.args[0]!r} is missing" if isinstance(exc, KeyError) else str(exc)


def _records(entry: dict[str, Any], csms: str, origin: str, number: int) -> list[Record]:
    ours = entry.get("_plugfest")
    messages = [message for message in entry["_webSocketMessages"] if message["type"] in SIDES]
    return (
        _our_records(ours, messages) if ours is not None else [*_their_records(entry, messages, csms, origin, number)]
    )


# -- written by us ----------------------------------------------------------------------------------------------------


def _our_records(ours: dict[str, Any], messages: list[dict[str, Any]]) -> list[Record]:
    """Return the records that an export was made of, in the order of their marks."""
    steps: list[Record] = [("frame", _our_frame(message)) for message in messages]
    rest: list[Record] = []
    for word, fields in ours["parts"]:
        (steps if word == "disturbance" else rest).append((str(word), _with_bytes(fields)))
    steps.sort(key=lambda record: int(record[1]["mark" if record[0] == "disturbance" else "id"]))
    return [("session", dict(ours["session"])), *steps, *rest]


def _our_frame(message: dict[str, Any]) -> dict[str, Any]:
    fields = dict(message["_plugfest"])
    data = message["data"]
    fields["payload"] = _decoded(data) if fields.pop("is_base64") else data
    return fields | {"side": SIDES[message["type"]], "opcode": message["opcode"]}


def _with_bytes(fields: dict[str, Any]) -> dict[str, Any]:
    return dict(fields) | ({"bytes": _decoded(fields["bytes"])} if "bytes" in fields else {})


# -- written by browsers ----------------------------------------------------------------------------------------------


def _their_records(
    entry: dict[str, Any], messages: list[dict[str, Any]], csms: str, origin: str, number: int
) -> Iterator[Record]:
    """Yield what the file holds of a session: whoever wrote it was the station, and saw no pings and no end."""
    request, response = entry["request"], entry["response"]
    headers = _headers(request)
    offered = [
        offer.strip()
        for name, value in headers
        if name.lower() == "sec-websocket-protocol"
        for offer in value.split(",")
    ]
    chosen = next((value for name, value in _headers(response) if name.lower() == "sec-websocket-protocol"), None)
    times = [_ns(message["time"]) for message in messages]
    opened_at = _opened_at(entry, times)
    split = urlsplit(request["url"])
    path = split.path + (f"?{split.query}" if split.query else "")
    yield "session", {
        "id": number, "opened_at": opened_at, "answered_at": opened_at, "closed_at": max([opened_at, *times]),
        "identity": unquote(split.path.rstrip("/").rpartition("/")[2])[:LONGEST_IDENTITY], "csms": csms, "path": path,
        "offered": offered, "chosen": chosen, "status": response["status"] or None,
        "reason": response.get("statusText", ""), "request": headers, "response": _headers(response),
        "ending": Ending.UNSEEN.value, "origin": origin, "opened_mark": 1, "closed_mark": len(messages) + 2,
    }  # fmt: skip
    latest = opened_at
    for place, (message, at) in enumerate(zip(messages, times, strict=True), start=2):
        latest = max(latest, at)
        yield "frame", _their_frame(message, latest, place)


def _their_frame(message: dict[str, Any], at: int, place: int) -> dict[str, Any]:
    opcode, data = message["opcode"], message["data"]
    fields = {"id": place, "at": at, "side": SIDES[message["type"]], "opcode": opcode, "payload": data}
    return fields if opcode == Opcode.TEXT else fields | {"payload": _decoded(data)}


def _opened_at(entry: dict[str, Any], times: list[int]) -> int:
    """Return when a session was opened: never after its first message, which another clock may have told."""
    read = moment(entry["startedDateTime"])
    if read is None:
        raise ValueError(f"startedDateTime is no moment: {entry['startedDateTime']!r}")
    return min([max(read.ns, 0), *(at - 1 for at in times[:1])])


def _headers(of: dict[str, Any]) -> list[tuple[str, str]]:
    return [(header["name"], header["value"]) for header in of.get("headers", ())]


def _ns(seconds: object) -> int:
    if not isinstance(seconds, int | float):
        raise TypeError(f"the time of a message is no number: {str(seconds)[:40]!r}")
    at = round(seconds * SECOND_NS)
    if not 0 < at < LATEST_NS:
        raise ValueError(f"the time of a message is {seconds!r}, which is no moment since 1970")
    return at


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as exc:
        raise ValueError(f"what should be base64 is not: {data[:40]!r}") from exc

"""Drawn sessions as logs of others would have them: one function a format, from traffic to lines."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from matrix.trace import Frame, Opcode, Opened, Side, Traffic

Log = Callable[[Iterable[Traffic]], str]
DIRECTIONS: Final = {Side.STATION: "cp-to-csms", Side.CSMS: "csms-to-cp"}
KINDS: Final = {2: "CALL", 3: "CALLRESULT", 4: "CALLERROR"}


def messages(traffic: Iterable[Traffic]) -> list[tuple[str, Frame, str]]:
    """Return the text frames of traffic, each with its station's identity and its text."""
    named: dict[int, str] = {}
    said: list[tuple[str, Frame, str]] = []
    for item in traffic:
        if isinstance(item, Opened):
            named[item.session.id] = item.session.identity
        elif isinstance(item, Frame) and item.opcode == Opcode.TEXT and isinstance(item.payload, str):
            said.append((named[item.session], item, item.payload))
    return said


def written(at: int, *, sep: str = "T", zone: str = "Z", point: str = ".") -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at // 1_000)
    return moment.isoformat(sep=sep, timespec="microseconds").replace("+00:00", zone).replace(".", point)


def record(identity: str, frame: Frame, text: str, **more: Any) -> dict[str, Any]:
    """Return a record of the Open OCPP Trace format, without the text as it was on the wire."""
    kind, message_id, *rest = orjson.loads(text)
    parts: dict[str, Any] = {}
    if kind == 2:
        parts = {"action": rest[0], "payload": rest[1]}
    elif kind == 3:
        parts = {"payload": rest[0]}
    else:
        parts = {"error": {"code": rest[0], "description": rest[1], "details": rest[2]}}
    return {
        "schemaVersion": "1.1", "timestamp": written(frame.at), "transport": "json", "chargePointId": identity,
        "direction": DIRECTIONS[frame.side], "messageType": KINDS[kind], "messageId": message_id, **parts, **more,
    }  # fmt: skip


def trace_10(traffic: Iterable[Traffic]) -> str:
    return _lines(_json(record(*each, schemaVersion="1.0")) for each in messages(traffic))


def trace_11(traffic: Iterable[Traffic]) -> str:
    return _lines(_json(record(*each, raw=each[2])) for each in messages(traffic))


def steve(traffic: Iterable[Traffic]) -> str:
    words = {Side.STATION: "Received", Side.CSMS: "Sending"}
    return _lines(
        f"[INFO ] {written(frame.at, sep=' ', zone='', point=',')} de.rwth.idsg.steve.ocpp.ws.WebSocketLogger"
        f" (qtp247162961-36) - [chargeBoxId={identity}, sessionId=3df7f3bc-{frame.session}] {words[frame.side]}: {text}"
        for identity, frame, text in messages(traffic)
    )


def ocpp_of_station(traffic: Iterable[Traffic]) -> str:
    words = {Side.STATION: "send", Side.CSMS: "receive message"}
    return _lines(
        f"{written(frame.at, sep=' ')} - ocpp - INFO - {identity}: {words[frame.side]} {text}"
        for identity, frame, text in messages(traffic)
    )


def ocpp_of_csms(traffic: Iterable[Traffic]) -> str:
    words = {Side.STATION: "receive message", Side.CSMS: "send"}
    return _lines(
        f"{written(frame.at)}:INFO:ocpp:{identity}: {words[frame.side]} {text}"
        for identity, frame, text in messages(traffic)
    )


def ocpp_without_times(traffic: Iterable[Traffic]) -> str:
    words = {Side.STATION: "receive message", Side.CSMS: "send"}
    return _lines(f"INFO:ocpp:{identity}: {words[frame.side]} {text}" for identity, frame, text in messages(traffic))


def arrows(traffic: Iterable[Traffic]) -> str:
    signs = {Side.STATION: ">", Side.CSMS: "<"}
    return _lines(f"{written(frame.at)} {signs[frame.side]} {text}" for _, frame, text in messages(traffic))


def roles(traffic: Iterable[Traffic]) -> str:
    signs = {Side.STATION: "CP -> CSMS", Side.CSMS: "CSMS -> CP"}
    return _lines(f"{written(frame.at)} [{signs[frame.side]}] {text}" for _, frame, text in messages(traffic))


def table(traffic: Iterable[Traffic]) -> str:
    page = io.StringIO()
    rows = csv.writer(page, lineterminator="\n")
    rows.writerow(["timestamp", "stationId", "direction", "message"])
    for identity, frame, text in messages(traffic):
        rows.writerow([written(frame.at), identity, "in" if frame.side is Side.STATION else "out", text])
    return page.getvalue()


def objects(traffic: Iterable[Traffic]) -> str:
    ways = {Side.STATION: "received", Side.CSMS: "sent"}
    return _lines(
        _json({"ts": frame.at // 1_000, "direction": ways[frame.side], "charger_id": identity, "message": text})
        for identity, frame, text in messages(traffic)
    )


WRITERS: Final = (
    trace_10, trace_11, steve, ocpp_of_station, ocpp_of_csms, ocpp_without_times, arrows, roles, table, objects,
)  # fmt: skip
FORMATS: Final[dict[str, Log]] = {writer.__name__: writer for writer in WRITERS}


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()

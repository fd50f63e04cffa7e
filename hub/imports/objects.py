"""One JSON object a line: records of the Open OCPP Trace format, and what loggers make of a message."""

import re
from typing import Final, Literal

import msgspec
import orjson

from hub.imports.directions import Head, head_of, sender_named, way_in
from hub.imports.entries import LONGEST_IDENTITY, Entry, LineError, Said
from hub.imports.log_lines import any_line, ocpp_line, steve_line
from hub.imports.stamps import stamp_in, stamp_of
from matrix.trace import Side

SENDERS: Final = {"cp-to-csms": Side.STATION, "csms-to-cp": Side.CSMS}
TYPES: Final = {"CALL": 2, "CALLRESULT": 3, "CALLERROR": 4}

MESSAGES: Final = (
    "message",
    "raw",
    "payload",
    "data",
    "frame",
    "ocpp",
    "ocppMessage",
    "msg",
    "body",
    "text",
    "content",
    "log",
)
DIRECTIONS: Final = ("direction", "dir", "way", "flow", "sender", "side", "source", "from", "origin", "type", "event")
TIMES: Final = ("timestamp", "@timestamp", "time", "ts", "at", "datetime", "date", "created_at", "createdAt", "asctime")
IDENTITIES: Final = (
    "chargePointId", "charge_point_id", "chargeBoxId", "charge_box_id", "chargingStationId", "charging_station_id",
    "stationId", "station_id", "identity", "chargerId", "charger_id", "cpId", "cp_id", "cpid", "cp", "station",
    "charger",
)  # fmt: skip
VERSIONS: Final = ("ocppVersion", "ocpp_version", "protocol", "subprotocol", "version")


class _TraceError(msgspec.Struct):
    code: str = ""
    description: str = ""
    details: msgspec.Raw = msgspec.Raw(b"{}")


class _Record(msgspec.Struct, rename="camel"):
    """One record of the format (its major version 1); unknown fields are ignored, as it asks."""

    schema_version: str
    timestamp: str
    transport: Literal["json", "soap"]
    direction: Literal["cp-to-csms", "csms-to-cp"]
    message_type: Literal["CALL", "CALLRESULT", "CALLERROR"]
    ocpp_version: str = ""
    charge_point_id: str = ""
    message_id: str | None = None
    action: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    raw: str | None = None
    error: _TraceError | None = None
    meta: msgspec.Raw = msgspec.Raw(b"{}")


class _Meta(msgspec.Struct):
    """What `plugfest export` says of a record, where the format leaves room: its session, CSMS, whether it ends."""

    session: int | str = ""
    csms: str = ""
    last: bool = False


_READ_RECORD: Final = msgspec.json.Decoder(_Record)
_MESSAGE: Final = re.compile(rb"\[\s*[2-6]\s*,")
_READ_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def trace_record(line: str) -> Entry | None:
    """Read a record of the Open OCPP Trace format, 1.0 or 1.1.

    Raises:
        LineError: it is none, or none that a message can be made of.
    """
    if not line.strip():
        return None
    record = _record(line)
    if record.transport == "soap":
        raise LineError("it is SOAP; only OCPP-J can be recorded")
    at = stamp_in(record.timestamp)
    if at is None or not at.has_zone:
        raise LineError(f"its timestamp is no moment: {record.timestamp[:60]!r}")
    meta = _meta_of(record)
    return Said(
        text=_text_of(record), at=at, side=SENDERS[record.direction], identity=_identity(record.charge_point_id),
        link=str(meta.session)[:LONGEST_IDENTITY], version=record.ocpp_version,
        csms=meta.csms[:LONGEST_IDENTITY], is_last=meta.last,
    )  # fmt: skip


def _record(line: str) -> _Record:
    try:
        record = _READ_RECORD.decode(line)
    except msgspec.ValidationError as exc:
        raise LineError(f"it is no record of the format: {exc}") from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise LineError(f"it is not JSON: {exc}") from exc
    if not record.schema_version.startswith("1."):
        raise LineError(f"it is of version {record.schema_version[:20]!r} of the format; 1.0 and 1.1 are known")
    if record.message_type == "CALL" and record.action is None:
        raise LineError("it is a CALL without an action")
    if (record.message_type == "CALLERROR") != (record.error is not None):
        raise LineError("a CALLERROR has an error, and nothing else has one")
    return record


def _meta_of(record: _Record) -> _Meta:
    """Return what is said of a record; nothing where it is said in other words, since `meta` is everybody's."""
    try:
        return msgspec.json.decode(record.meta, type=_Meta)
    except msgspec.DecodeError:
        return _Meta()


def _text_of(record: _Record) -> str:
    """Return the message: as it was on the wire where the record has that, else put together of its parts."""
    if record.raw is not None:
        _check_raw(record, head_of(record.raw))
        return record.raw
    if record.message_id is None:
        raise LineError("it has neither messageId nor raw: what was on the wire cannot be told")
    head = f"[{TYPES[record.message_type]},{_json(record.message_id)},"
    payload = bytes(record.payload).decode()
    if record.error is not None:
        error = record.error
        return f"{head}{_json(error.code)},{_json(error.description)},{bytes(error.details).decode()}]"
    return f"{head}{_json(record.action)},{payload}]" if record.message_type == "CALL" else f"{head}{payload}]"


def _check_raw(record: _Record, head: Head) -> None:
    """Hold what was on the wire against the rest of the record: where they differ, one of them is wrong."""
    wanted = record.message_id if record.message_id is not None else head.id
    action = record.action if record.message_type == "CALL" else head.action
    if (TYPES[record.message_type], wanted, action) != (head.kind, head.id, head.action):
        raise LineError("its raw text is another message than the record says")


def logged_object(line: str) -> Entry | None:
    """Read a JSON object with a message, a time and a direction under whatever names; None where it holds no message.

    A message that is a log line in its turn, as container logs have them, is read as one.
    """
    try:
        found = _READ_OBJECT.decode(line)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise LineError(f"it is no JSON object: {exc}") from exc
    if "schemaVersion" in found and "messageType" in found:
        return None  # a record of the trace format, and not one that can be read
    said = next((said for name in MESSAGES if name in found and (said := _said(bytes(found[name]))) is not None), None)
    if said is None:
        return None
    side, way = said.side, said.way
    if side is None:
        words = _texts(found, DIRECTIONS)
        side = next((who for word in words if (who := sender_named(word)) is not None), None)
        way = next((each for word in words if (each := way_in(word)) is not None), way) if side is None else None
    at = next((at for name in TIMES if (at := stamp_of(_value(found.get(name)))) is not None), said.at)
    return Said(
        text=said.text, at=at, side=side, way=way, identity=_named(found, IDENTITIES) or said.identity,
        version=_named(found, VERSIONS),
    )  # fmt: skip


def _said(value: bytes) -> Said | None:
    if value.startswith(b"["):
        return Said(text=value.decode()) if _MESSAGE.match(value) else None
    text = _value(value)
    if not isinstance(text, str):
        return None
    if text.lstrip().startswith("["):
        return Said(text=text.strip())
    text = text.rstrip()
    read = steve_line(text) or ocpp_line(text) or any_line(text)
    return read if isinstance(read, Said) else None


def _value(value: bytes | msgspec.Raw | None) -> object:
    """Return a text or a number; None for everything else, and for what cannot be read."""
    if value is None:
        return None
    try:
        return orjson.loads(bytes(value))
    except orjson.JSONDecodeError:
        return None


def _texts(found: dict[str, msgspec.Raw], names: tuple[str, ...]) -> list[str]:
    return [value for name in names if isinstance(value := _value(found.get(name)), str)]


def _named(found: dict[str, msgspec.Raw], names: tuple[str, ...]) -> str:
    return _identity(next(iter(_texts(found, names)), ""))


def _identity(name: str) -> str:
    return name if len(name) <= LONGEST_IDENTITY else ""


def _json(value: object) -> str:
    return orjson.dumps(value).decode()

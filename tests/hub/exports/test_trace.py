"""Open OCPP Trace: records of its schema (Apache-2.0), which give the same findings as their sessions."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson
import pytest
from drawing import draw, judged, read_drawing, with_unseen_ends
from exported import contents_of, drawn_as, drawn_into, findings_in
from goldens import SESSIONS, drawings

from hub.exports.exporter import KINDS, Format
from hub.imports.entries import ImportLogError
from hub.imports.importer import import_logs
from hub.imports.source import Told
from hub.recording.reading import Recording
from matrix.finding import Finding

SCHEMA: Final = jsonschema_rs.validator_for(
    orjson.loads((Path(__file__).parent / "open-ocpp-trace-v1.schema.json").read_bytes())
)
OF_CONNECTIONS: Final = ("HS-", "AU-", "CN-", "PG-")
"""Families about handshakes, pings and ends."""
OF_WHAT_IS_NO_RECORD: Final = frozenset({"RPC-01", "RPC-02", "RPC-06", "RPC-08", "RPC-11", "RPC-14"})
"""Rules that texts break which are no CALL, CALLRESULT or CALLERROR."""
OF_WHAT_WAS_NOT_SEEN: Final = frozenset({"RPC-09", "BT-01", "FW16-01", "FW16-02", "FW20-01"})
"""Rules that ask for what came before the first message, or for when a CALL was really sent."""


def records(data: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in data.splitlines()]


def counted(findings: list[Finding]) -> Counter[tuple[str, ...]]:
    return Counter((each.rule, str(each.severity), str(each.side), each.action, each.pointer) for each in findings)


@pytest.mark.parametrize("drawing", drawings(), ids=lambda path: str(path.relative_to(SESSIONS)))
def test_trace_gives_the_findings_that_messages_alone_show(drawing: Path, tmp_path: Path) -> None:
    traffic = read_drawing(drawing)
    trace = tmp_path / "drawn.jsonl"
    trace.write_bytes(drawn_as(tmp_path, Format.TRACE, traffic))

    for record in records(trace.read_bytes()):
        SCHEMA.validate(record)
    if trace.stat().st_size:
        import_logs([trace], tmp_path / "again.recording", Told(), "acme", lambda _bytes: None)
    again = counted(findings_in(tmp_path / "again.recording")) if trace.stat().st_size else Counter()

    drawn = counted(judged(with_unseen_ends(traffic)).findings)
    assert again <= drawn
    lost = {rule for rule, *_ in drawn - again if not rule.startswith(OF_CONNECTIONS)}
    assert lost <= OF_WHAT_IS_NO_RECORD | OF_WHAT_WAS_NOT_SEEN


def test_record_is_the_message_and_what_was_on_the_wire(tmp_path: Path) -> None:
    traffic = draw('> [2,"a","Heartbeat",{ }]', '< [4,"a","NotSupported","no",{"x":1}]')

    call, error = records(drawn_as(tmp_path, Format.TRACE, traffic))

    assert call == {
        "schemaVersion": "1.1", "timestamp": "2026-11-01T10:00:00.010000000Z", "ocppVersion": "1.6",
        "transport": "json", "chargePointId": "CS001", "direction": "cp-to-csms", "messageType": "CALL",
        "messageId": "a", "action": "Heartbeat", "payload": {}, "raw": '[2,"a","Heartbeat",{ }]',
        "meta": {"csms": "acme", "session": 1, "frame": 2},
    }  # fmt: skip
    assert error["error"] == {"code": "NotSupported", "description": "no", "details": {"x": 1}}
    assert error["meta"]["last"] is True


def test_what_the_format_cannot_hold_is_counted(tmp_path: Path) -> None:
    lines = (
        '> [6,"a","NotifyPeriodicEventStream",{}]',
        "> [1",
        "> ping x",
        "> binary 00",
        "! begun stall 1s",
        "> close 1000",
    )
    path = drawn_into(tmp_path / "drawn.recording", draw(*lines, version="2.1"))

    with Recording.open(path) as recording:
        contents = contents_of(recording)
        data = b"".join(KINDS[Format.TRACE].write(contents))

    assert data == b""
    assert contents.left_out == {
        "handshakes": 1, "messages of type SEND": 1, "texts that are no OCPP-J message": 1,
        "pings, pongs and closes": 2, "frames that are no text, or could not be read": 1, "disturbances": 1,
    }  # fmt: skip


def test_secrets_are_hidden_everywhere_in_a_record(tmp_path: Path) -> None:
    traffic = draw('< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]')

    data = drawn_as(tmp_path, Format.TRACE, traffic, with_secrets=False)

    (record,) = records(data)
    assert b"0123456789abcdef" not in data
    assert record["payload"] == {"key": "AuthorizationKey", "value": "***"}
    assert record["meta"]["secrets"] == "hidden"


def test_two_sessions_of_a_station_stay_two(tmp_path: Path) -> None:
    path = next(path for path in drawings() if path.name.startswith("F092"))
    (tmp_path / "a.jsonl").write_bytes(drawn_as(tmp_path, Format.TRACE, read_drawing(path)))

    import_logs([tmp_path / "a.jsonl"], tmp_path / "again.recording", Told(), "imported", lambda _bytes: None)

    with Recording.open(tmp_path / "again.recording") as recording:
        assert [session.csms for session in recording.sessions()] == ["acme", "homemade"]


def test_trace_without_a_message_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(drawn_as(tmp_path, Format.TRACE, draw("> ping x")))

    with pytest.raises(ImportLogError, match="is empty"):
        import_logs([tmp_path / "a.jsonl"], tmp_path / "again.recording", Told(), "acme", lambda _bytes: None)

"""HAR as browsers read it."""

from pathlib import Path
from typing import Any

import orjson
from drawing import draw
from exported import drawn_as

from hub.exports.exporter import Format
from matrix.trace import Traffic


def entry(folder: Path, traffic: list[Traffic], **fields: Any) -> dict[str, Any]:
    (only,) = orjson.loads(drawn_as(folder, Format.HAR, traffic, **fields))["log"]["entries"]
    return dict(only)


def test_entry_has_the_handshake_and_what_went_each_way(tmp_path: Path) -> None:
    traffic = draw('> [2,"a","Heartbeat",{}]', '< [3,"a",{}]', "> ping x", path="/acme/CS001?token=hmac:1")

    session = entry(tmp_path, traffic)

    assert session["request"]["url"] == "ws://plugfest.invalid/acme/CS001?token=hmac:1"
    assert session["request"]["queryString"] == [{"name": "token", "value": "hmac:1"}]
    assert {"name": "Upgrade", "value": "websocket"} in session["request"]["headers"]
    assert (session["response"]["status"], session["_resourceType"]) == (101, "websocket")
    messages = session["_webSocketMessages"]
    assert [(each["type"], each["opcode"], each["data"]) for each in messages] == [
        ("send", 1, '[2,"a","Heartbeat",{}]'), ("receive", 1, '[3,"a",{}]'), ("send", 9, "x"),
    ]  # fmt: skip
    assert messages[0]["time"] == 1793527200.01


def test_bytes_are_base64(tmp_path: Path) -> None:
    session = entry(tmp_path, draw("> binary c328", "> close 1000"))

    assert [each["data"] for each in session["_webSocketMessages"]] == ["wyg=", "A+g="]


def test_secrets_are_hidden(tmp_path: Path) -> None:
    traffic = draw('< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]')

    data = drawn_as(tmp_path, Format.HAR, traffic, with_secrets=False)

    assert b"0123456789abcdef" not in data
    assert b"AuthorizationKey" in data


def test_findings_about_the_handshake_are_told(tmp_path: Path) -> None:
    session = entry(tmp_path, draw(offered=(), chosen=None))

    assert [each.split()[0] for each in session["_plugfest"]["findings"]] == ["HS-01"]

"""JSON Lines."""

from pathlib import Path
from typing import Any

import orjson
from drawing import draw
from exported import drawn_as

from hub.exports.exporter import Format
from matrix.trace import Traffic


def lines(folder: Path, traffic: list[Traffic], **fields: Any) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in drawn_as(folder, Format.JSONL, traffic, **fields).splitlines()]


def test_every_item_is_a_line_in_the_order_of_recording(tmp_path: Path) -> None:
    items = lines(tmp_path, draw('> [2,"a","Heartbeat",{}]', "! begun stall 1s", '< [3,"a",{}]', "> binary c328"))

    assert [item["item"] for item in items] == ["opened", "frame", "disturbed", "frame", "frame", "closed"]
    assert (items[0]["identity"], items[-1]["ending"]) == ("CS001", "closed")
    assert (items[1]["type"], items[1]["message_id"], items[3]["action"]) == ("CALL", "a", "Heartbeat")
    assert items[1]["time"] == "2026-11-01T10:00:00.010000000Z"
    assert (items[4]["payload"], items[4]["payload_hex"]) == (None, "c328")


def test_findings_stand_with_what_shows_them(tmp_path: Path) -> None:
    items = lines(tmp_path, draw('> [2,"a","Heartbeat",{"x":1}]', offered=(), chosen="ocpp1.6"))

    assert "HS-01" in [each["rule"] for each in items[0]["findings"]]
    assert [each["rule"] for each in items[1]["findings"]] != []


def test_no_character_acts_on_a_screen_and_no_secret_is_told(tmp_path: Path) -> None:
    traffic = draw(
        '> [2,"a","DataTransfer",{"vendorId":"\x1b[31m\u202e","password":"hunter22"}]', identity="\x9b\u2028"
    )

    data = drawn_as(tmp_path, Format.JSONL, traffic, with_secrets=False).decode()

    assert not {"\x1b", "\u202e", "\x9b", "\u2028"} & set(data)
    assert "hunter22" not in data
    assert orjson.loads(data.splitlines()[1])["secrets"] == "hidden"

"""CSV: a row for each frame, and nothing that a spreadsheet takes for a formula."""

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from drawing import draw
from exported import drawn_as
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.exports.exporter import Format
from matrix.trace import Frame, Traffic


def rows(folder: Path, traffic: list[Traffic], **fields: Any) -> list[dict[str, str]]:
    text = drawn_as(folder, Format.CSV, traffic, **fields).decode()
    return [*csv.DictReader(io.StringIO(text, newline=""), strict=True)]


def test_row_says_what_a_frame_is(tmp_path: Path) -> None:
    call, answer, part, close = rows(
        tmp_path, draw('> [2,"a","Heartbeat",{"x":1}]', '< [3,"a",{}]', "> part {", "> close 1000")
    )

    assert (call["side"], call["type"], call["action"], call["payload"]) == (
        "station", "CALL", "Heartbeat", '[2,"a","Heartbeat",{"x":1}]',
    )  # fmt: skip
    assert call["findings"].startswith("RPC-")
    assert (answer["type"], answer["action"], answer["message_id"]) == ("CALLRESULT", "Heartbeat", "a")
    assert (part["opcode"], close["opcode"], close["payload"]) == ("text (fragment)", "close", "03 e8")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n="])
def test_no_cell_starts_a_formula(tmp_path: Path, start: str) -> None:
    row, *_ = rows(tmp_path, draw(f"> {start}HYPERLINK(1)", identity=f"{start}cmd|'/c calc'!A0"))

    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row.values())


@settings(max_examples=10)
@given(texts=st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=50))
def test_any_text_is_one_cell(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    opened, frame, closed = draw("> x")
    assert isinstance(frame, Frame)
    frames = [msgspec.structs.replace(frame, id=place, payload=text) for place, text in enumerate(texts, start=2)]
    closed = msgspec.structs.replace(closed, mark=len(texts) + 2)

    found = rows(tmp_path_factory.mktemp("csv"), [opened, *frames, closed])

    assert len(found) == len(texts)
    assert all(None not in row and None not in row.values() for row in found)

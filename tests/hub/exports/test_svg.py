"""A sequence diagram as a picture: well formed, self-contained, without anything that acts."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from drawing import draw
from exported import drawn_as
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.exports.exporter import Format

HOSTILE = "</text><script>alert(1)</script>]]>\ufffe\uffff\x00\x1b\u202e&<!--"
SVG = "{http://www.w3.org/2000/svg}"


def picture(folder: Path, *lines: str, **handshake: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawn_as(folder, Format.SVG, draw(*lines, **handshake)))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_picture_has_names_messages_and_findings(tmp_path: Path) -> None:
    root = picture(tmp_path, '> [2,"a","Heartbeat",{"x":1}]', '< [3,"a",{}]', "> close 1000")

    told = texts(root)
    assert told.count("Heartbeat") == 2
    assert {"CS001", "acme", "101", "close 1000", "{x: 1}"} <= {*told}
    assert any(line.startswith("▲ RPC-19 station: ") for line in told)


def test_hostile_text_is_text(tmp_path: Path) -> None:
    root = picture(tmp_path, f"> {HOSTILE}", f"> ping {HOSTILE}", identity=HOSTILE, csms=HOSTILE, path=HOSTILE)

    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds == {"svg", "title", "desc", "style", "rect", "line", "text", "path"}
    assert any("<script>" in text for text in texts(root))


def test_nothing_is_fetched_and_nothing_runs(tmp_path: Path) -> None:
    data = drawn_as(tmp_path, Format.SVG, draw("> ping https://example.org", path="javascript:alert(1)")).decode()

    assert not re.search(r"href|url\(|@import|<script|\son\w+=|<foreignObject", data)
    assert "prefers-color-scheme:dark" in data


@settings(max_examples=20)
@given(saying=st.lists(st.text(st.characters(codec="utf-8"), max_size=80), max_size=20))
def test_any_text_makes_a_well_formed_picture(tmp_path_factory: pytest.TempPathFactory, saying: list[str]) -> None:
    root = picture(tmp_path_factory.mktemp("svg"), *(f"> x{text}" for text in saying))

    assert root.tag == f"{SVG}svg"

"""The boundary between what peers send and what people see."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.safe import safe, safe_cell, safe_file_name, safe_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Müller 充电 🔌", "Müller 充电 🔌"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_could_act_on_a_screen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters()))
def test_nothing_that_acts_gets_through(text: str) -> None:
    shown = safe(text)

    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert not any(unicodedata.bidirectional(character) in ("RLO", "LRO", "RLE", "LRE", "PDF") for character in shown)


def test_long_text_is_cut_to_the_limit() -> None:
    assert safe("x" * 100, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd"])
def test_cell_that_would_be_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("CS 001", "CS_001"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (".hidden", "hidden"),
    ],
)
def test_file_name_cannot_leave_its_folder(text: str, name: str) -> None:
    assert safe_file_name(text) == name


@given(st.dictionaries(st.text(), st.text()))
def test_json_stays_the_same_json_and_acts_on_no_screen(value: dict[str, str]) -> None:
    shown = safe_json(json.dumps(value, ensure_ascii=False, indent=1))

    assert json.loads(shown) == value
    assert safe(shown.replace("\n", "")) == shown.replace("\n", "")

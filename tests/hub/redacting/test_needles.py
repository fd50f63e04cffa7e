import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.redacting.needles import CHUNK, LONGEST, Needles, forms_of


def found(values: list[str], octets: bytes, size: int = CHUNK) -> list[tuple[str, int]]:
    chunks = [octets[at : at + size] for at in range(0, len(octets), size)]
    return sorted((hit.value, hit.at) for hit in Needles(values).hits(chunks))


@given(before=st.binary(max_size=50), after=st.binary(max_size=50), size=st.integers(1, 40))
def test_a_value_is_found_wherever_the_pieces_are_cut(before: bytes, after: bytes, size: int) -> None:
    octets = before + b"C0FFEE01" + after

    assert found(["C0FFEE01", "DEADBEEF"], octets, size) == [("C0FFEE01", len(before))]


@given(octets=st.binary(max_size=300), values=st.lists(st.text("abc", min_size=4, max_size=6), max_size=20))
def test_what_is_found_is_what_is_there(octets: bytes, values: list[str]) -> None:
    wanted = {value for value in values if value.encode() in octets}

    assert {value for value, _ in found(values, octets)} == wanted


@pytest.mark.parametrize(
    "written",
    [
        lambda value: value.encode(),
        lambda value: value.encode("utf-16-le"),
        lambda value: value.encode("utf-16-be"),
        lambda value: quote(value, safe="").encode(),
        lambda value: json.dumps(value).encode(),
        lambda value: json.dumps(value).replace("/", "\\/").encode(),
        lambda value: b64encode(value.encode()),
        lambda value: b64encode(b"x" + value.encode() + b"yz"),
        lambda value: b64encode(b"xy" + value.encode()),
    ],
)
def test_a_value_is_found_in_every_form(written: Callable[[str], bytes]) -> None:
    value = 'CS|47/11 "é"'

    assert {hit for hit, _ in found([value], b"abc" + written(value) + b"abc")} == {value}


def test_values_of_three_characters_are_not_looked_for() -> None:
    assert [*forms_of("abc")] == []
    assert found(["abc"], b"abcabc") == []


def test_of_a_long_value_its_beginning_is_looked_for() -> None:
    value = "x" * 5 + "y" * LONGEST

    assert found([value], value[:LONGEST].encode() + b"cut off") == [(value, 0)]

"""How characters are written in a text: with escapes of JSON, or percent-encoded. What changes is spelled as it was."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import orjson

_JSON_UNIT: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_PERCENT_UNIT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+|.", re.DOTALL)
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Unit(NamedTuple):
    """One character, and how it is spelled."""

    letter: str
    spelling: str


def json_units(inside: str) -> list[Unit]:
    """Return the characters of a string of JSON, of what stands between its quotation marks."""
    if "\\" not in inside:
        return [Unit(each, each) for each in inside]
    return [Unit(_json_letter(spelling), spelling) for spelling in _JSON_UNIT.findall(inside)]


def percent_units(text: str) -> list[Unit]:
    """Return the characters of a part of a URL, decoded; a byte that is no UTF-8 is a lone surrogate."""
    if "%" not in text:
        return [Unit(each, each) for each in text]
    return [unit for spelling in _PERCENT_UNIT.findall(text) for unit in _percent_letters(spelling)]


def said_by(units: list[Unit]) -> str:
    """Return what units say."""
    return "".join(unit.letter for unit in units)


def json_spelled(units: list[Unit], text: str) -> str:
    """Return a text of as many characters, spelled as these units are."""
    return "".join(
        unit.spelling if unit.letter == letter else _in_json(letter, unit.spelling)
        for unit, letter in zip(units, text, strict=True)
    )


def percent_spelled(units: list[Unit], text: str) -> str:
    """Return a text of as many characters, percent-encoded where these units are."""
    return "".join(
        unit.spelling if unit.letter == letter else _in_percent(letter, unit.spelling)
        for unit, letter in zip(units, text, strict=True)
    )


def _json_letter(spelling: str) -> str:
    if not spelling.startswith("\\"):
        return spelling
    if spelling[1] != "u":
        return _ESCAPES.get(spelling[1], spelling[1])
    if len(spelling) == len(r"\ud83d\ude00"):
        return str(orjson.loads(f'"{spelling}"'))
    return chr(int(spelling.removeprefix("\\u"), base=16))


def _in_json(letter: str, spelling: str) -> str:
    if not spelling.startswith("\\u"):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _percent_letters(spelling: str) -> Iterator[Unit]:
    if not spelling.startswith("%") or len(spelling) == 1:
        yield Unit(spelling, spelling)
        return
    octets = bytes.fromhex(spelling.replace("%", ""))
    at = 0
    for letter in octets.decode("utf-8", "surrogateescape"):
        size = len(letter.encode("utf-8", "surrogateescape"))
        yield Unit(letter, spelling[3 * at : 3 * (at + size)])
        at += size


def _in_percent(letter: str, spelling: str) -> str:
    return (
        "".join(f"%{octet:02X}" for octet in letter.encode("utf-8", "surrogateescape"))
        if spelling.startswith("%")
        else letter
    )

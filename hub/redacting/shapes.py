"""What of a value may change, and into what: so that its pseudonym is as long, and passes for the same kind of thing.

A shape is the places of a value that are replaced, each with the number of characters that may stand there. Digits stay
digits, letters letters, hexadecimal hexadecimal; an address of a private network stays one. All other characters stay.
"""

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

DIGIT: Final = "0123456789"
LETTER: Final = "abcdefghijklmnopqrstuvwxyz"
HEX_LETTER: Final = "abcdef"
FIRST_DIGIT: Final = "123456789"
OCTETS: Final = (tuple(map(str, range(10))), tuple(map(str, range(10, 100))), tuple(map(str, range(100, 256))))
"""What a part of an IPv4 address may be, by its length."""

Alphabet = Sequence[str]

_ALNUM: Final = frozenset(DIGIT + LETTER)
_HEX: Final = frozenset(DIGIT + HEX_LETTER)
_HEX_SEPARATORS: Final = frozenset(":-. _")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?", re.ASCII)
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)
_IPV6: Final = re.compile(r"[0-9a-f:]*:[0-9a-f:]*(?:%\w+)?", re.ASCII)
_PRIVATE_NETWORKS: Final = (
    ("10.", 1), ("0.", 1), ("192.168.", 2), ("172.", 2), ("169.254.", 2), ("100.", 2), ("22", 1), ("23", 1), ("24", 1),
    ("25", 1),
)  # fmt: skip
"""How addresses begin that are none of the Internet's, and so many octets say which network; of all others, three."""
_KEPT: Final = re.compile(r"-----[a-z0-9 ]+-----|\\.|[a-z0-9+/](?==+\s*\Z)|(?<=[0-9.])e[-+]?[0-9]+\Z", re.DOTALL)
"""Lines around PEM, escapes of texts within texts, what base64 ends with (its last bits are no bits), exponents."""
_SHORTEST_HEX: Final = 4
_SURELY_HEX: Final = 8
_WIDE: Final = {
    2: "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
    3: tuple(map(chr, range(0x4E00, 0x8E00))),
    4: tuple(map(chr, range(0x20000, 0x24000))),
}
_CAPITALS: Final = _WIDE[2].upper().replace("Ÿ", "Ð") if isinstance(_WIDE[2], str) else ""
_NO_LETTERS: Final = "ZCP"


class Slot(NamedTuple):
    """A place of a value, and what may stand there: `at` to `end`, all in small letters."""

    at: int
    end: int
    alphabet: Alphabet


class Shape(NamedTuple):
    """What of a value is replaced. `tag` says what it passes for; values of another tag are never mistaken for it."""

    tag: str
    slots: tuple[Slot, ...]


def folded(text: str) -> str:
    """Return a text in small letters, those of ASCII only: OCPP compares most identifiers so, and no length changes."""
    return text.lower() if text.isascii() else "".join(each.lower() if each.isascii() else each for each in text)


def shape_of(text: str) -> Shape:
    """Return the shape of a text in small letters; without slots where nothing of it can be replaced."""
    if len(text) > 1 and text[0] in _ALNUM and text == text[0] * len(text):
        return Shape("one", (Slot(0, len(text), DIGIT if text[0] in DIGIT else LETTER),))
    if address := _address(text):
        return address
    if _NUMBER.fullmatch(text):
        return Shape("number", tuple(_of_number(text)))
    if _is_hexadecimal(text):
        return Shape("hex", tuple(_slots(text, HEX_LETTER)))
    return Shape("", tuple(_slots(text, LETTER)))


def alphabets_of(text: str) -> tuple[str, str]:
    """Return what may stand for digits, and what for letters, in a text in small letters."""
    return DIGIT, HEX_LETTER if _is_hexadecimal(text) else LETTER


def kept_places(text: str) -> frozenset[int]:
    """Return the places of letters and digits that stay: around PEM, at the end of base64, behind a backslash."""
    return frozenset(place for match in _KEPT.finditer(text) for place in range(*match.span()))


def wide_alphabet(letter: str) -> Alphabet:
    """Return what may stand for a character beyond ASCII: as many bytes in UTF-8; nothing where it stays."""
    if letter.isascii() or letter == "\ufffd" or unicodedata.category(letter)[0] in _NO_LETTERS:
        return ""
    size = len(letter.encode("utf-8", "surrogatepass"))
    return _CAPITALS if size == 2 and letter.isupper() else _WIDE[size]


def _address(text: str) -> Shape | None:
    """Return the shape of an IP address: what says from which kind of network it is stays, and all of a loopback's."""
    if not (_IPV4.fullmatch(text) or (_IPV6.fullmatch(text) and text.count(":") > 1)):
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    tag = f"ip{address.version}{'public' if address.is_global else ''}"
    if address.is_loopback or address.is_unspecified:
        return Shape(tag, ())
    return Shape(tag, tuple(_of_ipv4(text) if isinstance(address, IPv4Address) else _of_ipv6(text, address)))


def _of_ipv4(text: str) -> list[Slot]:
    octets = [Slot(*each.span(), OCTETS[len(each[0]) - 1]) for each in re.finditer("[0-9]+", text)]
    if ip_address(text).is_global:
        return octets
    return octets[next((size for start, size in _PRIVATE_NETWORKS if text.startswith(start)), 3) :]


def _of_ipv6(text: str, address: IPv6Address) -> list[Slot]:
    """Keep the first group, of a private network the first two, and the zone."""
    if address.ipv4_mapped is not None:
        return []
    groups = text.split(":")
    kept = len(groups[0]) if address.is_global else len(":".join(groups[:2]))
    return [slot for slot in _slots(text.partition("%")[0], HEX_LETTER) if slot.at >= kept]


def _of_number(text: str) -> list[Slot]:
    """Keep a number a number of JSON: no zero comes to stand before other digits."""
    slots = _slots(text, LETTER)
    return [
        Slot(slot.at, slot.end, FIRST_DIGIT) if number == 0 and text[slot.at] != "0" else slot
        for number, slot in enumerate(slots)
        if number or text[slot.at] != "0" or len(slots) == 1
    ]


def _is_hexadecimal(text: str) -> bool:
    bare = [letter for letter in text if letter not in _HEX_SEPARATORS]
    if len(bare) < _SHORTEST_HEX or not _HEX.issuperset(bare):
        return False
    has_digit, has_letter = any(each in DIGIT for each in bare), any(each in HEX_LETTER for each in bare)
    return has_letter and (has_digit or (len(bare) >= _SURELY_HEX and len(bare) % 2 == 0))


def _slots(text: str, letters: str) -> list[Slot]:
    kept = kept_places(text)
    return [
        Slot(place, place + 1, DIGIT if letter in DIGIT else letters)
        for place, letter in enumerate(text)
        if letter in _ALNUM and place not in kept
    ]

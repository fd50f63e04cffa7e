"""Looking for thousands of values in many bytes at once: every form that each may be written in."""

import json
from array import array
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

SHORTEST: Final = 4
SHORTEST_IN_BASE64: Final = 8
"""Characters of base64 that are looked for: fewer occur by chance in any certificate."""
LONGEST: Final = 256
"""Bytes of a longer value that are looked for: nothing else begins like that."""
CHUNK: Final = 4 << 20
_WORD: Final = 4

PLAIN: Final = "UTF-8"


class Hit(NamedTuple):
    """A value that was found: as what it was written, and at which byte."""

    value: str
    form: str
    at: int


class Needles:
    """Values of SHORTEST characters or more, in the forms that `forms_of` gives."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_form: dict[bytes, tuple[str, str]] = {}
        for value in values:
            for form, octets in forms_of(value):
                self._by_form.setdefault(octets[:LONGEST], (value, form))
        self._by_word: dict[int, list[bytes]] = {}
        for octets in self._by_form:
            self._by_word.setdefault(_word(octets), []).append(octets)

    def __len__(self) -> int:
        return len(self._by_form)

    def hits(self, chunks: Iterable[bytes]) -> Iterator[Hit]:
        """Yield where values stand in bytes that come in pieces."""
        before, start = b"", 0
        for chunk in chunks:
            held = before + chunk
            yield from self._hits(held, start, len(held) - LONGEST)
            before, start = held[-LONGEST:], start + max(0, len(held) - LONGEST)
        yield from self._hits(before, start, len(before))

    def _hits(self, held: bytes, start: int, until: int) -> Iterator[Hit]:
        """Yield what begins before `until`; what is behind it is looked at again with what follows."""
        for word in self._words(held):
            for octets in self._by_word[word]:
                at = held.find(octets)
                while 0 <= at < until:
                    yield Hit(*self._by_form[octets], start + at)
                    at = held.find(octets, at + 1)

    def _words(self, held: bytes) -> set[int]:
        """Return which of the words that values begin with are anywhere in these bytes."""
        found = set[int]()
        for shift in range(_WORD):
            end = len(held) - (len(held) - shift) % _WORD
            if end > shift:
                found |= self._by_word.keys() & set(array("I", held[shift:end]))
        return found


def forms_of(value: str) -> Iterator[tuple[str, bytes]]:
    """Yield how a value may be written: none of them twice, and none too short to mean it."""
    if len(value) < SHORTEST:
        return
    plain = value.encode("utf-8", "surrogatepass")
    escaped = json.dumps(value)[1:-1]
    forms = {plain: PLAIN}
    for form, octets in (
        ("escaped in JSON", escaped.encode()),
        ("escaped in JSON", escaped.replace("/", "\\/").encode()),
        ("escaped in JSON", json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")),
        ("percent-encoded", quote(plain, safe="").encode()),
        ("percent-encoded", quote(plain, safe="/:@").encode()),
        ("UTF-16", value.encode("utf-16-le", "surrogatepass")),
        ("UTF-16", value.encode("utf-16-be", "surrogatepass")),
        *((PLAIN, octets) for octets in _in_bytes(value)),
        *(("base64", octets) for octets in _in_base64(plain)),
    ):
        forms.setdefault(octets, form)
    yield from ((form, octets) for octets, form in forms.items())


def _in_bytes(value: str) -> Iterator[bytes]:
    """Yield the bytes that a value stands for which was none of text: each is a character of it."""
    if value and not value.isascii() and max(value) <= "\xff":
        yield value.encode("latin-1")


def _in_base64(octets: bytes) -> Iterator[bytes]:
    """Yield what base64 has of some bytes, alone or within others: at each of the three places that they may begin."""
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + octets)
        start = -(-shift * 8 // 6)
        end = (shift + len(octets)) * 8 // 6
        if end - start >= SHORTEST_IN_BASE64:
            yield encoded[start:end]


def _word(octets: bytes) -> int:
    return array("I", octets[:_WORD])[0]

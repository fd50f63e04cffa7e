"""Pseudonyms: of the same shape as the value, and the same for the same value under the same key.

Values of one shape are numbered, and a keyed permutation of those numbers is the mapping: two values that differ in
more than capitals never get the same pseudonym, and none gets itself. Nothing has to be remembered, so that several
recordings agree where they are redacted with one key. (P is a Feistel network over mixed radices, as in FF1 of NIST SP
800-38G, S a shift, which has no fixed points, so that P⁻¹SP has none either.) Values of more than LONGEST characters
are enciphered by a stream that depends on all of the value.
"""

from collections.abc import Iterable
from hashlib import blake2b, shake_256
from math import prod
from typing import Final

from hub.redacting.shapes import Shape, alphabets_of, folded, kept_places, shape_of, wide_alphabet

KEY_BYTES: Final = 32
LONGEST: Final = 64
ALIKE: Final = 4
"""Characters that two idTags have to begin with to be taken for the same one, altered (`matrix.rules.remote16`)."""
_ROUNDS: Final = 8
_DIGEST_BYTES: Final = 32
_PATIENCE: Final = 500
"""How often a number is permuted again because what it stands for passes for something else."""


class Pseudonyms:
    """Gives pseudonyms under a key of KEY_BYTES bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._given: dict[str, str] = {}

    def of(self, value: str) -> str:
        """Return the pseudonym of a value: as many characters, of the same kinds, capitals where it has capitals.

        It is the value itself where that has neither letters nor digits.
        """
        small = folded(value)
        pseudonym = self._given.get(small)
        if pseudonym is None:
            pseudonym = self._given[small] = self._widened(small, self._made(small))
        if small == value:
            return pseudonym
        return "".join(
            new.upper() if old.isascii() and old.isupper() else new for old, new in zip(value, pseudonym, strict=True)
        )

    def relate(self, values: Iterable[str]) -> None:
        """Let values that go on after another one (of ALIKE characters or more) do so in their pseudonyms too.

        An idTag that is cut off, or has bytes appended, is told by that (TX16-13).
        """
        small = {folded(value) for value in values}
        for value in sorted(small, key=len):
            bare = value.lstrip()
            base = next((bare[:end] for end in range(len(bare) - 1, ALIKE - 1, -1) if bare[:end] in small), None)
            if base is not None:
                start = len(value) - len(bare)
                self._given[value] = value[:start] + self.of(base) + self.of(value)[start + len(base) :]

    def of_bytes(self, value: bytes) -> bytes:
        """Return as many bytes that nobody can tell the value from; the same for the same value."""
        return shake_256(self._key + b"bytes" + value).digest(len(value))

    def _made(self, small: str) -> str:
        if len(small) > LONGEST:
            return self._streamed(small)
        shape = shape_of(small)
        if not shape.slots:
            return small
        permutation = _Permutation(self._key, small, shape)
        number = permutation.number(small)
        for _ in range(_PATIENCE):
            number = permutation.next(number)
            pseudonym = permutation.text(number)
            if _layout(shape_of(pseudonym)) == _layout(shape):
                return pseudonym
        return pseudonym

    def _streamed(self, small: str) -> str:
        """Replace each place by what a stream says; a long value may have millions of them."""
        stream = shake_256(self._key + small.encode("utf-8", "surrogatepass")).digest(len(small))
        alphabets, kept = alphabets_of(small), kept_places(small)
        turned = {
            letter: alphabet[place + 1 :] + alphabet[:place]
            for alphabet in alphabets
            for place, letter in enumerate(alphabet)
        }
        return "".join(
            letter if letter not in turned or place in kept else turned[letter][step % len(turned[letter])]
            for place, (letter, step) in enumerate(zip(small, stream, strict=True))
        )

    def _widened(self, small: str, pseudonym: str) -> str:
        """Replace characters beyond ASCII too: one way, since no identifier of the standard has any."""
        if small.isascii():
            return pseudonym
        stream = shake_256(self._key + b"wide" + small.encode("utf-8", "surrogatepass")).digest(2 * len(small))
        letters = list(pseudonym)
        for place, letter in enumerate(small):
            if alphabet := wide_alphabet(letter):
                number = int.from_bytes(stream[2 * place : 2 * place + 2]) % len(alphabet)
                letters[place] = alphabet[number - 1 if alphabet[number] == letter else number]
        return "".join(letters)


class _Permutation:
    """A permutation without fixed points of the texts that have the same shape, and the same characters around it."""

    def __init__(self, key: bytes, text: str, shape: Shape) -> None:
        self._pattern = text
        self._slots = shape.slots
        self._left = [*range(0, len(shape.slots), 2)]
        self._right = [*range(1, len(shape.slots), 2)]
        self._sizes = tuple(
            prod(len(shape.slots[each].alphabet) for each in half) for half in (self._left, self._right)
        )
        frame = list(text)
        for at, end, alphabet in shape.slots:
            frame[at:end] = [f"\0{len(alphabet)}"] + [""] * (end - at - 1)
        tweak = "".join(frame).encode("utf-8", "surrogatepass")
        self._keyed = blake2b(tweak, key=key, digest_size=_DIGEST_BYTES)
        self._shift = 1 + self._random(_ROUNDS, 0) % (prod(self._sizes) - 1)

    def number(self, text: str) -> tuple[int, int]:
        left, right = (self._rank(text, half) for half in (self._left, self._right))
        return left, right

    def text(self, number: tuple[int, int]) -> str:
        letters = list(self._pattern)
        for half, rank in zip((self._left, self._right), number, strict=True):
            left = rank
            for each in reversed(half):
                at, end, alphabet = self._slots[each]
                left, digit = divmod(left, len(alphabet))
                said = alphabet[digit]
                letters[at:end] = said if len(said) == end - at else said * (end - at)
        return "".join(letters)

    def next(self, number: tuple[int, int]) -> tuple[int, int]:
        """Return what a number is mapped to: enciphered, moved on, deciphered."""
        left, right = self._enciphered(*number)
        rank = (left * self._sizes[1] + right + self._shift) % prod(self._sizes)
        return self._deciphered(*divmod(rank, self._sizes[1]))

    def _rank(self, text: str, half: list[int]) -> int:
        rank = 0
        for each in half:
            at, end, alphabet = self._slots[each]
            said = text[at:end] if len(alphabet[0]) == end - at else text[at]
            rank = rank * len(alphabet) + alphabet.index(said)
        return rank

    def _enciphered(self, left: int, right: int) -> tuple[int, int]:
        for turn in range(_ROUNDS):
            if turn % 2:
                right = (right + self._random(turn, left)) % self._sizes[1]
            else:
                left = (left + self._random(turn, right)) % self._sizes[0]
        return left, right

    def _deciphered(self, left: int, right: int) -> tuple[int, int]:
        for turn in reversed(range(_ROUNDS)):
            if turn % 2:
                right = (right - self._random(turn, left)) % self._sizes[1]
            else:
                left = (left - self._random(turn, right)) % self._sizes[0]
        return left, right

    def _random(self, turn: int, half: int) -> int:
        digest = self._keyed.copy()
        digest.update(b"\0%d:%x" % (turn, half))
        return int.from_bytes(digest.digest())


def _layout(shape: Shape) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    return shape.tag, tuple((at, end, len(alphabet)) for at, end, alphabet in shape.slots)

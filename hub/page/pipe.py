"""What the hub and the process that judges for its page say to each other: a length, then msgpack."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

LENGTH: Final = struct.Struct(">I")
LARGEST: Final = 64 << 20
"""Bytes of one word: a board of ten thousand pairs is a tenth of that."""


class Change(msgspec.Struct, tag="change", frozen=True):
    """The board of one view has changed: pairs by id, and the line at the top, each as JSON.

    Where it `is_whole`, there are no other pairs than these.
    """

    view: str
    is_whole: bool
    pairs: dict[str, bytes]
    gone: tuple[str, ...]
    status: bytes


class Question(msgspec.Struct, tag="question", frozen=True):
    """The hub wants to know something that a viewer asked for; all of `about` is a stranger's text."""

    number: int
    view: str
    what: str
    about: dict[str, str]


class Reply(msgspec.Struct, tag="reply", frozen=True):
    """What came of a question: a status of HTTP, and JSON."""

    number: int
    status: int
    body: bytes


Said = Change | Reply
_SAID: Final = msgspec.msgpack.Decoder(Said)
_ASKED: Final = msgspec.msgpack.Decoder(Question)


def pack(word: Change | Question | Reply) -> bytes:
    """Return a word as it goes through the pipe."""
    body = msgspec.msgpack.encode(word)
    return LENGTH.pack(len(body)) + body


def length_in(head: bytes) -> int:
    """Return how many bytes come after the first four.

    Raises:
        ValueError: more than any word has.
    """
    (length,) = LENGTH.unpack(head)
    if length > LARGEST:
        raise ValueError(f"a word of {length} bytes is announced, {LARGEST} are allowed")
    return int(length)


def said(body: bytes) -> Said:
    """Return what the page's process has said.

    Raises:
        ValueError: it is no such thing.
    """
    word: Said = _SAID.decode(body)
    return word


def questions(pipe: BinaryIO) -> Iterator[Question]:
    """Yield what the hub asks, until it closes the pipe."""
    while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
        yield _ASKED.decode(pipe.read(length_in(head)))

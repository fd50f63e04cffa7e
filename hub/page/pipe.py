"""What the hub and the process that judges for its page say to each other: a length, then msgpack."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from hub.access.scope import Scope

LENGTH: Final = struct.Struct(">I")
LARGEST: Final = 64 << 20
"""Bytes of one word: a board of ten thousand pairs is a tenth of that."""


class Change(msgspec.Struct, tag="change", frozen=True):
    """The board has changed as one scope has it: pairs by id, and the line at the top, each as JSON.

    Where it `is_whole`, there are no other pairs than these.
    """

    scope: Scope
    is_whole: bool
    pairs: dict[str, bytes]
    gone: tuple[str, ...]
    status: bytes


class Question(msgspec.Struct, tag="question", frozen=True):
    """The hub wants to know something that a viewer asked for; all of `about` is a stranger's text."""

    number: int
    scope: Scope
    what: str
    about: dict[str, str]


class Looks(msgspec.Struct, tag="looks", frozen=True):
    """The scopes in which somebody looks at the board now: changes are told of these, and of no others."""

    scopes: tuple[Scope, ...]


class Rules(msgspec.Struct, tag="rules", frozen=True):
    """What the event makes of the rules, as `matrix.policy.Regrade.as_data` has it; the first word of all."""

    regrades: tuple[dict[str, str], ...] = ()


class Reply(msgspec.Struct, tag="reply", frozen=True):
    """What came of a question: a status of HTTP, and JSON; `hidden` is why something is not told, for the log only."""

    number: int
    status: int
    body: bytes
    hidden: str = ""


Said = Change | Reply
Asked = Question | Looks | Rules
_SAID: Final = msgspec.msgpack.Decoder(Said)
_ASKED: Final = msgspec.msgpack.Decoder(Asked)


def pack(word: Said | Asked) -> bytes:
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


def asked(pipe: BinaryIO) -> Iterator[Asked]:
    """Yield what the hub asks and says, until it closes the pipe."""
    while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
        yield _ASKED.decode(pipe.read(length_in(head)))

"""The bytes of a `.session` file (docs/exporting.md): MessagePack values one after the other, and a digest of them.

Eight bytes that say what it is; values, each an array of a word and a map, the first of them `head`; at the end an
array of the word `sha256` and the digest of all bytes before it, which tells a file that was cut off or damaged. It
proves nothing about who wrote it.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgpack
import msgspec

from hub.errors import HubError
from hub.recording.file_kind import begins_with
from matrix import __version__

MAGIC: Final = b"\x89OCPP\r\n\x1a"
"""As that of PNG: no text begins so, and a transfer that changes line ends breaks it."""
FORMAT: Final = 1

LARGEST_VALUE: Final = 1 << 30
"""Bytes of one payload: SQLite takes no more. Nothing is set aside for what is not in the file."""
MOST_ELEMENTS: Final = 20_000
"""Of an array in it: more header fields than fit into a head. MessagePack's reader makes room for all at once."""
MOST_FIELDS: Final = 100
_END: Final = msgspec.msgpack.encode(("sha256", b"\0" * 32))[:-32]
_NEXT: Final = 1 << 20
_ROOM: Final = 1 << 12
"""Bytes that a reader sets aside at first: an import has thousands of them at once."""

Record = tuple[str, dict[str, Any]]


class SessionFileError(HubError):
    """The file is no session file that can be read; the message says why."""


def packed(records: Iterable[Record]) -> Iterator[bytes]:
    """Yield the bytes of a file with these records, which is whole with the last of them."""
    digest = hashlib.sha256()
    head: Record = ("head", {"format": FORMAT, "made_by": f"plugfest {__version__}"})
    for data in chain((MAGIC,), map(msgspec.msgpack.encode, chain((head,), records))):
        digest.update(data)
        yield data
    yield _END + digest.digest()


def is_session_file(path: Path) -> bool:
    """Tell by its first bytes whether a file is meant to be one; False where it is none, or cannot be read."""
    return begins_with(path, MAGIC)


def records_of(path: Path) -> Iterator[Record]:
    """Yield what a file holds after its head, once its digest was found right.

    Raises:
        SessionFileError: it is no session file, is cut off, damaged, or of a newer format.
    """
    try:
        records = _records(path, _checked_length(path))
        _check_head(path, next(records, ("", {})))
        yield from records
    except OSError as exc:
        raise SessionFileError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc


def _checked_length(path: Path) -> int:
    """Return how many bytes of a file come before its digest, once they are found to be those that it was made of."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise SessionFileError(f"{str(path)!r} is no session file: it does not begin as one")
        format_ = _format(file.read(_NEXT))
        if isinstance(format_, int) and format_ > FORMAT:
            raise SessionFileError(
                f"{str(path)!r} was written by a newer version of the hub: format {format_}, and {FORMAT} is known"
            )
        length = file.seek(0, os.SEEK_END) - len(_END) - hashlib.sha256().digest_size
        file.seek(max(length, 0))
        if length < len(MAGIC) or file.read(len(_END)) != _END:
            raise SessionFileError(f"{str(path)!r} is cut off: its end is missing")
        if file.read() != _digest(file, length):
            raise SessionFileError(f"{str(path)!r} is damaged: its bytes are not those that were written")
    return length


def _format(beginning: bytes) -> object:
    """Return what the first value says that the format is, None where it does not."""
    unpacker = _unpacker()
    unpacker.feed(beginning)
    try:
        match unpacker.unpack():
            case ["head", {"format": format_}]:
                return format_
            case _:
                return None
    except (ValueError, TypeError, msgpack.UnpackException):
        return None


def _digest(file: BinaryIO, length: int) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (chunk := file.read(min(length, _NEXT))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.digest()


def _unpacker() -> Any:
    return msgpack.Unpacker(
        read_size=_ROOM, max_buffer_size=LARGEST_VALUE, max_array_len=MOST_ELEMENTS, max_map_len=MOST_FIELDS,
        max_ext_len=0,
    )  # fmt: skip


def _records(path: Path, length: int) -> Iterator[Record]:
    """Yield the values of a file between its first bytes and its digest. It is open only while it is read from."""
    unpacker, taken, place = _unpacker(), 0, len(MAGIC)
    while chunk := _chunk(path, place, length):
        place += len(chunk)
        try:
            unpacker.feed(chunk)
            for value in unpacker:
                taken = unpacker.tell()
                yield _record(path, value)
        except (ValueError, TypeError, msgpack.UnpackException) as exc:
            raise SessionFileError(f"{str(path)!r} is damaged: {_why(exc)}") from exc
    if taken != length - len(MAGIC):
        raise SessionFileError(f"{str(path)!r} is damaged: it ends within a value")


def _why(exc: Exception) -> str:
    """Say what is wrong with a value: MessagePack's reader has no words for most of it."""
    if isinstance(exc, msgpack.StackError):
        return "a value in it is nested too deeply"
    return str(exc) or "a value in it is no MessagePack"


def _chunk(path: Path, place: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(place)
        return file.read(min(_NEXT, end - place))


def _record(path: Path, value: object) -> Record:
    match value:
        case [str(word), dict(fields)]:
            return word, fields
        case _:
            raise SessionFileError(f"{str(path)!r} is damaged: a value in it is no array of a word and a map")


def _check_head(path: Path, record: Record) -> None:
    word, fields = record
    if word != "head" or fields.get("format") != FORMAT:
        raise SessionFileError(f"{str(path)!r} is damaged: its first value does not say what format it has")

"""A chain of SHA-256 over messages: each hash is over the one before it and the message, so none is changed alone.

A line of `messages.jsonl` is `{"sha256": HASH, "item": ITEM}`, and HASH that of the hash before it (for the first one,
of the recording's id) in hexadecimal, a line end, and ITEM byte for byte as it stands in the line.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from hub.recording.reading import Recording
from matrix.safe import safe_json
from matrix.trace import Frame, Traffic, mark_of, time_of

TIMES: Final = 16
"""Items whose times tell one recording from another."""


def recording_id(recording: Recording) -> str:
    """Return what tells a recording from others, and nothing else of it: a digest over the times of its first items."""
    items = recording.traffic(0, limit=TIMES)[:TIMES]
    return sha256("\n".join(f"{mark_of(item)} {time_of(item)}" for item in items).encode()).hexdigest()


def chained(items: Iterable[Traffic], start: str) -> Iterator[str]:
    """Yield the lines of a chain; `start` is the id of the recording that the items are from."""
    before = start
    for item in items:
        said = safe_json(msgspec.json.encode(_fields(item)).decode())
        before = sha256(f"{before}\n{said}".encode()).hexdigest()
        yield f'{{"sha256": "{before}", "item": {said}}}\n'


def _fields(item: Traffic) -> dict[str, object]:
    encoding = {"encoding": "base64"} if isinstance(item, Frame) and isinstance(item.payload, bytes) else {}
    return {"kind": type(item).__name__.lower(), **encoding, **msgspec.to_builtins(item)}

"""Fragments as they may be told: their message without its secrets, taken apart again where it was."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final, TypeVar

from matrix.exchange import join
from matrix.secrets import masked, masked_payload
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode, Side

MOST_ITEMS: Final = 1_000
MOST_BYTES: Final = 64 << 20
"""Of what is held back until a message is whole: the fragments of one that takes longer are hidden."""

Item = TypeVar("Item")
Payload = str | bytes


class Fragments:
    """Looks ahead in traffic, so that all of a message is known when the first of its fragments is told."""

    def __init__(self) -> None:
        self._begun: dict[tuple[int, Side], list[Frame]] = {}
        self._shown: dict[int, Payload] = {}

    def ahead(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items as they are, a fragment not before its message was seen, if that does not take too long."""
        held: list[Item] = []
        size = 0
        for item in items:
            if not held and not (isinstance(item, Frame) and _is_part(item)):
                yield item
                continue
            held.append(item)
            if isinstance(item, Frame):
                self._take(item)
                size += len(item.payload)
            if self._begun and len(held) < MOST_ITEMS and size < MOST_BYTES:
                continue
            self._begun.clear()
            yield from held
            held, size = [], 0
            self._shown.clear()
        self._cut(*self._begun)
        yield from held

    def payload(self, frame: Frame) -> Payload | None:
        """Return what may be told of a fragment; None where its message cannot be known."""
        return self._shown.get(frame.id)

    def _take(self, frame: Frame) -> None:
        stream = (frame.session, frame.side)
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            self._cut(stream)
        elif frame.opcode >= FIRST_CONTROL_OPCODE:
            return
        elif frame.opcode == Opcode.CONTINUATION:
            self._go_on(frame, stream)
        else:
            self._cut(stream)
            if not frame.fin:
                self._begun[stream] = [frame]

    def _go_on(self, frame: Frame, stream: tuple[int, Side]) -> None:
        if stream not in self._begun:
            return
        self._begun[stream].append(frame)
        if frame.fin:
            self._tell(self._begun.pop(stream), is_whole=True)

    def _cut(self, *streams: tuple[int, Side]) -> None:
        """Take messages that do not go on for all that there is of them."""
        for stream in streams:
            if frames := self._begun.pop(stream, None):
                self._tell(frames, is_whole=False)

    def _tell(self, frames: list[Frame], *, is_whole: bool) -> None:
        message = join([frame.payload for frame in frames])
        shown = _shown(message, is_whole=is_whole)
        if shown is None:
            self._shown |= {frame.id: frame.payload for frame in frames}
            return
        ends = [*accumulate(len(_octets(frame.payload)) for frame in frames)]
        for frame, start, end in zip(frames, (0, *ends), (*ends[:-1], None), strict=False):
            self._shown[frame.id] = text_of(shown[start:end])


def _is_part(frame: Frame) -> bool:
    return not frame.fin or frame.opcode == Opcode.CONTINUATION


def _shown(message: Payload, *, is_whole: bool) -> bytes | None:
    """Return a message as it may be told, None where that is as it was said."""
    said = text_of(message) if isinstance(message, bytes) else message
    shown = masked(said, cut=not is_whole) if isinstance(said, str) else masked_payload(said)
    return None if shown == said else _octets(shown)


def text_of(octets: bytes) -> Payload:
    """Return bytes as the text that they are; the bytes where they are none."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def _octets(payload: Payload) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload

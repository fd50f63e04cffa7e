"""A recorded text as a template: itself, but for what a replay has to put in: message id, ids, times.

All else stays as it was, character by character: a peer that writes 21.40, doubles a key or forgets a bracket is
replayed with that.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from matrix.moments import shifted
from matrix.replay.fields import Found, Id, Place

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<comma>,) | (?P<colon>:)
      | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
      | (?P<scalar>[-+.0-9A-Za-z]++)
    )""",
    re.VERBOSE | re.DOTALL,
)


class MessageId(NamedTuple):
    """The place of a message id; `id` is the recorded one."""

    id: str


class Stamp(NamedTuple):
    """The place of a time; `text` is the recorded one."""

    text: str


class IdSlot(NamedTuple):
    """The place of an id; `written` is how the recorded one is written."""

    id: Id
    written: str


Slot = MessageId | Stamp | IdSlot
Template = tuple[str | Slot, ...]


class Filling(NamedTuple):
    """What is put into a template: ids by their recorded ones (None: as recorded), and by how much times move."""

    message_id: Callable[[str], str]
    live: Callable[[Id], str | None]
    moved_ns: int


def fill(template: Template, filling: Filling) -> str:
    """Return the text to send."""
    return "".join([piece if type(piece) is str else _filled(piece, filling) for piece in template])


def _filled(slot: str | Slot, filling: Filling) -> str:
    match slot:
        case str():
            return slot
        case MessageId(recorded):
            return json.dumps(filling.message_id(recorded))
        case Stamp(text):
            return f'"{shifted(text, filling.moved_ns)}"'
        case IdSlot(found, written):
            live = filling.live(found)
            return written if live is None else live


def template_of(text: str, slots: Mapping[Place, Slot]) -> Template:
    """Return a text as a template; `slots` are by their places in the message's array.

    Places that are not there, or twice (a key that is doubled), are taken as they come.
    """
    pieces: list[str | Slot] = []
    at = 0
    for place, start, end in spans(text, slots):
        if start >= at:
            slot = slots[place]
            written = IdSlot(slot.id, text[start:end]) if isinstance(slot, IdSlot) else slot
            pieces += [text[at:start], written]
            at = end
    pieces.append(text[at:])
    return tuple(pieces)


def slots_of(payload: Any, ids: Collection[Found], stamps: Collection[Place], index: int) -> dict[Place, Slot]:
    """Return the slots of a payload that stands at `index` in its message."""
    slots: dict[Place, Slot] = {(index, *place): Stamp(_value_at(payload, place)) for place in stamps}
    slots |= {(index, *found.place): IdSlot(found.id, found.id.value) for found in ids}
    return slots


def spans(text: str, wanted: Collection[Place]) -> Iterator[tuple[Place, int, int]]:
    """Yield where the values at these places stand in a JSON text, in order; it stops where the text is no JSON."""
    scan = _Scan(wanted)
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind = str(match.lastgroup)
        if (place := scan.take(kind, match[kind], match.start(kind))) in wanted:
            yield place, scan.start, position


class _Scan:
    """Where one is in a JSON text. `start` is where the value began that has just ended."""

    def __init__(self, wanted: Collection[Place]) -> None:
        self.start = 0
        self._place: list[str | int] = []
        self._open: list[tuple[bool, int]] = []  # an object, or else an array; where it begins
        self._expects_name = False
        self._deepest = max(map(len, wanted), default=0)

    def take(self, kind: str, token: str, start: int) -> Place:
        """Take a token; return the place of the value that it ends, or of none: an empty one."""
        match kind:
            case "open":
                self._open.append((token == "{", start))  # noqa: S105 - a bracket
                self._place.append("" if token == "{" else 0)  # noqa: S105 - a bracket
                self._expects_name = token == "{"  # noqa: S105 - a bracket
                return ()
            case "close":
                return self._closed()
            case "comma":
                self._next()
                return ()
            case "colon":
                self._expects_name = False
                return ()
        if self._expects_name:
            self._place[-1] = json.loads(token, strict=False) if kind == "string" else token
            return ()
        self.start = start
        return self._here()

    def _closed(self) -> Place:
        if not self._open:
            return ()
        _, self.start = self._open.pop()
        self._place.pop()
        self._expects_name = False
        return self._here()

    def _next(self) -> None:
        if self._open and self._open[-1][0]:
            self._expects_name = True
        elif self._open:
            self._place[-1] = int(self._place[-1]) + 1

    def _here(self) -> Place:
        return tuple(self._place) if len(self._place) <= self._deepest else ()


def _value_at(payload: Any, place: Place) -> str:
    for step in place:
        payload = payload[step]
    return str(payload)

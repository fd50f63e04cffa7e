"""Clean sessions as scripts: drawings whose messages can be changed one at a time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from goldens import drawings

from matrix.dialect import CALL, CALLRESULT, SEND, SUBPROTOCOLS
from matrix.schemas import Part
from matrix.trace import Side

ARROWS: Final = {Side.STATION: ">", Side.CSMS: "<"}
SIDES: Final = {arrow: side for side, arrow in ARROWS.items()}
RULE_OF_THE_OTHER: Final = frozenset({"RPC-20"})
"""Who answers a payload that does not fit as if it did has broken a rule, too."""


class Said(NamedTuple):
    """A message of a script; `line` is its own, `other` that of its answer or of its CALL (None: a SEND)."""

    line: int
    side: Side
    version: str
    array: list[Any]
    action: str
    part: Part
    other: int | None

    @property
    def is_call(self) -> bool:
        return bool(self.array[0] == CALL)

    @property
    def is_send(self) -> bool:
        return bool(self.array[0] == SEND)

    @property
    def payload(self) -> Any:
        return self.array[-1]

    def saying(self, payload: Any, *, message_id: str | None = None) -> str:
        """Return the line of the same message with another payload, or under another id."""
        return written(self.side, [self.array[0], message_id or self.array[1], *self.array[2:-1], payload])


@dataclass(frozen=True)
class Script:
    """A drawing with nothing wrong in it."""

    name: str
    version: str
    lines: tuple[str, ...]
    said: tuple[Said, ...]

    def at(self, line: int | None) -> Said:
        """Return the message that stands at a line."""
        return next(each for each in self.said if each.line == line)

    def exchanges(self) -> Iterator[tuple[Said, Said]]:
        """Yield each CALL with its answer."""
        for each in self.said:
            if each.is_call:
                yield each, self.at(each.other)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A script with one thing wrong, and who did it.

    `shows` are the lines of the mutated message and of its exchange; empty where any evidence will do. `shared` are
    rules that the other side breaks by letting it pass.
    """

    lines: tuple[str, ...]
    guilty: Side
    shows: frozenset[int]
    shared: frozenset[str]


Make = Callable[[Script], Iterator[Mutant]]
"""What a mutation is: a script in, a mutant for each place where it applies out."""


class Draft:
    """A script that is being changed; what is put or marked shows the change."""

    def __init__(self, script: Script) -> None:
        self._slots: list[list[tuple[str, bool]]] = [[(line, False)] for line in script.lines]

    def put(self, line: int, *texts: str) -> "Draft":
        """Replace a line."""
        self._slots[line] = [(text, True) for text in texts]
        return self

    def before(self, line: int, *texts: str) -> "Draft":
        """Insert lines before a line."""
        self._slots[line][:0] = [(text, True) for text in texts]
        return self

    def after(self, line: int, *texts: str) -> "Draft":
        """Insert lines after a line."""
        self._slots[line] += [(text, True) for text in texts]
        return self

    def mark(self, *lines: int | None) -> "Draft":
        """Say that these lines may show it, too."""
        for line in lines:
            if line is not None:
                self._slots[line] = [(text, True) for text, _ in self._slots[line]]
        return self

    def mutant(self, guilty: Side, *, anywhere: bool = False, shared: frozenset[str] = frozenset()) -> Mutant:
        """Return it as it is now; `anywhere`: the evidence may be in another message."""
        flat = [entry for slot in self._slots for entry in slot]
        shows = frozenset() if anywhere else frozenset(number for number, (_, marked) in enumerate(flat) if marked)
        return Mutant(tuple(text for text, _ in flat), guilty, shows, shared)


def written(side: Side, array: Any) -> str:
    """Return the line of a message."""
    return f"{ARROWS[side]} {json.dumps(array, separators=(',', ':'))}"


def result(side: Side, message_id: Any, payload: Any) -> str:
    """Return the line of a CALLRESULT."""
    return written(side, [CALLRESULT, message_id, payload])


def error(side: Side, message_id: Any, code: str) -> str:
    """Return the line of a CALLERROR."""
    return written(side, [4, message_id, code, "", {}])


@cache
def scripts() -> tuple[Script, ...]:
    """Return every clean session."""
    return tuple(read_script(path) for path in drawings() if path.parent.name == "clean")


def read_script(path: Path) -> Script:
    """Read a drawing whose sessions are all of one version."""
    lines = tuple(path.read_text(encoding="utf-8").splitlines())
    offers = next(line for line in lines if line.startswith("offers: ")).removeprefix("offers: ")
    version = SUBPROTOCOLS[offers.split(", ")[0]]
    return Script(path.stem, version, lines, tuple(_said(lines, version)))


def _said(lines: tuple[str, ...], version: str) -> Iterator[Said]:
    arrays = {number: json.loads(line[2:]) for number, line in enumerate(lines) if line[2:3] == "["}
    calls = {(lines[number][0], array[1]): number for number, array in arrays.items() if array[0] == CALL}
    answers = {(lines[number][0], array[1]): number for number, array in arrays.items() if array[0] == CALLRESULT}
    for number, array in arrays.items():
        arrow = lines[number][0]
        other = "<" if arrow == ">" else ">"
        if array[0] == CALLRESULT:
            call = calls[other, array[1]]
            yield Said(number, SIDES[arrow], version, array, arrays[call][2], Part.RESPONSE, call)
        else:
            answer = answers[other, array[1]] if array[0] == CALL else None
            yield Said(number, SIDES[arrow], version, array, array[2], Part.REQUEST, answer)

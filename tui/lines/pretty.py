"""JSON laid out for reading exactly as it was spoken, with the value that a finding points to marked.

It works on the text, not on what a parser makes of it: `1.0` stays `1.0`, a key that stands twice is shown twice, and a
text that breaks off in the middle is laid out as far as it goes. Only as much of a text is looked at as is shown.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from matrix.safe import safe
from tui.lines.line import ELLIPSIS, PaneLine, Span

LINES: Final = 3_000
"""Lines that are laid out of one message; what lies behind is counted, not shown."""
CHARACTERS: Final = 200_000
TOKEN_LENGTH: Final = 2_000
"""Characters that are shown of one string or number."""
INDENT: Final = 2

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<comma>,) | (?P<colon>:)
      | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
      | (?P<number>-?[0-9][-+.0-9eE]*+)
      | (?P<literal>true|false|null)
    )""",
    re.VERBOSE | re.DOTALL,
)
_EMPTY: Final = re.compile(r"[ \t\r\n]*+([\]}])")


@dataclass(slots=True)
class _Container:
    """An array or object that is being read, and where in it the reader is."""

    is_object: bool
    path: str
    first_line: int
    index: int = 0
    key: str = ""

    @property
    def value_path(self) -> str:
        return f"{self.path}/{self.key if self.is_object else self.index}"


@dataclass(slots=True)
class _Place:
    """Where a value is shown: its first line and span, and its last line."""

    line: int
    span: int
    last_line: int


@dataclass(slots=True)
class _Layout:
    """Lines under construction."""

    text: str
    lines: list[PaneLine] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    stack: list[_Container] = field(default_factory=list)
    places: dict[str, _Place] = field(default_factory=dict)
    characters: int = 0
    expects_key: bool = False
    indent: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= LINES or self.characters >= CHARACTERS

    @property
    def breaks_lines(self) -> bool:
        """True inside containers that get a line for each element: all but the message's own array."""
        return len(self.stack) > 1 or (bool(self.stack) and self.stack[0].is_object)

    def add(self, text: str, role: str) -> None:
        self.spans.append(Span(text, role))
        self.characters += len(text)

    def end_line(self) -> None:
        self.lines.append(PaneLine(tuple(self.spans), self.indent))
        self.spans = []
        self.indent = INDENT * (len(self.stack) - (not self.stack[0].is_object)) if self.stack else 0

    def start_value(self) -> str:
        path = self.stack[-1].value_path if self.stack else ""
        self.places[path] = _Place(len(self.lines), len(self.spans), len(self.lines))
        return path


def pretty(text: str, marked: Iterable[str] = ()) -> list[PaneLine]:
    """Lay out a JSON text; never raises, whatever the text.

    `marked` are JSON pointers into the whole text. Of one that points to nothing, the innermost value around it is
    marked; one that points to the whole text marks nothing.
    """
    layout = _Layout(text)
    position = _read(layout)
    if rest := text[position:].strip(" \t\r\n"):
        _add_rest(layout, rest)
    if layout.spans:
        layout.end_line()
    for pointer in marked:
        _mark(layout, pointer)
    return layout.lines


def _read(layout: _Layout) -> int:
    """Lay out tokens up to the end, the limit, or what is no token; return how far the text was read."""
    position = 0
    while not layout.is_full and (match := _TOKEN.match(layout.text, position)):
        kind = str(match.lastgroup)
        if kind == "close" and not (layout.stack and _closes(match[kind], layout.stack[-1])):
            break
        position = match.end()
        if kind == "open":
            position = _open(layout, match[kind], position)
        elif kind == "close":
            _close(layout, match[kind])
        else:
            _PUTTERS[kind](layout, match[kind])
        if not layout.stack and kind == "close":
            break
    return position


def _open(layout: _Layout, bracket: str, position: int) -> int:
    path = layout.start_value()
    container = _Container(bracket == "{", path, len(layout.lines))
    if (empty := _EMPTY.match(layout.text, position)) and _closes(empty[1], container):
        layout.add(bracket + empty[1], "punctuation")
        layout.expects_key = False
        return empty.end()
    layout.add(bracket, "punctuation")
    layout.stack.append(container)
    layout.expects_key = container.is_object
    if layout.breaks_lines:
        layout.end_line()
    return position


def _close(layout: _Layout, bracket: str) -> None:
    breaks = layout.breaks_lines
    container = layout.stack.pop()
    if breaks:
        layout.end_line()
    layout.add(bracket, "punctuation")
    layout.places[container.path].last_line = len(layout.lines)
    layout.expects_key = False


def _put_comma(layout: _Layout, _text: str) -> None:
    layout.add("," if layout.breaks_lines else ", ", "punctuation")
    if layout.stack:
        layout.stack[-1].index += 1
        layout.expects_key = layout.stack[-1].is_object
    if layout.breaks_lines:
        layout.end_line()


def _put_colon(layout: _Layout, _text: str) -> None:
    layout.add(": ", "punctuation")
    layout.expects_key = False


def _put_string(layout: _Layout, text: str) -> None:
    if layout.expects_key:
        layout.stack[-1].key = _pointer_part(text)
        layout.add(_shown(text), "key")
        return
    layout.start_value()
    layout.add(_shown(text), "string")


def _put_scalar(layout: _Layout, text: str) -> None:
    layout.start_value()
    layout.add(_shown(text), "number")


_PUTTERS: Final = {
    "comma": _put_comma,
    "colon": _put_colon,
    "string": _put_string,
    "number": _put_scalar,
    "literal": _put_scalar,
}


def _closes(bracket: str, container: _Container) -> bool:
    return (bracket == "}") == container.is_object


def _shown(text: str) -> str:
    if len(text) <= TOKEN_LENGTH:
        return safe(text)
    return f"{safe(text[:TOKEN_LENGTH])}{ELLIPSIS} ({len(text) - TOKEN_LENGTH:,} characters more)"


def _pointer_part(token: str) -> str:
    try:
        key = str(json.loads(token, strict=False))
    except ValueError:
        key = token[1:-1]
    return key.replace("~", "~0").replace("/", "~1")


def _add_rest(layout: _Layout, rest: str) -> None:
    if layout.is_full:
        layout.end_line()
        layout.add(f"{ELLIPSIS} {len(rest):,} characters more", "muted")
        return
    layout.add(" " if layout.spans and layout.stack == [] else "", "")
    layout.add(_shown(rest), "broken")


def _mark(layout: _Layout, pointer: str) -> None:
    """Mark the value that a pointer leads to: the first span of it, and the lines that it takes."""
    while pointer and pointer not in layout.places:
        pointer = pointer.rpartition("/")[0]
    if not pointer:
        return
    place = layout.places[pointer]
    for number in range(place.line, min(place.last_line + 1, len(layout.lines))):
        layout.lines[number] = replace(layout.lines[number], marked=True)
    if place.line < len(layout.lines):
        line = layout.lines[place.line]
        spans = [span._replace(role="offending") if i == place.span else span for i, span in enumerate(line.spans)]
        layout.lines[place.line] = replace(line, spans=tuple(spans))


_HEAD: Final = re.compile(
    r"""[ \t\r\n]*+\[[ \t\r\n]*+(?P<type>[0-9]{1,3})[ \t\r\n]*+,
        [ \t\r\n]*+(?P<id>"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?[0-9.]+|null|true|false)[ \t\r\n]*+
        (?:,[ \t\r\n]*+(?P<name>"[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*+)?
        (?:,[ \t\r\n]*+|(?=\]))""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Head:
    """How a message starts: its type number, id, the string after it (action or error code), and where what follows is.

    The strings are as peers wrote them: show them through `safe`.
    """

    type: int
    id: str
    name: str
    after_id: int
    rest: int


def read_head(text: str) -> Head | None:
    """Read the start of an OCPP-J message, also of one that is cut off or broken further on; None where it is none."""
    match = _HEAD.match(text)
    if match is None:
        return None
    name = match["name"]
    return Head(int(match["type"]), match["id"].strip('"'), name[1:-1] if name else "", match.end("id"), match.end())

"""Lines of styled text for Line API widgets: spans of safe text with the name of a role, never a colour.

A role is a component class of `tui.widgets.line_view.LineView`; the stylesheet says what it looks like. Widths are
terminal cells. Whatever came from a peer is made safe where the span is made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

ELLIPSIS: Final = "…"


class Span(NamedTuple):
    """A piece of a line. `role` "" is ordinary text."""

    text: str
    role: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PaneLine:
    """One line of a text to read, before it is wrapped: `indent` in cells; `marked` where it is pointed out."""

    spans: Line
    indent: int = 0
    marked: bool = False

    @property
    def text(self) -> str:
        """The line without its styles, indented."""
        return " " * self.indent + "".join(span.text for span in self.spans)


BLANK: Final = PaneLine(())


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells: padded (on the left if `right`), or cut with an ellipsis."""
    if width <= 0:
        return ""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + ELLIPSIS
    padding = " " * (width - cells)
    return padding + text if right else text + padding


def width_of(line: Iterable[Span]) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(span.text) for span in line)


def clip(line: Line, width: int) -> Line:
    """Return a line cut to at most `width` cells, the last of them an ellipsis where something was cut."""
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    for span in line:
        cells = cell_len(span.text)
        if cells >= width:
            kept.append(Span(fit(span.text + " ", width), span.role))
            break
        kept.append(span)
        width -= cells
    return tuple(kept)


def justify(left: Line, right: Line, width: int) -> Line:
    """Return a line of `width` cells with `right` at its right end; `left` gives way."""
    room = max(width - width_of(right) - bool(right), 0)
    left = clip(left, room)
    gap = max(width - width_of(left) - width_of(right), 0)
    return (*left, Span(" " * gap), *right)


def wrap(line: Line, width: int, indent: int) -> Iterator[Line]:
    """Yield the line in pieces of at most `width` cells; all but the first are indented, by `indent` spaces at most."""
    indent = min(indent, max(width // 2, 0))
    start: Line = ()
    full = max(width, 2)
    piece: list[Span] = []
    room = full
    for span in line:
        text = span.text
        while text:
            head, rest = _split(text, room)
            if rest:
                head, rest = _untorn(text, head, full - indent, has_begun=len(piece) > len(start))
            piece += [Span(head, span.role)] if head else []
            room -= cell_len(head)
            text = rest
            if text:
                yield tuple(piece)
                start, room = (Span(" " * indent),), full - indent
                piece = [*start]
    yield tuple(piece)


def _untorn(text: str, head: str, width: int, *, has_begun: bool) -> tuple[str, str]:
    """Move the word that `head` ends within to the next line, if it fits there; a line that `has_begun` may stay so."""
    space = head.rfind(" ")
    word = text[space + 1 :].split(" ", 1)[0]
    is_torn = not head.endswith(" ") and text[len(head)] != " "
    if not is_torn or cell_len(word[: width + 1]) > width or (not head[: space + 1].strip() and not has_begun):
        return head, text[len(head) :]
    return head[: space + 1], text[space + 1 :]


def _split(text: str, width: int) -> tuple[str, str]:
    """Split a text after at most `width` cells, at a space near the end where there is one."""
    if text.isascii():
        end = min(len(text), width)
    else:
        end, cells = 0, 0
        for character in text:
            cells += cell_len(character)
            if cells > width:
                break
            end += 1
    if end == len(text):
        return text, ""
    space = text.rfind(" ", end // 2, end)
    return (text[: space + 1], text[space + 1 :]) if space > 0 else (text[:end], text[end:])

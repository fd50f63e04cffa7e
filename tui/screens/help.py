"""The keys, and what the glyphs mean. Made from the bindings themselves, so that it cannot be wrong about them."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.screen import ModalScreen

from matrix.outcome import GRAVITY
from tui.lines.line import BLANK, PaneLine, Span
from tui.lines.text import GLYPHS, MARKS, MEANINGS
from tui.widgets.alarm import Alarm
from tui.widgets.line_pane import LinePane

NAMES: Final = {"escape": "Esc", "enter": "Enter", "backspace": "Backspace"}
"""Keys whose signs (⏎, ⌫) not every terminal's font has."""

Section = tuple[str, Sequence[BindingType]]


class HelpScreen(ModalScreen[None]):
    """Shows the keys of where the person is, what the glyphs mean, and the keys of elsewhere."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "Close")]

    def __init__(self, here: Sequence[Section], elsewhere: Sequence[Section], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._here = here
        self._elsewhere = elsewhere

    def compose(self) -> ComposeResult:
        yield Alarm()
        pane = LinePane(id="window")
        pane.border_title = "keys"
        pane.border_subtitle = "esc closes"
        yield pane

    def on_mount(self) -> None:
        pane = self.query_one(LinePane)
        pane.show([*_sections(self._here), *_outcomes(), *_sections(self._elsewhere)][1:])
        pane.focus()


def _sections(sections: Sequence[Section]) -> Iterator[PaneLine]:
    for title, bindings in sections:
        yield from _section(title, bindings)


def _section(title: str, bindings: Sequence[BindingType]) -> Iterator[PaneLine]:
    yield BLANK
    yield PaneLine((Span(title, "heading"),))
    for binding in bindings:
        if isinstance(binding, Binding) and binding.description:
            yield PaneLine((Span(f"{_keys(binding):<18}", "accent"), Span(binding.tooltip or binding.description)), 2)


def _keys(binding: Binding) -> str:
    return " ".join(NAMES.get(key) or format_key(key) for key in binding.key.split(","))


def _outcomes() -> Iterator[PaneLine]:
    yield BLANK
    yield PaneLine((Span("outcomes", "heading"), Span("  passed/tested stand beside them", "muted")))
    for outcome in reversed(GRAVITY):
        glyph = Span(f"{GLYPHS[outcome]} {outcome:<15}", outcome.value)
        yield PaneLine((glyph, Span(MEANINGS[outcome])), 2)
    for mark, meaning in MARKS.items():
        name, _, words = meaning.partition(": ")
        yield PaneLine((Span(f"{mark} {name:<15}", "warning"), Span(words)), 2)

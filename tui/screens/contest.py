"""Asks for a note that contests a cell, or for how one was resolved; shows those that there are."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from hub.notes import LONGEST_NAME, LONGEST_TEXT, Order
from matrix.notes import Note
from matrix.safe import safe
from tui.lines.line import Line, Span
from tui.lines.noted import said
from tui.lines.text import CONTESTED
from tui.widgets.bar import Bar
from tui.widgets.line_list import LineList


class NoteList(LineList):
    """The notes of a cell, the resolved ones dimmed."""

    def __init__(self, notes: Sequence[Note], **keywords: Any) -> None:
        super().__init__(empty="nobody contests this yet", **keywords)
        self._notes = notes

    def on_mount(self) -> None:
        self.set_length(len(self._notes))
        self.go_to(len(self._notes) - 1)

    @property
    def note(self) -> Note | None:
        """The note of the cursor."""
        return self._notes[self.cursor] if self._notes else None

    def line_at(self, index: int, width: int) -> Line:
        del width
        note = self._notes[index]
        mark = Span(f"{CONTESTED if note.is_open else ' '} {note.id} ", "warning" if note.is_open else "muted")
        return (mark, Span(said(note), "" if note.is_open else "muted"))


class ContestScreen(ModalScreen[Order | None]):
    """Gives back what is to be noted; None for nothing.

    `cell` is what a new note would be about, and `title` its name, safe to show. Enter contests, ctrl+r resolves the
    note of the cursor; both want a name and a text.
    """

    CSS_PATH = "contest.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Nothing"),
        Binding("up", "step(-1)", "Up", priority=True),
        Binding("down", "step(1)", "Down", priority=True),
        Binding("tab", "app.focus_next", "Name or text", priority=True),  # also for who types faster than focus moves
        Binding("ctrl+r", "resolve", "Resolve", priority=True),
    ]

    def __init__(self, title: str, cell: Order, notes: Sequence[Note], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._title = title
        self._cell = cell
        self._notes = notes

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as window:
            window.border_title = Content(f"contest {self._title}")  # a text would be read as markup
            window.border_subtitle = "enter contests · ctrl+r resolves · esc leaves"
            yield NoteList(self._notes, id="notes")
            name = Input(self._cell.author, placeholder="your name", compact=True, max_length=LONGEST_NAME, id="author")
            yield name
            yield Input(placeholder="what is to be said", compact=True, max_length=LONGEST_TEXT, id="text")
            yield Bar(
                (Span("a note never changes an outcome; everybody who watches sees it", "muted"),), id="complaint"
            )

    def on_mount(self) -> None:
        self.query_one("#text" if self._cell.author else "#author", Input).focus()

    def action_step(self, by: int) -> None:
        notes = self.query_one(NoteList)
        notes.go_to(notes.cursor + by)

    @on(Input.Submitted)
    def contest(self, event: Input.Submitted) -> None:
        """Give back a note on the cell."""
        event.stop()
        self._give_back(self._cell)

    def action_resolve(self) -> None:
        note = self.query_one(NoteList).note
        if note is None or not note.is_open:
            self._complain("there is no open note under the cursor")
        else:
            self._give_back(Order(author="", text="", resolve=note.id))

    def _give_back(self, order: Order) -> None:
        author, text = (self.query_one(f"#{name}", Input) for name in ("author", "text"))
        for missing, what in ((author, "say who you are"), (text, "say why")):
            if not missing.value.strip():
                missing.focus()
                self._complain(what)
                return
        order.author, order.text = author.value, text.value
        self.dismiss(order)

    def _complain(self, sentence: str) -> None:
        self.query_one(Bar).left = (Span(safe(sentence), "broken"),)

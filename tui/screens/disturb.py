"""Asks how a session is to be disturbed on purpose: one of the choices, changed or as it is."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from hub.disturbing.fault_language import EXAMPLES, FaultError, read_fault
from hub.disturbing.faults import Refuse
from matrix.safe import safe
from tui.lines.line import Line, Span
from tui.widgets.bar import Bar
from tui.widgets.line_list import LineList

MEANINGS: Final = {
    "latency": "everything arrives later",
    "bandwidth": "no more than so much a second arrives",
    "stall": "nothing arrives for so long, then all of it",
    "reset": "both connections break (or: reset station)",
    "half-close": "the CSMS sees its stream end, and is still heard",
    "drop": "one answer is lost",
    "delay": "one answer comes late",
    "close": "both sides are told this close code",
    "refuse": "the next handshake of this station is refused",
}

ENDED: Final = "the session has ended: only the next handshake can be disturbed"


class Choices(LineList):
    """Kinds of disturbance, each with an example."""

    def __init__(self, examples: Sequence[str], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._examples = examples

    def on_mount(self) -> None:
        self.set_length(len(self._examples))

    def line_at(self, index: int, width: int) -> Line:
        del width
        example = self._examples[index]
        return (Span(f"{example:<28}", "strong"), Span(MEANINGS[example.split()[0]], "muted"))


class DisturbScreen(ModalScreen[str | None]):
    """Gives back what is to be done, as it is typed for `plugfest disturb`; None for nothing.

    Where the session `has_ended`, only the next handshake of its station can be disturbed, and nothing else is offered.
    """

    CSS_PATH = "disturb.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Nothing"),
        Binding("up", "step(-1)", "Up", priority=True),
        Binding("down", "step(1)", "Down", priority=True),
    ]

    def __init__(self, title: str, *, has_ended: bool = False, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._title = title
        self._has_ended = has_ended
        self._examples = [example for example in EXAMPLES if not has_ended or example.split()[0] == "refuse"]

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as window:
            window.border_title = f"disturb {self._title} on purpose"
            window.border_subtitle = "arrows choose · enter begins · esc leaves"
            yield Choices(self._examples, id="choices")
            yield Input(self._examples[0], compact=True, id="what")
            yield Bar(id="complaint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def action_step(self, by: int) -> None:
        choices = self.query_one(Choices)
        choices.go_to((choices.cursor + by) % len(self._examples))

    @on(LineList.CursorMoved)
    def take_example(self, event: LineList.CursorMoved) -> None:
        """Put the example of the cursor into the line."""
        event.stop()
        line = self.query_one(Input)
        line.value = self._examples[self.query_one(Choices).cursor]
        line.cursor_position = len(line.value)
        line.focus()

    @on(Input.Changed)
    def check(self, event: Input.Changed) -> None:
        """Say what is wrong while the person types."""
        event.stop()
        self._complain(event.value)

    @on(Input.Submitted)
    def begin(self, event: Input.Submitted) -> None:
        """Give back what was typed, if it can be done."""
        event.stop()
        if self._complain(event.value):
            self.dismiss(event.value)

    def _complain(self, text: str) -> bool:
        bar = self.query_one(Bar)
        try:
            wanted = read_fault(text)
        except FaultError as exc:
            bar.left = (Span(safe(str(exc)), "broken"),)
            return False
        if self._has_ended and not isinstance(wanted, Refuse):
            bar.left = (Span(ENDED, "broken"),)
            return False
        bar.left = (
            Span(ENDED if self._has_ended else "recorded as what it is, and never charged to a vendor", "muted"),
        )
        return True

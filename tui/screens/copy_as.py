"""Asks what to copy a message as: to the clipboard of the terminal (OSC 52), or into a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hub.errors import HubError
from hub.evidence.copy_as import ABOUT, Form, copied_as
from hub.evidence.exchanged import Exchanged
from matrix.finding import Finding
from matrix.safe import safe
from tui.commands.copying import copy_name, write_copy
from tui.lines.line import Line, Span
from tui.widgets.line_list import LineList

FORMS: Final = tuple(Form)


class Forms(LineList):
    """What a message can be copied as."""

    def on_mount(self) -> None:
        self.set_length(len(FORMS))

    def line_at(self, index: int, width: int) -> Line:
        del width
        form = FORMS[index]
        return (Span(f"{form:<9}", "strong"), Span(ABOUT[form], "muted"))


class CopyAsScreen(ModalScreen[None]):
    """Copies an exchange as what is chosen; `findings` are those at its frames."""

    CSS_PATH = "move.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Nothing"),
        Binding("w", "write", "Write a file"),
    ]

    def __init__(self, exchange: Exchanged, findings: Sequence[Finding], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._exchange = exchange
        self._findings = findings

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as window:
            window.border_title = f"copy frame {self._exchange.request.frame} as"
            window.border_subtitle = "enter copies · w writes a file · esc leaves"
            yield Forms(id="choices")

    def on_mount(self) -> None:
        self.query_one(Forms).focus()

    @on(LineList.Chosen)
    def copy(self, event: LineList.Chosen) -> None:
        """Copy it as what the cursor stands on."""
        event.stop()
        form, text = self._chosen()
        self.app.copy_to_clipboard(text)
        self.app.notify(f"copied frame {self._exchange.request.frame} for {form}", markup=False)
        self.dismiss()

    def action_write(self) -> None:
        form, text = self._chosen()
        to = Path.cwd() / copy_name(self._exchange.request.frame, form)
        try:
            write_copy(to, text)
        except HubError as exc:
            self.app.notify(safe(str(exc)), severity="error", markup=False)
            return
        self.app.notify(safe(f"{to} holds frame {self._exchange.request.frame} for {form}"), markup=False)
        self.dismiss()

    def _chosen(self) -> tuple[Form, str]:
        form = FORMS[self.query_one(Forms).cursor]
        return form, copied_as(form, self._exchange, self._findings)

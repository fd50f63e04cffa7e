"""Asks by which file of rules everything is to be judged again."""

from pathlib import Path
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from matrix.safe import safe
from tui.lines.line import Line, Span
from tui.reading.source import Source
from tui.rules_file import RulesFileError
from tui.widgets.bar import Bar

EXPLAINED: Final = "a TOML file with a table [rules.CODE], severity and reason (docs/outcomes.md); empty: as written"


class RulesFileScreen(ModalScreen[None]):
    """Has the source judge again, or says what is wrong with the file; it is read anew each time."""

    CSS_PATH = "rules_file.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave")]

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._source = source

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as window:
            window.border_title = "judge everything again"
            window.border_subtitle = "enter begins · esc leaves"
            yield Input(str(self._source.rules_file or ""), placeholder="event.toml", compact=True, id="path")
            yield Bar((Span(EXPLAINED, "muted"),), id="complaint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def begin(self, event: Input.Submitted) -> None:
        """Judge again by what the file says now."""
        event.stop()
        try:
            self._source.rejudge(Path(event.value).expanduser() if event.value.strip() else None)
        except (RulesFileError, ValueError, RuntimeError) as exc:  # a path may hold a NUL, or name no user's home
            self._complain((Span(safe(str(exc), 400), "broken"),))
        else:
            self.dismiss()

    def _complain(self, line: Line) -> None:
        self.query_one(Bar).left = line

"""Two sessions side by side: what is the same, changed, missing or extra, and in what."""

from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from hub.errors import HubError
from matrix.comparing.diff import Row, SessionDiff
from matrix.comparing.difference import Difference
from matrix.comparing.turns import Talk
from matrix.safe import safe
from tui.lines.diff_lines import Teller, body_lines, counts_line, session_name, shift_lines
from tui.lines.line import BLANK, PaneLine, Span
from tui.reading.side_by_side import SideBySide
from tui.widgets.alarm import Alarm
from tui.widgets.bar import Bar
from tui.widgets.diff_list import DiffList
from tui.widgets.key_line import KeyLine
from tui.widgets.line_list import LineList
from tui.widgets.line_pane import LinePane


class DiffScreen(Screen[None]):
    """Shows one couple of sessions at a time; reads it in a thread, for it may be long. `remark` is said beside it."""

    CSS_PATH = "diff.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next_difference(1)", "Next", tooltip="Next message that differs"),
        Binding("N", "next_difference(-1)", "Previous message that differs", show=False),
        Binding("h", "hide", "Hide same", tooltip="Hide or show messages that are the same"),
        Binding("x", "strict", "Set aside", tooltip="Show or hide what is set aside: ids, moments, orders"),
        Binding("right_square_bracket", "session(1)", "Next session", key_display="]"),
        Binding("left_square_bracket", "session(-1)", "Previous session", key_display="[", show=False),
        Binding("o", "outcomes", "Outcomes", tooltip="What became of the outcomes, where that is known"),
        Binding("tab", "app.focus_next", "To the detail pane, and back", show=False),
        Binding("escape,backspace", "back", "Back"),
    ]

    class Read(Message):
        """A couple of sessions stands side by side; `trouble` says why it does not."""

        def __init__(self, index: int, diff: SessionDiff | None, trouble: str = "") -> None:
            super().__init__()
            self.index = index
            self.diff = diff
            self.trouble = trouble

    def __init__(
        self, compared: SideBySide, *, with_secrets: bool = False, remark: str = "", **keywords: Any
    ) -> None:  # fmt: skip
        super().__init__(**keywords)
        self._remark = remark
        self._compared = compared
        self._with_secrets = with_secrets
        self._teller = Teller(with_secrets=with_secrets)
        self._index = 0
        self._shows_outcomes = False
        self.diff: SessionDiff | None = None

    def compose(self) -> ComposeResult:
        yield Bar(id="sessions")
        yield Alarm()
        yield DiffList(id="rows", empty="reading …")
        yield LinePane(id="detail")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(DiffList).focus()
        self._read(0)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read(self, index: int) -> None:
        self._index = index
        work = partial(self._side_by_side, index)
        self.run_worker(work, thread=True, exclusive=True, name="diff", group="diff")

    def _side_by_side(self, index: int) -> None:
        try:
            self.post_message(self.Read(index, self._compared.read(index)))
        except HubError as exc:
            self.post_message(self.Read(index, None, safe(str(exc))))

    @on(Read)
    def show_sessions(self, event: Read) -> None:
        """Show a couple of sessions, unless another one was asked for meanwhile."""
        if event.index != self._index:
            return
        self.diff = event.diff
        rows = self.query_one(DiffList)
        if event.diff is None:
            rows.show((), ("", ""))
            self.query_one("#sessions", Bar).left = (Span(f" {event.trouble}", "failed"),)
            return
        rows.show(event.diff.rows, self._names(event.diff))
        if rows.row is not None and not rows.row.differs:
            rows.next_difference(1)
        self._say()
        self.describe()

    def _names(self, diff: SessionDiff) -> tuple[str, str]:
        before, after = (
            _with_name(talk, name) for talk, name in zip((diff.before, diff.after), self._compared.names, strict=True)
        )
        return before, after

    def _say(self) -> None:
        if self.diff is None:
            return
        bar = self.query_one("#sessions", Bar)
        bar.left = (Span(f" {session_name(self.diff)}  ", "strong"), *counts_line(self.diff))
        count = len(self._compared.couples)
        place = (Span(f"{self._index + 1} of {count} sessions ", "muted"),) if count > 1 else ()
        bar.right = (Span(f" {self._remark} ", "warning"), *place) if self._remark else place

    @on(LineList.CursorMoved, "#rows")
    def describe(self) -> None:
        """Say what differs in the row of the cursor."""
        row = self.query_one(DiffList).row
        self.query_one("#detail", LinePane).show(self._detail(row))

    def _detail(self, row: Row | None) -> list[PaneLine]:
        if self._shows_outcomes and self._compared.shift is not None:
            return [*shift_lines(self._compared.shift)]
        if row is None or self.diff is None:
            return []
        told = [PaneLine(self._teller.difference_line(self.diff, row, each)) for each in self._told(row)]
        return [*told, *([BLANK] if told else []), *body_lines(self.diff, row, with_secrets=self._with_secrets)]

    def _told(self, row: Row) -> list[Difference]:
        return self._teller.differences(self.diff, row) if self.diff is not None else []

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_next_difference(self, step: int) -> None:
        if not self.query_one(DiffList).next_difference(step):
            self.notify(f"nothing differs {'below' if step > 0 else 'above'}", markup=False)

    def action_hide(self) -> None:
        rows = self.query_one(DiffList)
        rows.filter(only_differing=not rows.only_differing)
        self.describe()

    def action_strict(self) -> None:
        self._teller = Teller(is_strict=not self._teller.is_strict, with_secrets=self._with_secrets)
        self.describe()

    def action_session(self, step: int) -> None:
        count = len(self._compared.couples)
        if count > 1:
            self._read((self._index + step) % count)
        else:
            self.notify("there is only this one", markup=False)

    def action_outcomes(self) -> None:
        if self._compared.shift is None:
            self.notify("the matrix says what became of the outcomes", markup=False)
            return
        self._shows_outcomes = not self._shows_outcomes
        self.describe()

    @on(LineList.Chosen, "#rows")
    def read_detail(self) -> None:
        """Go into the detail pane, to scroll there."""
        self.query_one("#detail", LinePane).focus()

    def action_back(self) -> None:
        if self.query_one("#detail", LinePane).has_focus:
            self.query_one(DiffList).focus()
        else:
            self.dismiss()


def _with_name(talk: Talk | None, name: str) -> str:
    session = f"session {talk.session.id}" if talk else "no session"
    return f"{name}, {session}" if name else session

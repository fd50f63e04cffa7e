"""One session: the conversation as it was spoken, and what the judge says about each message."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from hub.errors import HubError
from hub.evidence.exchanged import exchanged
from hub.evidence.reference import Reference
from hub.recording.reading import Recording
from hub.search.parser import parse
from hub.search.query import QueryError
from matrix.boards.pair import CONNECT, FRAMING
from matrix.notes import Note, about_frame
from matrix.rulebook import Crash
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.line import Line
from tui.lines.session_bars import position_line, status_line, title_line
from tui.reading.source import Source
from tui.reading.vocabulary import about_session, vocabulary
from tui.screens.comparing import COMPARING, ComparingScreen
from tui.screens.contesting import CONTESTING, ContestingScreen, Place
from tui.screens.copy_as import CopyAsScreen
from tui.screens.disturbing import DISTURBING
from tui.screens.evidencing import EVIDENCING, put_together
from tui.screens.rule import RuleScreen
from tui.widgets.bar import Bar
from tui.widgets.detail_pane import DetailPane
from tui.widgets.filter_input import FilterInput
from tui.widgets.line_list import LineList
from tui.widgets.live_messages import LiveMessages

FIRST, LAST = 0, 2**63 - 1


class SessionScreen(ComparingScreen, ContestingScreen):
    """Starts on a frame, or follows an open session; `handshake` starts with the handshake beside it."""

    CSS_PATH = "session.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", tooltip="Only messages that a filter lets through"),
        Binding("e", "next_finding(1)", "Next", tooltip="Next finding"),
        Binding("E", "next_finding(-1)", "Previous finding", show=False),
        Binding("f", "findings_only", "Findings", tooltip="Only findings: hide all other frames"),
        Binding("c", "control", "Show or hide control frames: ping, pong, close", show=False),
        Binding("p", "partner", "From a request to its answer, and back", show=False),
        Binding("i", "handshake", "Handshake", tooltip="How the session was opened and how it ended"),
        Binding("r", "rule", "Rule", tooltip="Explain the rule that was broken"),
        *COMPARING,
        *CONTESTING,
        *DISTURBING,
        *EVIDENCING,
        Binding("y", "copy", "Copy what the detail pane shows", show=False),
        Binding("Y", "copy_as", "Copy as", tooltip="Copy the message as a command, a program, or Markdown"),
        Binding("tab", "app.focus_next", "To the detail pane, and back", show=False),
        Binding(
            "escape,backspace",
            "back",
            "Back",
            tooltip="Close what was opened last: the detail, the handshake, the session",
        ),
    ]

    def __init__(
        self, source: Source, session: int, frame: int | None = None, *, handshake: bool = False, **keywords: Any
    ) -> None:
        super().__init__(source, **keywords)
        self.session_id = session
        self.verdicts = source.verdicts.of(session)
        self._start_frame = frame
        self._mistake = ""
        self._handshake = self._came_for_handshake = handshake

    def compose_body(self) -> ComposeResult:
        yield Bar(id="title")
        with Container(id="conversation"):
            yield LiveMessages(self.source, self.session_id, self._start_frame, id="messages")
            yield DetailPane(self.verdicts, id="detail")
        yield Bar(id="status")
        yield FilterInput(
            "words, action:Reset, latency>2s, type:callerror, idTag=ABC …",
            words=lambda: vocabulary(self.board, self.source.verdicts),
            id="filter",
        )

    def on_mount(self) -> None:
        self.messages.focus()

    @property
    def messages(self) -> LiveMessages:
        """The conversation."""
        return self.query_one(LiveMessages)

    @property
    def is_loaded(self) -> bool:
        """True once the conversation is there."""
        return self.is_whole and self.messages.is_loaded

    @property
    def session(self) -> Session | None:
        """What is known of the session, also where the judge has not come to it yet."""
        return self.verdicts.session or self.messages.session

    @property
    def sessions_in_view(self) -> frozenset[int]:
        """The session."""
        return frozenset((self.session_id,))

    @property
    def _notes(self) -> tuple[Note, ...]:
        return self.source.verdicts.notes.of_session(self.session_id)

    # -- showing ------------------------------------------------------------------------------------------------------

    @on(LiveMessages.Changed)
    def show_board(self) -> None:
        """Show what the judge and the recording say now."""
        if not self.is_whole:
            return
        self.messages.about = about_session(self.session_id, self.session, self.board)
        if self.session is not None:
            self.query_one("#title", Bar).left = self._title(self.session)
        self.messages.look_from(self.verdicts.vantage.mark)
        self.messages.mark_partner()
        self.messages.refresh()
        self._show_detail()

    def _title(self, session: Session) -> Line:
        return title_line(session, self.verdicts.disturbance, self._notes, has_begun=self.verdicts.has_begun)

    @on(LineList.CursorMoved, "#messages")
    def _cursor_moved(self, event: LineList.CursorMoved) -> None:
        if event.by_person:
            self._handshake = False
        self.messages.mark_partner()
        self._show_detail()

    def _show_detail(self) -> None:
        pane, messages = self.query_one(DetailPane), self.messages
        nothing_else = messages.is_loaded and not messages.length
        if self.session is not None and (self._handshake or nothing_else):
            pane.show_handshake(self.session, self._notes)
        elif messages.transcript is not None and messages.length:
            pane.show_message(messages.transcript, messages.frame_id, self._notes)
        bar = self.query_one("#status", Bar)
        bar.left = status_line(messages.wanted, messages.trouble or self._mistake, pane.findings)
        bar.right = position_line(messages.cursor, messages.length, following=messages.following, fresh=messages.fresh)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one(FilterInput).open()

    @on(Input.Changed)
    def filter_by_text(self, event: Input.Changed) -> None:
        """Filter while the person types; by what was a filter last, where it is none yet."""
        try:
            parse(event.value)
        except QueryError as exc:
            self._mistake = safe(str(exc))
            self._show_detail()
        else:
            self._mistake = ""
            self.messages.want(replace(self.messages.wanted, text=event.value))

    @on(FilterInput.Closed)
    def leave_filter(self) -> None:
        """Go back to the conversation."""
        self._mistake = ""
        self.messages.focus()

    def action_findings_only(self) -> None:
        wanted = self.messages.wanted
        self.messages.want(replace(wanted, findings_only=not wanted.findings_only))

    def action_control(self) -> None:
        wanted = self.messages.wanted
        self.messages.want(replace(wanted, control=not wanted.control))

    def action_next_finding(self, step: int) -> None:
        start = FIRST if step > 0 else LAST
        found = self.verdicts.next_found(start if self._handshake else self.messages.frame_id, step)
        if found is None and self.verdicts.handshake and not self._handshake:
            self.action_handshake()
            return
        found = self.verdicts.next_found(start, step) if found is None else found
        if found is None:
            self.notify("the judge has found nothing at any frame of this session", markup=False)
        else:
            self._reveal(found)

    def _reveal(self, frame: int) -> None:
        if self.messages.reveal(frame):
            self._handshake = False
            self._show_detail()
        else:
            self.notify(f"the filter hides frame {frame}", markup=False)

    def action_partner(self) -> None:
        partner = self.query_one(DetailPane).partner
        if partner is not None:
            self._reveal(partner)

    def action_handshake(self) -> None:
        self._handshake = not self._handshake
        self._show_detail()

    def action_rule(self) -> None:
        findings, crashes = self.query_one(DetailPane).findings, self._crashes_here()
        if findings or crashes:
            rules = dict.fromkeys([*(finding.rule for finding in findings), *(crash.rule for crash in crashes)])
            self.app.push_screen(RuleScreen([*rules], self.source.policy, crashes))
        else:
            self.notify("no rule was broken here; e goes to the next finding", markup=False)

    def _crashes_here(self) -> list[Crash]:
        """Return what crashed on what the detail pane shows."""
        shown = (None,) if self._handshake else (self.messages.frame_id, self.query_one(DetailPane).partner or 0)
        return [crash for frame in shown for crash in self.source.verdicts.crashes_at(self.session_id, frame)]

    def action_evidence(self) -> None:
        findings = self.query_one(DetailPane).findings
        if findings:
            put_together(self, Reference.of(findings[0]))
        else:
            self.notify("nothing was found here; e goes to the next finding", markup=False)

    @property
    def cell_to_contest(self) -> Place | None:
        frame = 0 if self._handshake else self.messages.frame_id
        joined = self.verdicts.joined(frame)
        action = joined.action if joined else FRAMING if frame else CONNECT
        return Place(self.session_id, action, frame or None, about_frame(self._notes, frame or None, action))

    @property
    def session_to_compare(self) -> Session | None:
        return self.session

    @property
    def session_to_disturb(self) -> Session | None:
        return self.session

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.query_one(DetailPane).text)
        self.notify("copied what the detail pane shows", markup=False)

    def action_copy_as(self) -> None:
        if self._handshake or not self.messages.length:
            self.notify("the handshake is no message; i leaves it", markup=False)
            return
        frame = self.messages.frame_id
        try:
            with self.source.courtesy(), Recording.open(self.source.path) as recording:
                exchange = exchanged(recording, frame, with_secrets=self.source.with_secrets)
        except HubError as exc:
            self.notify(safe(str(exc)), severity="warning", markup=False)
            return
        findings = [finding for each in exchange.frames for finding in self.verdicts.findings(each)]
        self.app.push_screen(CopyAsScreen(exchange, findings))

    @on(LineList.Chosen, "#messages")
    def read_detail(self) -> None:
        """Go into the detail pane, to scroll there."""
        self.query_one(DetailPane).focus()

    def action_back(self) -> None:
        if self.query_one(DetailPane).has_focus:
            self.messages.focus()
        elif self._handshake and self.messages.length and not self._came_for_handshake:
            self.action_handshake()
        else:
            self.app.pop_screen()

    def commands(self) -> Iterable[SystemCommand]:
        """Offer what the keys do."""
        yield SystemCommand("Handshake", "Headers, subprotocols and how the session ended", self.action_handshake)
        yield SystemCommand("Findings only", "Hide frames at which nothing was found", self.action_findings_only)
        yield SystemCommand("Control frames", "Show or hide ping, pong and close", self.action_control)
        yield SystemCommand("Evidence", "What shows the finding here, in an archive to hand on", self.action_evidence)
        yield SystemCommand("Copy as", "The message as a command, a program, or Markdown", self.action_copy_as)
        yield SystemCommand("Copy the detail pane", "To the clipboard of the terminal", self.action_copy)

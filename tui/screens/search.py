"""Searching all sessions: what is typed is looked for while it is typed, and again while the recording grows."""

from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from hub.recording.rows import RecordingError
from hub.search.parser import parse
from hub.search.query import EVERYTHING, QueryError
from matrix.safe import safe
from tui.lines.hit_line import words_of
from tui.lines.line import Line, Span
from tui.lines.text import counted_noun
from tui.reading.searcher import Hits, Indexed, Searcher
from tui.reading.source import Source
from tui.reading.vocabulary import vocabulary
from tui.screens.base import DashboardScreen
from tui.screens.session import SessionScreen
from tui.widgets.bar import Bar
from tui.widgets.hit_list import HitList
from tui.widgets.line_list import LineList
from tui.widgets.search_input import SearchInput

HINT = "words, or fields: action:MeterValues vendor:alder rule:RPC latency>2s idTag=ABC"


class SearchScreen(DashboardScreen):
    """Begins with what was searched for last in this source."""

    CSS_PATH = "search.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "type", "Search", tooltip="Type what to look for; Tab completes, Enter goes to what is found"),
        Binding("escape", "back", "Back", tooltip="From typing to what is found; from there back"),
    ]

    class Told(Message):
        """The searcher has come further."""

        def __init__(self, news: Hits | Indexed) -> None:
            super().__init__()
            self.news = news

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(source, **keywords)
        self.searcher = Searcher(source, lambda news: self.post_message(self.Told(news)))
        self._asked = 0
        self._until: int | None = None
        self._indexed = Indexed(0, 0.0)
        self._mistake = ""
        self._words: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield SearchInput(
            lambda: vocabulary(self.board, self.source.verdicts),
            value=self.source.searched,
            placeholder=HINT,
            id="text",
        )
        yield Bar(id="offers")
        yield HitList(self.source, id="hits")
        yield Bar(id="here")

    def on_mount(self) -> None:
        self.query_one(SearchInput).focus()
        self.run_worker(partial(self.searcher.run), thread=True, name="searcher")
        self._ask(self.source.searched)

    def on_unmount(self) -> None:
        self.searcher.stop()

    @property
    def hits(self) -> HitList:
        """What is found."""
        return self.query_one(HitList)

    @property
    def is_settled(self) -> bool:
        """True where all that is recorded was looked through for what was typed last."""
        return self._until == self._indexed.until and self._indexed.share == 1.0 and not self._mistake

    # -- asking -------------------------------------------------------------------------------------------------------

    @on(Input.Changed, "#text")
    def search_while_typing(self, event: Input.Changed) -> None:
        """Look for what is typed, as soon as it is a filter."""
        self._ask(event.value)

    def _ask(self, text: str) -> None:
        self.source.searched = text
        try:
            query = parse(text)
        except QueryError as exc:
            self._mistake = safe(str(exc))
        else:
            self._mistake = ""
            self._words = words_of(query)
            self.hits.empty = "type what to look for" if query == EVERYTHING else "looking …"
            self._asked, self._until = self.searcher.ask(query), None
        self.show_board()

    @on(Told)
    def take_news(self, event: Told) -> None:
        """Show what is found, if it is for what was asked last."""
        match event.news:
            case Indexed() as indexed:
                self._indexed = indexed
            case Hits() as hits if hits.number == self._asked:
                self._take(hits)
        self.show_board()

    @property
    def _nothing(self) -> str:
        return "nothing is found by this moment; L goes back to now" if self.hits.later else "nothing is found"

    def _take(self, hits: Hits) -> None:
        try:
            if hits.anew:
                self.hits.words = self._words
                self.hits.show(hits.marks, hits.handshakes)
            else:
                self.hits.add(hits.marks, hits.handshakes)
        except RecordingError as exc:
            self._indexed = Indexed(0, 0.0, safe(str(exc)))
        self._until = hits.until
        if hits.until is not None:
            self.hits.empty = self._nothing

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_board(self) -> None:
        if not self.is_whole:
            return
        self.hits.look_from(self.source.verdicts.vantage.mark)
        if self._until is not None:
            self.hits.empty = self._nothing
        typed = self.query_one(SearchInput)
        bar = self.query_one("#offers", Bar)
        bar.left, bar.right = self._offers_line(typed), self._count_line()
        self.describe()

    def _offers_line(self, typed: SearchInput) -> Line:
        if self._indexed.trouble:
            return (Span(f" {self._indexed.trouble}", "broken"),)
        offers = typed.offers() if typed.has_focus else ()
        is_within_word = bool(offers) and not typed.value.endswith((" ", "("))
        spans = [Span(f" {self._mistake}  ", "warning")] if self._mistake and not is_within_word else []
        if offers:
            spans.append(Span(" tab ", "muted"))
        start = typed.value.rfind(" ") + 1
        for offer in offers:
            spans += [Span(safe(offer[start:], 40), "accent"), Span("  ")]
        return tuple(spans)

    def _count_line(self) -> Line:
        spans = [Span(f"{counted_noun(self.hits.length, 'hit')}{' …' if self._until is None else ''} ", "strong")]
        if self.hits.later:
            spans.append(Span(f" {self.hits.later:,} later than this moment ", "warning"))
        if self._indexed.share < 1.0:
            spans.append(Span(f" indexed {self._indexed.share:.0%} ", "accent"))
        return tuple(spans)

    @on(LineList.CursorMoved, "#hits")
    def describe(self) -> None:
        """Say in the bar what was found where the cursor stands."""
        self.query_one("#here", Bar).left = self._described() if self.hits.length else ()

    def _described(self) -> Line:
        place = self.hits.place(self.hits.cursor)
        if place is None:
            return ()
        verdicts = self.source.verdicts.of(place.session)
        found = verdicts.handshake if place.frame is None else verdicts.findings(place.frame)
        said = [span for each in found for span in (Span(f" {each.rule} ", each.severity.value), Span(safe(each.text)))]
        return (*said, Span(f" {self.hits.text(self.hits.cursor)}", "muted"))

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_type(self) -> None:
        self.query_one(SearchInput).focus()

    @on(SearchInput.Left)
    def leave_typing(self) -> None:
        """Go to what is found."""
        self.hits.focus()
        self.show_board()

    @on(LineList.Chosen, "#hits")
    def open_hit(self, event: LineList.Chosen) -> None:
        """Go into the session, to that message."""
        place = self.hits.place(event.index)
        if place is not None:
            self.go(SessionScreen(self.source, place.session, place.frame, handshake=place.frame is None))

    def action_back(self) -> None:
        if self.query_one(SearchInput).has_focus and self.hits.length:
            self.leave_typing()
        else:
            self.app.pop_screen()

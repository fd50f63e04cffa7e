"""Rules, explained: what the standard asks, where, and how it is seen in the traffic."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from matrix.policy import AS_WRITTEN, Policy
from matrix.rule import rule_named
from matrix.rulebook import Crash
from matrix.safe import safe
from tui.lines.line import BLANK, PaneLine, Span
from tui.widgets.alarm import Alarm
from tui.widgets.line_pane import LinePane

_PIECES: Final = r"\n\n|\s+(?=(?:Breach|Correct):)"
"""What begins a line of its own in an explanation: a paragraph, and each of the two examples."""


class RuleScreen(ModalScreen[None]):
    """Shows one or several rules over the screen that asked."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,r,q,enter", "dismiss", "Close")]

    def __init__(
        self, codes: Sequence[str], policy: Policy = AS_WRITTEN, crashes: Sequence[Crash] = (), **keywords: Any
    ) -> None:
        super().__init__(**keywords)
        self._codes = codes
        self._policy = policy
        self._crashes = crashes

    def compose(self) -> ComposeResult:
        yield Alarm()
        pane = LinePane(id="window")
        pane.border_title = "rule" if len(self._codes) == 1 else "rules"
        pane.border_subtitle = "esc closes"
        yield pane

    def on_mount(self) -> None:
        pane = self.query_one(LinePane)
        pages = [line for code in self._codes for line in rule_lines(code, self._policy)]
        pane.show([*pages, *(line for crash in self._crashes for line in crash_lines(crash))])
        pane.focus()


def crash_lines(crash: Crash) -> list[PaneLine]:
    """Return what a rule said when it crashed, for whoever puts it right."""
    text = f"{crash.rule} crashed on this: a mistake of ours, which is nobody's fault here. Please report it:"
    return [PaneLine((Span(text, "broken"),)), *(PaneLine((Span(line, "muted"),)) for line in crash.lines), BLANK]


def rule_lines(code: str, policy: Policy = AS_WRITTEN) -> list[PaneLine]:
    """Return the page of a rule, as `plugfest rules CODE` prints it, and what the event makes of it."""
    try:
        rule = rule_named(code)
    except KeyError:
        return [PaneLine((Span(f"{safe(code)} is not a rule of this rule set", "broken"),)), BLANK]
    lines = [
        PaneLine((Span(rule.code, "rule"), Span(f"  {rule.severity}", rule.severity.value))),
        PaneLine((Span(rule.sentence, "strong"),)),
        PaneLine((Span(f"{rule.clause}  OCPP {', '.join(sorted(rule.versions))}", "muted"),)),
        BLANK,
        *(PaneLine((Span(" ".join(piece.split())),)) for piece in re.split(_PIECES, rule.explanation)),
    ]
    if code in policy:
        lines.append(PaneLine((Span(policy[code].in_words, "warning"),)))
    if rule.undecidable:
        lines.append(PaneLine((Span(f"Not decided from traffic: {rule.undecidable}", "muted"),)))
    return [*lines, BLANK]

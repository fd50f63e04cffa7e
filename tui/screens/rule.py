"""Rules, explained: what the standard asks, where, and how it is seen in the traffic."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from matrix.rule import rule_named
from matrix.safe import safe
from tui.line import BLANK, PaneLine, Span
from tui.widgets.alarm import Alarm
from tui.widgets.line_pane import LinePane


class RuleScreen(ModalScreen[None]):
    """Shows one or several rules over the screen that asked."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,r,q,enter", "dismiss", "Close")]

    def __init__(self, codes: Sequence[str], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._codes = codes

    def compose(self) -> ComposeResult:
        yield Alarm()
        pane = LinePane(id="window")
        pane.border_title = "rule" if len(self._codes) == 1 else "rules"
        pane.border_subtitle = "esc closes"
        yield pane

    def on_mount(self) -> None:
        pane = self.query_one(LinePane)
        pane.show([line for code in self._codes for line in rule_lines(code)])
        pane.focus()


def rule_lines(code: str) -> list[PaneLine]:
    """Return the page of a rule."""
    try:
        rule = rule_named(code)
    except KeyError:
        return [PaneLine((Span(f"{safe(code)} is not a rule of this rule set", "broken"),)), BLANK]
    lines = [
        PaneLine((Span(rule.code, "rule"), Span(f"  {rule.severity}", rule.severity.value))),
        PaneLine((Span(rule.sentence, "strong"),)),
        PaneLine((Span(f"{rule.clause}  OCPP {', '.join(sorted(rule.versions))}", "muted"),)),
        BLANK,
        *(PaneLine((Span(" ".join(paragraph.split())),)) for paragraph in rule.explanation.split("\n\n")),
    ]
    if rule.undecidable:
        lines.append(PaneLine((Span(f"Not decided from traffic: {rule.undecidable}", "muted"),)))
    return [*lines, BLANK]

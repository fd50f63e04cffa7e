"""The sessions of a pair, newest first: what one message type came to in each, and the session as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from matrix.boards.pair import Evidence, Pair, SessionOutcome
from matrix.outcome import Outcome, gravest
from matrix.safe import safe
from tui.lines.line import Line, Span, fit
from tui.lines.text import DISTURBED, GLYPHS, clock_time, counted, state_of
from tui.reading.verdicts import SessionVerdicts
from tui.widgets.line_list import LineList


@dataclass(frozen=True, slots=True)
class Step:
    """One session of a pair: its outcome over all message types, and what one of them came to, if it was seen."""

    session: int
    firmware: str
    outcome: Outcome
    of_action: SessionOutcome | None

    @property
    def evidence(self) -> Evidence | None:
        return self.of_action.evidence if self.of_action else None


def steps(pair: Pair, action: str) -> tuple[Step, ...]:
    """Return the history of a pair as one message type sees it, newest first."""
    outcomes: dict[int, list[Outcome]] = {session: [] for session in pair.sessions}
    of_action: dict[int, SessionOutcome] = {}
    firmwares: dict[int, str] = {}
    for row in pair.rows:
        for each in row.history:
            outcomes.setdefault(each.session, []).append(each.outcome)
            firmwares[each.session] = each.firmware
            if row.action == action:
                of_action[each.session] = each
    return tuple(
        Step(session, firmwares.get(session, ""), gravest(seen), of_action.get(session))
        for session, seen in sorted(outcomes.items(), reverse=True)
    )


class HistoryList(LineList):
    """Shows steps. `verdicts_of` looks up what is known of a session."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"offending"}

    def __init__(self, verdicts_of: Callable[[int], SessionVerdicts], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._verdicts_of = verdicts_of
        self.steps: tuple[Step, ...] = ()
        self._action = ""

    def show(self, history: tuple[Step, ...], action: str) -> None:
        """Show another history; the cursor stays on its session."""
        chosen = self.steps[self.cursor].session if self.steps else 0
        self.steps, self._action = history, action
        self.set_length(len(history))
        for index, step in enumerate(history):
            if step.session == chosen:
                self.go_to(index)

    def heading(self, width: int) -> Line | None:
        del width
        return (
            Span(f" session   opened    {'all types':<15}{fit(safe(self._action), 24)}  firmware, state", "heading"),
        )

    def line_at(self, index: int, width: int) -> Line:
        del width
        step = self.steps[index]
        verdicts = self._verdicts_of(step.session)
        session = verdicts.session
        opened = clock_time(session.opened_at) if session else ""
        return (
            Span(f"#{step.session:<8}", "strong"),
            Span(f"{opened:<10}", "muted"),
            Span(f"{GLYPHS[step.outcome]} {step.outcome:<13}", step.outcome.value),
            *_of_action(step),
            Span("  "),
            Span(safe(step.firmware, 20) or "no firmware", "" if step.firmware else "muted"),
            Span(f"  {state_of(session) if session else ''}  ", "muted"),
            *_disturbance(verdicts),
        )


def _disturbance(verdicts: SessionVerdicts) -> Line:
    if verdicts.disturbance is not None:
        return (Span(f" {DISTURBED} {safe(verdicts.disturbance.text)} ", "offending"),)
    if verdicts.disturbances:
        return (Span(f"{DISTURBED} disturbed on purpose", "muted"),)
    return ()


def _of_action(step: Step) -> Line:
    if step.of_action is None:
        return (Span(f"{GLYPHS[Outcome.UNTESTED]} not seen".ljust(24), "muted"),)
    counts = counted(step.of_action.counts)
    used = sum(len(span.text) for span in counts)
    return (*counts, Span(" " * max(24 - used, 0)))

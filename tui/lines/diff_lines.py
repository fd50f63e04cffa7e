"""Two sessions side by side, as lines to read: `plugfest diff` prints them, the dashboard shows them."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from matrix.comparing.aside import Aside
from matrix.comparing.diff import Kind, Row, SessionDiff
from matrix.comparing.difference import ABSENT, Difference
from matrix.comparing.transitions import RuleShift, Shift, Transition
from matrix.comparing.turns import Turn, said
from matrix.outcome import Outcome
from matrix.safe import safe
from matrix.schemas import Part
from matrix.secrets import HIDDEN, is_secret, masked, masked_payload, masked_words
from tui.lines.line import Line, PaneLine, Span
from tui.lines.text import ARROWS, GLYPHS, TIMES, clock_time, counted_noun

SIGNS: Final = {
    Kind.SAME: "=", Kind.CHANGED: "~", Kind.MISSING: "-", Kind.EXTRA: "+", Kind.UNKNOWN: "?", Kind.ASIDE: "·",
}  # fmt: skip
"""Each has its own, so that nothing is said by colour alone."""
ROLES_OF: Final = {
    Kind.SAME: "muted",
    Kind.CHANGED: "warning",
    Kind.MISSING: "failed",
    Kind.EXTRA: "accent",
    Kind.UNKNOWN: "inconclusive",
    Kind.ASIDE: "muted",
}
PLACES: Final = {
    Kind.MISSING: "  missing", Kind.EXTRA: "  extra", Kind.UNKNOWN: "  cannot be compared",
    Kind.ASIDE: "  set aside: how many of them come is a matter of time",
}  # fmt: skip
LONGEST: Final = 4_000
"""Characters of a message that are shown in full."""
VALUE: Final = 80
"""Characters of a value that are shown."""
NOTHING: Final = "(nothing)"


class Teller:
    """Writes what differs in words; secrets in values are hidden, unless it is made `with_secrets`.

    `is_strict` has it tell what is set aside, too.
    """

    def __init__(self, *, is_strict: bool = False, with_secrets: bool = False) -> None:
        self.is_strict = is_strict
        self._with_secrets = with_secrets

    def differences(self, diff: SessionDiff, row: Row) -> list[Difference]:
        """Return what is to be told of a row."""
        return [each for each in diff.differences(row) if self.is_strict or each.aside is None]

    def tells_aside(self, diff: SessionDiff, row: Row) -> bool:
        """Tell whether there is something to say of a row that does not differ."""
        return self.is_strict and (row.kind is Kind.ASIDE or bool(self.differences(diff, row)))

    def row_lines(self, diff: SessionDiff, row: Row) -> Iterator[PaneLine]:
        """Yield a row with what differs in it."""
        yield PaneLine((*row_head(row), *_frames(row)), 2)
        for each in self.differences(diff, row):
            yield PaneLine(self.difference_line(diff, row, each), 6)

    def difference_line(self, diff: SessionDiff, row: Row, difference: Difference) -> Line:
        """Return where two messages differ, and how."""
        where = "answer" if difference.part is Part.RESPONSE else "request"
        role = "muted" if difference.aside else ""
        if difference.aside is Aside.ORDER:
            place = f" {safe(difference.pointer)}" if difference.pointer else ""
            return (Span(f"{where}{place}: {Aside.ORDER}", "muted"),)
        before, after = (self._value(diff, row, difference, is_after=is_after) for is_after in (False, True))
        pointer = f"{where} {safe(difference.pointer)}".rstrip()
        aside = (Span(f"  set aside: {difference.aside}", "muted"),) if difference.aside else ()
        return (Span(f"{pointer}: ", "muted"), Span(before, role), Span(" -> ", "muted"), Span(after, role), *aside)

    def as_data(self, diff: SessionDiff, row: Row) -> dict[str, Any]:
        """Return a row ready for JSON."""
        told: dict[str, Any] = {"kind": row.kind, "side": row.turn.side, "action": row.turn.action or None}
        if not row.turn.action:
            told["what"] = row.turn.form
        for name, turn in (("before", row.before), ("after", row.after)):
            told[name] = None if turn is None else {"frame": turn.frame, "answer_frame": turn.answer_frame}
        told["differences"] = [self._as_data(diff, row, each) for each in self.differences(diff, row)]
        return told

    def _as_data(self, diff: SessionDiff, row: Row, difference: Difference) -> dict[str, Any]:
        told: dict[str, Any] = {"part": difference.part, "pointer": difference.pointer, "set_aside": difference.aside}
        for name, value in (("before", difference.before), ("after", difference.after)):
            if value is not ABSENT:
                is_hidden = self._is_hidden(diff, row, difference, is_after=name == "after")
                told[name] = HIDDEN if is_hidden else self._without_secrets(value)
        return told

    def _value(self, diff: SessionDiff, row: Row, difference: Difference, *, is_after: bool) -> str:
        value = difference.after if is_after else difference.before
        if value is ABSENT:
            return NOTHING
        if self._is_hidden(diff, row, difference, is_after=is_after):
            return HIDDEN
        if not difference.pointer and isinstance(value, str):
            return safe(str(self._without_secrets(value)), VALUE)
        return safe(orjson.dumps(self._without_secrets(value)).decode(), VALUE)

    def _is_hidden(self, diff: SessionDiff, row: Row, difference: Difference, *, is_after: bool) -> bool:
        talk, turn = (diff.after, row.after) if is_after else (diff.before, row.before)
        if self._with_secrets or not difference.pointer or talk is None or turn is None:
            return False
        payload = said(turn.text if difference.part is Part.REQUEST else turn.answer, talk.version).holds
        value = difference.after if is_after else difference.before
        return not isinstance(value, dict | list) and is_secret(payload, difference.pointer)

    def _without_secrets(self, value: Any) -> Any:
        if self._with_secrets:
            return value
        if isinstance(value, str):
            return masked(value) if value.lstrip()[:1] in ("{", "[") else masked_words(value)
        return orjson.loads(masked(orjson.dumps(value).decode())) if isinstance(value, dict | list) else value


def row_head(row: Row) -> Line:
    """Return what became of a turn, whose it is and what it is called."""
    turn = row.turn
    moved = (Span("  at another place", "muted"),) if row.is_moved else ()
    return (
        Span(f"{SIGNS[row.kind]} ", ROLES_OF[row.kind]),
        Span(f"{ARROWS[turn.side]} ", turn.side.value),
        Span(safe(turn.name, 60), "strong" if row.differs else "muted"),
        *moved,
    )


def _frames(row: Row) -> Line:
    what = PLACES.get(row.kind, "")
    places = [f"#{turn.frame}" if turn else "-" for turn in (row.before, row.after)]
    return (Span(what, ROLES_OF[row.kind]), Span(f"  {' | '.join(places)}", "muted"))


def session_title(diff: SessionDiff) -> Line:
    """Return which sessions stand side by side, and how many turns are what."""
    names = [f"session {talk.session.id}" if talk else "no session" for talk in (diff.before, diff.after)]
    return (
        Span(" | ".join(names), "heading"),
        Span(f"  {session_name(diff)}  ", "strong"),
        *counts_line(diff),
    )


def counts_line(diff: SessionDiff) -> Line:
    """Return how many turns are the same, changed, missing, extra: `= 12 same  ≠ 1 changed`."""
    spans: list[Span] = []
    for kind in Kind:
        if number := diff.counts.get(kind, 0):
            spans += [Span(f"{SIGNS[kind]} {number:,} {kind}", ROLES_OF[kind]), Span("  ")]
    return tuple(spans[:-1]) or (Span("nothing was said", "muted"),)


def session_lines(diff: SessionDiff, teller: Teller, limit: int) -> Iterator[PaneLine]:
    """Yield the differences of two sessions, so many turns at most."""
    yield PaneLine(session_title(diff))
    for each in diff.handshake:
        name = each.pointer.removeprefix("/")
        words = (safe(orjson.dumps(value).decode(), VALUE) for value in (each.before, each.after))
        yield PaneLine((Span(f"handshake, {name}: ", "muted"), Span(" -> ".join(words))), 2)
    for gap in _gaps(diff):
        yield PaneLine((Span(gap, "inconclusive"),), 2)
    told = [row for row in diff.rows if row.differs or teller.tells_aside(diff, row)]
    for row in told[:limit]:
        yield from teller.row_lines(diff, row)
    if len(told) > limit:
        yield PaneLine((Span(f"... and {len(told) - limit:,} more; --all lists them", "muted"),), 2)


def _gaps(diff: SessionDiff) -> Iterator[str]:
    for name, is_so in zip(("first", "second"), diff.has_gaps, strict=True):
        if is_so:
            yield f"the {name} recording lacks some of what was said: what is not there is not called missing or extra"


def shift_lines(shift: Shift) -> Iterator[PaneLine]:
    """Yield what became of outcomes and rules."""
    if not shift.transitions and not shift.rules:
        yield PaneLine((Span("no outcome is another one", "muted"),))
    if shift.transitions:
        yield PaneLine((Span("outcomes", "heading"),))
        yield from map(_transition, shift.transitions)
    if shift.still_wrong:
        yield PaneLine((Span("as wrong as before", "heading"),))
        yield from map(_transition, shift.still_wrong)
    if shift.rules:
        yield PaneLine((Span("rules broken", "heading"),))
        yield from map(_rule_shift, shift.rules)


def _transition(change: Transition) -> PaneLine:
    many = f", {counted_noun(change.sessions, 'session')}" if change.sessions > 1 else ""
    was = (_outcome(change.before), Span(" -> ", "muted")) if change.before is not change.after else ()
    return PaneLine((
        Span(f"{safe(change.action)}: ", "strong"), *was, _outcome(change.after), _weight(change),
        Span(f"  {safe(change.identity, 40)} {TIMES} {safe(change.csms, 30) or '-'}{many}", "muted"),
    ), 2)  # fmt: skip


def _outcome(outcome: Outcome | None) -> Span:
    return Span("not seen", "muted") if outcome is None else Span(f"{GLYPHS[outcome]} {outcome}", outcome.value)


def _rule_shift(change: RuleShift) -> PaneLine:
    return PaneLine((
        Span(f"{safe(change.rule)} ", "accent"), Span(change.severity, change.severity.value),
        Span(f" by {change.side.label}: {change.before}{TIMES} -> {change.after}{TIMES}"), _weight(change),
    ), 2)  # fmt: skip


def _weight(change: Transition | RuleShift) -> Span:
    if change.by_replay:
        return Span("  by what the replay says itself", "muted")
    return Span("  worse", "failed") if change.is_worse else Span("")


def session_name(diff: SessionDiff) -> str:
    """Return whose sessions stand side by side, safe to show."""
    return f"{safe(diff.session.identity, 40)} {TIMES} {safe(diff.session.csms, 30) or '-'}"


def body_lines(diff: SessionDiff, row: Row, *, with_secrets: bool) -> Iterator[PaneLine]:
    """Yield what was said in a row, one session after the other."""
    for name, turn, talk in (("before", row.before, diff.before), ("after", row.after, diff.after)):
        if turn is None or talk is None:
            continue
        yield PaneLine((Span(f"{name}, frame {turn.frame}", "heading"), Span(f"  {when(turn)}", "muted")))
        for text in (turn.text, turn.answer):
            if text is not None:
                shown = text if with_secrets else masked_payload(text)
                words = shown if isinstance(shown, str) else shown.hex(" ")
                yield PaneLine((Span(safe(words, LONGEST)),), 2)


def when(turn: Turn | None) -> str:
    """Return when a turn began, "" where there is none."""
    return clock_time(turn.at, millis=True) if turn else ""

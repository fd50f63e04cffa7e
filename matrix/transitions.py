"""What a second recording made of the outcomes of a first, message type by message type, and of the rules broken."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from matrix.board import CONNECT, BoardView
from matrix.couples import Couple
from matrix.finding import Finding, Severity
from matrix.outcome import CONFORMING, GRAVITY, WRONG, Outcome
from matrix.trace import Session, Side

Outcomes = Mapping[int, Mapping[str, Outcome]]
"""What each message type came to in each session, by session and action."""


class Transition(msgspec.Struct, frozen=True):
    """A message type whose outcome is another one, in so many sessions of an identity; None: not seen. Peer text."""

    identity: str
    csms: str
    action: str
    before: Outcome | None
    after: Outcome | None
    sessions: int = 1

    @property
    def is_worse(self) -> bool:
        """True where it is graver, went wrong as soon as it was seen, or worked and was not seen any more."""
        if self.before is None:
            return self.after in WRONG
        if self.after is None:
            return self.before in CONFORMING
        return GRAVITY.index(self.after) > GRAVITY.index(self.before)


class RuleShift(msgspec.Struct, frozen=True):
    """A rule that a side has broken more or less often than before; counted in findings."""

    rule: str
    severity: Severity
    side: Side
    before: int
    after: int

    @property
    def is_worse(self) -> bool:
        """True where a side is charged with a violation of a rule that it kept before."""
        return self.severity is Severity.VIOLATION and not self.before


class Shift(msgspec.Struct, frozen=True):
    """All that a second recording made of the verdicts on a first."""

    transitions: tuple[Transition, ...]
    rules: tuple[RuleShift, ...]

    @property
    def is_worse(self) -> bool:
        return any(each.is_worse for each in self.transitions) or any(each.is_worse for each in self.rules)

    @property
    def is_better(self) -> bool:
        """True where some outcome is another one, and none is worse."""
        return bool(self.transitions or self.rules) and not self.is_worse


def session_outcomes(view: BoardView) -> Outcomes:
    """Return what each message type came to in each session."""
    outcomes: dict[int, dict[str, Outcome]] = {}
    for pair in view.pairs:
        for row in pair.rows:
            for step in row.history:
                outcomes.setdefault(step.session, {})[row.action] = step.outcome
    return outcomes


def shift(
    couples: Sequence[Couple],
    before: tuple[Outcomes, Iterable[Finding]],
    after: tuple[Outcomes, Iterable[Finding]],
) -> Shift:
    """Return what became of the outcomes and findings of sessions that belong together."""
    changes: Counter[Transition] = Counter()
    for couple in couples:
        changes.update(_transitions(couple, before[0], after[0]))
    found = [msgspec.structs.replace(each, sessions=number) for each, number in changes.items()]
    ours = {couple.before.id for couple in couples if couple.before}
    theirs = {couple.after.id for couple in couples if couple.after}
    rules = _rule_shifts(_broken(before[1], ours), _broken(after[1], theirs))
    return Shift(tuple(sorted(found, key=_worst_first)), tuple(sorted(rules, key=lambda each: not each.is_worse)))


def _transitions(couple: Couple, before: Outcomes, after: Outcomes) -> Iterable[Transition]:
    session = couple.before or couple.after
    assert session is not None
    earlier = before.get(couple.before.id, {}) if couple.before else {}
    later = after.get(couple.after.id, {}) if couple.after else {}
    for action in sorted(earlier.keys() | later.keys()):
        if action == CONNECT and (_is_hidden(couple.before, earlier) or _is_hidden(couple.after, later)):
            continue
        if earlier.get(action) is not later.get(action):
            yield Transition(session.identity, session.csms, action, earlier.get(action), later.get(action))


def _is_hidden(session: Session | None, outcomes: Mapping[str, Outcome]) -> bool:
    """Tell whether nothing is known of a handshake because the log that a session is from could not hold it."""
    return session is not None and session.origin is not None and CONNECT not in outcomes


def _worst_first(change: Transition) -> tuple[bool, str, str]:
    return not change.is_worse, change.identity, change.action


_Broken = Counter[tuple[str, Severity, Side]]


def _broken(findings: Iterable[Finding], sessions: set[int]) -> _Broken:
    return Counter((each.rule, each.severity, each.side) for each in findings if each.session in sessions)


def _rule_shifts(before: _Broken, after: _Broken) -> list[RuleShift]:
    return [
        RuleShift(*key, before[key], after[key])
        for key in sorted(before.keys() | after.keys())
        if before[key] != after[key] and key[1] is not Severity.INFO
    ]

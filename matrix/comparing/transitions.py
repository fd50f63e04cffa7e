"""What a second recording made of the outcomes of a first, message type by message type, and of the rules broken."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec

from matrix.boards.pair import CONNECT, BoardView
from matrix.comparing.couples import Couple
from matrix.finding import Finding, Severity
from matrix.outcome import CONFORMING, GRAVITY, WRONG, Outcome
from matrix.trace import Session, Side

_BROUGHT_ABOUT_BY: Final = {Outcome.REMARKED: Severity.WARNING, Outcome.DEVIATED: Severity.VIOLATION}
"""Outcomes that findings alone come to."""
Outcomes = Mapping[int, Mapping[str, Outcome]]
"""What each message type came to in each session, by session and action."""

_Touched = Set[tuple[int, str, Severity]]


class Transition(msgspec.Struct, frozen=True):
    """A message type whose outcome is another one, in so many sessions of an identity; None: not seen. Peer text.

    `by_replay` says that nothing but what `plugfest replay` itself said made it so: nobody's doing.
    """

    identity: str
    csms: str
    action: str
    before: Outcome | None
    after: Outcome | None
    sessions: int = 1
    by_replay: bool = False

    @property
    def is_worse(self) -> bool:
        """True where it is graver, went wrong as soon as it was seen, or worked and was not seen any more."""
        if self.by_replay:
            return False
        if self.before is None:
            return self.after in WRONG
        if self.after is None:
            return self.before in CONFORMING
        return GRAVITY.index(self.after) > GRAVITY.index(self.before)

    @property
    def is_better(self) -> bool:
        """True where it is less grave, or is seen and works; what is not seen any more has not become better."""
        if self.after is None or self.before is None:
            return self.after in CONFORMING
        return GRAVITY.index(self.after) < GRAVITY.index(self.before)


class RuleShift(msgspec.Struct, frozen=True):
    """A rule that a side has broken more or less often than before; counted in findings.

    `by_replay` says that it was `plugfest replay` in every session that it is broken in now.
    """

    rule: str
    severity: Severity
    side: Side
    before: int
    after: int
    by_replay: bool = False

    @property
    def is_worse(self) -> bool:
        """True where a side is charged with a violation of a rule that it kept before."""
        return self.severity is Severity.VIOLATION and not self.before and not self.by_replay


class Shift(msgspec.Struct, frozen=True):
    """All that a second recording made of the verdicts on a first; `still_wrong` is what is as wrong as it was."""

    transitions: tuple[Transition, ...]
    rules: tuple[RuleShift, ...]
    still_wrong: tuple[Transition, ...] = ()

    @property
    def is_worse(self) -> bool:
        return any(each.is_worse for each in self.transitions) or any(each.is_worse for each in self.rules)

    @property
    def is_better(self) -> bool:
        """True where some outcome is better, and none is worse.

        Fewer findings are better too, unless they are fewer because something was not seen any more.
        """
        if self.is_worse:
            return False
        has_fewer = any(each.after < each.before for each in self.rules)
        is_all_seen = all(each.after is not None for each in self.transitions)
        return any(each.is_better for each in self.transitions) or (has_fewer and is_all_seen)


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
    ours = {couple.before.id for couple in couples if couple.before}
    theirs = {couple.after.id: couple.played for couple in couples if couple.after}
    found_before = [each for each in before[1] if each.session in ours]
    found_after = [each for each in after[1] if each.session in theirs]
    of_peers = [each for each in found_after if each.side is not theirs[each.session]]
    touched = {(each.session, each.action, each.severity) for each in of_peers}
    found = _counted(each for couple in couples for each in _transitions(couple, before[0], after[0], touched))
    changed = [each for each in found if each.before is not each.after]
    still_wrong = [each for each in found if each.before is each.after]
    rules = _rule_shifts(_broken(found_before), _broken(found_after), _broken(of_peers))
    return Shift(
        tuple(sorted(changed, key=_worst_first)),
        tuple(sorted(rules, key=lambda each: not each.is_worse)),
        tuple(sorted(still_wrong, key=_worst_first)),
    )


def _counted(transitions: Iterable[Transition]) -> list[Transition]:
    """Return the same, one for all sessions in which it came to the same."""
    return [msgspec.structs.replace(each, sessions=number) for each, number in Counter(transitions).items()]


def _transitions(
    couple: Couple, before: Outcomes, after: Outcomes, touched: _Touched
) -> Iterable[Transition]:  # fmt: skip
    """Yield what has become another outcome, and what is as wrong as it was."""
    session = couple.before or couple.after
    assert session is not None
    earlier = before.get(couple.before.id, {}) if couple.before else {}
    later = after.get(couple.after.id, {}) if couple.after else {}
    for action in sorted(earlier.keys() | later.keys()):
        if action == CONNECT and (_is_hidden(couple.before, earlier) or _is_hidden(couple.after, later)):
            continue
        was, now = earlier.get(action), later.get(action)
        if was is not now or now in WRONG:
            by_replay = _is_of_the_replay(couple, action, now, touched)
            yield Transition(session.identity, session.csms, action, was, now, by_replay=by_replay)


def _is_of_the_replay(couple: Couple, action: str, now: Outcome | None, touched: _Touched) -> bool:
    """Tell whether an outcome is what findings made of it, and none of those is about the live peer of a replay."""
    if couple.played is None or couple.after is None or now not in _BROUGHT_ABOUT_BY:
        return False
    return (couple.after.id, action, _BROUGHT_ABOUT_BY[now]) not in touched


def _is_hidden(session: Session | None, outcomes: Mapping[str, Outcome]) -> bool:
    """Tell whether nothing is known of a handshake because the log that a session is from could not hold it."""
    return session is not None and session.origin is not None and CONNECT not in outcomes


def _worst_first(change: Transition) -> tuple[bool, str, str]:
    return not change.is_worse, change.identity, change.action


_Broken = Counter[tuple[str, Severity, Side]]


def _broken(findings: Iterable[Finding]) -> _Broken:
    return Counter((each.rule, each.severity, each.side) for each in findings)


def _rule_shifts(before: _Broken, after: _Broken, of_peers: _Broken) -> list[RuleShift]:
    return [
        RuleShift(*key, before[key], after[key], by_replay=key in after and key not in of_peers)
        for key in sorted(before.keys() | after.keys())
        if before[key] != after[key] and key[1] is not Severity.INFO
    ]

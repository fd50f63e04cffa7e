"""What became of verdicts: the same traffic judged twice, by other rules or another policy, and what is different."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from matrix.boards.pair import Pair
from matrix.finding import NOT_BLAMED, Finding, Severity
from matrix.judgement import Judgement, in_order
from matrix.outcome import GRAVITY, WRONG, Outcome
from matrix.policy import Policy, Regrade
from matrix.report import outcome_rows
from matrix.ruleset import RuleMark, Ruleset, ruleset

_SHARED: Final = "the rule is as it was; what all rules share has changed"
_SCHEMAS: Final = "the rules are as they were; other schemas were at hand (`plugfest schemas`)"
"""The name of a rule set does not tell of schemas that a user adds (ADR 14)."""


class Cell(NamedTuple):
    """One message type of one pair; `identity` is empty where the station has said what it is. Peer text."""

    vendor: str
    model: str
    identity: str
    csms: str
    version: str
    action: str

    @property
    def station(self) -> str:
        return f"{self.vendor} {self.model}".strip() or self.identity


class Standing(msgspec.Struct, frozen=True):
    """Verdicts as they can be compared: of a judge, or as a recording keeps them.

    `findings` are without the ground of their blame, which is not kept. `pairs` tells which station, CSMS and version
    a session counts for; where that is not known, no cell names a rule.
    """

    ruleset: Ruleset
    policy: Policy
    cells: Mapping[Cell, Outcome]
    findings: list[Finding]
    pairs: Mapping[int, Cell] = {}


class CellChange(msgspec.Struct, frozen=True):
    """A cell whose outcome is another one; None where there is none. `rules` are the codes of what changed in it."""

    cell: Cell
    before: Outcome | None
    after: Outcome | None
    rules: tuple[str, ...]

    @property
    def is_worse(self) -> bool:
        if self.before is None or self.after is None:
            return self.after in WRONG
        return GRAVITY.index(self.after) > GRAVITY.index(self.before)


class Regraded(NamedTuple):
    """The same finding, of another severity."""

    before: Finding
    after: Finding


class RuleChange(msgspec.Struct, frozen=True):
    """What one rule finds that it did not, and the other way round; `why` says what is different about the rule."""

    code: str
    mark: RuleMark
    why: str
    new: list[Finding]
    gone: list[Finding]
    regraded: list[Regraded]
    reworded: int

    @property
    def is_worse(self) -> bool:
        """True where somebody is charged with a violation who was not."""
        graded = (each.after for each in self.regraded)
        return any(each.severity is Severity.VIOLATION for each in (*self.new, *graded))


class Changes(msgspec.Struct, frozen=True):
    """All that changed from one judgement to another of the same traffic."""

    before: Ruleset
    after: Ruleset
    cells: tuple[CellChange, ...]
    rules: tuple[RuleChange, ...]

    @property
    def is_worse(self) -> bool:
        return any(cell.is_worse for cell in self.cells) or any(rule.is_worse for rule in self.rules)

    def __bool__(self) -> bool:
        return bool(self.cells or self.rules)


def standing(judgement: Judgement) -> Standing:
    """Return what a judge came to, ready to be compared; later traffic does not change it."""
    view = judgement.board.view()
    return Standing(
        ruleset=ruleset(),
        policy=judgement.policy,
        cells={_cell(pair, row.action): row.outcome for pair, row in outcome_rows(view)},
        findings=[msgspec.structs.replace(each, ground=NOT_BLAMED) for each in in_order(judgement.findings)],
        pairs={session: _cell(pair, "") for pair in view.pairs for session in pair.sessions},
    )


def _cell(pair: Pair, action: str) -> Cell:
    station = pair.station
    identity = "" if station.is_known else station.identity
    return Cell(station.vendor, station.model, identity, pair.csms, pair.version, action)


def compare(before: Standing, after: Standing) -> Changes:
    """Return what changed; of both it is taken that they are about the same traffic."""
    rules = tuple(_rule_changes(before, after))
    blamed: dict[Cell, dict[str, None]] = {}
    for change in rules:
        for finding in (*change.new, *change.gone, *(each.after for each in change.regraded)):
            pair = after.pairs.get(finding.session) or before.pairs.get(finding.session)
            if pair is not None:
                blamed.setdefault(pair._replace(action=finding.action), {})[change.code] = None
    cells = tuple(
        CellChange(cell, before.cells.get(cell), after.cells.get(cell), tuple(blamed.get(cell, ())))
        for cell in sorted(before.cells.keys() | after.cells.keys())
        if before.cells.get(cell) is not after.cells.get(cell)
    )
    return Changes(before.ruleset, after.ruleset, cells, rules)


def _rule_changes(before: Standing, after: Standing) -> Iterator[RuleChange]:
    found_before, found_after = _by_rule(before.findings), _by_rule(after.findings)
    changes = []
    for code in sorted(found_before.keys() | found_after.keys()):
        mark = after.ruleset.rules.get(code) or before.ruleset.rules.get(code)
        change = _changed(found_before.get(code, []), found_after.get(code, []))
        if change != _NOTHING:
            mark = mark or RuleMark("", Severity.INFO, "a rule that neither rule set has", "")
            changes.append(RuleChange(code, mark, _why(code, before, after), *change))
    yield from sorted(changes, key=lambda each: not each.is_worse)


_Change = tuple[list[Finding], list[Finding], list[Regraded], int]
_NOTHING: Final[_Change] = ([], [], [], 0)


def _by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return by_rule


def _changed(before: list[Finding], after: list[Finding]) -> _Change:
    """Take what is in both out of both; pair what is left at the same place."""
    common = Counter(before) & Counter(after)
    left = _by_place(_without(before, common))
    new, regraded, reworded = list[Finding](), list[Regraded](), 0
    for finding in _without(after, common):
        earlier = left.get(_place(finding))
        if not earlier:
            new.append(finding)
        elif earlier[0].severity is finding.severity:
            earlier.pop(0)
            reworded += 1
        else:
            regraded.append(Regraded(earlier.pop(0), finding))
    gone = [finding for findings in left.values() for finding in findings]
    return new, gone, regraded, reworded


def _without(findings: Iterable[Finding], common: Counter[Finding]) -> list[Finding]:
    remaining, left = Counter(common), []
    for finding in findings:
        if remaining[finding] > 0:
            remaining[finding] -= 1
        else:
            left.append(finding)
    return left


def _place(finding: Finding) -> tuple[Any, ...]:
    return finding.session, finding.frame, finding.side, finding.action, finding.pointer


def _by_place(findings: Iterable[Finding]) -> dict[tuple[Any, ...], list[Finding]]:
    places: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        places.setdefault(_place(finding), []).append(finding)
    return places


def _why(code: str, before: Standing, after: Standing) -> str:
    """Say what is different about a rule: what the event makes of it, else the rule itself, else what is around it."""
    graded = _regrading(before.policy.get(code), after.policy.get(code))
    if graded:
        return graded
    earlier, now = before.ruleset.rules.get(code), after.ruleset.rules.get(code)
    if earlier is None or now is None:
        return "a new rule" if earlier is None else "not a rule any more"
    if before.ruleset.name == after.ruleset.name:
        return _SCHEMAS
    if earlier.severity is not now.severity:
        return f"{now.severity} instead of {earlier.severity} now"
    return _SHARED if earlier.digest == now.digest else "the rule, or what its family shares, has changed"


def _regrading(before: Regrade | None, after: Regrade | None) -> str:
    if before == after:
        return ""
    if after is None:
        return "not switched off any more" if before and before.severity is None else "not graded any more"
    how = f"graded {after.severity}" if after.severity else "off"
    return f"{how} at this event: {after.reason}"


def changes_as_data(changes: Changes) -> dict[str, Any]:
    """Return changes in the shape of `plugfest judge --since-ruleset --json`; ready for JSON."""
    return {
        "ruleset": changes.after.name,
        "since": changes.before.name,
        "worse": changes.is_worse,
        "cells": [
            {**each.cell._asdict(), "before": each.before, "after": each.after, "rules": list(each.rules)}
            for each in changes.cells
        ],
        "rules": [_rule_as_data(each) for each in changes.rules],
    }


def _rule_as_data(change: RuleChange) -> dict[str, Any]:
    return {
        "rule": change.code,
        "clause": change.mark.clause,
        "sentence": change.mark.sentence,
        "why": change.why,
        "new": [_finding_as_data(each) for each in change.new],
        "gone": [_finding_as_data(each) for each in change.gone],
        "regraded": [{**_finding_as_data(after), "before": before.severity} for before, after in change.regraded],
        "reworded": change.reworded,
    }


def _finding_as_data(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__struct_fields__ if name != "ground"}

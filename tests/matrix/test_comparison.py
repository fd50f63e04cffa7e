"""What changed between two judgements of the same traffic, and by which rule."""

from typing import Any

import msgspec
import pytest
from drawing import draw, judged

from matrix.comparison import Changes, Standing, changes_as_data, compare, standing
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.policy import read_policy
from matrix.ruleset import RuleMark, Ruleset, ruleset
from matrix.trace import Traffic


@pytest.fixture
def traffic() -> list[Traffic]:
    return draw('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":5,"x":1}]')


def stands(traffic: list[Traffic], **policy: dict[str, str]) -> Standing:
    return standing(
        judged(traffic, policy=read_policy({code.replace("_", "-"): entry for code, entry in policy.items()}))
    )


def without(before: Standing, rule: str) -> Standing:
    """Return what an older rule set, which did not have a rule, would have said."""
    marks = {code: mark for code, mark in before.ruleset.rules.items() if code != rule}
    cells = dict.fromkeys(before.cells, Outcome.PASSED)
    findings = [finding for finding in before.findings if finding.rule != rule]
    return msgspec.structs.replace(before, ruleset=Ruleset("older", marks), cells=cells, findings=findings)


def marked(before: Standing, **fields: Any) -> Standing:
    """Return the same verdicts, made by rules of which RPC-19 was marked otherwise."""
    mark = msgspec.structs.replace(before.ruleset.rules["RPC-19"], **fields)
    return msgspec.structs.replace(before, ruleset=Ruleset("older", {**before.ruleset.rules, "RPC-19": mark}))


def cells(changes: Changes) -> list[tuple[str, Outcome | None, Outcome | None, tuple[str, ...]]]:
    return [(each.cell.action, each.before, each.after, each.rules) for each in changes.cells]


def test_the_same_verdicts_have_no_changes(traffic: list[Traffic]) -> None:
    changes = compare(stands(traffic), stands(traffic))

    assert not changes
    assert not changes.is_worse


def test_rule_that_is_new_is_named_with_its_findings_and_the_cell_that_they_changed(traffic: list[Traffic]) -> None:
    after = stands(traffic)

    changes = compare(without(after, "RPC-19"), after)

    (change,) = changes.rules
    assert (change.code, change.why, len(change.new)) == ("RPC-19", "a new rule", 2)
    assert cells(changes) == [("Heartbeat", Outcome.PASSED, Outcome.DEVIATED, ("RPC-19",))]
    assert changes.is_worse


def test_rule_that_is_not_there_any_more_is_explained_from_what_was_kept_of_it(traffic: list[Traffic]) -> None:
    before = stands(traffic)

    changes = compare(before, without(before, "RPC-19"))

    (change,) = changes.rules
    assert (change.why, len(change.gone)) == ("not a rule any more", 2)
    assert change.mark == ruleset().rules["RPC-19"]
    assert not changes.is_worse


def test_rule_that_an_event_grades_is_a_regrade_with_its_reason(traffic: list[Traffic]) -> None:
    graded = stands(traffic, RPC_19={"severity": "warning", "reason": "agreed on Monday"})

    changes = compare(stands(traffic), graded)

    (change,) = changes.rules
    assert change.why == "graded warning at this event: agreed on Monday"
    assert [(each.before.severity, each.after.severity) for each in change.regraded] == [("violation", "warning")] * 2
    assert (change.new, change.gone) == ([], [])
    assert cells(changes) == [("Heartbeat", Outcome.DEVIATED, Outcome.REMARKED, ("RPC-19",))]


@pytest.mark.parametrize(
    ("was", "now", "why", "worse"),
    [
        ({}, {"severity": "off", "reason": "x"}, "off at this event: x", False),
        ({"severity": "off", "reason": "x"}, {}, "not switched off any more", True),
        ({"severity": "info", "reason": "x"}, {}, "not graded any more", True),
    ],
)
def test_regrades_that_come_and_go_say_so(
    traffic: list[Traffic], was: dict[str, str], now: dict[str, str], why: str, *, worse: bool
) -> None:
    before = stands(traffic, **({"RPC_19": was} if was else {}))
    after = stands(traffic, **({"RPC_19": now} if now else {}))

    changes = compare(before, after)

    assert ([each.why for each in changes.rules], changes.is_worse) == ([why], worse)


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ({}, "the rule is as it was; what all rules share has changed"),
        ({"digest": "old"}, "the rule, or what its family shares, has changed"),
        ({"digest": "old", "severity": "info"}, "violation instead of info now"),
    ],
)
def test_rule_whose_findings_changed_says_what_is_different_about_it(
    traffic: list[Traffic], mark: dict[str, Any], why: str
) -> None:
    after = stands(traffic)
    before = marked(msgspec.structs.replace(after, findings=[]), **mark)

    changes = compare(before, after)

    assert [each.why for each in changes.rules] == [why]


def test_where_the_rules_are_the_same_ones_the_schemas_were_others(traffic: list[Traffic]) -> None:
    after = stands(traffic)

    changes = compare(msgspec.structs.replace(after, findings=[]), after)

    assert [each.why for each in changes.rules] == [
        "the rules are as they were; other schemas were at hand (`plugfest schemas`)"
    ]


def test_finding_in_other_words_is_counted_and_is_not_news(traffic: list[Traffic]) -> None:
    after = stands(traffic)
    reworded = [msgspec.structs.replace(finding, text="other words") for finding in after.findings]

    changes = compare(msgspec.structs.replace(after, findings=reworded), after)

    (change,) = changes.rules
    assert (change.reworded, change.new, change.gone, changes.is_worse) == (2, [], [], False)


def test_one_of_two_equal_findings_that_is_gone_is_one_that_is_gone(traffic: list[Traffic]) -> None:
    after = stands(traffic)
    twice: list[Finding] = [*after.findings, after.findings[0]]

    changes = compare(msgspec.structs.replace(after, findings=twice), after)

    assert [each.gone for each in changes.rules] == [[after.findings[0]]]


def test_cell_that_was_not_there_is_worse_only_where_it_went_wrong(traffic: list[Traffic]) -> None:
    after = stands(traffic)

    changes = compare(msgspec.structs.replace(after, cells={}), after)

    assert {each.cell.action: each.is_worse for each in changes.cells} == {
        "Connect": False,
        "Framing": False,
        "Heartbeat": True,
    }


def test_rule_that_nobody_knows_is_shown_all_the_same(traffic: list[Traffic]) -> None:
    after = stands(traffic)
    strange = [msgspec.structs.replace(after.findings[0], rule="NO-1")]

    changes = compare(msgspec.structs.replace(after, findings=[*after.findings, *strange]), after)

    assert [each.mark for each in changes.rules] == [
        RuleMark("", Severity.INFO, "a rule that neither rule set has", "")
    ]


def test_changes_as_data_hold_every_finding(traffic: list[Traffic]) -> None:
    after = stands(traffic)

    told = changes_as_data(compare(without(after, "RPC-19"), after))

    assert (told["since"], told["ruleset"], told["worse"]) == ("older", ruleset().name, True)
    assert [len(rule["new"]) for rule in told["rules"]] == [2]
    assert told["cells"][0]["rules"] == ["RPC-19"]

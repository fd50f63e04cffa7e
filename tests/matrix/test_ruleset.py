"""A rule set's name changes with whatever may change a verdict, and with nothing else."""

from dataclasses import replace
from typing import Final

import pytest

from matrix.finding import Severity
from matrix.rule import RULESET, all_rules
from matrix.ruleset import identify, ruleset

RULES: Final = all_rules()[:3]
FAMILY: Final = f"{RULES[0].check.__module__.removeprefix('matrix.').replace('.', '/')}.py"
SOURCES: Final = {FAMILY: b"a family", "judge.py": b"the judge", "ocpp": b"2.1.0"}


def test_name_begins_with_the_version_and_is_the_same_every_time() -> None:
    assert ruleset().name.startswith(f"{RULESET}-")
    assert identify("1", RULES, SOURCES) == identify("1", tuple(reversed(RULES)), dict(reversed(SOURCES.items())))


@pytest.mark.parametrize("name", SOURCES)
def test_name_changes_with_the_source_of_a_family_with_the_judge_and_with_the_schemas(name: str) -> None:
    changed = {**SOURCES, name: SOURCES[name] + b", changed"}

    assert identify("1", RULES, changed).name != identify("1", RULES, SOURCES).name


@pytest.mark.parametrize(
    "change", [{"severity": Severity.INFO}, {"sentence": "Another"}, {"clause": "§0"}, {"stands_alone": None}]
)
def test_name_changes_with_what_a_rule_says_of_itself(change: dict[str, object]) -> None:
    first, *others = RULES

    changed = identify("1", [replace(first, **change), *others], SOURCES)  # type: ignore[arg-type]  # any field

    before = identify("1", RULES, SOURCES)
    assert changed.name != before.name
    assert [code for code in before.rules if before.rules[code] != changed.rules[code]] == [first.code]


def test_name_changes_when_a_rule_is_new() -> None:
    assert identify("1", RULES[:2], SOURCES).name != identify("1", RULES, SOURCES).name


def test_all_rules_have_a_mark_that_depends_on_their_familys_source() -> None:
    without = identify(RULESET, all_rules(), {})

    decidable = [rule.code for rule in all_rules() if not rule.undecidable]

    assert all(ruleset().rules[code].digest != without.rules[code].digest for code in decidable)

"""What every file of the project has to keep, whoever writes it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from drawing import judged
from rule_cases import rule_cases
from rules_page import page

from matrix.dialect import JUDGED
from matrix.finding import Finding
from matrix.rule import Event, Rule, all_rules
from matrix.trace import Traffic

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("hub", "matrix", "tui")
ACROSS: Final = {"hostile", "judge_properties", "snapshots"}
"""Tests of all screens, and of all that a judge must hold."""
RULES: Final = all_rules()


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(rule: Rule) -> str:
    return rule.code


def findings_of(rule: Rule, traffic: list[Traffic]) -> list[Finding]:
    return [finding for finding in judged(traffic).findings if finding.rule == rule.code]


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_explains_itself_with_a_breach_and_correct_traffic(rule: Rule) -> None:
    assert rule.clause
    assert rule.sentence[0].isupper() or rule.sentence[0] in "0123456789"
    assert not rule.sentence.endswith(".")
    assert "Breach:" in rule.explanation
    assert "Correct:" in rule.explanation
    assert rule.versions <= set(JUDGED)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_watches_something_or_says_why_traffic_cannot_decide_it(rule: Rule) -> None:
    watched = {event for watch in rule.watches for event in watch.events}

    assert (watched == {Event.NEVER}) == bool(rule.undecidable)


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.undecidable], ids=name_of)
def test_rule_has_a_session_that_breaks_it_and_one_that_keeps_it(rule: Rule) -> None:
    case = rule_cases().get(rule.code)
    assert case is not None, f"tests/matrix/test_rules_*.py have no case for {rule.code}"

    found = findings_of(rule, case.broken)

    assert (rule.severity, case.by) in {(finding.severity, finding.side) for finding in found}
    assert findings_of(rule, case.kept) == []


def test_every_case_is_that_of_a_rule() -> None:
    assert rule_cases().keys() <= {rule.code for rule in RULES}


def test_rules_page_is_what_the_rules_say() -> None:
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("path", [*sources(*PACKAGES, "tests")], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_ignored_complaint_has_its_reason_on_its_line(path: Path) -> None:
    bare = [
        line.strip()
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"# (noqa|type: ignore)", line)
        and not re.search(r"# (noqa: [A-Z0-9, ]+ - |type: ignore\[[a-z, -]+\]  # )\S", line)
    ]

    assert path == Path(__file__) or bare == []


@pytest.mark.parametrize("folder", PACKAGES)
def test_tests_mirror_the_packages(folder: str) -> None:
    tests = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests" / folder).rglob("test_*.py")]
    mirrored = {path: path.with_name(path.name.removeprefix("test_")) for path in tests}
    strays = [
        str(path)
        for path, module in mirrored.items()
        if not (ROOT / module).exists() and module.stem not in ACROSS and not path.stem.startswith("test_rules_")
    ]

    assert strays == []


def test_no_file_names_a_place_of_somebodys_machine() -> None:
    words = (
        "/" + "work/",
        "/" + "root/",
        "/" + "home/",
        "files.python" + "hosted",
        "registry." + "npmjs",
        "pypi." + "org",
    )
    suffixes = {".py", ".md", ".toml", ".txt", ".json", ".js", ".tcss", ".yml", ""}
    tracked = [
        path
        for folder in (*PACKAGES, "tests", "docs", "requirements", "sessions")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in suffixes and "node_modules" not in path.parts
    ]

    named = [str(path) for path in tracked if any(word in path.read_text("utf-8", "replace") for word in words)]

    assert tracked
    assert named == []

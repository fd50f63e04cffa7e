"""What `rules` prints: all rules, or one explained."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from matrix.dialect import JUDGED
from matrix.rule import Rule
from matrix.ruleset import ruleset
from tui.commands.printing import SEVERITY_COLOURS, console, print_json


def show_rules(rules: Iterable[Rule], *, as_json: bool) -> None:
    """Print all rules, one line each."""
    if as_json:
        print_json([_rule_as_json(rule) for rule in rules])
        return
    table = Table("code", "severity", "versions", "what it asks", box=None)
    for rule in rules:
        note = " (not decidable from traffic)" if rule.undecidable else ""
        severity = Text(rule.severity, style=SEVERITY_COLOURS[rule.severity])
        table.add_row(Text(rule.code), severity, Text(_versions(rule)), Text(rule.sentence + note))
    out = console()
    out.print(table)
    out.print(Text(f"rules {ruleset().name}", style="dim"))


def show_rule(rule: Rule, *, as_json: bool) -> None:
    """Print one rule with its explanation."""
    if as_json:
        print_json(_rule_as_json(rule))
        return
    out = console()
    out.print(Text(f"{rule.code}  {rule.sentence}", style="bold"), soft_wrap=True)
    facts = f"{rule.severity} · OCPP {_versions(rule)} · {rule.clause} · rules {ruleset().name}"
    out.print(Text(f"{facts}\n"), soft_wrap=True)
    if rule.undecidable:
        out.print(Text(f"Not decidable from traffic: {rule.undecidable}.\n"), soft_wrap=True)
    out.print(Text(rule.explanation), soft_wrap=True)


def _versions(rule: Rule) -> str:
    return ", ".join(version for version in JUDGED if version in rule.versions)


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code, "severity": rule.severity, "versions": [v for v in JUDGED if v in rule.versions],
        "sentence": rule.sentence, "clause": rule.clause, "undecidable": rule.undecidable,
        "explanation": rule.explanation,
    }  # fmt: skip

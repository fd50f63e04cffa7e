"""Write docs/rules.md from the rules themselves: `python -m tests.rules_page FILE`, or `--check FILE`."""

import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from matrix.dialect import JUDGED
from matrix.rule import RULESET, Rule, all_rules

HEAD: Final = """\
# The rules

Generated from the code by `make docs`; rule set {ruleset}, {count} rules. `plugfest rules CODE` shows one of them.
A *violation* breaks a SHALL or MUST of the cited text, a *warning* a SHOULD (or a SHALL whose breach cannot be seen
with certainty), *info* is an observation. The severity given is that of a rule's gravest finding.
"""


def page() -> str:
    """Return the whole page."""
    rules = all_rules()
    parts = [HEAD.format(ruleset=RULESET, count=len(rules))]
    for family, members in groupby(rules, key=lambda each: each.code.partition("-")[0]):
        parts.append(f"## {family}\n")
        parts += map(_section, members)
    return "\n".join(parts)


def _section(rule: Rule) -> str:
    return "\n".join(_lines(rule))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"### {rule.code}: {rule.sentence}\n"
    versions = ", ".join(version for version in JUDGED if version in rule.versions)
    yield f"*{rule.severity}* · OCPP {versions} · {rule.clause}\n"
    if rule.undecidable:
        yield f"**Not decidable from traffic**: {rule.undecidable}.\n"
    yield rule.explanation.replace("\nBreach:", "\n- Breach:").replace("\nCorrect:", "\n- Correct:") + "\n"


def write_or_check(arguments: list[str], page: Callable[[], str]) -> int:
    """Write a generated page, or with --check say whether it is fresh; 1 where it is not."""
    path = Path(arguments[-1])
    if "--check" not in arguments:
        path.write_text(page(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write(f"{path} is not what the code says any more; `make docs` writes it again\n")
    return 1


if __name__ == "__main__":
    sys.exit(write_or_check(sys.argv[1:], page))

"""Rules that an event switches off or grades otherwise."""

from typing import Any

import pytest
from drawing import draw, judged

from matrix.judge import Judge
from matrix.policy import PolicyError, read_policy
from matrix.report import verdicts

ODD = '> [2,17,"Heartbeat",{}]'


def judged_by(table: dict[str, Any]) -> Judge:
    return judged(draw(ODD), policy=read_policy(table))


def test_rule_that_is_switched_off_finds_nothing_and_the_report_says_why() -> None:
    judge = judged_by({"RPC-06": {"severity": "off", "reason": "all stations of this event do it"}})

    assert judge.findings == []
    assert verdicts(judge)["policy"] == [
        {"rule": "RPC-06", "severity": "off", "reason": "all stations of this event do it"}
    ]


def test_graded_rule_counts_by_its_grade_and_every_finding_says_why() -> None:
    judge = judged_by({"rpc-06": {"severity": "warning", "reason": "agreed on Monday"}})

    assert judge.findings[0].severity == "warning"
    assert judge.findings[0].text.endswith("(graded warning instead of violation at this event: agreed on Monday)")
    assert judge.board.view().pairs[0].row("Framing").outcome == "remarked"


def test_what_weighs_less_than_the_grade_stays_as_it_was() -> None:
    repeated = draw('> [2,"h","Heartbeat",{}]', "+20s", '> [2,"h","Heartbeat",{}]')

    judge = judged(repeated, policy=read_policy({"RPC-07": {"severity": "warning", "reason": "counters"}}))

    assert [(finding.rule, finding.severity) for finding in judge.findings if finding.rule == "RPC-07"] == [
        ("RPC-07", "info")
    ]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"RPC-99": {"severity": "off", "reason": "x"}}, "rules.RPC-99: there is no such rule"),
        ({"RPC-06": "off"}, 'rules.RPC-06 has to be a table with "severity" and "reason"'),
        ({"RPC-06": {"severity": "off"}}, "rules.RPC-06.reason has to say in words why"),
        ({"RPC-06": {"severity": "off", "reason": " "}}, "rules.RPC-06.reason has to say in words why"),
        ({"RPC-06": {"severity": "mild", "reason": "x"}}, "rules.RPC-06.severity has to be violation, warning, info"),
        ({"RPC-06": {"severity": "off", "reason": "x", "why": 1}}, "rules.RPC-06: there is no key 'why'"),
    ],
)
def test_entry_that_cannot_be_used_is_named_with_its_value(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence.replace(".", r"\.")):
        read_policy(table)

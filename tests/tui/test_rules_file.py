"""What an event makes of the rules, as a file says it."""

from pathlib import Path

from matrix.policy import read_policy
from tui.rules_file import read_rules_file, rules_file_of


def test_file_made_of_a_policy_comes_to_that_policy(tmp_path: Path) -> None:
    reason = 'agreed "on Monday" \\ für alle\n[rules.TM-03]'
    policy = read_policy(
        {"TM-02": {"severity": "off", "reason": reason}, "RPC-19": {"severity": "warning", "reason": "x"}}
    )

    (tmp_path / "event.toml").write_text(rules_file_of(policy), encoding="utf-8")

    assert read_rules_file(tmp_path / "event.toml") == policy

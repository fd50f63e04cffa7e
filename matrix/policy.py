"""Rules that an event switches off or grades otherwise, each with its reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from matrix.finding import Remark, Severity
from matrix.rule import Rule, rule_named
from matrix.safe import safe

OFF: Final = "off"
_WEIGHT: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.VIOLATION: 2}


class PolicyError(ValueError):
    """A table of rules that cannot be used; the message names the entry and the value."""


class Regrade(msgspec.Struct, frozen=True):
    """What an event makes of one rule: how its gravest finding weighs, or None where it is switched off; and why."""

    rule: str
    severity: Severity | None
    reason: str

    @property
    def in_words(self) -> str:
        """What became of the rule, and why, in a sentence."""
        how = f"graded {self.severity}" if self.severity else OFF
        return f"rule {self.rule} is {how} at this event: {self.reason}"

    @property
    def as_data(self) -> dict[str, str]:
        """The regrade ready for JSON, severity `off` included."""
        return {"rule": self.rule, "severity": self.severity or OFF, "reason": self.reason}

    def applied_to(self, remark: Remark, rule: Rule) -> Remark:
        """Return the remark as it counts: none weighs more than the grade, and what weighed most weighs that much."""
        grade = self.severity
        if grade is None or remark.severity is grade:
            return remark
        if remark.severity is rule.severity or _WEIGHT[remark.severity] > _WEIGHT[grade]:
            text = f"{remark.text} (graded {grade} instead of {remark.severity} at this event: {self.reason})"
            return msgspec.structs.replace(remark, severity=grade, text=text)
        return remark


Policy = Mapping[str, Regrade]
"""Regrades by the rule's code; empty where an event takes the rules as they are."""

AS_WRITTEN: Final[Policy] = MappingProxyType({})


def read_policy(table: Mapping[str, Any]) -> Policy:
    """Read `{"TM-02": {"severity": "warning", "reason": "..."}}`, the table `[rules]` of an event file.

    Raises:
        PolicyError: a rule does not exist, its severity is none of violation, warning, info and off, or it has no
            reason.
    """
    regrades = [_read(code, entry) for code, entry in table.items()]
    return MappingProxyType({each.rule: each for each in regrades})


def _read(code: str, entry: Any) -> Regrade:
    place = f"rules.{safe(code, 40)}"
    try:
        rule = rule_named(code)
    except KeyError:
        raise PolicyError(f"{place}: there is no such rule; `plugfest rules` lists them") from None
    if not isinstance(entry, Mapping):
        raise PolicyError(f'{place} has to be a table with "severity" and "reason"')
    if unknown := sorted(entry.keys() - {"severity", "reason"}):
        raise PolicyError(f"{place}: there is no key {safe(str(unknown[0]), 40)!r}")
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise PolicyError(f"{place}.reason has to say in words why, it is {safe(str(reason), 40)!r}")
    return Regrade(rule.code, _grade(f"{place}.severity", entry.get("severity")), safe(reason.strip(), 200))


def _grade(place: str, value: Any) -> Severity | None:
    if value == OFF:
        return None
    if value in list(Severity):
        return Severity(value)
    raise PolicyError(f"{place} has to be violation, warning, info or off, it is {safe(str(value), 40)!r}")

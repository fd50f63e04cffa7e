"""A judge, and beside it what it says about each frame, for screens to look up."""

from matrix.judge import Judge
from matrix.policy import Policy
from matrix.trace import Closed, Opened, Traffic
from tui.verdicts import Verdicts


class Keeper:
    """Fed the traffic of a recording; `verdicts` may be read from other threads meanwhile."""

    def __init__(self, verdicts: Verdicts, policy: Policy) -> None:
        self.verdicts = verdicts
        self.judge = Judge(policy=policy, on_exchange=verdicts.note_exchange)
        self.found = 0

    def feed(self, item: Traffic) -> None:
        """Judge the next item and enter what was found."""
        if isinstance(item, Opened | Closed):
            self.verdicts.note_session(item.session)
        self.judge.feed(item)
        if len(self.judge.findings) != self.found:
            self._enter_findings()

    def note_disturbances(self) -> None:
        """Enter how the disturbances stand."""
        self.verdicts.note_disturbances(self.judge.disturbances)

    def _enter_findings(self) -> None:
        findings = self.judge.findings
        for number in range(self.found, len(findings)):
            self.verdicts.note_finding(findings[number], self.judge.now)
        self.found = len(findings)

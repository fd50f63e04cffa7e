"""A judge, and beside it what it says about each frame, for screens to look up."""

from matrix.disturbed.resilience import Resilience
from matrix.judge import Judge
from matrix.policy import Policy
from matrix.trace import Closed, Opened, Traffic, mark_of
from tui.reading.vantage import NOW
from tui.reading.verdicts import Verdicts


class Keeper:
    """Fed the traffic of a recording; `verdicts` may be read from other threads meanwhile."""

    def __init__(self, verdicts: Verdicts, policy: Policy) -> None:
        self.verdicts = verdicts
        self.judge = Judge(policy=policy, on_exchange=verdicts.note_judged, board=verdicts.chronicle)
        verdicts.all_crashes = self.judge.crashes
        self.found = 0
        self._reactions = 0
        self._all_findings, self._all_reactions = self.judge.findings, self.judge.reactions
        self._disturbances: list[Resilience] = []

    def feed(self, item: Traffic) -> None:
        """Judge the next item and enter what was found."""
        judge, verdicts = self.judge, self.verdicts
        verdicts.mark = mark_of(item)
        if isinstance(item, Opened | Closed):
            verdicts.note_session(item.session)
        judge.feed(item)
        if len(self._all_findings) != self.found:
            self._enter_findings()
        if len(self._all_reactions) != self._reactions:
            self._enter_reactions()
        if judge.is_disturbed:
            self._enter_disturbances()
        verdicts.chronicle.item_is_over(verdicts.mark, judge.now)

    def presume(self, at: int) -> None:
        """Presume that time has passed up to `at` (ns); nothing of that is remembered once traffic says otherwise."""
        self.verdicts.mark = NOW
        with self.verdicts.chronicle.presuming():
            self.judge.advance(at)
        self._enter_reactions()

    def _enter_findings(self) -> None:
        findings = self._all_findings
        for number in range(self.found, len(findings)):
            self.verdicts.note_finding(findings[number], self.judge.now)
        self.found = len(findings)
        self.verdicts.hearing.note(self.verdicts.mark, self.found, self._reactions)

    def _enter_disturbances(self) -> None:
        if self._disturbances != (known := self.judge.disturbances):
            self._disturbances = known
            self.verdicts.note_disturbances(known)

    def _enter_reactions(self) -> None:
        """Say by which mark there are so many findings, and since when there are the latest reactions."""
        self._reactions = len(self._all_reactions)
        self.verdicts.hearing.note(self.verdicts.mark, self.found, self._reactions)

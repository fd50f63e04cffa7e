"""How often each rule found something, by station, CSMS and side: kept while judging, so that nobody has to count.

Written by the thread that judges, read by the one that draws. An occurrence costs 40 bytes.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from matrix.finding import Finding, Severity
from matrix.trace import Session, Side
from tui.reading.vantage import Vantage


class TallyKey(NamedTuple):
    """What is counted together: a rule's findings of one severity, about one side of a station at a CSMS."""

    identity: str
    csms: str
    chosen: str | None
    side: Side
    rule: str
    severity: Severity


class Occurrence(NamedTuple):
    """One finding: its session, its frame (None: the handshake), and when it was made (ns)."""

    session: int
    frame: int | None
    at: int


@dataclass(slots=True, eq=False)
class Tally:
    """The occurrences of one key, in the order in which they were found: there is always one at least."""

    key: TallyKey
    session_ids: set[int] = field(default_factory=set)
    _sessions: "array[int]" = field(default_factory=lambda: array("q"))
    _frames: "array[int]" = field(default_factory=lambda: array("q"))
    _times: "array[int]" = field(default_factory=lambda: array("q"))
    _marks: "array[int]" = field(default_factory=lambda: array("q"))

    def note(self, finding: Finding, at: int, mark: int = 0) -> None:
        """Count a finding that was made at `at` (ns), by a mark."""
        self.session_ids.add(finding.session)
        self._marks.append(mark)
        self._sessions.append(finding.session)
        self._frames.append(finding.frame or 0)
        self._times.append(at)

    def until(self, mark: int) -> "Tally | None":
        """Return the tally as it was at a mark; None where there was none yet."""
        count = bisect_right(self._marks, mark)
        sessions = self._sessions[:count]
        return Tally(self.key, {*sessions}, sessions, self._frames, self._times[:count]) if count else None

    def __len__(self) -> int:
        return len(self._times)

    def __getitem__(self, place: int) -> Occurrence:
        return Occurrence(self._sessions[place], self._frames[place] or None, self._times[place])


class Tallies:
    """All tallies, as they were at a vantage."""

    def __init__(self, vantage: Vantage | None = None) -> None:
        self._vantage = vantage or Vantage()
        self._marks = array("q")
        self._tallies: dict[TallyKey, Tally] = {}

    @property
    def count(self) -> int:
        """How many findings there are: tells whether anything is new."""
        return bisect_right(self._marks, self._vantage.mark)

    def note(self, finding: Finding, session: Session, at: int, mark: int = 0) -> None:
        """Count a finding about a session, made at `at` (ns) by a mark."""
        key = TallyKey(
            session.identity, session.csms, session.chosen, finding.side, finding.rule, finding.severity
        )  # fmt: skip
        tally = self._tallies.get(key)
        if tally is None:
            tally = Tally(key)
            tally.note(finding, at, mark)
            self._tallies[key] = tally
        else:
            tally.note(finding, at, mark)
        self._marks.append(mark)

    def all(self) -> list[Tally]:
        """Return the tallies as they are."""
        tallies = self._tallies.copy().values()
        if self._vantage.is_now:
            return [*tallies]
        return [then for tally in tallies if (then := tally.until(self._vantage.mark)) is not None]

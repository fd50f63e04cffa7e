"""The index of deviations: what was found against a side, by what makes two findings the same, and by session.

Well-behaved traffic does not come here: what has no finding costs nothing.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from matrix.board import CONNECT, FRAMING
from matrix.finding import Finding, Severity
from matrix.reactions import Reaction, Taken
from matrix.trace import Side

SHAPED: Final = frozenset({"RPC-16", "RPC-19"})
"""Rules about schemas: what their findings say, but for the values, is part of what makes two of them the same."""

_INDEX: Final = re.compile(r"/\d+(?=/|$)")
_VALUE: Final = re.compile(r'"[^"]*(?:"|$)|-?\d+(?:\.\d+)?')


class Deviation(NamedTuple):
    """What makes two findings the same: `*` stands for array indices in `pointer`, and for values in `shape`."""

    rule: str
    action: str
    side: Side
    pointer: str
    shape: str = ""


def deviation_of(finding: Finding) -> Deviation | None:
    """Return which deviation a finding is one of; None for what nobody is blamed for."""
    if finding.severity is Severity.INFO:
        return None
    shape = _VALUE.sub("*", finding.text) if finding.rule in SHAPED else ""
    return Deviation(finding.rule, finding.action, finding.side, _INDEX.sub("/*", finding.pointer), shape)


class Seen:
    """One deviation in one session: its first finding, how often it came, and what became of the CALLs concerned.

    `taken` is how the other side took CALLs of the side that deviates, `given` how that side took those of the other.
    """

    __slots__ = ("count", "first", "given", "taken")

    def __init__(self, first: Finding) -> None:
        self.first = first
        self.count = 0
        self.taken: frozenset[Taken] = frozenset()
        self.given: frozenset[Taken] = frozenset()

    def note(self, reaction: Reaction) -> None:
        """Take up what became of a CALL."""
        if reaction.caller is self.first.side:
            self.taken |= {reaction.taken}
        else:
            self.given |= {reaction.taken}


class Deviations:
    """The index. One thread feeds it; others may read."""

    def __init__(self) -> None:
        self._sessions: dict[Deviation, dict[int, Seen]] = {}
        self._waiting: dict[int, list[Seen]] = {}
        self._findings = 0
        self._reactions = 0

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def taken_up(self) -> int:
        """How many findings it has taken up."""
        return self._findings

    def catch_up(self, findings: Sequence[Finding], reactions: Sequence[Reaction]) -> None:
        """Take up what a judge has found since the last time, and what became of it."""
        for number in range(self._findings, len(findings)):
            self._note(findings[number])
        for number in range(self._reactions, len(reactions)):
            self._note_reaction(reactions[number])
        self._findings, self._reactions = len(findings), len(reactions)

    def all(self) -> list[Deviation]:
        """Return every deviation, sorted."""
        return sorted(self._sessions)

    def sessions(self, deviation: Deviation) -> list[tuple[int, Seen]]:
        """Return the sessions in which a deviation was seen, by number."""
        return sorted(self._sessions.get(deviation, {}).items(), key=_first)

    def _note(self, finding: Finding) -> None:
        deviation = deviation_of(finding)
        if deviation is None:
            return
        sessions = self._sessions.setdefault(deviation, {})
        seen = sessions.get(finding.session)
        if seen is None:
            seen = sessions[finding.session] = Seen(finding)
        seen.count += 1
        if finding.frame is not None and finding.action not in (CONNECT, FRAMING):
            self._waiting.setdefault(finding.frame, []).append(seen)

    def _note_reaction(self, reaction: Reaction) -> None:
        for seen in self._waiting.get(reaction.frame, ()):
            seen.note(reaction)
        if reaction.taken is not Taken.SILENCE:  # after which an answer may come yet
            self._waiting.pop(reaction.frame, None)


def _first(item: tuple[int, Seen]) -> int:
    return item[0]

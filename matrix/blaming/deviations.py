"""The index of deviations: what was found against a side, by what makes two findings the same, and by session.

Well-behaved traffic does not come here: what has no finding costs nothing.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from matrix.blaming.reactions import Reaction, Taken
from matrix.boards.pair import CONNECT, FRAMING
from matrix.finding import Finding, Severity
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
    """One deviation in one session: its first finding, and what became of the CALLs concerned.

    `taken` is how the other side took CALLs of the side that deviates, `given` how that side took those of the other.
    `mark` is that of the item of traffic by which it was found.
    """

    __slots__ = ("_given", "_taken", "first", "mark")

    def __init__(self, first: Finding, mark: int = 0) -> None:
        self.first = first
        self.mark = mark
        self._taken: dict[Taken, int] = {}
        self._given: dict[Taken, int] = {}

    @property
    def taken(self) -> frozenset[Taken]:
        return frozenset(self._taken)

    @property
    def given(self) -> frozenset[Taken]:
        return frozenset(self._given)

    def note(self, reaction: Reaction, mark: int = 0) -> None:
        """Take up what became of a CALL, and by which mark."""
        marks = self._taken if reaction.caller is self.first.side else self._given
        marks[reaction.taken] = min(mark, marks.get(reaction.taken, mark))

    def until(self, mark: int) -> "Seen":
        """Return what was known of it by a mark."""
        then = Seen(self.first, self.mark)
        then._taken = _until(mark, self._taken)
        then._given = _until(mark, self._given)
        return then


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

    def catch_up(
        self,
        findings: Sequence[Finding],
        reactions: Sequence[Reaction],
        finding_marks: Sequence[int] = (),
        reaction_marks: Sequence[int] = (),
    ) -> None:
        """Take up what a judge has found since the last time, and what became of it.

        The marks of the traffic by which each came let `as_of` tell how it was; without one, it always was there.
        """
        for number in range(self._findings, len(findings)):
            self._note(findings[number], _mark(finding_marks, number))
        for number in range(self._reactions, len(reactions)):
            self._note_reaction(reactions[number], _mark(reaction_marks, number))
        self._findings, self._reactions = len(findings), len(reactions)

    def as_of(self, mark: int) -> "Deviations":
        """Return the index as it was at a mark, without counting anything again; it is for reading only."""
        return _DeviationsThen(self, mark)

    def all(self) -> list[Deviation]:
        """Return every deviation, sorted."""
        return sorted(self._sessions)

    def sessions(self, deviation: Deviation) -> list[tuple[int, Seen]]:
        """Return the sessions in which a deviation was seen, by number."""
        return sorted(self._sessions.get(deviation, {}).items(), key=_first)

    def _note(self, finding: Finding, mark: int) -> None:
        deviation = deviation_of(finding)
        if deviation is None:
            return
        sessions = self._sessions.setdefault(deviation, {})
        seen = sessions.get(finding.session)
        if seen is None:
            seen = sessions[finding.session] = Seen(finding, mark)
        if finding.frame is not None and finding.action not in (CONNECT, FRAMING):
            self._waiting.setdefault(finding.frame, []).append(seen)

    def _note_reaction(self, reaction: Reaction, mark: int) -> None:
        for seen in self._waiting.get(reaction.frame, ()):
            seen.note(reaction, mark)
        if reaction.taken is not Taken.SILENCE:  # after which an answer may come yet
            self._waiting.pop(reaction.frame, None)


class _DeviationsThen(Deviations):
    """What another index knew by a mark: all that it has is looked at through that."""

    def __init__(self, now: Deviations, mark: int) -> None:
        super().__init__()
        self._now = now
        self._mark = mark

    def all(self) -> list[Deviation]:
        return [each for each in self._now.all() if self.sessions(each)]

    def sessions(self, deviation: Deviation) -> list[tuple[int, Seen]]:
        seen = self._now.sessions(deviation)
        return [(session, each.until(self._mark)) for session, each in seen if each.mark <= self._mark]


def _mark(marks: Sequence[int], number: int) -> int:
    return marks[number] if number < len(marks) else 0


def _until(mark: int, marks: dict[Taken, int]) -> dict[Taken, int]:
    return {taken: since for taken, since in marks.copy().items() if since <= mark}


def _first(item: tuple[int, Seen]) -> int:
    return item[0]

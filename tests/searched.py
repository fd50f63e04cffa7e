"""Searching drawn recordings, for tests: by the index, and by reading everything."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from hub.recording.reading import Recording
from hub.search.annotator import Annotator
from hub.search.entry import NoOpinion
from hub.search.finder import find
from hub.search.indexing import Index, following
from hub.search.matching import matches
from hub.search.parser import parse
from hub.search.plan import Known, spoken
from hub.search.query import Query
from matrix.finding import Finding
from matrix.judge import Judge
from matrix.outcome import Outcome


class OpinionOf:
    """The opinion of a judge that has judged a whole recording."""

    def __init__(self, recording: Recording) -> None:
        self._outcomes: dict[int, Outcome] = {}
        self._findings: defaultdict[tuple[int, int | None], list[Finding]] = defaultdict(list)
        judge = Judge(on_exchange=self._note)
        for item in recording.all_traffic():
            judge.feed(item)
        for finding in judge.findings:
            self._findings[finding.session, finding.frame].append(finding)

    def _note(self, exchange: "object") -> None:
        call, answer, outcome = (getattr(exchange, name) for name in ("call_frame", "answer_frame", "outcome"))
        for frame in {call, answer} - {None}:
            if outcome is not None:
                self._outcomes[frame] = outcome

    def outcome(self, session: int, frame: int) -> Outcome | None:
        del session
        return self._outcomes.get(frame)

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        return self._findings.get((session, frame), ())

    def frames_with(self, outcome: Outcome) -> Iterable[int]:
        return [frame for frame, each in self._outcomes.items() if each is outcome]

    def all_findings(self) -> Iterable[Finding]:
        return [finding for found in self._findings.values() for finding in found]


def found_in(path: Path, text: str) -> list[int]:
    """Return the marks that the index finds in a recording."""
    with following(path) as (recording, index):
        index.extend(recording)
        return [mark for some in find(index, recording, parse(text), OpinionOf(recording)) for mark in some]


def spoken_in(index: Index, folded: str) -> list[int]:
    """Return the marks of entries in whose full text a folded text may stand."""
    return [*index.marks(spoken(folded, Known({}, {}, {}, index.pieces, NoOpinion())))[0]]


def read_through(path: Path, queries: Iterable[Query]) -> list[list[int]]:
    """Return the marks that are found where everything is read, for each query."""
    with Recording.open(path) as recording:
        opinion, annotator = OpinionOf(recording), Annotator()
        entries = [entry for item in recording.all_traffic() if (entry := annotator.feed(item)) is not None]
        entries = [msgspec.structs.replace(entry, about=annotator.about[entry.about.id]) for entry in entries]
    return [[entry.mark for entry in entries if matches(query, entry, opinion)] for query in queries]

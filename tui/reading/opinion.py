"""What the judge of a dashboard or a command has said, as a search asks for it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from matrix.finding import Finding
from matrix.judgement import Whole
from matrix.outcome import Outcome
from tui.reading.verdicts import Verdicts


class Judged:
    """Looks things up in verdicts; may be used while another thread goes on judging."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts

    def outcome(self, session: int, frame: int) -> Outcome | None:
        """Return what the exchange of a frame came to; None where there is none, or nothing yet."""
        joined = self._verdicts.of(session).joined(frame)
        return joined.outcome if joined else None

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        """Return what was found at a frame, or (None) at the handshake."""
        verdicts = self._verdicts.of(session)
        return verdicts.handshake if frame is None else verdicts.findings(frame)

    def frames_with(self, outcome: Outcome) -> Iterator[int]:
        """Yield the frames of the calls and answers that came to an outcome."""
        for verdicts in self._verdicts.all():
            yield from verdicts.frames_with(outcome)

    def all_findings(self) -> Iterator[Finding]:
        """Yield everything that was found."""
        for verdicts in self._verdicts.all():
            yield from verdicts.all_findings()


class Said:
    """Looks things up in what a command has judged, outcomes by frame included."""

    def __init__(self, judged: Whole) -> None:
        self._outcomes = judged.outcomes
        self._findings: defaultdict[tuple[int, int | None], list[Finding]] = defaultdict(list)
        for finding in judged.findings:
            self._findings[finding.session, finding.frame].append(finding)

    def outcome(self, session: int, frame: int) -> Outcome | None:
        """Return what the exchange of a frame came to; None where there is none, or nothing yet."""
        del session
        return self._outcomes.get(frame)

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        """Return what was found at a frame, or (None) at the handshake."""
        return self._findings.get((session, frame), ())

    def frames_with(self, outcome: Outcome) -> Iterator[int]:
        """Yield the frames of the calls and answers that came to an outcome."""
        return (frame for frame, known in self._outcomes.items() if known is outcome)

    def all_findings(self) -> Iterator[Finding]:
        """Yield everything that was found."""
        for found in self._findings.values():
            yield from found

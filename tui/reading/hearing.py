"""What the whole recording says about its findings, for screens: written by the thread that judges, read by any."""

from array import array
from collections.abc import Sequence

from matrix.blaming.deviations import Deviations
from matrix.blaming.errata import Candidate, candidates
from matrix.blaming.reactions import Reaction
from matrix.blaming.witness import Witnesses
from matrix.boards.pair import BoardView
from matrix.finding import Finding
from tui.reading.vantage import NOW, Vantage


class Testimony:
    """What the products of one view of the board say; `mark` is that up to which they had been heard."""

    def __init__(self, deviations: Deviations, view: BoardView, mark: int, before: "Testimony | None" = None) -> None:
        self.deviations = deviations
        self.view = view
        self.mark = mark
        self._witnesses = Witnesses(deviations, view)
        self._errata: tuple[object, tuple[Candidate, ...]] = before._errata if before else (None, ())  # noqa: SLF001 - of this class

    def about(self, finding: Finding) -> tuple[str, ...]:
        """Return what the other products say about a finding, in sentences."""
        witness = self._witnesses.of(finding)
        return witness.sentences if witness else ()

    def errata(self) -> tuple[Candidate, ...]:
        """Return the questions to the standard."""
        basis = (self.deviations.taken_up, *(pair.key for pair in self.view.pairs))
        if basis != self._errata[0]:
            self._errata = basis, candidates(self.deviations, self.view)
        return self._errata[1]


class Hearing:
    """The matrix as a witness: as it stood when the board was last shown, or at the vantage, once that was recalled."""

    def __init__(self, vantage: Vantage | None = None) -> None:
        self._vantage = vantage or Vantage()
        self._deviations = Deviations()
        self._live: Testimony | None = None
        self._recalled: Testimony | None = None
        self._finding_marks = array("q")
        self._reaction_marks = array("q")

    def note(self, mark: int, findings: int, reactions: int) -> None:
        """Take up that a judge has so many findings and reactions since a mark; since NOW, if they are presumed."""
        self._finding_marks.extend([mark] * (findings - len(self._finding_marks)))
        self._reaction_marks.extend([mark] * (reactions - len(self._reaction_marks)))

    def hear(self, findings: Sequence[Finding], reactions: Sequence[Reaction], view: BoardView) -> None:
        """Take up what a judge has found so far, and the board as it is now."""
        self._deviations.catch_up(findings, reactions, self._finding_marks, self._reaction_marks)
        if self._live is None or view is not self._live.view:
            self._live = Testimony(self._deviations, view, NOW, self._live)

    def recall(self, view: BoardView, mark: int) -> None:
        """Take up the board as it was at a mark, and what had been found by then."""
        self._recalled = Testimony(self._deviations.as_of(mark), view, mark)

    @property
    def recalled_at(self) -> int | None:
        """The mark that was recalled last: tells whether anything is new."""
        return self._recalled.mark if self._recalled else None

    def about(self, finding: Finding) -> tuple[str, ...]:
        """Return what the other products of the matrix say about a finding, in sentences."""
        testimony = self._testimony()
        return testimony.about(finding) if testimony else ()

    def errata(self) -> tuple[Candidate, ...]:
        """Return what independent vendors do otherwise than a rule asks: questions to the standard."""
        testimony = self._testimony()
        return testimony.errata() if testimony else ()

    def _testimony(self) -> Testimony | None:
        if self._vantage.is_now:
            return self._live
        recalled = self._recalled
        return recalled if recalled and recalled.mark == self._vantage.mark else None

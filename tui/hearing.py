"""What the whole recording says about its findings, for screens: written by the thread that judges, read by any."""

from collections.abc import Sequence

from matrix.board import BoardView
from matrix.deviations import Deviations
from matrix.errata import Candidate, candidates
from matrix.finding import Finding
from matrix.reactions import Reaction
from matrix.witness import Witnesses


class Hearing:
    """The matrix as a witness, as it stood when the board was last shown."""

    def __init__(self) -> None:
        self._deviations = Deviations()
        self._view: BoardView | None = None
        self._witnesses: Witnesses | None = None
        self._errata: tuple[object, tuple[Candidate, ...]] = (None, ())

    def hear(self, findings: Sequence[Finding], reactions: Sequence[Reaction], view: BoardView) -> None:
        """Take up what a judge has found so far, and the board as it is now."""
        self._deviations.catch_up(findings, reactions)
        if view is not self._view:
            self._view, self._witnesses = view, Witnesses(self._deviations, view)

    def about(self, finding: Finding) -> tuple[str, ...]:
        """Return what the other products of the matrix say about a finding, in sentences."""
        witness = self._witnesses.of(finding) if self._witnesses else None
        return witness.sentences if witness else ()

    def errata(self) -> tuple[Candidate, ...]:
        """Return what independent vendors do otherwise than a rule asks: questions to the standard."""
        view = self._view
        if view is None:
            return ()
        basis = (self._deviations.taken_up, *(pair.key for pair in view.pairs))
        if basis != self._errata[0]:
            self._errata = basis, candidates(self._deviations, view)
        return self._errata[1]

"""What the organizer did to sessions on purpose: what it excuses, and what came of it."""

from matrix.boards.pair import Evidence
from matrix.disturbed.resilience import Aftermaths, Resilience
from matrix.disturbed.unrest import EXCUSED, Unrests
from matrix.exchange import Exchange
from matrix.outcome import Outcome
from matrix.trace import Disturbed, Session


class Disturbances:
    """All disturbances of a recording so far. `now` is the time of the traffic; `are_any` is False for most."""

    def __init__(self) -> None:
        self.now = 0
        self.are_any = False
        self._unrests = Unrests()
        self._aftermaths = Aftermaths()
        self._foreseen: dict[int, list[Disturbed]] = {}

    @property
    def results(self) -> list[Resilience]:
        """Each disturbance and what came of it, in the order in which they began."""
        return self._aftermaths.results

    def note(self, step: Disturbed, session: Session | None) -> None:
        """Take up a step; `session` is None where its opening is yet to come, as that of a refused one is."""
        self.are_any = True
        if session is None:
            self._foreseen.setdefault(step.session, []).append(step)
        else:
            self._unrests.note(step, session)
            self._aftermaths.note(step, session)

    def opened(self, session: Session) -> None:
        """Take up that a session was answered."""
        self._unrests.opened(session)
        for aftermath in self._aftermaths.of(session):
            aftermath.opened(session)
        for step in self._foreseen.pop(session.id, ()):
            self.note(step, session)

    def closed(self, session: Session) -> None:
        """Take up that a session has ended."""
        self._unrests.closed(session)
        for aftermath in self._aftermaths.of(session):
            aftermath.closed(session)

    def witness(self, exchange: Exchange) -> None:
        """Take up that an exchange was opened, or settled."""
        for aftermath in self._aftermaths.of(exchange.conversation.session):
            aftermath.witness(exchange)

    def cause(self, session: Session, since: int) -> str | None:
        """Return what may have touched something that lasted from `since` until now; None where nothing can have."""
        return self._unrests.cause(session, since, self.now)

    def excused(
        self, session: Session, since: int, outcome: Outcome, evidence: Evidence | None
    ) -> tuple[Outcome, Evidence | None]:
        """Return a verdict as it is for what a disturbance may have brought about; the same where none can have."""
        cause = self.cause(session, since) if outcome in EXCUSED else None
        if cause is None:
            return outcome, evidence
        text = f"disturbed on purpose ({cause})" + (f": {evidence.text}" if evidence else "")
        return Outcome.INCONCLUSIVE, Evidence(session.id, evidence.frame if evidence else None, text)

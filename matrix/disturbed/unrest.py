"""What a disturbance may have touched: between one station and one CSMS, from when until when.

While it is felt, nobody is charged with what a broken path brings about: silence, haste, retries, errors. What a
message proves by itself stands (`Rule.stands_alone`).
"""

from typing import Final

from matrix.outcome import Outcome
from matrix.trace import Disturbed, Fault, Phase, Session

SETTLING_NS: Final = 60_000_000_000
"""How long a disturbance is felt after it is over, and in the session after the one that it ended: twice the 30 s after
which both sides count a CALL as lost."""

EXCUSED: Final = frozenset({Outcome.FAILED, Outcome.UNANSWERED})
"""Outcomes that a disturbed path can bring about by itself."""

_FOREVER: Final = 2**63 - 1
_LASTING: Final = frozenset({Fault.DROP, Fault.RESET, Fault.HALF_CLOSE, Fault.CLOSE, Fault.REFUSE})
"""What is lost stays lost: the session does not come to rest again."""
_ON_TOUCH: Final = frozenset({Fault.DROP, Fault.DELAY})
"""Faults that do nothing before their answer comes."""


class Unrest:
    """When disturbances are felt between one station and one CSMS; `cause` is the latest, as it was typed."""

    __slots__ = ("_goes_over", "_session", "_since", "_until", "cause")

    def __init__(self) -> None:
        self.cause = ""
        self._session = 0
        self._since = _FOREVER
        self._until = -1
        self._goes_over = False

    def note(self, step: Disturbed) -> None:
        """Take up a step of a disturbance."""
        match step.phase:
            case Phase.BEGUN if step.fault not in _ON_TOUCH:
                self._begin(step)
            case Phase.TOUCHED:
                self._begin(step)
            case Phase.ENDED if step.fault not in _LASTING and self._until == _FOREVER:
                self._until = step.at + SETTLING_NS

    def close(self, session: int, at: int) -> None:
        """Note that a session of the two has ended; where it was the disturbed one, the next one is its sequel."""
        if session == self._session and self.is_felt(at, at):
            self._goes_over, self._until = True, _FOREVER

    def open(self, at: int) -> None:
        """Note that a session of the two was answered."""
        if self._goes_over:
            self._goes_over, self._until = False, at + SETTLING_NS

    def is_felt(self, since: int, until: int) -> bool:
        """Tell whether something that lasted from `since` to `until` may have been touched."""
        return self._since <= until and since <= self._until

    def _begin(self, step: Disturbed) -> None:
        if step.at > self._until:
            self._since = step.at
        self._session, self._until, self.cause = step.session, _FOREVER, step.text


class Unrests:
    """All unrest, by identity and CSMS: nothing where nobody was ever disturbed."""

    def __init__(self) -> None:
        self._unrests: dict[tuple[str, str], Unrest] = {}

    def note(self, step: Disturbed, session: Session) -> None:
        """Take up a step of a disturbance of a session."""
        self._unrests.setdefault(_key(session), Unrest()).note(step)

    def opened(self, session: Session) -> None:
        """Take up that a session was answered."""
        if unrest := self._unrests.get(_key(session)):
            unrest.open(session.answered_at or session.opened_at)

    def closed(self, session: Session) -> None:
        """Take up that a session has ended."""
        if unrest := self._unrests.get(_key(session)):
            unrest.close(session.id, session.closed_at or 0)

    def cause(self, session: Session, since: int, until: int) -> str | None:
        """Return what may have touched something that lasted from `since` to `until`; None where nothing can have."""
        unrest = self._unrests.get(_key(session)) if self._unrests else None
        return unrest.cause if unrest is not None and unrest.is_felt(since, until) else None


def _key(session: Session) -> tuple[str, str]:
    return session.identity, session.csms

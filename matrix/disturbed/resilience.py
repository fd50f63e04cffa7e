"""How a pair coped with a disturbance: facts about what came after it. They accuse nobody."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from matrix.exchange import Exchange
from matrix.secrets import told
from matrix.trace import Disturbed, Fault, Phase, Session, Side
from matrix.wire import CallResult

_OF_ANSWERS: Final = frozenset({Fault.DROP, Fault.DELAY})
_ENDS_IT: Final = frozenset({Fault.RESET, Fault.CLOSE, Fault.REFUSE})


class Resilience(msgspec.Struct, frozen=True, kw_only=True):
    """One disturbance of a session and what came of it. Times are nanoseconds since the epoch.

    `touched` are the frames that were dropped or held back. `over_at` is when the path was whole again; `lost_at` when
    the session ended, `lost_by` who ended it (None: the hub). `back_at` is when the station was connected again, in
    session `back_in`; `refused_in` are the sessions before that in which it came, and was refused on purpose.
    `repeated_at` is when the CALL of a touched answer, `repeated`, was sent again. `answered` is the
    first action that was called and answered by a CALLRESULT once the path was whole, at `answered_at`.
    """

    number: int
    session: int
    fault: Fault
    text: str
    begun_at: int
    touched: tuple[int, ...] = ()
    over_at: int | None = None
    lost_at: int | None = None
    lost_by: Side | None = None
    back_at: int | None = None
    back_in: int | None = None
    refused_in: tuple[int, ...] = ()
    repeated: str = ""
    repeated_at: int | None = None
    answered: str = ""
    answered_at: int | None = None

    @property
    def is_on(self) -> bool:
        return self.over_at is None and self.lost_at is None

    @property
    def whole_at(self) -> int | None:
        """Since when the two can talk again; None while they cannot."""
        return self.over_at if self.lost_at is None else self.back_at

    @property
    def sentence(self) -> str:
        """What came of it, in words."""
        return "; ".join(self._facts()) or ("it is on" if self.is_on else "nothing was heard since")

    def _facts(self) -> Iterator[str]:
        if self.fault in _OF_ANSWERS and not self.touched:
            yield "it waits for its answer" if self.is_on else "no such answer came"
        if self.repeated_at is not None:
            yield f"{told(self.repeated, 60)} was sent again after {_seconds(self.repeated_at - self.begun_at)}"
        if self.lost_at is not None:
            yield from self._loss(self.lost_at)
        if self.answered_at is not None and self.whole_at is not None:
            since = _seconds(self.answered_at - self.whole_at)
            yield f"{told(self.answered, 60)} was answered {since} after {'that' if self.back_at else 'it was over'}"

    def _loss(self, lost_at: int) -> Iterator[str]:
        if self.fault not in _ENDS_IT:
            who = self.lost_by.label if self.lost_by else "the hub"
            yield f"{who} ended the session {_seconds(lost_at - self.begun_at)} after it began"
        if self.refused_in:
            sessions = ", ".join(map(str, self.refused_in))
            yield f"the station came back and was refused on purpose, in session {sessions}"
        if self.back_at is None and not self.refused_in:
            yield "the station has not come back"
        elif self.back_at is not None:
            yield f"the station was back after {_seconds(self.back_at - lost_at)}, in session {self.back_in}"


class Aftermath:
    """Follows one disturbance; `result` is how it stands."""

    def __init__(self, step: Disturbed) -> None:
        self.result = Resilience(
            number=step.number, session=step.session, fault=step.fault, text=step.text, begun_at=step.at
        )
        self._taken: set[tuple[int, str]] = set()

    def step(self, step: Disturbed) -> None:
        """Take up a later step of the disturbance."""
        if step.phase is Phase.ENDED:
            self._note(over_at=step.at)
        elif step.phase is Phase.TOUCHED and step.frame is not None:
            self._note(begun_at=step.at, touched=(*self.result.touched, step.frame))

    def closed(self, session: Session) -> None:
        """Take up that a session of the pair has ended: a loss, unless the pair had got over the disturbance."""
        if session.id == self.result.session and self.result.answered_at is None:
            self._note(lost_at=session.closed_at, lost_by=session.closed_by)

    def opened(self, session: Session) -> None:
        """Take up that a session of the pair was opened."""
        if session.upgraded and self.result.lost_at is not None and self.result.back_at is None:
            self._note(back_at=session.answered_at or session.opened_at, back_in=session.id)

    def refused(self, session: Session) -> None:
        """Take up that a handshake of the pair was refused on purpose."""
        if self.result.lost_at is not None and self.result.back_at is None:
            self._note(refused_in=(*self.result.refused_in, session.id))

    def witness(self, exchange: Exchange) -> None:
        """Take up that an exchange of the pair was opened, or answered."""
        if exchange.answer_frame is None:
            self._called(exchange)
        elif exchange.answer_frame in self.result.touched:
            self._taken.add((exchange.content, exchange.id))
        elif isinstance(exchange.answer, CallResult):
            self._answered(exchange)

    def _called(self, exchange: Exchange) -> None:
        if self.result.repeated_at is None and self._is_repeated(exchange):
            self._note(repeated=exchange.action, repeated_at=exchange.at)

    def _is_repeated(self, exchange: Exchange) -> bool:
        """Tell whether a CALL says what one of the touched ones said; an empty one, only under the same id."""
        return any(
            content == exchange.content and (bool(exchange.request) or message_id == exchange.id)
            for content, message_id in self._taken
        )

    def _answered(self, exchange: Exchange) -> None:
        whole_at = self.result.whole_at
        if self.result.answered_at is None and whole_at is not None and exchange.at >= whole_at:
            self._note(answered=exchange.action, answered_at=exchange.answered_at)

    def _note(self, **facts: Any) -> None:
        self.result = msgspec.structs.replace(self.result, **facts)


class Aftermaths:
    """All disturbances, and those of each station at each CSMS that are followed: the latest, and any not got over."""

    def __init__(self) -> None:
        self._all: dict[int, Aftermath] = {}
        self._followed: dict[tuple[str, str], list[Aftermath]] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def results(self) -> list[Resilience]:
        """How each disturbance stands, in the order in which they began."""
        return [self._all[number].result for number in sorted(self._all)]

    def note(self, step: Disturbed, session: Session) -> None:
        """Take up a step of a disturbance of a session."""
        aftermath = self._all.get(step.number)
        if aftermath is not None:
            aftermath.step(step)
            return
        earlier = [each for each in self.of(session) if each.result.answered_at is None]
        if step.fault is Fault.REFUSE:
            for each in earlier:
                each.refused(session)
        self._all[step.number] = aftermath = Aftermath(step)
        self._followed[session.identity, session.csms] = [*earlier, aftermath]

    def of(self, session: Session) -> Sequence[Aftermath]:
        """Return the disturbances that are followed for the station and the CSMS of a session."""
        return self._followed.get((session.identity, session.csms), ())


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:.1f} s"

"""What the judge has said about the frames of each session, kept so that a screen finds it at once.

Written by the thread that judges, read by the one that draws: arrays only grow, and their length is what is valid. An
exchange costs about 50 bytes, so that a recording of a million messages fits easily.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern
from typing import Final, Protocol

from matrix.board import Evidence
from matrix.finding import Finding
from matrix.notes import NO_NOTES
from matrix.outcome import GRAVITY, Outcome
from matrix.resilience import Resilience
from matrix.trace import Session, Side
from tui.hearing import Hearing
from tui.tallies import Occurrence, Tallies

_NOTHING: Final = -1
_CODES: Final = {outcome: code for code, outcome in enumerate(GRAVITY)}


class JudgedExchange(Protocol):
    """What the judge reports when an exchange is opened, and again when it is settled."""

    session: int
    call_frame: int
    answer_frame: int | None
    row: str
    outcome: Outcome | None
    side: Side
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Joined:
    """A request and what answered it: frame ids, who asked, what it came to so far, and what shows that."""

    call: int
    answer: int | None
    action: str
    asker: Side
    outcome: Outcome | None
    evidence: Evidence | None = None


class SessionVerdicts:
    """The exchanges and findings of one session, by frame; `hearing` is what other sessions say about them."""

    def __init__(self, hearing: Hearing | None = None) -> None:
        self.hearing = hearing or Hearing()
        self.session: Session | None = None
        self.version = 0
        self.handshake: list[Finding] = []
        self.disturbances: tuple[Resilience, ...] = ()
        self.found_frames = array("q")
        self._findings: dict[int, list[Finding]] = {}
        self._calls = array("q")
        self._answers = array("q")
        self._outcomes = array("b")
        self._askers: list[Side] = []
        self._actions: list[str] = []
        self._answer_frames = array("q")
        self._answered = array("q")
        self._evidence: dict[int, Evidence] = {}

    def note_exchange(self, exchange: JudgedExchange) -> None:
        """Enter an exchange, or what has become of it."""
        self.version += 1
        place = bisect_left(self._calls, exchange.call_frame)
        if place == len(self._calls):
            self._enter(exchange)
        elif self._calls[place] != exchange.call_frame:
            return
        self._outcomes[place] = _NOTHING if exchange.outcome is None else _CODES[exchange.outcome]
        if exchange.evidence is not None:
            self._evidence[exchange.call_frame] = exchange.evidence
        elif self._evidence:
            self._evidence.pop(exchange.call_frame, None)
        if exchange.answer_frame is not None and not self._answers[place]:
            self._answers[place] = exchange.answer_frame
            self._answer_frames.append(exchange.answer_frame)
            self._answered.append(place)

    def note_finding(self, finding: Finding) -> None:
        """Enter a finding under its frame, or under the handshake."""
        self.version += 1
        if finding.frame is None:
            self.handshake.append(finding)
            return
        of_frame = self._findings.setdefault(finding.frame, [])
        of_frame.append(finding)
        if len(of_frame) == 1:
            insort(self.found_frames, finding.frame)

    def note_disturbances(self, disturbances: tuple[Resilience, ...]) -> None:
        """Take up how the disturbances of the session stand."""
        if disturbances != self.disturbances:
            self.version += 1
            self.disturbances = disturbances

    @property
    def disturbance(self) -> Resilience | None:
        """The disturbance that is on; None where there is none."""
        return next((each for each in reversed(self.disturbances) if each.is_on), None)

    def withheld(self, frame: int) -> str:
        """Say which disturbance kept a frame from being passed on (at once); nothing where none did."""
        return next((each.text for each in self.disturbances if frame in each.touched), "")

    def findings(self, frame: int) -> tuple[Finding, ...]:
        """Return what was found at a frame."""
        return tuple(self._findings.get(frame, ()))

    def joined(self, frame: int) -> Joined | None:
        """Return the exchange that a frame is the request or the answer of; None where it is of none."""
        place = bisect_left(self._calls, frame)
        if place < len(self._calls) and self._calls[place] == frame:
            return self._joined(place)
        place = bisect_left(self._answer_frames, frame)
        if place < len(self._answered) and self._answer_frames[place] == frame:
            return self._joined(self._answered[place])
        return None

    def next_found(self, frame: int, step: int = 1) -> int | None:
        """Return the next frame with findings after (or, with -1, before) a frame; None where there is none."""
        place = bisect_left(self.found_frames, frame + 1) if step > 0 else bisect_left(self.found_frames, frame) - 1
        return self.found_frames[place] if 0 <= place < len(self.found_frames) else None

    def last_call(self, action: str) -> int | None:
        """Return the frame of the last request of an action; None where there was none."""
        for place in range(len(self._calls) - 1, -1, -1):
            if self._actions[place] == action:
                return self._calls[place]
        return None

    def _enter(self, exchange: JudgedExchange) -> None:
        self._askers.append(exchange.side)
        self._actions.append(intern(exchange.row))
        self._answers.append(0)
        self._outcomes.append(_NOTHING)
        self._calls.append(exchange.call_frame)

    def _joined(self, place: int) -> Joined:
        code = self._outcomes[place]
        return Joined(
            call=self._calls[place],
            answer=self._answers[place] or None,
            action=self._actions[place],
            asker=self._askers[place],
            outcome=None if code == _NOTHING else GRAVITY[code],
            evidence=self._evidence.get(self._calls[place]),
        )


class Verdicts:
    """The verdicts on every session of a recording, and `notes`: what people say to them.

    `sessions` are as they were opened, in the order of recording.
    """

    def __init__(self) -> None:
        self.tallies = Tallies()
        self.notes = NO_NOTES
        self.hearing = Hearing()
        self.sessions: list[Session] = []
        self._sessions: dict[int, SessionVerdicts] = {}

    def of(self, session: int) -> SessionVerdicts:
        """Return the verdicts on a session; empty where the judge has not come to it yet."""
        found = self._sessions.get(session)
        if found is None:
            found = self._sessions.setdefault(session, SessionVerdicts(self.hearing))
        return found

    def before(self, session: Session) -> Session | None:
        """Return the session that its station had with the same CSMS before; None where there was none."""
        known = (each.session for each in [*self._sessions.values()])
        earlier = [each for each in known if each and each.identity == session.identity and each.csms == session.csms]
        return max((each for each in earlier if each.id < session.id), key=lambda each: each.id, default=None)

    def note_session(self, session: Session) -> None:
        """Keep what is known of a session itself."""
        verdicts = self.of(session.id)
        if verdicts.session is None:
            self.sessions.append(session)
        verdicts.session = session
        verdicts.version += 1

    def note_exchange(self, exchange: JudgedExchange) -> None:
        """Enter an exchange under its session."""
        self.of(exchange.session).note_exchange(exchange)

    def note_disturbances(self, disturbances: Iterable[Resilience]) -> None:
        """Enter disturbances under their sessions."""
        by_session: dict[int, tuple[Resilience, ...]] = {}
        for each in disturbances:
            by_session[each.session] = (*by_session.get(each.session, ()), each)
        for session, found in by_session.items():
            self.of(session).note_disturbances(found)

    def note_finding(self, finding: Finding, at: int) -> None:
        """Enter a finding that was made at `at` (ns) under its session, and count it."""
        verdicts = self.of(finding.session)
        verdicts.note_finding(finding)
        if verdicts.session is not None:
            self.tallies.note(finding, verdicts.session, at)

    def finding_at(self, rule: str, occurrence: Occurrence) -> Finding | None:
        """Return what a rule has found somewhere; peers' words may be in its text."""
        verdicts = self.of(occurrence.session)
        found = verdicts.handshake if occurrence.frame is None else verdicts.findings(occurrence.frame)
        return next((finding for finding in found if finding.rule == rule), None)

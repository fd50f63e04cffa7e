"""What the judge has said about the frames of each session, kept so that a screen finds it at once.

Written by the thread that judges, read by the one that draws: arrays only grow, and their length is what is valid. What
is read is what was known at the vantage that all of it shares: now, or a moment that has passed.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from matrix.boards.chronicle import Chronicle
from matrix.disturbed.resilience import Resilience
from matrix.exchange import Exchange
from matrix.finding import Finding
from matrix.notes import NO_NOTES, Notes
from matrix.outcome import Outcome
from matrix.rulebook import Crash
from matrix.trace import Session
from tui.reading.exchange_log import ExchangeLog, Joined, JudgedExchange
from tui.reading.hearing import Hearing
from tui.reading.tallies import Occurrence, Tallies
from tui.reading.vantage import NOW, Vantage

_NOT_ENDED: Final = {"closed_at": None, "closed_by": None, "ending": None, "station_close": None, "csms_close": None}
_NOT_BEGUN: Final = {**_NOT_ENDED, "status": None, "chosen": None, "answered_at": None}


class SessionVerdicts:
    """The exchanges and findings of one session, by frame; `hearing` is what other sessions say about them."""

    def __init__(self, hearing: Hearing | None = None, vantage: Vantage | None = None) -> None:
        self.vantage = vantage or Vantage()
        self.hearing = hearing or Hearing(self.vantage)
        self.version = 0
        self._session: Session | None = None
        self._began = self._ended = NOW
        self._handshake: list[tuple[int, Finding]] = []
        self._disturbances: list[tuple[int, tuple[Resilience, ...]]] = []
        self._found_frames = array("q")
        self._findings: dict[int, list[tuple[int, Finding]]] = {}
        self._exchanges = ExchangeLog()

    # -- what the judge says, by which mark ---------------------------------------------------------------------------

    def note_session(self, session: Session, mark: int) -> None:
        """Keep what is known of the session itself: when it was opened, and again when it has ended."""
        self.version += 1
        if self._session is None:
            self._began = mark
        if session.ending is not None:
            self._ended = mark
        self._session = session

    def note_exchange(self, exchange: JudgedExchange, mark: int) -> None:
        """Enter an exchange, or what has become of it; by NOW, if it is only presumed."""
        self.version += 1
        self._exchanges.note(exchange, mark)

    def note_finding(self, finding: Finding, mark: int) -> None:
        """Enter a finding under its frame, or under the handshake."""
        self.version += 1
        if finding.frame is None:
            self._handshake.append((mark, finding))
            return
        of_frame = self._findings.setdefault(finding.frame, [])
        of_frame.append((mark, finding))
        if len(of_frame) == 1:
            insort(self._found_frames, finding.frame)

    def note_disturbances(self, disturbances: tuple[Resilience, ...], mark: int) -> None:
        """Take up how the disturbances of the session stand."""
        if not self._disturbances or disturbances != self._disturbances[-1][1]:
            self.version += 1
            self._disturbances.append((mark, disturbances))

    # -- what was known -----------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session | None:
        """The session as it stood; None where the judge has not come to it yet."""
        session, until = self._session, self.vantage.mark
        if session is None or until >= self._ended:
            return session
        return msgspec.structs.replace(session, **(_NOT_ENDED if until >= self._began else _NOT_BEGUN))

    @property
    def is_known(self) -> bool:
        """True once the judge has come to the session, whenever one looks from."""
        return self._session is not None

    @property
    def has_begun(self) -> bool:
        """False where one looks from a moment before the session was opened."""
        return self.vantage.is_now or self.vantage.mark >= self._began

    @property
    def handshake(self) -> list[Finding]:
        """What was found about the handshake."""
        return [finding for mark, finding in self._handshake if mark <= self.vantage.mark]

    @property
    def disturbances(self) -> tuple[Resilience, ...]:
        """How the disturbances of the session stood."""
        until = self.vantage.mark
        return next((known for mark, known in reversed(self._disturbances) if mark <= until), ())

    @property
    def disturbance(self) -> Resilience | None:
        """The disturbance that is on; None where there is none."""
        return next((each for each in reversed(self.disturbances) if each.is_on), None)

    def withheld(self, frame: int) -> str:
        """Say which disturbance kept a frame from being passed on (at once); nothing where none did."""
        return next((each.text for each in self.disturbances if frame in each.touched), "")

    @property
    def found_frames(self) -> Sequence[int]:
        """The frames with findings, in order."""
        if self.vantage.is_now:
            return self._found_frames
        return [frame for frame in self._found_frames if self._is_found(frame)]

    def findings(self, frame: int) -> tuple[Finding, ...]:
        """Return what was found at a frame."""
        return tuple(finding for mark, finding in self._findings.get(frame, ()) if mark <= self.vantage.mark)

    def joined(self, frame: int) -> Joined | None:
        """Return the exchange that a frame is the request or the answer of; None where it is of none."""
        return self._exchanges.joined(frame, self.vantage.mark)

    def frames_with(self, outcome: Outcome) -> Iterator[int]:
        """Yield the frames of the requests and answers that came to an outcome."""
        return self._exchanges.frames_with(outcome, self.vantage.mark)

    def all_findings(self) -> Iterator[Finding]:
        """Yield everything that was found, at frames and at the handshake."""
        yield from self.handshake
        for frame in list(self._findings):
            yield from self.findings(frame)

    def next_found(self, frame: int, step: int = 1) -> int | None:
        """Return the next frame with findings after (or, with -1, before) a frame; None where there is none."""
        found = self._found_frames
        place = bisect_left(found, frame + 1) if step > 0 else bisect_left(found, frame) - 1
        while 0 <= place < len(found) and not self._is_found(found[place]):
            place += step
        return found[place] if 0 <= place < len(found) else None

    def last_call(self, action: str) -> int | None:
        """Return the frame of the last request of an action; None where there was none."""
        return self._exchanges.last_call(action, self.vantage.mark)

    def _is_found(self, frame: int) -> bool:
        return self._findings[frame][0][0] <= self.vantage.mark


class Verdicts:
    """The verdicts on every session of a recording, and the board that remembers how they came.

    `mark` is that of the item which is being judged. All is read as it was known at `vantage`; but `sessions` are all
    of them, as they were opened, in the order of recording.
    """

    def __init__(self) -> None:
        self.vantage = Vantage()
        self.chronicle = Chronicle()
        self.tallies = Tallies(self.vantage)
        self.hearing = Hearing(self.vantage)
        self.mark = 0
        self.sessions: list[Session] = []
        self.all_crashes: Sequence[Crash] = ()
        self.all_notes = NO_NOTES
        self._notes_then: tuple[Notes, int, Notes] = (NO_NOTES, NOW, NO_NOTES)
        self._sessions: dict[int, SessionVerdicts] = {}

    @property
    def notes(self) -> Notes:
        """What people had said."""
        notes, at = self.all_notes, self.vantage.at
        if self.vantage.is_now:
            return notes
        if self._notes_then[:2] != (notes, at):
            self._notes_then = notes, at, notes.as_of(at)
        return self._notes_then[2]

    @property
    def crashes(self) -> list[Crash]:
        """Which rules had crashed, and on what."""
        until = self.vantage.mark
        return [crash for crash in [*self.all_crashes] if crash.frame is None or crash.frame <= until]

    def crashes_at(self, session: int, frame: int | None) -> list[Crash]:
        """Return which rules had crashed on a frame, or on a handshake."""
        return [crash for crash in self.crashes if (crash.session, crash.frame) == (session, frame)]

    def of(self, session: int) -> SessionVerdicts:
        """Return the verdicts on a session; empty where the judge has not come to it yet."""
        found = self._sessions.get(session)
        if found is None:
            found = self._sessions.setdefault(session, SessionVerdicts(self.hearing, self.vantage))
        return found

    def before(self, session: Session) -> Session | None:
        """Return the session that its station had with the same CSMS before; None where there was none."""
        known = (each.session for each in [*self._sessions.values()])
        earlier = [each for each in known if each and each.identity == session.identity and each.csms == session.csms]
        return max((each for each in earlier if each.id < session.id), key=lambda each: each.id, default=None)

    def all(self) -> list[SessionVerdicts]:
        """Return the verdicts on all sessions that the judge has come to."""
        return list(self._sessions.values())

    def note_session(self, session: Session) -> None:
        """Keep what is known of a session itself."""
        verdicts = self.of(session.id)
        if not verdicts.is_known:
            self.sessions.append(session)
        verdicts.note_session(session, self.mark)

    def note_judged(self, exchange: Exchange) -> None:
        """Enter an exchange that a judge tells of, or what has become of it."""
        self.chronicle.told(exchange)
        self.note_exchange(exchange)

    def note_exchange(self, exchange: JudgedExchange) -> None:
        """Enter an exchange under its session."""
        self.of(exchange.session).note_exchange(exchange, self.mark)

    def note_disturbances(self, disturbances: Iterable[Resilience]) -> None:
        """Enter disturbances under their sessions."""
        by_session: dict[int, tuple[Resilience, ...]] = {}
        for each in disturbances:
            by_session[each.session] = (*by_session.get(each.session, ()), each)
        for session, found in by_session.items():
            self.of(session).note_disturbances(found, self.mark)

    def note_finding(self, finding: Finding, at: int) -> None:
        """Enter a finding that was made at `at` (ns) under its session, and count it."""
        verdicts = self.of(finding.session)
        verdicts.note_finding(finding, self.mark)
        if verdicts.session is not None:
            self.tallies.note(finding, verdicts.session, at, self.mark)

    def finding_at(self, rule: str, occurrence: Occurrence) -> Finding | None:
        """Return what a rule has found somewhere; peers' words may be in its text."""
        verdicts = self.of(occurrence.session)
        found = verdicts.handshake if occurrence.frame is None else verdicts.findings(occurrence.frame)
        return next((finding for finding in found if finding.rule == rule), None)

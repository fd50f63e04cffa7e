"""The event file in a running hub: stations are paired by it, moved by hand, and edits of it are taken up."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from hub.desk_state import DeskState, DeskStateError, load_state, plan_of, save_state, state_of
from hub.event_file import EventFile, EventFileError, Round, Stamp, read_event, stamp_of
from hub.event_remarks import remarks
from hub.limits import Limits
from hub.pairing import Move, Pairing, changes
from hub.switchboard import TUNNEL
from hub.timetable import Phase, Timetable
from hub.tls import KeyPair, TlsPolicy, UpstreamTls, upstreams
from matrix.safe import safe

LOOK_EVERY_S = 0.5
"""How often the file is looked at. An edit is taken up once it has been the same twice: somebody may be writing it."""
TOLD: Final = 10
"""How many mistakes of an edit are told, in the log and on screens."""
TOLD_LENGTH: Final = 400
"""Characters of each."""

log = logging.getLogger(__name__)


class Floor(Protocol):
    """The running hub, as far as an event changes it."""

    def take_up_event(self) -> None: ...
    def take_up_moves(self, moves: list[Move]) -> None: ...
    def is_connected(self, identity: str) -> bool: ...


class EventDesk:
    """Keeps the pairing of an event; `attach` it to the hub, on whose event loop it lives."""

    def __init__(
        self,
        event: EventFile,
        policy: TlsPolicy,
        overruled: Callable[[Limits], Limits] = lambda limits: limits,
        check: Callable[[EventFile], object] = lambda _event: None,
    ) -> None:
        """`policy` is for reaching CSMSes; `overruled` returns the event's limits as the command line has them.

        `check` raises a HubError where an event, this one or an edit of it, does not go with the command line.

        Raises:
            HubError: a certificate or CA of the event cannot be used, or it does not pass the check.
        """
        check(event)
        self._check = check
        self.pairing = Pairing(event)
        state = _kept(event)
        self.timetable = state.timetable(event)
        self._number = state.number if state.is_of(event) else None
        if self._number is not None and self._number <= len(self.timetable.rounds):
            self.pairing.meet(self.timetable.rounds[self._number - 1].pairs)
        self.pairing.put_back(state.moved)
        self.tls = _tls_of(event, policy)
        self._policy = policy
        self._overruled = overruled
        self._floor: Floor | None = None
        self.trouble = ""
        """Why the latest edit of the file is not in force; "" where it is."""

    @property
    def event(self) -> EventFile:
        """The event that is in force."""
        return self.pairing.event

    @property
    def limits(self) -> Limits:
        """What peers may cost the hub now."""
        return self._overruled(self.event.limits)

    def attach(self, floor: Floor) -> None:
        """Learn whom to tell of changes."""
        self._floor = floor

    def move(self, station: str, csms: str) -> list[Move]:
        """Pair a station, by product or identity, with another CSMS; its session is closed, so that it connects again.

        Raises:
            PairingError: there is no such station or CSMS.
        """
        moves = self.pairing.move(station, csms)
        self._tell(moves)
        self._keep()
        return moves

    def is_connected(self, identity: str) -> bool:
        """Tell whether a station has a connection to the CSMS that it is paired with, or is on its way there."""
        return self._floor is not None and self._floor.is_connected(identity)

    def swap(self, one: str, other: str) -> list[Move]:
        """Let two stations, by product or identity, change places; their sessions are closed.

        Raises:
            PairingError: there is no such station, or they are for the same CSMS.
        """
        moves = self.pairing.swap(one, other)
        self._tell(moves)
        self._keep()
        return moves

    # -- rounds -------------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where the event stands now."""
        return self.timetable.at(_now())

    def pause(self) -> Phase:
        """Stop the clock of the rounds: what is on stays on."""
        return self._set(self.timetable.paused(_now()))

    def resume(self) -> Phase:
        """Let the clock of the rounds go on."""
        return self._set(self.timetable.resumed(_now()))

    def shift(self, by: timedelta) -> Phase:
        """Make the round that is on longer (or shorter), and what is to come later (or earlier) by as much."""
        return self._set(self.timetable.shifted(_now(), by))

    def tick(self) -> None:
        """Put the round in force whose time it is, if that is another one than before."""
        phase = self.phase
        if phase.number is None or phase.number == self._number:
            return
        self._number = phase.number
        log.info("round %d of %d begins: %d pairs meet", phase.number, phase.of, len(phase.pairs))
        self._tell(self.pairing.meet(phase.pairs))
        self._keep()

    def _set(self, table: Timetable) -> Phase:
        self.timetable = table
        self.tick()
        self._keep()
        return self.phase

    def _keep(self) -> None:
        try:
            save_state(self.event, state_of(self.event, self.timetable, self.pairing.moved, self._number))
        except DeskStateError as exc:
            log.warning("%s; a restart of the hub would forget it", exc)

    def take_up(self, event: EventFile) -> list[Move]:
        """Put an edited event in force; sessions go on, but for those of stations that are for another CSMS now.

        Rounds whose times are written as before stay as they were shifted, and stations stay where they were moved.

        Raises:
            HubError: it cannot be used; what was in force stays so.
        """
        self._check(event)
        self.tls = _tls_of(event, self._policy)
        pairs, rounds = self.pairing.pairs, self.event.rounds
        self.pairing.take_up(event)
        if event.rounds != rounds:
            self._take_up_rounds(rounds, event.rounds)
        moves = changes(pairs, self.pairing.pairs)
        if self._floor is not None:
            self._floor.take_up_event()
        self._tell(moves)
        self._keep()
        return moves

    def _take_up_rounds(self, before: tuple[Round, ...], after: tuple[Round, ...]) -> None:
        self.timetable = self.timetable.edited(before, after)
        phase = self.phase
        self._number = phase.number
        if phase.number is not None or not after:  # between rounds, what the one before has paired stays so
            self.pairing.amend(phase.pairs if after else None)

    async def follow(self) -> None:
        """Begin rounds when their time comes, and take up edits of the file, until cancelled.

        An edit with a mistake is refused with its reason in the log.
        """
        path, edits = self.event.path, Edits(self.event.stamp)
        while True:
            self.tick()
            await asyncio.sleep(LOOK_EVERY_S)
            if edits.is_settled(stamp_of(path)):
                await self._look(path)

    async def _look(self, path: Path) -> None:
        try:
            moves = self.take_up(await asyncio.to_thread(read_event, path))
        except EventFileError as exc:
            mistakes = some_of(exc.sentences)
            self.trouble = "\n".join(mistakes)
            for line in mistakes:
                log.warning("%s", line)
            log.warning("%s was edited and has mistakes: what was in force before stays so", safe(str(path)))
        except Exception as exc:  # a file of the organizer's must not end the event
            self.trouble = safe(str(exc), TOLD_LENGTH)
            log.warning("%s was edited and cannot be used: %s; what was in force stays so", safe(str(path)), exc)
        else:
            self.trouble = ""
            log.info("%s was edited: taken up, %d stations are for another CSMS now", safe(str(path)), len(moves))
            log_remarks(self.event)

    def _tell(self, moves: list[Move]) -> None:
        for each in moves:
            before, after = each.before or "no CSMS", each.after or "no CSMS"
            log.info("%s is moved from %s to %s", safe(each.identity), before, after)
        if self._floor is not None:
            self._floor.take_up_moves(moves)


class Edits:
    """Tells when a file is to be read again; `seen` is its stamp as it was read. Does no I/O."""

    def __init__(self, seen: Stamp | None) -> None:
        self._seen = self._latest = seen

    def is_settled(self, now: Stamp | None) -> bool:
        """Tell whether a file is another one than was read, and the same as a look before: nobody is writing it."""
        is_still, self._latest = now == self._latest, now
        if now is None or now == self._seen or not is_still:
            return False
        self._seen = now
        return True


def some_of(mistakes: Sequence[str]) -> list[str]:
    """Return the first mistakes of a file, one a line, for where there is no room for thousands."""
    told = [safe(each, TOLD_LENGTH) for each in mistakes[:TOLD]]
    more = len(mistakes) - TOLD
    return [*told, f"and {more} more: `plugfest event check` names them all"] if more > 0 else told


def log_remarks(event: EventFile) -> None:
    """Say in the log what the organizer may not have meant."""
    for line in remarks(event):
        log.info("%s", safe(line, 400))


def _now() -> datetime:
    return datetime.now(UTC)


def _kept(event: EventFile) -> DeskState:
    try:
        return load_state(event)
    except DeskStateError as exc:
        log.warning("%s; it is begun anew", exc)
        return DeskState(plan_of(event.rounds))


def reachable(event: EventFile) -> dict[str, str]:
    """Return the URLs of the CSMSes by name, `tunnel:` for those that their participants bring."""
    return {name: csms.url or TUNNEL for name, csms in event.csmses.items()}


def _tls_of(event: EventFile, policy: TlsPolicy) -> dict[str, UpstreamTls]:
    products = [csms for csms in event.csmses.values() if csms.url is not None]
    return upstreams(
        reachable(event),
        policy,
        cas={csms.name: csms.ca for csms in products if csms.ca is not None},
        names={csms.name: csms.server_name for csms in products if csms.server_name is not None},
        pairs={csms.name: KeyPair(csms.certificate, csms.key) for csms in products if csms.certificate is not None},
    )

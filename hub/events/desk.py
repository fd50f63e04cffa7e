"""The event file in a running hub: stations are paired by it, moved by hand, and edits of it are taken up."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from hub.events.desk_state import DeskState, DeskStateError, Keeper, load_state, state_of
from hub.events.edits import TOLD_LENGTH, Edits, some_of
from hub.events.event import EventFile, Round
from hub.events.file import EventFileError, read_event, stamp_of
from hub.events.pairing import Move, Pairing, changes
from hub.events.remarks import remarks
from hub.events.timetable import Phase, Timetable
from hub.handshake.switchboard import TUNNEL
from hub.limits import Limits
from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls, upstreams
from matrix.safe import safe

LOOK_EVERY_S = 0.5
"""How often the file is looked at. An edit is taken up once it has been the same twice: somebody may be writing it."""
SET_BACK: Final = timedelta(minutes=1)
"""By how much a machine's clock may be set back at most for that to be a correction, and not another time of day."""

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
        self.timetable = state.timetable
        self._number = state.begun if state.met is not None else None
        self.pairing.put_back(state.met, state.moved)
        self._take_up_rounds(state.written)  # the file may have been edited while no hub ran
        self.tls = _tls_of(event, policy)
        self._policy = policy
        self._overruled = overruled
        self._floor: Floor | None = None
        self._keeper = Keeper()
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
        self._keep()

    def move(self, station: str, csms: str) -> list[Move]:
        """Pair a station, by product or identity, with another CSMS; its session is closed, so that it connects again.

        Raises:
            PairingError: there is no such station or CSMS.
        """
        moves = self.pairing.move(station, csms)
        self._keep_and_tell(moves)
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
        self._keep_and_tell(moves)
        return moves

    # -- rounds -------------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where the event stands now."""
        return self.timetable.at(self._time())

    def pause(self) -> Phase:
        """Stop the clock of the rounds: what is on stays on."""
        return self._set(self.timetable.paused(self._time()))

    def resume(self) -> Phase:
        """Let the clock of the rounds go on."""
        return self._set(self.timetable.resumed(self._time()))

    def shift(self, by: timedelta) -> Phase:
        """Make the round that is on longer (or shorter), and what is to come later (or earlier) by as much."""
        return self._set(self.timetable.shifted(self._time(), by))

    def tick(self) -> None:
        """Put the round in force whose time it is, if that is another one than before."""
        phase = self.phase
        if self._is_due(phase):
            self._keep_and_tell(self._begin(phase))

    def _is_due(self, phase: Phase) -> bool:
        return phase.number is not None and phase.number != self._number

    def _begin(self, phase: Phase) -> list[Move]:
        self._number = phase.number
        log.info("round %d of %d begins: %d pairs meet", phase.number, phase.of, len(phase.pairs))
        return self.pairing.meet(phase.pairs)

    @property
    def _last(self) -> Round | None:
        """The round that was put in force last, as it is kept; None where the file has it no longer."""
        return self.timetable.rounds[self._number - 1] if self._number is not None else None

    def _time(self) -> datetime:
        """Return the time by the machine's clock; one that is set back a little begins no round a second time."""
        now, begun_at = _now(), self._last.starts if self._last else None
        return begun_at if begun_at is not None and now < begun_at <= now + SET_BACK else now

    def _set(self, table: Timetable) -> Phase:
        self.timetable = table
        self._keep()
        self.tick()
        return self.phase

    async def kept(self) -> str:
        """Wait until what was changed so far survives the hub: who gave an order is answered then.

        Return why it does not, "" where it does.
        """
        return await self._keeper.kept()

    def _keep(self) -> None:
        self._keeper.keep(self.event, state_of(self.event, self.timetable, self.pairing, self._number))

    def _keep_and_tell(self, moves: list[Move]) -> None:
        """Keep what has changed, and let the hub know, whose fault would leave it kept."""
        self._keep()
        self._tell(moves)

    def take_up(self, event: EventFile) -> list[Move]:
        """Put an edited event in force; sessions go on, but for those of stations that are for another CSMS now.

        Rounds whose times are written as before stay as they were shifted. Stations stay where they were moved, unless
        the edit says something else of them in the round that is on, or another round begins by it.

        Raises:
            HubError: it cannot be used; what was in force stays so.
        """
        self._check(event)
        self.tls = _tls_of(event, self._policy)
        pairs, rounds = self.pairing.pairs, self.event.rounds
        self.pairing.take_up(event)
        self._take_up_rounds(rounds)
        moves = changes(pairs, self.pairing.pairs)
        self._keep()
        if self._floor is not None:
            self._floor.take_up_event()
        self._tell(moves)
        return moves

    def _take_up_rounds(self, before: tuple[Round, ...]) -> None:
        """Go on with the rounds of the event; `before` is how the file had them when the timetable was made."""
        now, last, after = self._time(), self._last, self.event.rounds
        is_another = self._is_due(self.timetable.at(now))
        self.timetable = self.timetable.edited(before, after)
        phase = self.timetable.at(now)
        if phase.number is not None and (is_another or not self._is_same(phase.number, last)):
            self._begin(phase)
        elif phase.number is not None or not after:  # between rounds, what the one before has paired stays so
            self.pairing.amend(phase.pairs if after else None)
        begun = self.timetable.begun(now)
        self._number = begun if begun and self.pairing.met == dict(after[begun - 1].pairs) else None

    def _is_same(self, number: int, last: Round | None) -> bool:
        """Tell whether a round is the one that began last: its number or its time may have been edited."""
        return last is not None and (number == self._number or self.timetable.rounds[number - 1].starts == last.starts)

    async def follow(self) -> None:
        """Begin rounds when their time comes, and take up edits of the file, until cancelled.

        An edit with a mistake is refused with its reason in the log.
        """
        path, edits = self.event.path, Edits(self.event.stamp)
        while True:
            try:
                self.tick()
            except Exception:  # whatever one session comes to, the rounds after this one begin
                log.exception("a round has begun, and not everybody may know")
            await asyncio.sleep(LOOK_EVERY_S)
            if edits.is_settled(stamp_of(path)):
                await self._look(path)

    async def _look(self, path: Path) -> None:
        try:
            moves = self.take_up(await asyncio.to_thread(read_event, path))
        except EventFileError as exc:
            beside = f"{path.parent}{os.sep}"  # a long path would leave no room for what is wrong
            self.trouble = "\n".join(some_of([each.removeprefix(beside) for each in exc.sentences]))
            for line in some_of(exc.sentences):
                log.warning("%s", line)
            log.warning("%s has mistakes by now: what was in force before stays so", safe(str(path)))
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
        return DeskState()


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

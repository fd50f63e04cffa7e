"""The event file in a running hub: stations are paired by it, moved by hand, and edits of it are taken up."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hub.event_file import EventFile, EventFileError, read_event, stamp_of
from hub.limits import Limits
from hub.pairing import Move, Pairing
from hub.tls import KeyPair, TlsPolicy, UpstreamTls, upstreams
from matrix.safe import safe

LOOK_EVERY_S = 1.0
"""How often the file is looked at: an edit is in force within that, and a copy of a few hundred lines costs nothing."""

log = logging.getLogger(__name__)


class Floor(Protocol):
    """The running hub, as far as an event changes it."""

    def take_up_event(self) -> None: ...
    def take_up_moves(self, moves: list[Move]) -> None: ...


class EventDesk:
    """Keeps the pairing of an event; `attach` it to the hub, on whose event loop it lives."""

    def __init__(
        self, event: EventFile, policy: TlsPolicy, overruled: Callable[[Limits], Limits] = lambda limits: limits
    ) -> None:
        """`policy` is for reaching CSMSes; `overruled` returns the event's limits as the command line has them.

        Raises:
            TlsError: a certificate or CA of the event cannot be used.
        """
        self.pairing = Pairing(event)
        self.tls = _tls_of(event, policy)
        self._policy = policy
        self._overruled = overruled
        self._floor: Floor | None = None

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
        return moves

    def take_up(self, event: EventFile) -> list[Move]:
        """Put an edited event in force; sessions go on, but for those of stations that are for another CSMS now.

        Raises:
            TlsError: a certificate or CA of it cannot be used; what was in force stays so.
        """
        self.tls = _tls_of(event, self._policy)
        moves = self.pairing.take_up(event)
        if self._floor is not None:
            self._floor.take_up_event()
        self._tell(moves)
        return moves

    async def follow(self) -> None:
        """Take up edits of the file until cancelled; one with a mistake is refused with its reason in the log."""
        path, seen = self.event.path, self.event.stamp
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = stamp_of(path)
            if now is not None and now != seen:
                seen = now
                await self._look(path)

    async def _look(self, path: Path) -> None:
        try:
            moves = self.take_up(await asyncio.to_thread(read_event, path))
        except EventFileError as exc:
            for line in exc.sentences:
                log.warning("%s", safe(line, 400))
            log.warning("%s was edited and has mistakes: what was in force before stays so", safe(str(path)))
        except Exception as exc:  # a file of the organizer's must not end the event
            log.warning("%s was edited and cannot be used: %s; what was in force stays so", safe(str(path)), exc)
        else:
            log.info("%s was edited: taken up, %d stations are for another CSMS now", safe(str(path)), len(moves))

    def _tell(self, moves: list[Move]) -> None:
        for each in moves:
            before, after = each.before or "no CSMS", each.after or "no CSMS"
            log.info("%s is moved from %s to %s", safe(each.identity), before, after)
        if self._floor is not None:
            self._floor.take_up_moves(moves)


def reachable(event: EventFile) -> dict[str, str]:
    """Return the URLs of the CSMSes that the hub dials, by name."""
    return {name: csms.url for name, csms in event.csmses.items() if csms.url is not None}


def _tls_of(event: EventFile, policy: TlsPolicy) -> dict[str, UpstreamTls]:
    products = [csms for csms in event.csmses.values() if csms.url is not None]
    return upstreams(
        reachable(event),
        policy,
        cas={csms.name: csms.ca for csms in products if csms.ca is not None},
        names={csms.name: csms.server_name for csms in products if csms.server_name is not None},
        pairs={csms.name: KeyPair(csms.certificate, csms.key) for csms in products if csms.certificate is not None},
    )

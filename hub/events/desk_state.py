"""What the organizer changed by hand while the hub ran, kept beside the event file: a restart goes on with it."""

import asyncio
import logging
import os
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from hub.errors import HubError
from hub.events.event import EventFile, Round
from hub.events.pairing import Pairing
from hub.events.timetable import Timetable
from hub.recording.place import sync

log = logging.getLogger(__name__)


class DeskStateError(HubError):
    """The state cannot be kept or read; the message says why."""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]


class KeptRound(msgspec.Struct, frozen=True):
    """When a round begins and how long it lasts (seconds), as the file had it, and as it was shifted."""

    written: Moment
    written_lasts_s: Seconds
    starts: Moment
    lasts_s: Seconds


class DeskState(msgspec.Struct, frozen=True):
    """Stations moved by hand (identity to CSMS, None: it rests), and the rounds as they were shifted and paused.

    `begun` is the number of the round that began last, and `met` who meets whom by it (product to CSMS), also once the
    file has other rounds; None where none has begun.
    """

    moved: dict[str, str | None] = {}
    rounds: list[KeptRound] = []
    paused_at: Moment | None = None
    begun: Annotated[int, msgspec.Meta(ge=1)] | None = None
    met: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.begun is not None and self.begun > len(self.rounds):
            raise ValueError(f"there is no round {self.begun} in it")

    @property
    def written(self) -> tuple[Round, ...]:
        """The rounds with their times as the file had them, without their pairs."""
        return tuple(_round(each.written, each.written_lasts_s) for each in self.rounds)

    @property
    def timetable(self) -> Timetable:
        """The rounds as they were shifted and paused, without their pairs."""
        return Timetable(tuple(_round(each.starts, each.lasts_s) for each in self.rounds), self.paused_at)


def _round(starts: datetime, lasts_s: float) -> Round:
    return Round(starts=starts, lasts=timedelta(seconds=lasts_s), pairs=())


def state_of(event: EventFile, table: Timetable, pairing: Pairing, begun: int | None) -> DeskState:
    """Return what is to be kept, as it is now."""
    rounds = [
        KeptRound(old.starts, old.lasts.total_seconds(), each.starts, each.lasts.total_seconds())
        for old, each in zip(event.rounds, table.rounds, strict=True)
    ]
    return DeskState(dict(pairing.moved), rounds, table.paused_at, begun, pairing.met)


def state_path(event: Path) -> Path:
    """Return where the state of an event file is kept."""
    return event.with_name(f"{event.name}.state")


def load_state(event: EventFile) -> DeskState:
    """Return what was kept; an empty state where nothing was.

    Raises:
        DeskStateError: there is something that is no state.
    """
    path = state_path(event.path)
    try:
        return msgspec.json.decode(path.read_bytes(), type=DeskState)
    except FileNotFoundError:
        return DeskState()
    except (OSError, msgspec.DecodeError) as exc:
        raise DeskStateError(f"what was changed by hand cannot be read from {str(path)!r}: {exc}") from exc


def save_state(event: EventFile, state: DeskState) -> None:
    """Keep a state: the file holds the old one or the new one, whenever the hub is killed or the power goes.

    Raises:
        DeskStateError: it cannot be written.
    """
    path = state_path(event.path)
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync(path.parent)
    except OSError as exc:
        raise DeskStateError(f"what is changed by hand cannot be kept in {str(path)!r}: {exc.strerror}") from exc


class Keeper:
    """Keeps states in a thread of its own, one after the other: the event loop waits for no disk."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._latest: Future[str] | None = None

    def keep(self, event: EventFile, state: DeskState) -> None:
        """Have a state kept, after those before it; the log says what cannot be kept. Without an event loop, wait."""
        self._latest = self._thread.submit(_keep, event, state)
        if not _is_on_a_loop():
            self._latest.result()

    async def kept(self) -> str:
        """Wait until the latest state is kept; return why it is not, or "". Who waits no longer stops nothing."""
        return "" if self._latest is None else await asyncio.shield(asyncio.wrap_future(self._latest))


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _keep(event: EventFile, state: DeskState) -> str:
    """Keep a state; return why it cannot be kept, or ""."""
    try:
        save_state(event, state)
    except DeskStateError as exc:
        trouble = f"{exc}; a restart of the hub would forget it"
        log.warning("%s", trouble)
        return trouble
    return ""

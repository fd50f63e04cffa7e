"""What the organizer changed by hand while the hub ran, kept beside the event file: a restart goes on with it."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from hub.errors import HubError
from hub.event_file import EventFile, Round
from hub.schedule import as_toml
from hub.timetable import Timetable


class DeskStateError(HubError):
    """The state cannot be kept or read; the message says why."""


class Timed(msgspec.Struct, frozen=True):
    """When a round really begins, and how long it lasts (seconds)."""

    starts: datetime
    lasts_s: float


class DeskState(msgspec.Struct, frozen=True):
    """Stations moved by hand (identity to CSMS, None: it rests), and the rounds as they were shifted and paused.

    `plan` is a digest of the rounds as the event file has them: other rounds are begun anew. `number` is the round that
    was put in force last.
    """

    plan: str
    moved: dict[str, str | None] = {}
    times: list[Timed] = []
    paused_at: datetime | None = None
    number: int | None = None

    def is_of(self, event: EventFile) -> bool:
        """Tell whether these are the rounds that the event file has."""
        return self.plan == plan_of(event.rounds) and len(self.times) == len(event.rounds)

    def timetable(self, event: EventFile) -> Timetable:
        """Return the rounds of an event as they were shifted and paused; as they are written, where they are others."""
        if not self.is_of(event):
            return Timetable(event.rounds)
        rounds = tuple(
            Round(starts=time.starts, lasts=timedelta(seconds=time.lasts_s), pairs=each.pairs)
            for each, time in zip(event.rounds, self.times, strict=True)
        )
        return Timetable(rounds, self.paused_at)


def state_of(event: EventFile, table: Timetable, moved: dict[str, str | None], number: int | None) -> DeskState:
    """Return what is to be kept."""
    times = [Timed(each.starts, each.lasts.total_seconds()) for each in table.rounds]
    return DeskState(plan_of(event.rounds), moved, times, table.paused_at, number)


def plan_of(rounds: tuple[Round, ...]) -> str:
    """Return a digest of rounds."""
    return hashlib.sha256(as_toml(rounds).encode("utf-8", "surrogatepass")).hexdigest()


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
        return DeskState(plan_of(event.rounds))
    except (OSError, msgspec.DecodeError) as exc:
        raise DeskStateError(f"what was changed by hand cannot be read from {str(path)!r}: {exc}") from exc


def save_state(event: EventFile, state: DeskState) -> None:
    """Keep a state: the file holds the old one or the new one, whenever the hub is killed.

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
    except OSError as exc:
        raise DeskStateError(f"what is changed by hand cannot be kept in {str(path)!r}: {exc.strerror}") from exc

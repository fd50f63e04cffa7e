"""`plugfest event`: writing and checking an event file, and moving stations at a running hub."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import click
import msgspec

from hub.access.scope import Shown, ViewingPolicy
from hub.errors import HubError
from hub.events.control import ClockOrder, DeskAt, MoveOrder, PairShown, SwapOrder
from hub.events.coverage import Meeting
from hub.events.event import EventFile
from hub.events.file import read_event
from hub.events.remarks import remarks
from hub.events.schedule import as_toml, meetings, rounds_of, timed
from matrix.safe import safe
from tui.event_clock import clock_line


class EventError(HubError):
    """An event file cannot be written there, or no plan can be made from it."""


def sample() -> str:
    """Return a commented event file."""
    return files("tui").joinpath("event_sample.toml").read_text()


def run_init(path: Path) -> None:
    """Write a commented event file where there is none.

    Raises:
        EventError: there is a file already, or it cannot be written.
    """
    try:
        with path.open("x") as file:
            file.write(sample())
    except FileExistsError:
        raise EventError(f"there is a file at {str(path)!r} already; it was left alone") from None
    except OSError as exc:
        raise EventError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc
    click.echo(f"wrote {path}; edit it, then: plugfest event check {path}")


def run_check(path: Path) -> None:
    """Say what an event file holds.

    Raises:
        EventFileError: there are mistakes in it; each is told with its line.
    """
    event = read_event(path)
    click.echo(summary(event))
    for line in remarks(event):
        click.echo(f"worth a look: {safe(line, 400)}")


def summary(event: EventFile) -> str:
    """Return what an event file holds, in a few lines."""
    identities = sum(len(each.identities) for each in event.stations.values())
    absent = [each.vendor for each in event.participants.values() if each.is_absent]
    lines = [
        f"{safe(event.name, 100)}: {_count(len(event.participants), 'participant')},"
        f" {_count(len(event.stations), 'station product')} ({_count(identities, 'identity', 'identities')}),"
        f" {_count(len(event.csmses), 'CSMS', 'CSMSes')}, {_count(len(event.rounds), 'round')}",
        _shown_to_whom(event.viewing),
        *([f"absent: {safe(', '.join(absent), 400)}"] if absent else []),
        *(
            f"rule {code}: {each.severity or 'off'} ({safe(each.reason, 100)})"
            for code, each in sorted(event.policy.items())
        ),
    ]
    return "\n".join(lines)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _shown_to_whom(viewing: ViewingPolicy) -> str:
    """Say what the page shows to whom."""
    names = "" if viewing.is_anonymous else ", by name"
    hall = "everything" if viewing.hall is Shown.EVERYTHING else f"{viewing.hall}{names}"
    return f"participants see {viewing.participants} of others{names}, the hall sees {hall}"


def run_pairs(desk: DeskAt) -> None:
    """Print which station is for which CSMS now.

    Raises:
        ControlError: the hub cannot be asked.
    """
    found = asyncio.run(desk.pairs())
    for each in found.pairs:
        click.echo(f"{safe(each.identity, 60)}  {safe(each.product, 60)}  {each.csms or '(none)'}")
    if not found.pairs:
        click.echo("the event has no stations")


def run_move(desk: DeskAt, station: str, csms: str) -> None:
    """Have a hub pair a station with another CSMS.

    Raises:
        ControlError: the hub cannot be asked, or there is no such station or CSMS.
    """
    moved = asyncio.run(desk.move(MoveOrder(station, csms)))
    _show_moved(moved)
    if not moved:
        click.echo(f"{safe(station, 60)} is for {csms} already")


def _show_moved(moved: Sequence[PairShown]) -> None:
    for each in moved:
        click.echo(_line(each))
        if each.remark:
            click.echo(f"worth a look: {safe(each.remark, 400)}", err=True)


def _line(each: PairShown) -> str:
    return f"{safe(each.identity, 60)}: from {each.before or 'no CSMS'} to {each.csms or 'no CSMS'}"


def run_swap(desk: DeskAt, one: str, other: str) -> None:
    """Have a hub let two stations change places.

    Raises:
        ControlError: the hub cannot be asked, there is no such station, or they are for the same CSMS.
    """
    _show_moved(asyncio.run(desk.swap(SwapOrder(one, other))))


def run_schedule(path: Path, start: datetime, lasts: timedelta, pause: timedelta, *, with_own: bool) -> None:
    """Print a round-robin plan for an event file, as TOML to be added to it.

    Raises:
        EventFileError: there are mistakes in the file.
        EventError: nobody can meet anybody.
    """
    event = read_event(path)
    pairs = meetings(event, with_own=with_own)
    if not pairs:
        raise EventError(f"nobody in {str(path)!r} can meet anybody: no two are present and have a version in common")
    rounds = timed(rounds_of(pairs), start, lasts, pause)
    if start < datetime.now(UTC):
        click.echo("plugfest: this plan begins in the past", err=True)
    if event.rounds:
        click.echo(
            f"plugfest: {path} has {_count(len(event.rounds), 'round')} already; this plan comes on top", err=True
        )
    met = f"{_count(len(pairs), 'meeting')} in {_count(len(rounds), 'round')}"
    click.echo(f"# {met}, until {rounds[-1].ends:%Y-%m-%d %H:%M}")
    click.echo(as_toml(rounds), nl=False)


def show_coverage(found: Sequence[Meeting], *, as_json: bool) -> None:
    """Print what is left to test, the most worthwhile meeting first."""
    if as_json:
        click.echo(msgspec.json.encode([asdict(each) for each in found]).decode())
        return
    for each in found:
        state = f"{each.tested} of {each.exist} message types tested" if each.tested else "never met"
        if each.wrong:
            state += f", {each.wrong} of them wrong"
        click.echo(f"{safe(each.station, 60)} with {each.csms} in {each.version}: {state}")
    if not found:
        click.echo("nobody can meet anybody: no two are present and have a version in common")


def run_clock(desk: DeskAt, wanted: ClockOrder | None) -> None:
    """Have a hub pause, resume or shift its rounds, and print where its event stands.

    Raises:
        ControlError: the hub cannot be asked.
    """
    phase = asyncio.run(desk.clock(wanted))
    click.echo(clock_line(phase))
    for station, csms in phase.pairs:
        click.echo(f"  {safe(station, 60)} meets {csms}")

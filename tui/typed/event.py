"""`plugfest event`, as it is typed. What it does is imported when it runs."""

from pathlib import Path

import rich_click as click

from tui.typed.completing import files
from tui.typed.errors import fail, reported
from tui.typed.options import CA, FILE, RECORDING, TOKEN, opened_recording


@click.group()
def event() -> None:
    """Write and check an event file, and move stations from one CSMS to another."""


@event.command("init", epilog="Example: plugfest event init event.toml")
@click.argument("file", type=FILE)
def event_init(file: Path) -> None:
    """Write a commented event file, where there is none yet."""
    from tui.commands.event import run_init

    reported(lambda: run_init(file))


@event.command("check", epilog="Example: plugfest event check event.toml")
@click.argument("file", type=FILE)
def event_check(file: Path) -> None:
    """Say what an event file holds, or name each mistake in it by its line; exit status 2 then."""
    from tui.commands.event import run_check

    reported(lambda: run_check(file))


@event.command("pairs", epilog="Example: plugfest event pairs event.recording")
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@CA
@TOKEN
def event_pairs(source: str, *, ca: Path | None, token: str | None) -> None:
    """Print which station is for which CSMS now."""
    from hub.events.control import DeskAt
    from tui.commands.event import run_pairs

    reported(lambda: run_pairs(DeskAt(source, ca, token)))


@event.command("move", epilog="Example: plugfest event move event.recording VOLTA-1 lotus")
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@click.argument("station", metavar="STATION")
@click.argument("csms", metavar="CSMS")
@CA
@TOKEN
def event_move(source: str, station: str, csms: str, *, ca: Path | None, token: str | None) -> None:
    """Pair a station, by its product or identity, with another CSMS.

    Its session is closed with 1012 (service restart), so that it connects again and reaches the new one. That is so for
    stations that connect to ws://HUB/IDENTITY; one that names its CSMS in the URL stays there.
    """
    from hub.events.control import DeskAt
    from tui.commands.event import run_move

    reported(lambda: run_move(DeskAt(source, ca, token), station, csms))


@event.command("swap", epilog='Example: plugfest event swap event.recording "Volta One" "Volta Two"')
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@click.argument("one", metavar="STATION")
@click.argument("other", metavar="STATION")
@CA
@TOKEN
def event_swap(source: str, one: str, other: str, *, ca: Path | None, token: str | None) -> None:
    """Let two stations, by their products or identities, change places: each meets the CSMS of the other.

    Their sessions are closed as by `move`. A station that rests may be one of them: the other one rests then.
    """
    from hub.events.control import DeskAt
    from tui.commands.event import run_swap

    reported(lambda: run_swap(DeskAt(source, ca, token), one, other))


@event.command("schedule", epilog="Example: plugfest event schedule event.toml --start 2026-11-23T09:00:00+01:00")
@click.argument("file", type=FILE)
@click.option(
    "--start", required=True, metavar="TIME", help="When the first round begins, with an offset from UTC; or now."
)
@click.option("--minutes", type=click.IntRange(1, 1440), default=30, show_default=True, help="How long a round lasts.")
@click.option("--pause", type=click.IntRange(0, 1440), default=5, show_default=True, help="Minutes between two rounds.")
@click.option("--skip-own", is_flag=True, help="Leave out pairs of one participant.")
def event_schedule(file: Path, start: str, minutes: int, pause: int, *, skip_own: bool) -> None:
    """Print a round-robin plan, as TOML to add to the event file.

    Every station product meets every CSMS that it has a version in common with, nobody two at a time, in as few rounds
    as there can be; who is absent is left out.
    """
    from datetime import datetime, timedelta

    from tui.commands.event import run_schedule

    try:
        soon = datetime.now().astimezone().replace(second=0, microsecond=0) + timedelta(minutes=1)
        begins = soon if start == "now" else datetime.fromisoformat(start)
    except ValueError:
        fail(f"--start wants a time such as 2026-11-23T09:00:00+01:00, or now, got {start!r}")
    if begins.tzinfo is None:
        fail(f"--start has no offset from UTC: {start!r}; write Z, or one such as +01:00")
    lasts, between = timedelta(minutes=minutes), timedelta(minutes=pause)
    reported(lambda: run_schedule(file, begins, lasts, between, with_own=not skip_own))


@event.command("coverage", epilog="Example: plugfest event coverage event.toml event.recording")
@click.argument("file", type=FILE)
@click.argument("recording", type=RECORDING)
@click.option("--json", "as_json", is_flag=True, help="One JSON array: what there is of each meeting.")
def event_coverage(file: Path, recording: Path, *, as_json: bool) -> None:
    """Say which pairs of the event are untested, and which meeting is worth most next: that comes first."""
    reported(lambda: _coverage(file, recording, as_json=as_json))


def _coverage(file: Path, path: Path, *, as_json: bool) -> None:
    from hub.events.coverage import coverage
    from hub.events.file import read_event
    from tui.commands.event import show_coverage
    from tui.commands.judging import judge_all

    event = read_event(file)
    with opened_recording(path) as recording:
        view = judge_all(recording, event.policy).board.view()
        show_coverage(coverage(event, recording.sessions(), view), as_json=as_json)


@event.command("clock", epilog="Example: plugfest event clock event.recording shift 10")
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@click.argument("what", type=click.Choice(["show", "pause", "resume", "shift"]), default="show")
@click.argument("minutes", type=float, required=False)
@CA
@TOKEN
def event_clock(
    source: str, what: str, minutes: float | None, *, ca: Path | None, token: str | None
) -> None:  # fmt: skip
    """Say which round is on at a hub, pause or resume its rounds, or shift them by MINUTES.

    A shift makes the round that is on longer, and what comes later later; with -10, shorter and earlier by ten minutes.
    """
    from hub.events.control import LONGEST_SHIFT_S, ClockOrder, DeskAt
    from tui.commands.event import run_clock

    if (minutes is not None) != (what == "shift"):
        fail("shift wants the minutes: shift 10, or shift -- -10" if minutes is None else f"{what} takes no minutes")
    if minutes is not None and not abs(minutes) * 60 <= LONGEST_SHIFT_S:  # NaN, too
        fail(f"rounds are shifted by a week at most, {LONGEST_SHIFT_S // 60} minutes, not by {minutes:g}")
    wanted = None if what == "show" else ClockOrder(what, (minutes or 0.0) * 60)  # type: ignore[arg-type]  # click's choice
    reported(lambda: run_clock(DeskAt(source, ca, token), wanted))

"""`plugfest replay`: one side of what was recorded is played, and what came of it is told."""

import asyncio
import os
import signal
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from hub.replay.house import House
from hub.replay.plan import Plan, Told
from hub.replay.repertoire import scripts_of
from hub.replay.station import PASSWORD_HINT
from hub.replay.tour import tour
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from matrix.replay.report import SessionReport
from matrix.replay.script import Script
from matrix.safe import safe
from matrix.trace import Side
from tui.best_loop import run_on_best_loop
from tui.commands.damaged import readable
from tui.commands.replay_report import exit_code, tell, tell_session
from tui.commands.replay_wishes import PASSWORD, Wishes, check, doors_of, names_of, target_of
from tui.garbage import collect_seldom

STOPPED: Final = 130
Play = Callable[[Plan, Recorder, Told], Coroutine[None, None, None]]
"""Plays what is planned into a recording."""


def run_replay(wishes: Wishes) -> int:
    """Play what is asked for, and tell what came of it; return the exit code.

    Raises:
        HubError: it cannot be done.
    """
    check(wishes)
    tempo, names = wishes.tempo, names_of(wishes)
    play = _station(wishes) if wishes.side is Side.STATION else _csms(wishes)
    with readable(wishes.recording) as whole:
        scripts = scripts_of(whole, wishes.choice, wishes.recording)
    _warn(scripts, wishes)
    collect_seldom()
    plan = Plan(
        recording=wishes.recording, scripts=scripts, tempo=tempo, speed=wishes.speed, seed=str(uuid.uuid4()),
        clones=wishes.clones, repeat=wishes.repeat, name_of=names,
    )  # fmt: skip
    reports: list[SessionReport] = []

    def told(report: SessionReport) -> None:
        reports.append(report)
        if not wishes.as_json:
            tell_session(report)

    stopped = asyncio.Event()
    run_on_best_loop(_until_stopped(play, plan, wishes.output, told, stopped))
    tell(wishes, reports)
    return STOPPED if stopped.is_set() else exit_code(reports)


def _station(wishes: Wishes) -> Play:
    target = target_of(wishes)

    async def play(plan: Plan, recorder: Recorder, told: Told) -> None:
        await tour(plan, target, recorder, told)

    return play


def _csms(wishes: Wishes) -> Play:
    doors = doors_of(wishes)

    async def play(plan: Plan, recorder: Recorder, told: Told) -> None:
        async with House(plan, doors, recorder, told) as house:
            for url in house.urls:
                _say(f"a recorded CSMS is played at {url}/IDENTITY")
            await house.until_played(wishes.wait)

    return play


async def _until_stopped(play: Play, plan: Plan, output: Path, told: Told, stopped: asyncio.Event) -> None:
    """Play into a recording, until the end or until Ctrl-C, which sets `stopped`."""
    recorder = open_recorder(output)
    try:
        playing = asyncio.ensure_future(play(plan, recorder, told))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, _stop, playing, stopped)
        with suppress(asyncio.CancelledError):
            await playing
    finally:
        await recorder.close()


def _stop(playing: "asyncio.Future[None]", stopped: asyncio.Event) -> None:
    stopped.set()
    playing.cancel()


def _warn(scripts: Sequence[Script], wishes: Wishes) -> None:
    """Say what a user may not expect."""
    has_login = any(script.session.header("Authorization") for script in scripts)
    if wishes.side is Side.STATION and has_login and not wishes.password_file and PASSWORD not in os.environ:
        _say(f"the recorded station logged in, and the recording does not hold its password: {PASSWORD_HINT}")
    unread = sum(script.unread for script in scripts)
    if unread:
        _say(f"{unread} frames of {wishes.side.label} could not be read when they were recorded, and are not played")


def _say(sentence: str) -> None:
    click.echo(f"plugfest: {safe(sentence)}", err=True)

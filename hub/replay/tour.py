"""Several recorded sessions, played as they were: at their distance in time, each station's one after the other."""

import asyncio
import time
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from hub.replay.link import Link
from hub.replay.origin import link
from hub.replay.performance import Performance
from hub.replay.plan import Plan, Told, not_played, origin_of
from hub.replay.station import ConnectError, Target, open_session
from hub.writing.recorder import Recorder
from matrix.dialect import dialect
from matrix.replay.acts import Start
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.replay.report import SessionReport
from matrix.replay.script import Script
from matrix.trace import Side

CONNECTING_AT_ONCE: Final = 100
"""Handshakes that go on at the same time."""
LEAD_NS: Final = 50_000_000
"""How long before the first session begins everything is ready."""


async def tour(plan: Plan, target: Target, recorder: Recorder, told: Told) -> list[SessionReport]:
    """Play the recorded stations against a live CSMS; `told` is called with each session's report as it ends."""
    reports: list[SessionReport] = []

    def note(report: SessionReport) -> None:
        reports.append(report)
        told(report)

    for run in range(plan.repeat):
        stage = _Stage(plan, target, recorder, run, note)
        async with asyncio.TaskGroup() as group:
            for clone in range(plan.clones):
                for identity, scripts in _by_station(plan.scripts):
                    group.create_task(stage.play(identity, clone, scripts))
    return reports


class _Stage:
    """One run: what moment of the recording its beginning is."""

    def __init__(self, plan: Plan, target: Target, recorder: Recorder, run: int, told: Told) -> None:
        self._plan = plan
        self._target = target
        self._recorder = recorder
        self._run = run
        self._told = told
        self._handshakes = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._begins_at = min(script.begins_at for script in plan.scripts)
        self._live_at = time.time_ns() + LEAD_NS
        length = max(script.ends_at for script in plan.scripts) - self._begins_at
        # nothing is stamped with a time to come: played faster, it ends now instead of beginning now
        self._moved_ns = self._live_at - self._begins_at + min(plan.tempo.scaled(length) - length, 0)

    async def play(self, identity: str, clone: int, scripts: Sequence[Script]) -> None:
        """Play the sessions of one station, one after the other."""
        plan, name = self._plan, self._plan.name_of(identity, clone)
        is_2x = dialect(scripts[0].version).is_2x
        memory = Memory(f"{plan.seed} {self._run} {name}", mints_transactions=is_2x)
        for script in scripts:
            at = self._live_at + plan.tempo.scaled(script.begins_at - self._begins_at)
            await asyncio.sleep(max(at - time.time_ns(), 0) / 1e9)
            await self._session(script, name, memory)

    async def _session(self, script: Script, name: str, memory: Memory) -> None:
        def begun(session: int) -> None:
            link(self._recorder, origin_of(self._plan, script, session))

        try:
            async with self._handshakes:
                opened = await open_session(self._target, script, name, self._recorder, begun)
        except ConnectError as exc:
            self._told(not_played(script, name, str(exc)))
            return
        start = Start(time.time_ns(), self._begins_at, self._live_at, self._moved_ns)
        player = Player(script, memory, self._plan.tempo, start)
        own_end = Link(opened.session.id, Side.STATION, self._recorder, opened.deflate)
        performance = Performance(player, own_end, self._recorder)
        own_end.take_over(opened.reader)
        await performance.play(name, self._told)


def _by_station(scripts: Sequence[Script]) -> list[tuple[str, list[Script]]]:
    ordered = sorted(scripts, key=lambda script: (script.session.identity, script.session.opened_at))
    return [(identity, [*each]) for identity, each in groupby(ordered, key=lambda script: script.session.identity)]

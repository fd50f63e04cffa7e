"""The audiences of the page: one for each scope that somebody looks in. They come and go with who looks."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

import msgspec

from hub.access.scope import Scope
from hub.access.viewing import Guest
from hub.events.timetable import Timetable
from hub.page.audience import Audience, Viewer
from hub.page.entrance import Entrance
from hub.page.pipe import Rules
from hub.page.process import PageProcess

LOOK_S: Final = 1.0
"""How soon a revoked token, an edited event or another round is seen."""
KEPT_S: Final = 60.0
"""How long an audience is kept that nobody is in: a browser may come back."""


class House:
    """Keeps the audiences, and looks after who may stay."""

    def __init__(self, process: PageProcess, entrance: Entrance) -> None:
        self._process = process
        self._entrance = entrance
        self._audiences: dict[Scope, Audience] = {}
        self._serving: dict[Scope, asyncio.Task[None]] = {}
        self._empty_since: dict[Scope, float] = {}
        self._tasks: asyncio.TaskGroup

    @property
    def viewers(self) -> list[Viewer]:
        """All who look."""
        return [viewer for audience in self._audiences.values() for viewer in audience.viewers]

    def audience(self, scope: Scope) -> Audience:
        """Return the audience of a scope; somebody is about to join it."""
        self._empty_since.pop(scope, None)
        found = self._audiences.get(scope)
        if found is None:
            live = self._process.live(scope)
            live.put_clock(self._clock())
            found = self._audiences[scope] = Audience(live)
            self._serving[scope] = self._tasks.create_task(found.run())
        return found

    async def run(self) -> None:
        """Serve all audiences, and look after them, until this is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            while True:
                self._look_around(time.monotonic())
                await asyncio.sleep(LOOK_S)

    def _look_around(self, now: float) -> None:
        self._process.put_rules(self._rules())
        clock = self._clock()
        for scope, audience in [*self._audiences.items()]:
            self._process.live(scope).put_clock(clock)
            self._see_who_may_stay(scope, audience)
            if audience.viewers:
                self._empty_since.pop(scope, None)
            elif now - self._empty_since.setdefault(scope, now) > KEPT_S:
                self._close(scope)

    def _see_who_may_stay(self, scope: Scope, audience: Audience) -> None:
        """Let go of those who see something else by now: they come again, but for whom there is nothing to see."""
        known: dict[Guest, Scope | str] = {}
        for viewer in [*audience.viewers]:
            if viewer.guest not in known:
                known[viewer.guest] = self._entrance.scope_now(viewer.guest)
            now = known[viewer.guest]
            if now != scope:
                viewer.leave(now if isinstance(now, str) else "")

    def _close(self, scope: Scope) -> None:
        del self._audiences[scope], self._empty_since[scope]
        self._serving.pop(scope).cancel()
        self._process.forget(scope)

    def _rules(self) -> Rules:
        desk = self._entrance.viewing().desk
        return Rules(tuple(each.as_data for each in desk.event.policy.values()) if desk else ())

    def _clock(self) -> bytes:
        desk = self._entrance.viewing().desk
        return clock(desk.timetable, datetime.now(UTC)) if desk else b"null"


def clock(table: Timetable, now: datetime) -> bytes:
    """Return as JSON where the rounds stand; null where there are none.

    `ends` is when that changes, in milliseconds since the epoch; while they are paused, `left_s` is how long they had.
    """
    phase = table.at(now)
    if not phase.of:
        return b"null"
    ends = None if phase.left is None or phase.is_paused else int((now + phase.left).timestamp() * 1_000)
    left_s = phase.left.total_seconds() if phase.left is not None and phase.is_paused else None
    return msgspec.json.encode({"number": phase.number, "of": phase.of, "ends": ends, "left_s": left_s})

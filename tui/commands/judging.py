"""Judging a whole recording for a command: with as many processes as are worth it, and a progress bar."""

import os
from collections.abc import Callable
from functools import partial
from typing import Final

from hub.judging import judge_shares, shares_of
from hub.recording.reading import Recording
from hub.schema_store import use_stored_schemas
from matrix.exchange import Exchange
from matrix.judge import Judge
from matrix.judgement import Judgement, Whole, note_outcome, part, whole
from matrix.outcome import Outcome
from matrix.policy import AS_WRITTEN, Policy
from matrix.trace import mark_of
from tui.commands.printing import progress
from tui.garbage import collect_seldom

WORTH_A_PROCESS: Final = 100_000
"""Items from which on more processes save more time than they take to start."""


def judge_all(
    recording: Recording, policy: Policy = AS_WRITTEN, *, jobs: int | None = None, until: int | None = None
) -> Judgement:
    """Judge a recording as it stands, or only until a mark, with a progress bar on a terminal's stderr.

    `jobs` is how many processes may judge; by default one, or for a long recording as many as there are cores to use.

    Raises:
        HubError: the recording cannot be read, or one of the processes was killed.
    """
    until = recording.last_mark() if until is None else until
    jobs = jobs_for(until) if jobs is None else jobs
    shares = shares_of(recording, jobs) if jobs > 1 else []
    if len(shares) < 2:
        return _judge_alone(recording, policy, until)
    with progress("judging", until * len(shares)) as advance_to:
        return judge_shares(recording, shares, policy, until, tell=advance_to, prepare=prepare)


def judge_frames(recording: Recording, policy: Policy, until: int) -> Whole:
    """Judge a recording until a mark as `judge_all` does, and say also what the exchange of each frame came to.

    Raises:
        HubError: the recording cannot be read, or one of the processes was killed.
    """
    jobs = jobs_for(until)
    shares = shares_of(recording, jobs) if jobs > 1 else []
    if len(shares) < 2:
        outcomes: dict[int, Outcome] = {}
        judge = _judge_alone(recording, policy, until, partial(note_outcome, outcomes))
        return whole([part(judge, outcomes)], policy)
    with progress("judging", until * len(shares)) as advance_to:
        return judge_shares(recording, shares, policy, until, tell=advance_to, prepare=prepare, by_frame=True)


def prepare() -> None:
    """Set up a process that judges: this one, or one of several."""
    collect_seldom()
    use_stored_schemas()


def jobs_for(items: int) -> int:
    """Return how many processes are worth it for so many items of a recording."""
    return cores() if items >= WORTH_A_PROCESS else 1


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _judge_alone(
    recording: Recording, policy: Policy, until: int, on_exchange: Callable[[Exchange], None] | None = None
) -> Judge:
    prepare()
    judge = Judge(policy=policy, on_exchange=on_exchange)
    with progress("judging", until) as advance_to:
        for batch in recording.batches(until):
            for item in batch:
                judge.feed(item)
            advance_to(mark_of(batch[-1]))
    return judge

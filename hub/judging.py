"""Judging a recording with several processes, each its share of the identities, reading the file itself, read-only."""

import signal
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import Final

import msgspec

from hub.errors import HubError
from hub.recording.reading import Recording
from matrix.judge import Judge
from matrix.judgement import Part, Whole, note_outcome, part, whole
from matrix.outcome import Outcome
from matrix.policy import Policy
from matrix.shares import feed_share, share_out
from matrix.trace import mark_of

LEAVE_S: Final = 5.0
"""How long a process that was told to end may take."""


class JudgingError(HubError):
    """A process that judged has ended without a result; the message says how."""


class Failed(msgspec.Struct, frozen=True):
    """What a process says that cannot go on: a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is to judge: the sessions of a share, until a mark."""

    path: Path
    share: Collection[int]
    until: int
    policy: Policy
    prepare: Callable[[], object]
    by_frame: bool


Worker = tuple[BaseProcess, Connection]
Tell = Callable[[int], None]
"""Called with the number of items that are read, of all processes together: at the end, `until` times their number."""


def shares_of(recording: Recording, jobs: int) -> list[frozenset[int]]:
    """Divide a recording's sessions among at most so many processes."""
    return share_out(recording.sessions(), recording.frame_counts(), jobs)


def judge_shares(
    recording: Recording,
    shares: Sequence[Collection[int]],
    policy: Policy,
    until: int,
    *,
    tell: Tell,
    prepare: Callable[[], object],
    by_frame: bool = False,
) -> Whole:
    """Judge a recording until a mark, with a process for each share; `prepare` is run in each: it has to be importable.

    `by_frame` asks for the outcomes of exchanges by their frames, too.

    Whatever ends this ends the processes too.

    Raises:
        JudgingError: a process was killed, or crashed.
        RecordingError: the recording cannot be read.
    """
    crew: list[Worker] = []
    try:
        for share in shares:
            _begin(crew, Task(recording.path, share, until, dict(policy), prepare, by_frame))
        return whole(_collect(crew, tell), policy)
    finally:
        _dismiss(crew)


def _begin(crew: list[Worker], task: Task) -> None:
    """Add a process to the crew; whoever has begun is in it, so that an interrupt leaves nobody behind."""
    context = get_context("spawn")  # a fork would take over the threads' locks, and SQLite's connections
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, task), name="judge", daemon=True)
    with _deaf_to_interrupts():
        process.start()
        crew.append((process, ours))
    theirs.close()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that a Ctrl-C does not reach: it is this one's to end them. It waits, and is not lost."""
    ensure_running()  # where it has to be started, multiprocessing's tracker lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by what is started
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _collect(crew: Sequence[Worker], tell: Tell) -> list[Part]:
    """Wait for all results, and hand on what is said until then."""
    places = {link: place for place, (_, link) in enumerate(crew)}
    parts: dict[int, Part] = {}
    read = [0] * len(crew)
    while places:
        for link in wait([*places]):
            assert isinstance(link, Connection)
            said = _hear(crew[places[link]][0], link)
            if isinstance(said, Part):
                parts[places.pop(link)] = said
            else:
                read[places[link]] = said
                tell(sum(read))
    return [parts[place] for place in sorted(parts)]


def _hear(process: BaseProcess, link: Connection) -> Part | int:
    try:
        said = link.recv()
    except EOFError:
        process.join(LEAVE_S)
        raise JudgingError(f"a process that judged has ended with {process.exitcode}; --jobs 1 does without") from None
    if isinstance(said, Failed):
        raise JudgingError(said.sentence)
    assert isinstance(said, Part | int)
    return said


def _dismiss(crew: Sequence[Worker]) -> None:
    for process, link in crew:
        process.terminate()
        link.close()
    for process, _ in crew:
        process.join(LEAVE_S)


# -- in the other process ---------------------------------------------------------------------------------------------


def _work(link: Connection, task: Task) -> None:
    """Judge a share and send what came of it. Where nobody listens any more, sending ends this process."""
    task.prepare()
    try:
        with Recording.open(task.path) as recording:
            link.send(_judge(recording, task, link.send))
    except HubError as exc:
        link.send(Failed(str(exc)))
    except BrokenPipeError:
        return
    except Exception:  # the boundary of this process: what crashed is told where somebody sees it
        link.send(Failed(f"the judge has crashed, please report it:\n{traceback.format_exc()}"))


def _judge(recording: Recording, task: Task, tell: Tell) -> Part:
    outcomes: dict[int, Outcome] = {}
    judge = Judge(policy=task.policy, on_exchange=partial(note_outcome, outcomes) if task.by_frame else None)
    for batch in recording.batches(task.until):
        feed_share(judge, batch, task.share)
        tell(mark_of(batch[-1]))
    return part(judge, outcomes)

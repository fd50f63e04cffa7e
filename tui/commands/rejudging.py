"""`plugfest judge`: verdicts from scratch, kept if asked for; or only what has changed since they were kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.errors import LockedError
from hub.recording.file_kind import TRIM_HINT
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from hub.recording.verdict_store import end_cut_sessions, kept_verdicts, save_verdicts
from hub.salvaging.damage import damage_of
from matrix.comparison import compare, standing
from matrix.notes import Notes
from matrix.policy import Policy
from matrix.report import something_failed
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all
from tui.commands.print_verdicts import show_changes, show_errata, show_verdicts


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be printed, and how: the options of `plugfest judge`. `jobs` is None for as many as are worth it."""

    as_json: bool = False
    save: bool = False
    history: bool = False
    errata: bool = False
    jobs: int | None = None


def judge_and_print(path: Path, policy: Policy, wanted: Wanted) -> bool:
    """Judge a recording and print what came of it; return whether something failed, or a rule was broken.

    Raises:
        HubError: it cannot be read or, to be saved, written to.
    """
    if wanted.save:
        if damage := damage_of(path):
            raise RecordingError(f"{str(path)!r} is damaged, so nothing is saved in it: {damage}; {TRIM_HINT}")
        Recording.open(path).close()
        with _while_no_hub_has_it():
            end_cut_sessions(path)
    with readable_recording(path) as recording:
        until, notes = recording.last_mark(), Notes(tuple(recording.notes()))
        judged = judge_all(recording, policy, jobs=wanted.jobs, until=until)
    if wanted.save:
        with _while_no_hub_has_it():
            save_verdicts(path, judged, until)
    if wanted.errata:
        show_errata(judged, as_json=wanted.as_json)
    else:
        show_verdicts(judged, as_json=wanted.as_json, with_history=wanted.history, notes=notes)
    return something_failed(judged)


@contextmanager
def _while_no_hub_has_it() -> Iterator[None]:
    """Say what to do where a hub writes to the recording."""
    try:
        yield
    except LockedError as exc:
        instead = "without --save its verdicts are printed now, and --save keeps them once the hub has stopped"
        raise RecordingError(f"{exc}; {instead}") from exc


def print_changes(path: Path, policy: Policy, made_by: str, wanted: Wanted) -> bool:
    """Print what differs from the verdicts that the recording holds; return whether something is worse.

    Raises:
        HubError: it cannot be read, or holds no verdicts that were made by the rules `made_by`.
    """
    with readable_recording(path) as recording:
        kept = kept_verdicts(recording, made_by)
        judged = judge_all(recording, policy, jobs=wanted.jobs, until=kept.until)
        later = recording.last_mark() - kept.until
    changes = compare(kept.standing, standing(judged))
    show_changes(changes, later, as_json=wanted.as_json)
    return changes.is_worse

"""`plugfest diff`: two recordings, or two sessions, side by side."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from rich.padding import Padding
from rich.text import Text

from hub.recording.reading import Recording
from matrix.comparing.couples import Couple, couples
from matrix.comparing.diff import SessionDiff
from matrix.comparing.transitions import Shift, session_outcomes, shift
from matrix.comparing.turns import Listener, Talk
from matrix.policy import Policy
from matrix.safe import safe, safe_json
from matrix.trace import Session, mark_of
from tui.commands.compared import Judged, Source, links, opened, with_played
from tui.commands.damaged import readable_recording
from tui.commands.printing import ROLES, console, progress
from tui.diff_app import DiffApp
from tui.lines.diff_lines import Teller, session_lines, shift_lines
from tui.lines.line import BLANK, PaneLine, Span
from tui.lines.text import counted_noun
from tui.reading.side_by_side import SideBySide

LISTED: Final = 50
"""Turns that are listed of each session, unless all of them are asked for."""
READ_TOGETHER: Final = 200_000
"""Frames of sessions that are put side by side in one reading of their recordings."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told, and how: the options of `plugfest diff`."""

    as_json: bool = False
    is_strict: bool = False
    with_all: bool = False
    is_exact: bool = False
    with_secrets: bool = False
    jobs: int | None = None
    on_screen: bool = False
    only_linked: bool = False


def run_diff(before: Source, after: Source, policy: Policy, wanted: Wanted) -> bool:
    """Print what differs, and return whether the second is worse (or, where that is asked for, differs at all).

    Raises:
        HubError: a recording cannot be read, or there is nothing to compare.
    """
    with readable_recording(before.path) as one, readable_recording(after.path) as other:
        ours = opened(before, one, policy, wanted.jobs)
        same_file = before.path.resolve() == after.path.resolve()
        theirs = opened(after, other, policy, wanted.jobs, ours.judgement if same_file else None)
        linked = links(before.path, ours, theirs)
        found = couples(ours.sessions, theirs.sessions, linked)
        if wanted.only_linked or all(session.id in linked for session in theirs.sessions):
            found = [couple for couple in found if couple.before and couple.after]
        found = with_played(found, one, other)
        change = shift_between(found, ours, theirs)
        if wanted.on_screen:
            names = before.path.name, after.path.name
            compared = SideBySide(one.path, other.path, found, shift=change, names=names)
            DiffApp(compared, with_secrets=wanted.with_secrets).run()
            return change.is_worse
        tell = _tell_json if wanted.as_json else _tell
        is_same = tell(ours, theirs, change, session_diffs(found, ours, theirs), wanted)
    return change.is_worse or (wanted.is_exact and not is_same)


def shift_between(found: Sequence[Couple], before: Judged, after: Judged) -> Shift:
    """Return what became of the outcomes."""
    one, other = ((session_outcomes(each.judgement.board.view()), each.judgement.findings) for each in (before, after))
    return shift(found, one, other)


def session_diffs(found: Sequence[Couple], before: Judged, after: Judged) -> Iterator[SessionDiff]:
    """Yield sessions side by side, reading each recording as often as keeps what is in memory small."""
    frames = [each.recording.frame_counts() for each in (before, after)]
    for some in _batches(found, *frames):
        ours = _talks(before.recording, [couple.before for couple in some])
        theirs = _talks(after.recording, [couple.after for couple in some])
        for one, other, played in some:
            yield SessionDiff(_talk_of(one, ours), _talk_of(other, theirs), played)


def _batches(found: Sequence[Couple], ours: dict[int, int], theirs: dict[int, int]) -> Iterator[list[Couple]]:
    batch, size = list[Couple](), 0
    for couple in found:
        batch.append(couple)
        size += ours.get(couple.before.id, 0) if couple.before else 0
        size += theirs.get(couple.after.id, 0) if couple.after else 0
        if size >= READ_TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _talks(recording: Recording, sessions: Iterable[Session | None]) -> dict[int, Talk]:
    listener = Listener(session.id for session in sessions if session)
    with progress("reading", recording.last_mark()) as advance_to:  # over before anything is printed
        for batch in recording.batches():
            for item in batch:
                listener.feed(item)
            advance_to(mark_of(batch[-1]))
    return listener.talks


def _talk_of(session: Session | None, talks: dict[int, Talk]) -> Talk | None:
    """Return what was said in a session; a handshake that is not over yet is a session without a word."""
    return None if session is None else talks.get(session.id) or Talk(session, "", [])


def _tell(before: Judged, after: Judged, change: Shift, diffs: Iterable[SessionDiff], wanted: Wanted) -> bool:
    teller = Teller(is_strict=wanted.is_strict, with_secrets=wanted.with_secrets)
    for name, side in (("before", before), ("after", after)):
        _print(PaneLine((Span(f"{name:<7}", "heading"), Span(_described(side)))))
    _print_all(shift_lines(change))
    is_same, alike = True, 0
    for diff in diffs:
        is_same &= diff.is_the_same
        if diff.is_the_same and not wanted.is_strict:
            alike += 1
            continue
        _print(BLANK)
        _print_all(session_lines(diff, teller, sys.maxsize if wanted.with_all else LISTED))
    _print(BLANK)
    if alike:
        _print(PaneLine((Span(f"{counted_noun(alike, 'session')} the same in all that means anything"),)))
    _print(PaneLine((Span(verdict(change, is_same=is_same), "strong"),)))
    return is_same


def verdict(change: Shift, *, is_same: bool) -> str:
    """Say in a sentence what the second recording is to the first."""
    if change.is_worse:
        return "worse than before"
    if change.is_better:
        return "better than before"
    sentence = "the same" if is_same else "other messages, and no outcome is worse"
    return f"{sentence}: what was wrong is as wrong as it was" if change.still_wrong else sentence


def _described(side: Judged) -> str:
    which = f", session {side.source.session}" if side.source.session is not None else ""
    return f"{safe(str(side.source.path))}{which or ', ' + counted_noun(len(side.sessions), 'session')}"


def _tell_json(before: Judged, after: Judged, change: Shift, diffs: Iterable[SessionDiff], wanted: Wanted) -> bool:
    teller = Teller(is_strict=wanted.is_strict, with_secrets=wanted.with_secrets)
    sessions = list[dict[str, Any]]()
    is_same = True
    for diff in diffs:
        is_same &= diff.is_the_same
        sessions.append(_session_as_data(diff, teller))
    told = {
        "before": str(before.source.path), "after": str(after.source.path), "worse": change.is_worse, "same": is_same,
        "transitions": [_as_data(each) for each in change.transitions],
        "still_wrong": [_as_data(each) for each in change.still_wrong],
        "rules": [_as_data(each) for each in change.rules],
        "sessions": sessions,
    }  # fmt: skip
    sys.stdout.write(safe_json(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode("utf-8")) + "\n")
    return is_same


def _as_data(change: Any) -> dict[str, Any]:
    return {name: getattr(change, name) for name in change.__struct_fields__} | {"worse": change.is_worse}


def _session_as_data(diff: SessionDiff, teller: Teller) -> dict[str, Any]:
    rows = (row for row in diff.rows if row.differs or teller.tells_aside(diff, row))
    return {
        "identity": diff.session.identity,
        "csms": diff.session.csms,
        "before": diff.before.session.id if diff.before else None,
        "after": diff.after.session.id if diff.after else None,
        "same": diff.is_the_same,
        "counts": {str(kind): number for kind, number in diff.counts.items()},
        "handshake": [
            {"field": each.pointer[1:], "before": each.before, "after": each.after} for each in diff.handshake
        ],
        "differences": [teller.as_data(diff, row) for row in rows],
    }


def _print_all(lines: Iterable[PaneLine]) -> None:
    for line in lines:
        _print(line)


def _print(line: PaneLine) -> None:
    if not line.spans or not sys.stdout.isatty():
        sys.stdout.write(f"{line.text.rstrip()}\n")
        return
    text = Text.assemble(*((span.text, ROLES.get(span.role, "")) for span in line.spans))
    console().print(Padding(text, (0, 0, 0, line.indent), expand=False))

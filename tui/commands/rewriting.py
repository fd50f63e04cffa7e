"""`plugfest merge`, `trim` and `compact`: new recordings out of others."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from hub.copying import merging, trimming
from hub.copying.compaction import compact
from hub.copying.fresh import fresh_recording
from hub.errors import HubError
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording
from matrix.safe import safe
from tui.commands.damaged import readable, readable_recording
from tui.commands.judging import judge_all
from tui.commands.printing import progress
from tui.lines.text import counted_noun, date_and_time, size

UNITS: Final = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}


class WishError(HubError):
    """An option cannot be understood; the message says which, and how it is written."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is wanted of a recording, as it was typed."""

    sessions: Sequence[int] = ()
    vendors: Sequence[str] = ()
    since: str | None = None
    until: str | None = None


def run_merge(recordings: Sequence[str], output: Path, offsets: Sequence[str], *, force: bool) -> None:
    """Merge recordings, and say what came of each.

    Raises:
        HubError: one cannot be read, or the new one cannot be written.
    """
    named = [_named(each) for each in recordings]
    shifts = dict(_offset(each) for each in offsets)
    if unknown := [name for name in shifts if name not in {site for site, _ in named}]:
        raise WishError(f"--offset names {unknown[0]!r}, and no recording is of a hub called that")
    with ExitStack() as stack:
        parts = [merging.Part(site, stack.enter_context(readable(path)), shifts.get(site, 0)) for site, path in named]
        total = sum(_items(part.path) for part in parts)
        into = stack.enter_context(fresh_recording(output, sources=[path for _, path in named], force=force))
        with progress("merging", total) as advance_to:
            merged = merging.merge_recordings(parts, into, advance_to)
    for each in merged:
        _tell_merged(each)
    frames, sessions = sum(each.frames for each in merged), sum(each.sessions for each in merged)
    click.echo(f"{safe(str(output))}: {counted_noun(frames, 'frame')} in {counted_noun(sessions, 'session')}")


def _named(text: str) -> tuple[str, Path]:
    name, mark, path = text.partition("=")
    if mark and name and not Path(text).exists():
        return name, Path(path)
    return Path(text).stem, Path(text)


def _offset(text: str) -> tuple[str, int]:
    name, mark, time = text.rpartition("=")
    number = time.rstrip("mhs")
    try:
        if mark:
            return name, round(float(number) * UNITS[time[len(number) :]])
    except (ValueError, KeyError, OverflowError):
        pass
    raise WishError(f"--offset wants NAME=TIME, such as lab=-1.5s, got {text!r}")


def _items(path: Path) -> int:
    with Recording.open(path) as recording:
        return recording.last_mark()


def _tell_merged(merged: merging.Merged) -> None:
    part = merged.part
    clock = f"its clock set by {part.offset_ns / 1e9:+g} s" if part.offset_ns else "its clock as it was"
    when = f"{date_and_time(merged.begins)} to {date_and_time(merged.ends)}" if merged.begins else "nothing in it"
    counts = f"{counted_noun(merged.frames, 'frame')}, {counted_noun(merged.sessions, 'session')}"
    click.echo(f"{safe(part.site)}: {counts}, {when}, {clock}")


def run_trim(path: Path, output: Path, part: Part, *, force: bool) -> None:
    """Write a part of a recording into a new one, and say what is in it.

    Raises:
        HubError: it cannot be read, nothing is left, or the new one cannot be written.
    """
    with readable_recording(path) as recording, fresh_recording(output, sources=[path], force=force) as into:
        trimmed = _trim(recording, part, into)
    cut = f", {counted_noun(trimmed.cut_sessions, 'session')} cut" if trimmed.cut_sessions else ""
    frames = counted_noun(trimmed.frames, "frame")
    click.echo(
        f"{safe(str(output))}: {frames} in {trimmed.sessions} of {counted_noun(trimmed.of_sessions, 'session')}{cut}"
    )


def _trim(recording: Recording, part: Part, into: WritableRecording) -> trimming.Trimmed:
    sessions = recording.sessions()
    day = min((session.opened_at for session in sessions), default=0)
    since, until = (None if text is None else moment(text, day) for text in (part.since, part.until))
    if since is not None and until is not None and since >= until:
        raise WishError(f"--from {part.since} is not before --to {part.until}")
    chosen = _chosen(recording, part, {session.id for session in sessions})
    with progress("trimming", recording.last_mark()) as advance_to:
        return trimming.trim(recording, trimming.Wanted(chosen, since, until), into, advance_to)


def _chosen(recording: Recording, part: Part, there: set[int]) -> frozenset[int] | None:
    """Return the sessions that are wanted, None for all."""
    if unknown := sorted(set(part.sessions) - there):
        raise WishError(f"there is no session {unknown[0]} in {recording.name!r}")
    if not part.vendors:
        return frozenset(part.sessions) or None
    names = {name.casefold() for name in part.vendors}
    pairs = judge_all(recording).board.view().pairs
    of_vendors = {
        session
        for pair in pairs
        if names & {pair.station.vendor.casefold(), pair.csms.casefold()}
        for session in pair.sessions
    }
    if not of_vendors:
        known = sorted({safe(name) for pair in pairs for name in (pair.station.vendor, pair.csms) if name})
        raise WishError(
            f"no session is of {', '.join(map(repr, part.vendors))}; there are {', '.join(known) or 'none'}"
        )
    return frozenset(of_vendors & set(part.sessions) if part.sessions else of_vendors)


def moment(text: str, day_ns: int) -> int:
    """Read a moment, in nanoseconds since the epoch: a time of the day of another one, or date and time; else in UTC.

    Raises:
        WishError: it is neither.
    """
    day = datetime.fromtimestamp(day_ns / 1e9, UTC).date().isoformat()
    try:
        read = datetime.fromisoformat(text if "-" in text.partition("T")[0] else f"{day}T{text}")
    except ValueError:
        raise WishError(f"{text!r} is no time: write 14:00, 2026-11-23T14:00:00 or 2026-11-23T14:00+01:00") from None
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return round(read.timestamp() * 1_000) * 1_000_000


def run_compact(path: Path) -> None:
    """Compact a recording, and say what that saves.

    Raises:
        HubError: it cannot be done; the recording is as it was.
    """
    done = compact(path)
    saved = max(done.before - done.after, 0)
    share = f", {saved * 100 // done.before} %" if done.before else ""
    click.echo(f"{safe(str(path))}: {size(done.before)} before, {size(done.after)} now: {size(saved)} saved{share}")

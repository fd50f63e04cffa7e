"""`plugfest search`: what a filter finds in a recording, by the index."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.text import Text

from hub.recording.database import DatabaseError
from hub.recording.lock_file import is_held
from hub.recording.reading import Recording
from hub.search.entry import Entry, NoOpinion, Opinion
from hub.search.finder import entries, find
from hub.search.indexing import Index, following
from hub.search.kept import KeptOpinion, keep_opinion, kept_until, key_of
from hub.search.parser import parse
from hub.search.query import Query, asks_the_judge
from matrix.finding import Finding
from matrix.policy import Policy
from matrix.safe import safe
from tui.commands.damaged import readable
from tui.commands.judging import WORTH_A_PROCESS, judge_frames
from tui.commands.printing import SEVERITY_COLOURS, console, print_lines, progress
from tui.lines.text import ARROWS, GLYPHS, clock_time, duration

AT_ONCE: Final = 500
NEW_ENOUGH_NS: Final = 60_000_000_000
"""How much recorded time what the judge said of a recording that goes on may miss."""
_SAID: Final = ("rule", "severity", "side", "pointer", "text")
SHORT: Final = 120
"""Characters of a text that are printed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `plugfest search`. `limit` is 0 for everything; `judged` asks for outcomes and findings at all."""

    policy: Policy
    as_json: bool = False
    limit: int = 0
    judged: bool = False


def run_search(path: Path, text: str, asked: Asked) -> bool:
    """Print what a filter finds; return whether it is anything.

    Raises:
        QueryError: the text is no filter.
        HubError: the recording cannot be read.
    """
    query = parse(text)
    with readable(path, thorough=False) as whole, following(whole) as (recording, index):
        _extend(index, recording)
        try:
            marks, opinion = _found(index, recording, query, asked)
        except (DatabaseError, msgspec.DecodeError):
            index.renew(recording)
            marks, opinion = _found(index, recording, query, asked)
        shown = marks[: asked.limit] if asked.limit else marks
        _print(_told(index, recording, shown), opinion, as_json=asked.as_json)
        if not asked.as_json and len(shown) < len(marks):
            console().print(Text(f"... and {len(marks) - len(shown):,} more: --limit 0 prints all", "dim"))
        elif not asked.as_json and not marks:
            console().print("nothing is found")
        return bool(marks)


def _extend(index: Index, recording: Recording) -> None:
    with progress("indexing", recording.last_mark()) as advance_to:
        index.extend(recording, lambda done, _total: advance_to(done))


def _found(index: Index, recording: Recording, query: Query, asked: Asked) -> "tuple[array[int], Opinion]":
    opinion = _opinion(index, recording, asked) if asked.judged or asks_the_judge(query) else NoOpinion()
    marks = array("q")
    for some in find(index, recording, query, opinion):
        marks.extend(some)
    return marks, opinion


def _opinion(index: Index, recording: Recording, asked: Asked) -> Opinion:
    """Return what the judge says: as the index keeps it, or else judged now, and kept."""
    key = key_of(asked.policy)
    until = kept_until(index.connection, key)
    if until == index.until or (until is not None and not asked.judged and _is_new_enough(index, recording, until)):
        return KeptOpinion(index.connection)
    judged = judge_frames(recording, asked.policy, index.until)
    return keep_opinion(index.connection, key, index.until, judged.outcomes.items(), judged.findings)


def _is_new_enough(index: Index, recording: Recording, until: int) -> bool:
    """Tell whether an opinion will do, and say how old it is: a hub goes on, and judging all again takes seconds."""
    if index.until < WORTH_A_PROCESS or not is_held(recording.path):
        return False
    at, end = index.time_until(until), index.time_until(index.until)
    if end - at > NEW_ENOUGH_NS:
        return False
    lag = duration((end - at) / 1e6)
    click.echo(f"plugfest: what the judge says is of {clock_time(at)}, {lag} ago; --judge has it judge again", err=True)
    return True


def _told(index: Index, recording: Recording, marks: "array[int]") -> Iterator[Entry]:
    for start in range(0, len(marks), AT_ONCE):
        yield from entries(index, recording, marks[start : start + AT_ONCE])


# -- printing ---------------------------------------------------------------------------------------------------------


def _print(found: Iterator[Entry], opinion: Opinion, *, as_json: bool) -> None:
    if as_json:
        print_lines(_as_json(entry, opinion) for entry in found)
        return
    out = console()
    for entry in found:
        for line in _lines(entry, opinion):
            out.print(line, overflow="ellipsis", no_wrap=True)


def _lines(entry: Entry, opinion: Opinion) -> Iterator[Text]:
    arrow = ARROWS[entry.side] if entry.side else "-"
    outcome = opinion.outcome(entry.about.id, entry.mark)
    took = "" if entry.latency_ns is None else f" after {duration(entry.latency_ns / 1e6)}"
    line = Text(f"#{entry.about.id:<5}{entry.mark:>8}  {clock_time(entry.at, millis=True)}  {arrow}  ")
    line.append(f"{entry.kind} {safe(entry.action, 40)}".strip(), "bold")
    line.append(f"{took}{f' {GLYPHS[outcome]}' if outcome else ''}  {safe(entry.about.identity, 40)}  ", "dim")
    line.append(safe(entry.text, SHORT))
    yield line
    for finding in _findings(entry, opinion):
        yield Text.assemble(
            " " * 8, (f"{finding.rule} {finding.severity}", SEVERITY_COLOURS[finding.severity]), f" {finding.text}"
        )


def _findings(entry: Entry, opinion: Opinion) -> Sequence[Finding]:
    return opinion.findings(entry.about.id, None if entry.side is None else entry.mark)


def _as_json(entry: Entry, opinion: Opinion) -> dict[str, Any]:
    about = {name: getattr(entry.about, name) for name in entry.about.__struct_fields__ if name != "id"}
    return {
        "session": entry.about.id, "frame": entry.mark if entry.side else None, "at": entry.at, "side": entry.side,
        "type": entry.kind, "action": entry.action, "id": entry.message_id, **about, "size": entry.size,
        "latency_ms": None if entry.latency_ns is None else entry.latency_ns / 1e6, "text": entry.text,
        **({} if isinstance(opinion, NoOpinion) else _judged_as_json(entry, opinion)),
    }  # fmt: skip


def _judged_as_json(entry: Entry, opinion: Opinion) -> dict[str, Any]:
    found = [{name: getattr(each, name) for name in _SAID} for each in _findings(entry, opinion)]
    return {"outcome": opinion.outcome(entry.about.id, entry.mark), "findings": found}

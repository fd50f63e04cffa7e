"""`plugfest redact`: a copy of a recording that can be handed on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import nlargest
from pathlib import Path
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.recording.reading import Recording
from hub.redacting.copying import Copied, Plan, copied, preview, why_not
from hub.redacting.kinds import ABOUT, REPLACED, Kind
from hub.redacting.secret import key_from, random_key
from hub.redacting.tally import Entry, Tally
from matrix.judgement import Judgement
from matrix.safe import safe, safe_json
from matrix.secrets import HIDDEN
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all, prepare
from tui.commands.printing import progress
from tui.garbage import collect_seldom

DONE: Final = 0
DIFFERS: Final = 1
EXAMPLES: Final = 3
_SHOWN: Final = 32


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command, as they were typed."""

    keep: tuple[str, ...] = ()
    with_vendors: bool = False
    key_file: Path | None = None
    by_force: bool = False
    jobs: int | None = None

    def plan(self) -> Plan:
        """Return what is replaced by which secret; a key file that is made for it is told of.

        Raises:
            KeyFileError: the key file cannot be used.
        """
        kinds = REPLACED | {Kind.VENDOR} if self.with_vendors else REPLACED
        kinds -= {Kind(each) for each in self.keep}
        if self.key_file is None:
            return Plan(random_key(), kinds)
        key, is_new = key_from(self.key_file)
        if is_new:
            click.echo(f"{safe(str(self.key_file))} holds a new secret: keep it, and keep it to yourself", err=True)
        return Plan(key, kinds)


def run_preview(path: Path, wishes: Wishes, *, as_json: bool) -> int:
    """Say what a copy would replace; write nothing.

    Raises:
        HubError: the recording or the key file cannot be used.
    """
    prepare()
    with readable_recording(path) as recording, _telling(recording) as tell:
        tally = preview(recording, wishes.plan(), tell)
    if as_json:
        _print_json({"kinds": _kinds_as_data(tally), "elsewhere": tally.elsewhere})
        return DONE
    Console().print(_table(tally))
    if tally.elsewhere:
        click.echo(f"and {tally.elsewhere} places more where one of these values stands in something that is kept")
    return DONE


def run_redact(path: Path, to: Path, wishes: Wishes, *, as_json: bool) -> int:
    """Write a redacted copy, and say what came of it. Return the exit code: 1 where it is not as it should be.

    Raises:
        HubError: the recording or the key file cannot be used, or the copy not written.
    """
    collect_seldom()
    with readable_recording(path) as recording:
        plan = wishes.plan()
        with _telling(recording) as tell:
            done = copied(recording, to, plan, _judging(wishes.jobs), tell, by_force=wishes.by_force)
    if as_json:
        _print_json(_as_data(done, to))
    else:
        _tell(done, to)
    return DONE if done.is_good else DIFFERS


def _judging(jobs: int | None) -> Callable[[Recording, int], Judgement]:
    return lambda recording, until: judge_all(recording, jobs=jobs, until=until)


@contextmanager
def _telling(recording: Recording) -> Iterator[Callable[[str, int], object]]:
    """Show how far it is: everything is read twice before anything is judged."""
    until = recording.last_mark()
    with progress("redacting", 2 * until) as advance_to:
        yield lambda what, mark: advance_to(mark + (until if what == "replacing" else 0))


def _tell(done: Copied, to: Path) -> None:
    for sentence in why_not(done):
        click.echo(f"plugfest: {safe(sentence)}", err=True)
    for why, left in _exceptions(done).items():
        named = ", ".join(safe(value, _SHOWN) for value in left[:EXAMPLES])
        more = f" and {len(left) - EXAMPLES} more" if len(left) > EXAMPLES else ""
        click.echo(f"left on purpose, {why}: {named}{more}")
    if not done.is_kept:
        click.echo(f"plugfest: {safe(str(to))} was not written; --force writes it all the same", err=True)
        return
    values = sum(map(len, done.tally.entries.values()))
    click.echo(
        f"{safe(str(to))}: {values} values replaced, {done.scan.bytes_read} bytes looked through for"
        f" {done.scan.values} of them, {len(done.scan.leaks) or 'none'} left; {done.findings} findings,"
        f" {'not all as before' if done.differences else 'all as before'}"
    )


def _exceptions(done: Copied) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for (value, why), _ in done.scan.exceptions.most_common():
        found.setdefault(why, []).append(value)
    return found


def _table(tally: Tally) -> Table:
    table = Table("what", "values", "places", "for example", box=None, pad_edge=False)
    for kind in ABOUT:
        if entries := tally.entries.get(kind):
            examples = [f"{_shown(kind, value)} -> {safe(each.pseudonym, _SHOWN)}" for value, each in _most(entries)]
            table.add_row(
                Text(f"{kind}: {ABOUT[kind]}"),
                Text(str(len(entries)), justify="right"),
                Text(str(tally.count(kind)), justify="right"),
                Text("\n".join(examples)),
            )
    return table


def _most(entries: dict[str, Entry]) -> list[tuple[str, Entry]]:
    return nlargest(EXAMPLES, entries.items(), key=lambda each: each[1].count)


def _shown(kind: Kind, value: str) -> str:
    return HIDDEN if kind is Kind.CREDENTIAL else safe(value, _SHOWN)


def _kinds_as_data(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "about": ABOUT[kind],
            "values": len(entries),
            "places": tally.count(kind),
            "examples": [{"from": _shown(kind, value), "to": each.pseudonym} for value, each in _most(entries)],
        }
        for kind in ABOUT
        if (entries := tally.entries.get(kind))
    ]


def _as_data(done: Copied, to: Path) -> dict[str, Any]:
    """Return what came of it without the values that were there: this may be handed on with the copy."""
    return {
        "copy": to.name if done.is_kept else None,
        "kinds": [{key: each[key] for key in ("kind", "values", "places")} for each in _kinds_as_data(done.tally)],
        "elsewhere": done.tally.elsewhere,
        "findings": done.findings,
        "differences": done.differences,
        "bytes_read": done.scan.bytes_read,
        "left": [{"length": len(value), "why": why, "places": n} for (value, why), n in done.scan.leaks.items()],
        "exceptions": {why: len(values) for why, values in _exceptions(done).items()},
    }


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(safe_json(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()) + "\n")

"""What `plugfest replay` tells of what came of it: in words, or as JSON; and the exit code."""

import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

import click
import msgspec
import orjson

from matrix.replay.report import Departure, SessionReport, What
from matrix.safe import safe, safe_json
from tui.commands.replay_wishes import Wishes

CLEAN: Final = 0
DEPARTED: Final = 1
UNUSABLE: Final = 2
TOLD: Final = 50
"""Departures that are told of one session; --json has more of them."""


def exit_code(reports: Sequence[SessionReport]) -> int:
    """Return 0 where all went as recorded, 2 where no session could be opened, else 1."""
    if not any(report.session for report in reports):
        return UNUSABLE
    return CLEAN if all(report.went_as_recorded for report in reports) else DEPARTED


def tell(wishes: Wishes, reports: Sequence[SessionReport]) -> None:
    """Print what came of all sessions: the sums, or everything as JSON."""
    if wishes.as_json:
        report = {
            "recording": str(wishes.recording), "output": str(wishes.output), "as": wishes.role, "speed": wishes.speed,
            "as_recorded": exit_code(reports) == CLEAN, "sessions": msgspec.to_builtins(reports),
        }  # fmt: skip
        sys.stdout.write(safe_json(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()) + "\n")
        return
    _tell_all(wishes, reports)


def tell_session(report: SessionReport) -> None:
    """Print what came of one session."""
    head = f"{safe(report.identity)} (session {report.origin} -> {report.session or 'none'})"
    if report.trouble:
        click.echo(f"{head}: {safe(report.trouble, 2_000)}")
        return
    click.echo(f"{head}: {_counted(report.counts)}")
    for departure in report.departures[:TOLD]:
        click.echo(f"  {_line(departure)}")
    more = len(report.departures) - TOLD + report.untold
    if more > 0:
        click.echo(f"  and {more} more; --json names up to a thousand")


def _line(departure: Departure) -> str:
    about = f" {departure.action}" if departure.action else ""
    where = f" (frame {departure.frame})" if departure.frame else ""
    return f"{departure.what}:{about}{where}: {departure.text}"


def _counted(counts: dict[str, int]) -> str:
    known = [(what.value, counts[what]) for what in What if counts.get(what)]
    return ", ".join(f"{number} {what}" for what, number in known) or "nothing happened"


def _tell_all(wishes: Wishes, reports: Sequence[SessionReport]) -> None:
    if len(reports) > 1:
        total: Counter[str] = Counter()
        for report in reports:
            total.update(report.counts)
        good = sum(report.went_as_recorded for report in reports)
        click.echo(f"{good} of {len(reports)} sessions went as recorded: {_counted(total)}")
    timings = [report.timing for report in reports if report.timing]
    if timings:
        worst = max(timings, key=lambda timing: timing.p95_ms)
        click.echo(
            f"sent on time: 95 % within {worst.p95_ms} ms, all within {max(each.most_ms for each in timings)} ms"
        )
    recording, output = (safe(shlex.quote(str(path))) for path in (wishes.recording, wishes.output))
    click.echo(f"recorded in {output}: plugfest judge {output}")
    if any(report.session for report in reports):
        click.echo(f"better or worse than it was: plugfest diff {recording} {output}")

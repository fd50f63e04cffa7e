"""How commands print: a console for people, JSON for programs, how far something is. Peer text goes through `safe`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
from rich.console import Console

from matrix.finding import Severity
from matrix.outcome import Outcome
from matrix.safe import safe_json

WIDTH: Final = 160
"""Columns where there is no terminal."""

COLOURS: Final = {
    Outcome.PASSED: "green",
    Outcome.REMARKED: "bright_green",
    Outcome.DEVIATED: "yellow",
    Outcome.FAILED: "red",
    Outcome.REFUSED: "blue",
    Outcome.UNANSWERED: "magenta",
    Outcome.INCONCLUSIVE: "cyan",
    Outcome.UNTESTED: "dim",
    Outcome.UNREACHABLE: "red",
}
ROLES: Final = {
    **{str(outcome): colour for outcome, colour in COLOURS.items()},
    "violation": "red", "warning": "yellow", "info": "cyan", "strong": "bold", "heading": "bold", "muted": "dim",
    "accent": "magenta",
}  # fmt: skip
"""How the roles of `tui.lines.line` look where there is no stylesheet."""
SEVERITY_COLOURS: Final = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def console() -> Console:
    """Return a console on stdout, as wide as the terminal, or 160 where there is none; NO_COLOR is honoured."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, soft_wrap=False)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something is on a terminal's stderr, after a moment; yields what to call with the position."""
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def print_lines(objects: Iterable[dict[str, Any]]) -> None:
    """Print one JSON object a line."""
    for each in objects:
        sys.stdout.write(_dumped(each) + "\n")


def print_json(value: object) -> None:
    """Print a value as JSON for programs, and for who reads it too."""
    sys.stdout.write(_dumped(value, orjson.OPT_INDENT_2) + "\n")


def _dumped(value: object, option: int = 0) -> str:
    return safe_json(orjson.dumps(value, option=option | orjson.OPT_NON_STR_KEYS).decode())

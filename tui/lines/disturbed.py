"""What the organizer did to sessions on purpose, as `plugfest show` prints it beside what the peers did."""

from collections.abc import Iterable
from typing import Any

from rich.text import Text

from matrix.safe import safe
from matrix.trace import Disturbed, Phase
from tui.lines.text import DISTURBED, clock_time


def by_session(steps: Iterable[Disturbed]) -> dict[int, list[Disturbed]]:
    """Return the steps of each session that was disturbed."""
    found: dict[int, list[Disturbed]] = {}
    for step in steps:
        found.setdefault(step.session, []).append(step)
    return found


def what_was_done(steps: Iterable[Disturbed]) -> str:
    """Say which disturbances a session had, "" where none."""
    texts = [safe(step.text, 40) for step in steps if step.phase is Phase.BEGUN]
    return f"{DISTURBED} {', '.join(texts)}" if texts else ""


def step_line(step: Disturbed) -> Text:
    """Return a step as a line between the messages."""
    touched = f" frame {step.frame}" if step.frame is not None else ""
    what = f"disturbed on purpose: {safe(step.text)} ({step.phase}{touched})"
    return Text(f"{step.mark:>8}  {clock_time(step.at, millis=True)}  {DISTURBED}  {what}", style="yellow")


def step_as_json(step: Disturbed) -> dict[str, Any]:
    """Return a step for programs: it has a `phase`, which no frame has."""
    return {name: getattr(step, name) for name in step.__struct_fields__}

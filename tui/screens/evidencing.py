"""What both screens with findings have: a key that puts together what shows one."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from textual.binding import Binding

from hub.evidence.reference import Reference
from matrix.safe import safe
from tui.commands.evidencing import bundle_name
from tui.rules_file import rules_file_of
from tui.screens.base import DashboardScreen

EVIDENCING: Final = (Binding("b", "evidence", "Bundle", tooltip="Bundle what shows the finding, to hand on"),)


def put_together(screen: DashboardScreen, reference: Reference) -> None:
    """Have a bundle written where the person is working, and say where it is once it is there.

    The application does it, so that it is written also when the person has left the screen meanwhile.
    """
    screen.notify(f"putting together what shows {reference} ...", markup=False)
    screen.app.run_worker(_put_together(screen, reference), name="evidence", group="evidence")


async def _put_together(screen: DashboardScreen, reference: Reference) -> None:
    """Let a process of its own judge, so that the dashboard stays quick."""
    app, to = screen.app, Path.cwd() / bundle_name(reference)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".toml") as rules:
        rules.write(rules_file_of(screen.source.policy))
        rules.flush()
        words = ("evidence", str(screen.source.path), str(reference), "-o", str(to), "--rules", rules.name)
        code, said, complaint = await _run(words)
    if code == 0:
        summary = said.partition("\n")[0]
        app.notify(safe(summary, 400), markup=False, timeout=15)
        return
    why = complaint.strip().rpartition("\n")[2].removeprefix("plugfest: ")
    app.notify(safe(why, 400) or "it came to nothing", severity="error", markup=False, timeout=15)


async def _run(words: Sequence[str]) -> tuple[int | None, str, str]:
    """Run a command as somebody would type it; return its exit code, and what it wrote to stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tui.cli",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},  # the same code as here, wherever that is
    )
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, said.decode("utf-8", "replace"), complaint.decode("utf-8", "replace")

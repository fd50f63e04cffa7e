"""The command as it is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EARLY = """
import signal, sys
from tui.start import main

class Early:
    def find_spec(self, name, path=None, target=None):
        if name == "tui.cli":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.{heeded})
sys.meta_path.insert(0, Early())
sys.argv = ["plugfest", "--version"]
main()
"""


def started(heeded: str) -> subprocess.CompletedProcess[str]:
    """Press Ctrl-C while the command's modules are being loaded."""
    command = [sys.executable, "-c", EARLY.format(heeded=heeded)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_ctrl_c_while_it_starts_shows_no_traceback() -> None:
    done = started("default_int_handler")

    assert (done.returncode, done.stdout, done.stderr) == (-2, "", "")


def test_ctrl_c_while_it_works_lets_it_put_things_away() -> None:
    heard = "from tui.typed.errors import reported; reported(lambda: signal.raise_signal(signal.SIGINT))"
    command = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); {heard}"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (130, "")


def test_what_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    done = started("SIG_IGN")

    assert (done.returncode, done.stderr) == (0, "")

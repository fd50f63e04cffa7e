"""A command whose reader has gone ends quietly, and never with a code that means something else."""

import errno
import os
import sys
from pathlib import Path
from subprocess import PIPE, run
from typing import Final

import pytest

from tui.closed_pipe import until_nobody_reads

ROOT: Final = Path(__file__).parents[2]


@pytest.mark.parametrize("command", [["rules"], ["rules", "--json"]], ids=["printed by Rich", "printed by us"])
def test_command_that_nobody_reads_ends_as_one_that_sigpipe_has_ended(command: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    ended = run([sys.executable, "-m", "tui.cli", *command], cwd=ROOT, stdout=writer, stderr=PIPE, check=False)

    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_command_whose_output_has_no_space_says_so() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run([sys.executable, "-m", "tui.cli", "--version"], cwd=ROOT, stdout=full, stderr=PIPE, check=False)

    assert ended.returncode == 2
    assert ended.stderr == b"plugfest: what should be written cannot be: No space left on device\n"


def test_command_that_has_no_output_at_all_prints_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    with until_nobody_reads():
        sys.stdout.write("lost")

    with sys.stdout:
        assert sys.stdout.name == os.devnull


def test_error_that_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(PermissionError), until_nobody_reads():
        raise PermissionError(errno.EACCES, "no")

"""What every command says that cannot go on."""

import errno
import os

import pytest

from tui import cli_errors


def no_room(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_disk_that_takes_no_more_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_errors, "_let_go_of_output", lambda: None)  # it is pytest's own

    with pytest.raises(SystemExit, match="2"):
        cli_errors.reported(lambda: no_room(errno.ENOSPC))

    assert capsys.readouterr().err == "plugfest: what should be written cannot be: No space left on device\n"


def test_error_that_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(PermissionError):
        cli_errors.reported(lambda: no_room(errno.EACCES))

"""How a command ends that could not do what it was asked for."""

import rich_click as click
from click.testing import CliRunner

from tui.typed.errors import Plugfest


@click.command()
def interrupted() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_before_the_work_has_begun_is_no_verdict() -> None:
    done = CliRunner().invoke(Plugfest(commands={"interrupted": interrupted}), ["interrupted"])

    assert done.exit_code == 130

"""Commands, as a person or a program types them."""

from click.testing import CliRunner, Result

from tui.cli import main


def run(*arguments: object) -> Result:
    """Run `plugfest` with these arguments, in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])

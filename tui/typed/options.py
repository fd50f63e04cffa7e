"""What several commands take: recordings, a hub's CA, an event's rules, secrets."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from tui.typed.errors import reported

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hub.recording.reading import Recording
    from matrix.policy import Policy

RECORDING: Final = click.Path(path_type=Path)
"""A recording that is there; whoever opens it says what it is instead, in the same words for every command."""
FILE: Final = click.Path(path_type=Path, dir_okay=False)

CA: Final = click.option(
    "--ca", type=FILE, metavar="FILE", help="Verify a hub at wss://HOST:PORT against this CA, in PEM."
)

TOKEN: Final = click.option(
    "--token",
    envvar="PLUGFEST_TOKEN",
    help="For a hub on another machine, at wss://: an organizer's token that was made with --moves.  "
    "[env: PLUGFEST_TOKEN]",
)

RULES: Final = click.option(
    "--rules",
    "rules_file",
    type=FILE,
    metavar="FILE.toml",
    help="Rules that are off or graded otherwise, each with its reason.  See docs/outcomes.md",
)

SECRETS: Final = click.option(
    "--secrets", is_flag=True, help="Show passwords and key codes in payloads, which are hidden otherwise."
)


def policy_in(path: Path | None) -> "Policy":
    """Read what an event makes of the rules: the table `rules` of a TOML file; nothing without one."""
    from tui.rules_file import read_rules_file

    policy: Policy = reported(lambda: read_rules_file(path))
    return policy


def opened_recording(path: Path) -> "AbstractContextManager[Recording]":
    """Open a recording as far as it is whole; what is missing is said on stderr."""
    from tui.commands.damaged import readable_recording

    return readable_recording(path)

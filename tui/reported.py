"""How a command ends: what cannot be done is said in a sentence, Ctrl-C and a reader that has gone end it quietly."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import click

UNUSABLE: Final = 2
INTERRUPTED: Final = 130


def reported(command: Callable[..., int]) -> Callable[..., None]:
    """Let a command's function return its exit code, and raise any HubError."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        from hub.errors import HubError
        from matrix.safe import safe

        try:
            sys.exit(command(*args, **options))
        except HubError as exc:
            for sentence in exc.sentences:
                click.echo(f"plugfest: {safe(sentence)}", err=True)
            sys.exit(UNUSABLE)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(0)

    return run

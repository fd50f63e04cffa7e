"""How every command says what it cannot do: in a sentence each, without a traceback."""

import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

import rich_click as click

CLEAN: Final = 0
UNUSABLE: Final = 2


def reported(work: Callable[[], Any]) -> Any:
    """Run a command: what the hub cannot do is said in a sentence, Ctrl-C ends quietly."""
    from hub.errors import HubError

    try:
        return work()
    except HubError as exc:
        fail(*exc.sentences)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(CLEAN)


def fail(*sentences: str) -> NoReturn:
    """Say why a command cannot do what it was asked for, and end it."""
    from matrix.safe import safe

    for sentence in sentences:
        click.echo(f"plugfest: {safe(sentence)}", err=True)
    sys.exit(UNUSABLE)

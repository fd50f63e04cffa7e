"""What a shell may complete, for `shell_complete` of options and arguments. What is offered is worked out at Tab only.

A peer's words can stand in an offer. They are offered where nothing in them acts on a screen; what would act on a
shell is quoted by zsh and fish themselves, and for bash by `tui.typed.shells`.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], Sequence[str]]
ShellComplete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]


def files(ctx: click.Context, parameter: click.Parameter, typed: str) -> "list[CompletionItem[str]]":
    """Leave it to the shell to complete a file: for what may be a recording, or something else."""
    del ctx, parameter
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="file")]


def quiet(completer: Completer) -> ShellComplete:
    """Offer nothing where something goes wrong: somebody is in the middle of a line."""

    @wraps(completer)
    def offered(ctx: click.Context, parameter: click.Parameter, typed: str) -> "list[CompletionItem[str]]":
        from click.shell_completion import CompletionItem

        from matrix.safe import safe

        try:
            found = completer(ctx, parameter, typed)
        except Exception:  # the boundary of this process; the command itself says what is wrong
            return []
        return [CompletionItem(each) for each in found if safe(each) == each]

    return offered


@quiet
def filters(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Complete the last word of a filter, as the search of the dashboard does."""
    del parameter
    from tui.typed.offers import Known, offers

    return offers(typed, Known(_recording(ctx)))


@quiet
def rule_codes(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Complete the code of a rule."""
    del ctx, parameter
    from matrix.rule import all_rules

    return _beginning(typed, [rule.code for rule in all_rules()])


def _of(field: str) -> ShellComplete:
    """Complete what stands alone where a filter would have it as the value of a field."""

    @quiet
    def values(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        del parameter
        from tui.typed.offers import Known

        return _beginning(typed, Known(_recording(ctx))[field])

    return values


actions: Final = _of("action")
identities: Final = _of("identity")
sessions: Final = _of("session")
vendors: Final = _of("vendor")


def _beginning(typed: str, values: Sequence[str]) -> list[str]:
    return [value for value in values if value.lower().startswith(typed.lower())]


def _recording(ctx: click.Context) -> Path | None:
    """Return the recording that is typed already; click leaves it in `args` while the value of an option is missing."""
    typed = ctx.params.get("recording") or ctx.params.get("source") or next(iter(ctx.args), None)
    return None if typed is None else Path(typed).expanduser()

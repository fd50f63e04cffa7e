"""What is done once something is recorded, one thing after the other; a fault of ours in one ends only its session."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeGuard, runtime_checkable

log = logging.getLogger(__name__)


@runtime_checkable
class Owner(Protocol):
    """Whom a callback belongs to: it is a method of the owner's, or is given the owner as its argument."""

    def fail(self, exc: Exception) -> None:
        """End what goes no further, since a fault of ours has left something undone."""


def call_back(afterwards: Iterable[tuple[Callable[[Any], object], Any]]) -> None:
    """Call back with the arguments. Who owns what fails is told, and nothing is taken from the others."""
    rest = iter(afterwards)
    while True:
        try:
            for callback, argument in rest:
                callback(argument)
        except Exception as exc:
            log.exception("what was recorded could not be handed on")
            if (owner := _owner_of(callback) or _owner_of(argument)) is not None:
                _tell(owner, exc)
        else:
            return


def call(callback: Callable[[], object], owner: Owner) -> None:
    """Call back where nothing was recorded first, and tell the owner likewise."""
    try:
        callback()
    except Exception as exc:
        log.exception("what a session waited for could not be done")
        _tell(owner, exc)


def is_of_ours(exc: Exception | None) -> TypeGuard[Exception]:
    """Tell whether a connection was broken by what our own code did with its bytes: the network's errors are others."""
    return exc is not None and not isinstance(exc, OSError)


def _owner_of(involved: object) -> Owner | None:
    owner = getattr(involved, "__self__", involved)
    return owner if isinstance(owner, Owner) else None


def _tell(owner: Owner, exc: Exception) -> None:
    try:
        owner.fail(exc)
    except Exception:
        log.exception("what failed could not be ended either")

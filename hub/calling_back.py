"""What is done once something is recorded, one thing after the other; a fault of ours in one ends only its session."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

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
            _tell(exc, callback, argument)
        else:
            return


def call(callback: Callable[[], object]) -> None:
    """Call what belongs to somebody, likewise: for a timer of theirs."""
    call_back([(_call, callback)])


def _call(callback: Callable[[], object]) -> None:
    callback()


def _tell(exc: Exception, *involved: object) -> None:
    for each in involved:
        owner = getattr(each, "__self__", each)
        if isinstance(owner, Owner):
            try:
                owner.fail(exc)
            except Exception:
                log.exception("what failed could not be ended either")
            return

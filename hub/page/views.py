"""What the page shows to those who come without a token: the choices of `plugfest serve --page`."""

from collections.abc import Callable
from typing import Final

from hub.access.scope import EVERYTHING, OUTCOMES, Scope, ViewingPolicy

MaySee = Callable[[bool, ViewingPolicy], Scope | None]
"""Says what a browser may see, by whether it has shown the hub's badge and by what the event shows; None: nothing."""

NOT_HERE: Final = (
    "this hub shows its page on its own machine only, to who opens the link that `plugfest serve` printed; "
    "`plugfest serve --page outcomes` (or `everything`) shows it to others, and --tokens to those who have one"
)
WHO_ARE_YOU: Final = (
    "this page is for those who have a token: open the link that you were given, or paste the token; "
    "on the hub's own machine it is the link that `plugfest serve` printed"
)


def see_everything(_is_near: bool, _policy: ViewingPolicy) -> Scope:
    """Show everything to everybody."""
    return EVERYTHING


def see_outcomes(_is_near: bool, _policy: ViewingPolicy) -> Scope:
    """Show outcomes to everybody, and who is who to nobody."""
    return OUTCOMES


def see_as_the_hall(is_near: bool, policy: ViewingPolicy) -> Scope:
    """Show everything to browsers that have shown the hub's badge, and to others what the event shows the hall."""
    return EVERYTHING if is_near else policy.of_hall


def see_from_here(is_near: bool, _policy: ViewingPolicy) -> Scope | None:
    """Show everything to browsers that have shown the hub's badge, and nothing to others."""
    return EVERYTHING if is_near else None

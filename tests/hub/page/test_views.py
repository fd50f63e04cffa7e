"""What `--page` shows to whom, without a token."""

import pytest

from hub.access.scope import EVERYTHING, OUTCOMES, Scope, Shown, ViewingPolicy
from hub.page.views import MaySee, see_as_the_hall, see_everything, see_from_here, see_outcomes

POLICY = ViewingPolicy(hall=Shown.OUTCOMES, is_anonymous=False)


@pytest.mark.parametrize(
    ("may_see", "near", "afar"),
    [
        (see_from_here, EVERYTHING, None),
        (see_as_the_hall, EVERYTHING, POLICY.of_hall),
        (see_outcomes, OUTCOMES, OUTCOMES),
        (see_everything, EVERYTHING, EVERYTHING),
    ],
)
def test_a_browser_sees_what_the_option_says(may_see: MaySee, near: Scope | None, afar: Scope | None) -> None:
    assert (may_see(True, POLICY), may_see(False, POLICY)) == (near, afar)

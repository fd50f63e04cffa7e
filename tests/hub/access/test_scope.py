import msgspec
import pytest

from hub.access.scope import EVERYTHING, OUTCOMES, Scope, Shown, ViewingPolicy


@pytest.mark.parametrize(
    ("identity", "csms", "shown"),
    [("V1", "deep", Shown.EVERYTHING), ("W9", "lotus", Shown.EVERYTHING), ("W9", "deep", Shown.NOTHING)],
)
def test_a_session_is_ones_own_by_its_station_or_its_csms(identity: str, csms: str, shown: Shown) -> None:
    scope = ViewingPolicy().of_participant(["V1"], ["lotus"])

    assert scope.shown(identity, csms) is shown


def test_without_a_word_of_the_event_participants_see_nothing_of_others_and_the_hall_sees_no_names() -> None:
    policy = ViewingPolicy()

    assert policy.of_participant([], []).others is Shown.NOTHING
    assert policy.of_hall == OUTCOMES


def test_hall_that_is_shown_everything_has_names() -> None:
    assert ViewingPolicy(hall=Shown.EVERYTHING, is_anonymous=True).of_hall == EVERYTHING


def test_scopes_of_the_same_are_the_same_whatever_the_order_and_after_a_journey() -> None:
    one, other = Scope(identities=frozenset(["a", "b"])), Scope(identities=frozenset(["b", "a"]))

    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Scope)

    assert {one, other, arrived} == {one}

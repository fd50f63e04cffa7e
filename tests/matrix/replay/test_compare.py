from typing import Any

import pytest

from matrix.replay.compare import Context, Difference, differences
from matrix.replay.fields import ids_in
from matrix.replay.memory import Memory
from matrix.schemas import Part

BOOT = Context("1.6", "BootNotification", Part.RESPONSE)
REMOTE_START = Context("1.6", "RemoteStartTransaction", Part.REQUEST)


def differing(recorded: Any, live: Any, context: Context = BOOT) -> list[Difference]:
    return differences(recorded, live, context, Memory("a"))


def test_ids_and_times_are_set_aside() -> None:
    start = Context("1.6", "StartTransaction", Part.RESPONSE)

    one = {"transactionId": 1, "idTagInfo": {"expiryDate": "2026-11-01T10:00:00Z", "status": "Accepted"}}
    other = {"transactionId": 2, "idTagInfo": {"expiryDate": "2027-11-01T10:00:00Z", "status": "Blocked"}}

    found = differing(one, other, start)

    assert found == [Difference("/idTagInfo/status", '"Accepted"', '"Blocked"')]


def test_what_is_absent_on_one_side_differs() -> None:
    found = differing({"status": "Accepted", "interval": 300}, {"status": "Accepted", "customData": {}})

    assert found == [Difference("/interval", "300", "(absent)"), Difference("/customData", "(absent)", "{}")]


def test_the_order_of_an_array_does_not_matter() -> None:
    keys = Context("1.6", "GetConfiguration", Part.RESPONSE)

    found = differing({"unknownKey": ["a", "b"]}, {"unknownKey": ["b", "a"]}, keys)

    assert found == []


def test_arrays_of_different_lengths_differ_item_by_item() -> None:
    keys = Context("1.6", "GetConfiguration", Part.RESPONSE)

    found = differing({"unknownKey": ["a"]}, {"unknownKey": ["a", "b"]}, keys)

    assert found == [Difference("/unknownKey/1", "(absent)", '"b"')]


@pytest.mark.parametrize("live", [None, [], "text", 5, {"status": {}}])
def test_a_payload_of_another_shape_differs_and_nothing_breaks(live: Any) -> None:
    assert differing({"status": "Accepted"}, live) != []


def test_another_token_differs_until_it_stands_for_the_recorded_one() -> None:
    recorded, live = {"idTag": "A"}, {"idTag": "B"}
    memory = Memory("a")
    before = differences(recorded, live, REMOTE_START, memory)

    memory.learn(ids_in(recorded, *REMOTE_START), ids_in(live, *REMOTE_START))

    assert before == [Difference("/idTag", '"A"', '"B"')]
    assert differences(recorded, live, REMOTE_START, memory) == []


def test_no_more_than_twenty_differences_are_told_of_a_message() -> None:
    assert len(differing({}, {str(number): 1 for number in range(500)})) == 20

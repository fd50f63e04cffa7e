"""Fields of payloads that may hold anything."""

from hypothesis import given
from hypothesis import strategies as st

from matrix.fields import LARGEST_INTEGER, dig, integer, is_disputable, number, objects, said, seconds_as_ns, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=3),
)


def test_value_of_the_asked_type_is_returned_and_any_other_is_nothing() -> None:
    payload = {"a": {"b": "x", "n": 1, "yes": True, "list": [{"c": 1}, 2]}}

    assert text(payload, "a", "b") == "x"
    assert integer(payload, "a", "n") == 1
    assert number(payload, "a", "n") == 1
    assert integer(payload, "a", "yes") is None
    assert text(payload, "a", "n") is None
    assert text(payload, "a", "b", "c") is None
    assert objects(payload, "a", "list") == [{"c": 1}]
    assert objects(payload, "a", "n") == []


def test_whole_number_is_an_integer_however_it_is_written() -> None:
    assert [integer({"n": each}, "n") for each in (7.0, 1e3, 0.5, 1e300)] == [7, 1_000, None, None]


def test_seconds_are_bounded_whatever_a_peer_says() -> None:
    assert seconds_as_ns({"interval": 1.5}, "interval") == 1_500_000_000
    assert seconds_as_ns({"interval": -5}, "interval") == seconds_as_ns({"interval": "5"}, "interval") == 0
    assert seconds_as_ns({"interval": 1e308}, "interval") == seconds_as_ns({"interval": 10**400}, "interval") == 10**18


@given(JSON)
def test_no_payload_makes_a_look_at_it_raise(payload: object) -> None:
    dig(payload, "a", "b")
    objects(payload, "a")
    said(payload)


def test_a_value_in_a_sentence_is_without_its_secret() -> None:
    assert said("ftp://user:hunter2@host/x") == '"ftp://user:***@host/x"'
    assert said({"password": "hunter2"}) == "{'password': ***}"


def test_only_long_integers_and_empty_arrays_are_disputable() -> None:
    assert is_disputable({"a": {"b": [1, {"c": LARGEST_INTEGER + 1}]}})
    assert is_disputable({"a": [{"b": []}]})
    assert not is_disputable({"a": [LARGEST_INTEGER, -LARGEST_INTEGER - 1, 1e300, True, "", None, {}]})


@given(JSON)
def test_looking_for_what_is_disputable_never_raises(payload: object) -> None:
    assert is_disputable(payload) in (True, False)

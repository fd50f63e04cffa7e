"""Which way a message went."""

import pytest

from hub.imports.directions import head_of, initiator, sender_in, sender_named, way_in
from hub.imports.entries import LineError, Way
from matrix.trace import Side


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ("cp-to-csms", Side.STATION),
        ("[CP -> CSMS]", Side.STATION),
        ("CSMS <- CP", Side.STATION),
        ("ChargePoint → CentralSystem", Side.STATION),
        ("received from charger", Side.STATION),
        ("sent to the backend, to server", Side.STATION),
        ("csms2cp", Side.CSMS),
        ("CSMS=>charging station", Side.CSMS),
        ("message from CSMS:", Side.CSMS),
        ("sending to station", Side.CSMS),
        ("CP1 says", None),
        ("from scp to csmsx", None),
    ],
)
def test_words_that_name_both_sides_tell_who_sent_it(words: str, side: Side | None) -> None:
    assert sender_in(words) is side


@pytest.mark.parametrize(("word", "side"), [("station", Side.STATION), ("CSMS", Side.CSMS), ("up", None)])
def test_value_that_names_a_side_is_the_sender(word: str, side: Side | None) -> None:
    assert sender_named(word) is side


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("CP1: send", Way.OUT),
        ("sent JSON message to Wallbox:", Way.OUT),
        ("TX >>", Way.OUT),
        (">", Way.OUT),
        ("received JSON message from Wallbox:", Way.IN),
        ("<--", Way.IN),
        ("outgoing? no: incoming", Way.IN),
        ("sender, inner, mysend", None),
    ],
)
def test_last_word_or_arrow_tells_the_way(words: str, way: Way | None) -> None:
    assert way_in(words) is way


@pytest.mark.parametrize(
    ("action", "side"),
    [("BootNotification", Side.STATION), ("Reset", Side.CSMS), ("DataTransfer", None), ("Dance", None)],
)
def test_action_tells_the_side_only_where_all_versions_agree(action: str, side: Side | None) -> None:
    assert initiator(action) is side


def test_head_tells_type_id_action_and_the_version_that_shows() -> None:
    assert head_of('[2,"a","StopTransaction",{}]') == (2, "a", "StopTransaction", "1.6")
    assert head_of('[2,"a","BootNotification",{"chargingStation":{}}]') == (2, "a", "BootNotification", "2")
    assert head_of('[2,"a","StatusNotification",{"errorCode":"NoError"}]').shows == "1.6"
    assert head_of('[2,"a","Authorize",{"idToken":{}}]').shows == "2"
    assert head_of('[3,"a",{}]') == (3, "a", "", "")
    assert head_of('[true,"a"]') == head_of("[7]") == (0, "", "", "")


@pytest.mark.parametrize("text", ["[2,", "{}", pytest.param("[" * 100_000, id="deep"), '[3,"\\ud800"]'])
def test_what_is_no_array_of_json_is_a_lines_mistake(text: str) -> None:
    with pytest.raises(LineError):
        head_of(text)

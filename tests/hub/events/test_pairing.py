"""Which CSMS each station is for: by the event file, as the organizer moved it, and after an edit."""

from pathlib import Path

import pytest
from event_texts import TWO_CSMSES, a_station

from hub.events.event import EventFile
from hub.events.file import parse_event
from hub.events.pairing import Move, Pairing, PairingError

EVENT = TWO_CSMSES + a_station("Volta One", "volta", "V1", "V2", csms="lotus") + a_station("Volta Two", "volta", "V3")


def event(text: str = EVENT) -> EventFile:
    return parse_event(text, Path("event.toml"))


def test_station_is_for_the_csms_of_its_product() -> None:
    pairing = Pairing(event())

    assert pairing.pairs == {"V1": "lotus", "V2": "lotus", "V3": None}


def test_station_of_nobody_is_for_no_csms() -> None:
    assert Pairing(event()).csms_of("stranger") is None


def test_product_is_moved_with_all_of_its_identities() -> None:
    pairing = Pairing(event())

    moves = pairing.move("Volta One", "deep")

    assert moves == [Move("V1", "lotus", "deep"), Move("V2", "lotus", "deep")]
    assert pairing.csms_of("V2") == "deep"


def test_one_identity_is_moved_alone() -> None:
    pairing = Pairing(event())

    moves = pairing.move("V1", "deep")

    assert moves == [Move("V1", "lotus", "deep")]
    assert pairing.csms_of("V2") == "lotus"


def test_move_to_where_a_station_is_changes_nothing() -> None:
    assert Pairing(event()).move("V1", "lotus") == []


@pytest.mark.parametrize(
    ("station", "csms", "sentence"),
    [
        ("V9", "lotus", "there is no station 'V9' in the event, by product or identity; known: Volta One, Volta Two"),
        ("V1", "louts", "there is no CSMS 'louts' in the event; known: lotus, deep"),
    ],
)
def test_move_of_what_is_not_there_is_refused_with_what_is(station: str, csms: str, sentence: str) -> None:
    pairing = Pairing(event())

    with pytest.raises(PairingError) as caught:
        pairing.move(station, csms)

    assert str(caught.value) == sentence
    assert pairing.pairs == {"V1": "lotus", "V2": "lotus", "V3": None}


def test_edit_moves_stations_whose_product_has_another_csms_by_it() -> None:
    pairing = Pairing(event())

    moves = pairing.take_up(event(EVENT.replace('csms = "lotus"', 'csms = "deep"')))

    assert sorted(moves) == [Move("V1", "lotus", "deep"), Move("V2", "lotus", "deep")]


def test_edit_leaves_alone_what_the_organizer_moved() -> None:
    pairing = Pairing(event())
    pairing.move("V1", "deep")

    moves = pairing.take_up(event(EVENT.replace('name = "Fest"', 'name = "Second day"')))

    assert moves == []
    assert pairing.csms_of("V1") == "deep"


def test_edit_that_takes_a_csms_away_undoes_the_move_to_it() -> None:
    pairing = Pairing(event())
    pairing.move("V1", "deep")
    without = EVENT.replace(EVENT[EVENT.index("[csmses.deep]") : EVENT.index('[stations."Volta One"]')], "")

    moves = pairing.take_up(event(without))

    assert moves == [Move("V1", "deep", "lotus")]


def test_stations_that_change_places_meet_the_csms_of_the_other() -> None:
    pairing = Pairing(event())
    pairing.move("V3", "deep")

    moves = pairing.swap("Volta One", "V3")

    assert moves == [Move("V1", "lotus", "deep"), Move("V2", "lotus", "deep"), Move("V3", "deep", "lotus")]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("V1", "V2", "'V1' and 'V2' are for lotus, both of them: there is nothing to swap"),
        ("V1", "V9", "there is no station 'V9' in the event, by product or identity; known: Volta One, Volta Two"),
    ],
)
def test_stations_that_cannot_change_places_are_told(one: str, other: str, told: str) -> None:
    with pytest.raises(PairingError) as caught:
        Pairing(event()).swap(one, other)

    assert str(caught.value) == told


@pytest.mark.parametrize("station", ["Volta One", "V1"])
def test_station_that_is_for_another_csms_by_now_is_told(station: str) -> None:
    pairing = Pairing(event())
    pairing.check_unchanged((station, "lotus"), ("V3", None))
    pairing.move("V1", "deep")

    with pytest.raises(PairingError, match=f"'{station}' is for deep by now, and not for lotus: nobody was moved"):
        pairing.check_unchanged(("V3", None), (station, "lotus"))

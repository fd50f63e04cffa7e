"""What an organizer may not have meant is told with its line, and is no mistake."""

from pathlib import Path

import pytest
from event_texts import TWO_CSMSES, a_participant, a_station

from hub.access.tokens import Token
from hub.events.file import parse_event
from hub.events.remarks import remarks, remarks_on_tokens

STATIONS = (
    a_participant("gone", vendor="Gone AG", absent=True)
    + a_station("one", "volta", "V1")
    + a_station("newer", "volta", "V2", versions=["2.0.1"])
    + a_station("away", "gone", "G1")
)
ROUND = "[[rounds]]\nstarts = 2026-11-23T09:00:00Z\npairs = [\n  "


def remarks_on(added: str) -> list[str]:
    text = TWO_CSMSES + STATIONS
    found = remarks(parse_event(text + added, Path("event.toml")))
    lines = text.count("\n")
    return [f"{int(each.split(':')[1]) - lines}: {each.split(': ', 1)[1]}" for each in found]


def test_there_is_nothing_to_say_of_a_sound_event() -> None:
    assert remarks_on(ROUND + '["one", "lotus"]]') == []


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (ROUND + '["newer", "lotus"]]', "4: rounds[1].pairs[1] is of newer and lotus, which have no version in common"),
        (ROUND + '["one", "deep"],\n["away", "lotus"]]', "5: rounds[1].pairs[2] is with Gone AG, who is absent"),
        ("[[rounds]]\nstarts = 2026-11-23T09:00:00Z\n", "1: rounds[1] has no pairs: nobody meets"),
        (
            "[csmses.deep.passwords]\nV9 = 'x'",
            "2: csmses.deep.passwords.V9 is for an identity that no station here has",
        ),
        (
            "[stations.x]\nparticipant = 'volta'\nversions = ['2.0.1']\nidentities = ['X']\ncsms = 'deep'",
            "5: stations.x.csms is of x and deep, which have no version in common",
        ),
        (
            "[stations.x]\nparticipant = 'volta'\nversions = ['1.6']\nidentities = ['-X']",
            "4: stations.x.identities[1] begins as the hub's own paths do: it is not reached as ws://HUB/IDENTITY",
        ),
    ],
)
def test_what_may_not_be_meant_is_told_with_its_line(added: str, told: str) -> None:
    assert remarks_on(added) == [told]


def test_names_of_tokens_are_held_against_the_event_and_those_beside_it() -> None:
    event = parse_event(TWO_CSMSES.replace('url = "ws://127.0.0.1:9200"', "tunnel = true"), Path("event.toml"))
    tokens = [
        Token(name="good", digest="", participant="volta", csmses=("deep", "beside")),
        Token(name="odd", digest="", participant="vlota", csmses=("lotus",)),
        Token(name="over", digest="", participant="nobody", is_revoked=True),
    ]

    told = [*remarks_on_tokens(tokens, event, ["beside"])]

    assert told == [
        "the token 'odd': there is no [participants.vlota] in event.toml; did you mean 'volta'?",
        "the token 'odd': there is no [csmses.lotus] with tunnel = true in event.toml; there are deep, beside",
    ]

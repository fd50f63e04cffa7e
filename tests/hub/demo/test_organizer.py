from pathlib import Path

from hub.demo.organizer import NAME, desk_in
from hub.demo.products import CSMSES, STATIONS
from hub.handshake.switchboard import TUNNEL
from matrix.dialect import V16


def test_event_of_the_demo_has_everybody_in_it_and_in_each_round_all_second_units_meet_somebody(tmp_path: Path) -> None:
    dialled = {each.name: "ws://127.0.0.1:9100/ocpp" for each in CSMSES if not each.remote}

    desk = desk_in(tmp_path, dialled)

    event = desk.event
    able = {each.name for each in CSMSES if V16 in each.versions}
    roving = {name for name, each in event.stations.items() if len(each.identities) > 1}
    assert (event.name, desk.phase.number) == (NAME, 1)
    assert {each.vendor for each in event.participants.values()} > {each.vendor for each in STATIONS}
    assert {each.url or TUNNEL for each in event.csmses.values()} == {*dialled.values(), TUNNEL}
    assert roving
    assert {frozenset(station for station, _ in each.pairs) for each in event.rounds} == {frozenset(roving)}
    assert {pair for each in event.rounds for pair in each.pairs} == {(each, csms) for each in roving for csms in able}

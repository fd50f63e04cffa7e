from pathlib import Path
from random import Random

from legs import MESSAGE, Floor, session_of, transport_of

from hub.disturbing.gates import LateGate


async def test_session_is_ended_where_a_gate_cannot_hand_on_what_it_has_held(floor: Floor, path: Path) -> None:
    station, transport = floor.session(1)
    LateGate(station, 0.001, 0.0, Random(1))
    transport_of(station.peer).is_broken = True

    station.data_received(MESSAGE)
    while not transport.given:
        await floor.recorder.committed()

    assert session_of(path, 1).fault == "the hub failed: RuntimeError"
    assert floor.given_to(1) == b""

"""Autobahn's cases in both roles: with the hub between, none may come out differently, nor any event of any case."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import pytest
import uvloop
from autobahn_legs import Peer, Role, Verdicts, both_legs, differences, hub_within, verdicts
from tls_contexts import tls_contexts

from hub.recording.reading import Recording

CONFORMANCE: Final = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
CONFORMANCE_CASES: Final = 247
SPEED: Final = {"9.*": 54}
COMPRESSION: Final = {f"12.{n}.*": 18 for n in range(1, 6)} | {f"13.{n}.*": 18 for n in range(1, 8)}
"""How many cases each group has; with those of CONFORMANCE they are all 517."""
FRAGMENTS_AND_CLOSES: Final = ["5.*", "7.*"]

LOOPS: Final = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Path]:
    """Return where to record; of the gigabytes that some groups make, none is kept."""
    yield tmp_path / "autobahn.db"
    for file in tmp_path.iterdir():
        file.unlink()


def directly(role: Role, *cases: str) -> Verdicts:
    return uvloop.run(verdicts(role, list(cases), nullcontext))


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("role", list(Role))
def test_no_case_of_autobahn_comes_out_differently_through_the_hub(
    recording: Path, role: Role, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    def through_the_hub(cases: list[str]) -> Verdicts:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(verdicts(role, cases, hub_within(recording)))

    relayed = through_the_hub(CONFORMANCE)

    assert len(relayed) == CONFORMANCE_CASES
    direct = directly(role, *CONFORMANCE)
    assert differences(direct, relayed, lambda cases: (directly(role, *cases), through_the_hub(cases))) == {}
    with Recording.open(recording) as recorded:
        assert all(session.upgraded for session in recorded.sessions())
        assert len(recorded.sessions()) >= CONFORMANCE_CASES


@pytest.mark.parametrize(
    "cases",
    [FRAGMENTS_AND_CLOSES, pytest.param([*CONFORMANCE, *SPEED], marks=pytest.mark.nightly)],
    ids=["few", "many"],
)
@pytest.mark.parametrize("role", list(Role))
def test_no_case_comes_out_differently_through_tls_to_the_peer_under_test(
    recording: Path, role: Role, cases: list[str]
) -> None:
    server_side, client_side = tls_contexts()
    if role is Role.SERVER:  # the CSMS is under test: wss from the hub to it
        between, peer = hub_within(recording, upstream_tls=client_side), Peer(tls=server_side)
    else:  # the station is: wss from it to the hub
        between, peer = hub_within(recording, tls=server_side), Peer(tls=client_side)

    def through_the_hub(cases: list[str]) -> Verdicts:
        return uvloop.run(verdicts(role, cases, between, peer))

    relayed = through_the_hub(cases)

    direct = directly(role, *cases)
    assert differences(direct, relayed, lambda cases: (directly(role, *cases), through_the_hub(cases))) == {}


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("group", [*SPEED, *COMPRESSION])
def test_no_case_of_speed_or_compression_comes_out_differently(recording: Path, role: Role, group: str) -> None:
    direct, relayed = both_legs(role, [group], recording)

    assert len(direct) == {**SPEED, **COMPRESSION}[group]
    assert differences(direct, relayed, lambda cases: both_legs(role, cases, recording)) == {}

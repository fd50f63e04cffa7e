"""Garbage through the whole house: relayed, recorded, judged and printed, and nothing falls over or gets out."""

import asyncio
import re
from typing import Final

import pytest
from click.testing import CliRunner
from drawing import judged
from raw_peers import Peers, masked, upgrade

from hub.recording.reading import Recording
from hub.server import Hub
from matrix.judge import Judge
from matrix.trace import Frame, Side
from tui.cli import main

NASTY: Final = "\x1b[2J\x1b]0;t\x07\x9b31m\u202e[@click=app.quit]x[/]\ud83d\udd0c\r\n=cmd"
ACTING: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What could act on a terminal; line ends are ours."""

SESSION: Final = (
    "not JSON at all",
    '{"a":' * 40 + "1" + "}" * 40,
    '[2,"n","DataTransfer",{"vendorId":"x","data":' + '{"a":' * 40 + "1" + "}" * 40 + "}]",
    "[" * 100_000,
    "[2]",
    '[2,"' + "i" * 5000 + '","Heartbeat",{}]',
    '[2,"2","\\u001b[31m' + "A" * 5000 + '",{}]',
    '[2,"b","BootNotification",{"chargePointVendor":"\\u001b[2J[@click=app.quit]x[/]\\u202e","chargePointModel":"=1+1"}]',
    '[4,"b","\\u009b31m","\\u0007",{"\\u202e":1}]',
    '[2,"3","StatusNotification",{"\\u001b[31m":1,"connectorId":1,"errorCode":"\\u202e","status":[]}]',
    "",
    "null",
    '[2,"4","Heartbeat",{"x":1e999}]',
)


async def through(hub: Hub, peers: Peers, *pieces: bytes, target: str = "/acme/CS1") -> list[Frame]:
    """Send these bytes from a station through the hub; return the frames that were recorded of them."""
    station = await peers.station(hub.port)
    await station.say(upgrade(target))
    csms = await peers.accept()
    await station.head()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.say(*pieces))
        heard = await csms.hear(sum(map(len, pieces)))
    assert heard == b"".join(pieces)
    with Recording.open(hub.recorder.path) as recording:
        return [item for item in recording.traffic() if isinstance(item, Frame)]


def verdict_on(hub: Hub) -> Judge:
    with Recording.open(hub.recorder.path) as recording:
        return judged(recording.traffic())


def printed(hub: Hub, *arguments: str) -> str:
    command, *options = arguments
    return CliRunner().invoke(main, [command, str(hub.recorder.path), *options]).output


async def test_garbage_of_every_kind_is_relayed_recorded_and_judged(hub: Hub, peers: Peers) -> None:
    frames = await through(hub, peers, *map(masked, SESSION))

    judge = verdict_on(hub)

    assert [frame.payload for frame in frames] == [*SESSION]
    assert judge.crashes == []
    assert {finding.side for finding in judge.findings} == {Side.STATION}
    assert judge.board.view().messages == len(SESSION)


async def test_garbage_never_acts_on_a_terminal(hub: Hub, peers: Peers) -> None:
    await through(hub, peers, *map(masked, SESSION), target="/acme/%1b%5b2J%0a%e2%80%ae")

    outputs = [
        printed(hub, "show"),
        printed(hub, "show", "--session", "1", "--full"),
        printed(hub, "show", "--session", "1", "--json"),
        printed(hub, "judge"),
        printed(hub, "judge", "--json"),
    ]

    assert all(outputs)
    assert [ACTING.findall(output) for output in outputs] == [[]] * len(outputs)
    assert "[@click=app.quit]x[/]" in outputs[3]


@pytest.mark.parametrize(
    ("frame", "outcome", "rules"),
    [
        (masked(b"\xff\xfe not UTF-8"), "failed", ["HS-10", "RPC-01"]),
        (masked(b"\x00\x01", 2), "failed", ["HS-10", "RPC-01"]),
        (masked('[2,"1","Heartbeat",{}]', rsv=4), "deviated", ["HS-10"]),
        (masked('[2,"1","DataTransfer",{"vendorId":"x","data":"' + "d" * 2**24 + '"}]'), "passed", []),
    ],
    ids=["not UTF-8", "binary", "reserved bit", "16 MiB"],
)
async def test_odd_frame_has_a_clear_outcome(
    hub: Hub, peers: Peers, frame: bytes, outcome: str, rules: list[str]
) -> None:
    await through(hub, peers, frame)

    judge = verdict_on(hub)

    assert [finding.rule for finding in judge.findings] == rules
    assert judge.board.view().pairs[0].row("Framing").outcome == outcome


@pytest.mark.parametrize("target", ["/acme/../../etc/passwd", "/acme/%2e%2e/x", "/acme/./x"])
async def test_identity_that_leads_elsewhere_is_refused_in_a_sentence(hub: Hub, peers: Peers, target: str) -> None:
    station = await peers.station(hub.port)
    await station.say(upgrade(target))

    answer = (await station.rest()).decode()

    assert answer.startswith("HTTP/1.1 400")
    assert "has a segment '.' or '..'" in answer


async def test_identity_of_4_kib_and_odd_characters_is_judged_and_shown(hub: Hub, peers: Peers) -> None:
    await through(hub, peers, masked('[2,"1","Heartbeat",{}]'), target=f"/acme/{'x' * 4096}%1b")

    output = printed(hub, "show")

    assert "xxxx" in output
    assert ACTING.findall(output) == []

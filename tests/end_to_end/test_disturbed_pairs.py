"""A station and a CSMS of the `ocpp` package whose session is disturbed: nobody is charged with it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from drawing import judged
from peers import ocpp_package

from hub.disturbing.disturber import Disturber
from hub.disturbing.fault_language import read_fault
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.dialect import V16
from matrix.finding import Severity
from matrix.judge import Judge
from matrix.outcome import WRONG

WAIT_S: Final = 3.0
"""What a station is given that may wait for ever for an answer that was dropped."""


async def charge_disturbed(path: Path, what: str) -> Judge:
    """Let a station charge, disturb its session once it has begun, and return the judge of what was recorded."""
    async with ocpp_package.csms(V16) as url:
        disturber = Disturber()
        settings = HubSettings(recording=path, csmses={"csms": url}, port=0)
        async with Hub(settings, disturber=disturber) as hub, asyncio.TaskGroup() as tasks:
            charging = tasks.create_task(_charge(f"{hub.url}/csms"))
            while not hub.relay.splices:  # noqa: ASYNC110 - the hub tells nobody
                await asyncio.sleep(0)
            disturber.disturb("1", read_fault(what))
            await charging
    with Recording.open(path) as recording:
        return judged(recording.all_traffic())


async def _charge(endpoint: str) -> None:
    with suppress(TimeoutError, aiohttp.ClientError, ConnectionError):
        async with asyncio.timeout(WAIT_S):
            await ocpp_package.charge(endpoint, V16, compresses=False)


@pytest.mark.parametrize(
    "what",
    ["latency 20ms jitter 10ms", "stall 300ms", "drop answer 2", "delay answer 2 by 500ms", "reset", "close 1011"],
)
async def test_no_vendor_is_charged_with_what_the_organizer_did(tmp_path: Path, what: str) -> None:
    judge = await charge_disturbed(tmp_path / "disturbed.recording", what)

    (pair,) = judge.board.view().pairs
    assert [finding for finding in judge.findings if finding.severity is Severity.VIOLATION] == []
    assert {row.action: row.evidence for row in pair.rows if row.outcome in WRONG} == {}
    assert [each.text for each in judge.disturbances] == [what]

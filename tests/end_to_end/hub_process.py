"""A hub as a process of its own, to be killed: `hub_process.py RECORDING CSMS-URL [STOP_S]` prints its port, then runs.

When it is asked to stop, it waits STOP_S for its peers, where that is given.
"""

import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))  # the hub of this checkout, wherever one is installed

from hub import server
from hub.server import Hub, HubSettings


async def run(recording: Path, url: str) -> None:
    async with Hub(HubSettings(recording=recording, csmses={"acme": url}, port=0)) as hub:
        await hub.run_until_signalled(lambda: print(hub.port, flush=True))  # noqa: T201 - how the test learns of it


if __name__ == "__main__":
    if len(sys.argv) > 3:
        server.STOP_TIMEOUT_S = float(sys.argv[3])  # type: ignore[misc]  # a constant, but for a test
    uvloop.run(run(Path(sys.argv[1]), sys.argv[2]))

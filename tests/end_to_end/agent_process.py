"""An agent as a process of its own, to be killed: `agent_process.py HUB-PORT CSMS-URL`, with PLUGFEST_TOKEN set."""

import os
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))  # the agent of this checkout, wherever one is installed

from hub.agent import Agent
from hub.agent_streams import AgentSettings
from hub.outbound import WayOut
from hub.switchboard import checked_csms


async def run(port: str, url: str) -> None:
    way = WayOut.to(f"ws://127.0.0.1:{port}", environment={})
    settings = AgentSettings(hub=way, token=os.environ["PLUGFEST_TOKEN"], csmses=[checked_csms("acme", url)])
    await Agent(settings, lambda _: None).run()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], sys.argv[2]))

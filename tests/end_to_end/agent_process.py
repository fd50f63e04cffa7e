"""An agent as a process, to be killed: `agent_process.py HUB-URL NAME CSMS-URL [DEADLINE-S]`.

Its token is in PLUGFEST_TOKEN.
"""

import os
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))  # the agent of this checkout, wherever one is installed

from hub.handshake.switchboard import checked_csms
from hub.tunnel.agent import Agent, AgentError
from hub.tunnel.agent_streams import AgentSettings
from hub.tunnel.outbound import WayOut
from hub.tunnel.words import Timing


async def run(hub: str, name: str, url: str, deadline_s: str = "15") -> None:
    third_s = float(deadline_s) / 3
    timing = Timing(keepalive_s=third_s, deadline_s=float(deadline_s), connect_s=third_s)
    way = WayOut.to(hub, connect_s=third_s, environment={})
    settings = AgentSettings(
        hub=way, token=os.environ["PLUGFEST_TOKEN"], csmses=[checked_csms(name, url)], timing=timing
    )
    await Agent(settings, lambda _: None).run()


if __name__ == "__main__":
    try:
        uvloop.run(run(*sys.argv[1:]))
    except AgentError as exc:
        sys.exit(str(exc))

"""A CSMS of a small event as a process: `event_csms.py [faulty]` prints its port.

The answers of a faulty one to Heartbeat lack the time.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from aiohttp import web


async def serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["ocpp1.6"])
    await socket.prepare(request)
    async for message in socket:
        _, number, action, _ = json.loads(message.data)
        await socket.send_json([3, number, answer(action)])
    return socket


def answer(action: str) -> dict[str, Any]:
    time = {"currentTime": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")}
    if action == "BootNotification":
        return time | {"status": "Accepted", "interval": 300}
    return {} if "faulty" in sys.argv else time


async def run() -> None:
    app = web.Application()
    app.router.add_get("/{identity}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 - how the test learns of it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run())

"""A CSMS that accepts whatever comes, and does one thing wrong."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web


@asynccontextmanager
async def careless_csms() -> AsyncIterator[str]:
    """Run a CSMS that answers a Heartbeat without the time that it has to carry; return its URL."""
    app = web.Application()
    app.router.add_get("/{station}", _answered)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _answered(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["ocpp1.6"])
    await socket.prepare(request)
    async for message in socket:
        _, number, action, _ = json.loads(message.data)
        await socket.send_str(json.dumps([3, number, _answer_to(action)]))
    return socket


def _answer_to(action: str) -> dict[str, object]:
    match action:
        case "BootNotification":
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return {"currentTime": now, "interval": 300, "status": "Accepted"}
        case "DataTransfer":
            return {"status": "Accepted"}
        case _:
            return {}

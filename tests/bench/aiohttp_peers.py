"""Load by real WebSocket peers: aiohttp on uvloop at both ends, each message built and parsed.

`python tests/bench/aiohttp_peers.py csms` prints its port and answers; `... stations URL` takes the commands `connect`
and `closed_loop` as stations.py does.
"""

import asyncio
import json
import sys
from itertools import count
from time import perf_counter
from typing import Any, Final

import aiohttp
import uvloop
from aiohttp import web
from messages import CALL

TEMPLATE: Final = CALL.decode().replace("0" * 36, "%036d", 1)


async def answer(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("ocpp1.6",), compress=False)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(f'[3,"{message.data[4:40]}",{{}}]')
    return socket


async def serve() -> None:
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


class Stations:
    """Connections to one URL."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url
        self.numbers = count()
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def connect(self, sessions: int) -> dict[str, float]:
        for number in range(sessions):
            self.sockets.append(await self.http.ws_connect(f"{self.url}/CS{number:05}", protocols=("ocpp1.6",)))
        return {}

    async def closed_loop(self, seconds: float) -> dict[str, float]:
        began = perf_counter()
        answers = sum(await asyncio.gather(*(self.one(socket, began + seconds) for socket in self.sockets)))
        return {"frames": 2 * answers, "frames_per_s": 2 * answers / (perf_counter() - began)}

    async def one(self, socket: aiohttp.ClientWebSocketResponse, until: float) -> int:
        """Send a CALL whenever the last one is answered; returns how many were."""
        answers = 0
        while perf_counter() < until:
            await socket.send_str(TEMPLATE % next(self.numbers))
            await socket.receive()
            answers += 1
        return answers


async def obey(url: str) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        stations = Stations(http, url)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command: dict[str, Any] = json.loads(line)
            print(json.dumps(await getattr(stations, command.pop("do"))(**command)), flush=True)


if __name__ == "__main__":
    uvloop.run(serve() if sys.argv[1] == "csms" else obey(sys.argv[2]))

"""Load by real WebSocket peers for the relay benchmark: aiohttp on uvloop at both ends, each message built and parsed.

The same interface as load.py: `csms` prints its port and answers; `stations URL N SECONDS` prints how many frames
crossed.
"""

import asyncio
import sys
import time
from typing import Final

import aiohttp
import uvloop
from aiohttp import web
from load import CALL

TEMPLATE: Final = CALL.decode().replace("00000000-0000-0000-0000-000000000000", "%036d", 1)


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


class Count:
    answers = 0


async def station(http: aiohttp.ClientSession, url: str, count: Count) -> None:
    async with http.ws_connect(url, protocols=("ocpp1.6",)) as socket:
        for number in range(sys.maxsize):
            await socket.send_str(TEMPLATE % number)
            await socket.receive()
            count.answers += 1


async def load(url: str, stations: int, seconds: float) -> None:
    count = Count()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(station(http, f"{url}/CS{number:05}", count)) for number in range(stations)]
        await asyncio.sleep(1)
        before, began = count.answers, time.perf_counter()
        print("begin", flush=True)
        await asyncio.sleep(seconds)
        print(2 * (count.answers - before), time.perf_counter() - began, flush=True)
        for each in running:
            each.cancel()


if __name__ == "__main__":
    if sys.argv[1] == "csms":
        uvloop.run(serve())
    else:
        uvloop.run(load(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))

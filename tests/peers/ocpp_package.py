"""A station and a CSMS of the `ocpp` package that say everything they can in one session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from hub.demo import talk2x, talk16
from hub.demo.csms import Csms, serving
from hub.demo.products import CsmsProduct, StationProduct
from hub.demo.station import Tempo, Unit
from matrix.dialect import V16

UNTIL_RESET: Final = Tempo(pause_s=(0, 0), heartbeats=None, silence_s=0.05, limit_s=20)
EXTRAS: Final = {
    V16: (
        "DataTransfer",
        "SecurityEventNotification",
    ),  # the CSMS asks for updates and uploads: statuses come with them
}
EXTRAS_2X: Final = (
    "DataTransfer", "SecurityEventNotification", "FirmwareStatusNotification", "LogStatusNotification",
)  # fmt: skip


@asynccontextmanager
async def csms(version: str) -> AsyncIterator[str]:
    """Run a CSMS that asks a station for everything, a reset at last; yield the URL to append an identity to."""
    questions = talk16.QUESTIONS if version == V16 else talk2x.QUESTIONS
    async with serving(Csms(CsmsProduct(name="thorough", versions=(version,), questions=questions))) as url:
        yield url


async def charge(endpoint: str, version: str, *, compresses: bool = True) -> None:
    """Run a station through a full charging session, until the CSMS asks for a reset."""
    product = StationProduct(
        vendor="Mobility", model="Package", firmware="2.1.0", prefix="PY|PEER", versions=(version,),
        extras=EXTRAS.get(version, EXTRAS_2X), compresses=compresses,
    )  # fmt: skip
    async with aiohttp.ClientSession() as http:
        await Unit(product, "PY|PEER 1").visit(http, endpoint, UNTIL_RESET)

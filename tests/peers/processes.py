"""Peers in processes of their own: how they are started, listened to and ended."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

PATIENCE_S: Final = 60


class PeerError(AssertionError):
    """The peer did not do its part; the message has what it said."""


@asynccontextmanager
async def serving(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Run a CSMS that says {"port": ...} when it listens; yield the URL to which stations append their identity.

    Raises:
        PeerError: it did not start, or did not end as it should.
    """
    process = await start(*command, cwd=cwd, env=env)
    assert process.stdin is not None
    try:
        yield f"ws://127.0.0.1:{(await _greeting(process))['port']}/ocpp"
    finally:
        process.stdin.close()
        said, errors = await _rest(process)
    if process.returncode:
        raise PeerError(f"{command} ended with {process.returncode}: {said}{errors}")


async def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a station until it has finished; return what it has said.

    Raises:
        PeerError: it did not come to its end.
    """
    process = await start(*command, cwd=cwd, env=env)
    said, errors = await _rest(process)
    if process.returncode:
        raise PeerError(f"{command} ended with {process.returncode}: {said}{errors}")
    return said


async def start(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """Start a peer, with pipes to and from it."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, cwd=cwd, env=env, stdin=pipe, stdout=pipe, stderr=pipe)


async def _greeting(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    if not line:
        _, errors = await process.communicate()
        raise PeerError(f"a CSMS did not start: {errors.decode()}")
    return json.loads(line)


async def _rest(process: asyncio.subprocess.Process) -> tuple[str, str]:
    """Return what a peer says until it ends; kill one that takes too long."""
    try:
        said, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    except TimeoutError as exc:
        process.kill()
        said, errors = await process.communicate()
        raise PeerError(f"a peer did not finish: {said.decode()}{errors.decode()}") from exc
    return said.decode(), errors.decode()

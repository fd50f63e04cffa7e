"""The station and the CSMS of npm's `ocpp-rpc` in strict mode; their scripts are in ocpp_rpc/ beside this file."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

SCRIPTS: Final = Path(__file__).parent / "ocpp_rpc"
PATIENCE_S: Final = 30
INSTALL_S: Final = 100


class PeerError(AssertionError):
    """The peer did not do its part; the message has what it said."""


def install() -> str | None:
    """Install the package beside the scripts, once; return the reason where that cannot be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js is not there: the peers of npm's ocpp-rpc cannot run"
    if _installed():
        return None
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    return None if done.returncode == 0 else f"npm could not install ocpp-rpc: {done.stderr.strip()[-300:]}"


def _installed() -> bool:
    """Say whether what is installed is what the lock file asks for."""
    listing = SCRIPTS / "node_modules" / ".package-lock.json"
    if not listing.is_file():
        return False
    wanted = json.loads((SCRIPTS / "package-lock.json").read_text())["packages"]
    there = json.loads(listing.read_text())["packages"]
    return {name: each["version"] for name, each in there.items()} == {
        name: each["version"] for name, each in wanted.items() if name
    }


@asynccontextmanager
async def csms(version: str) -> AsyncIterator[str]:
    """Run a CSMS that asks a station for everything, a reset at last; yield the URL to append an identity to.

    Raises:
        PeerError: at the end, where it had something to complain about.
    """
    process = await _start("csms.js", version)
    assert process.stdin is not None
    try:
        ready = await _line(process)
        yield f"ws://127.0.0.1:{ready['port']}/ocpp"
    finally:
        process.stdin.close()
        said, errors = await asyncio.wait_for(_rest(process), PATIENCE_S)
    if said or errors:
        raise PeerError(f"the CSMS of ocpp-rpc complains: {said}{errors}")


async def charge(endpoint: str, version: str) -> None:
    """Run a station through a full charging session, until the CSMS asks for a reset.

    Raises:
        PeerError: it did not come to its end, or had something to complain about.
    """
    process = await _start("station.js", endpoint, version)
    try:
        said, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    except TimeoutError as exc:
        process.kill()
        said, errors = await process.communicate()
        raise PeerError(f"the station of ocpp-rpc did not finish: {said!r}{errors!r}") from exc
    if said.strip() != b'{"finished":true,"complaints":[]}':
        raise PeerError(f"the station of ocpp-rpc complains: {said.decode()}{errors.decode()}")


async def _start(script: str, *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        "node", script, *arguments, cwd=SCRIPTS, stdin=pipe, stdout=pipe, stderr=pipe
    )


async def _line(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    if not line:
        _, errors = await process.communicate()
        raise PeerError(f"the CSMS of ocpp-rpc did not start: {errors.decode()}")
    return json.loads(line)


async def _rest(process: asyncio.subprocess.Process) -> tuple[str, str]:
    assert process.stdout is not None
    assert process.stderr is not None
    said, errors = await asyncio.gather(process.stdout.read(), process.stderr.read())
    await process.wait()
    return said.decode(), errors.decode()

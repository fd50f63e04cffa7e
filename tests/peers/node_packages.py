"""Stations and CSMSes of packages from npm; what they run is in node/ beside this file."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from peers.alone import alone
from peers.processes import PeerError, run, serving

NODE: Final = Path(__file__).parent / "node"
INSTALL_S: Final = 100


def install() -> str | None:
    """Install the packages beside the scripts, once; return the reason where that cannot be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js is not there: the peers of npm cannot run"
    with alone(NODE):
        return None if _installed() else _install()


def _install() -> str | None:
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=peer"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    return None if done.returncode == 0 else f"npm could not install the peers: {done.stderr.strip()[-300:]}"


def _installed() -> bool:
    """Say whether what is installed is what the lock file asks for."""
    listing = NODE / "node_modules" / ".package-lock.json"
    return listing.is_file() and _versions(listing) == _versions(NODE / "package-lock.json")


def _versions(lock: Path) -> dict[str, str | None]:
    packages = json.loads(lock.read_text())["packages"]
    return {
        name: each.get("version")
        for name, each in packages.items()
        if name.startswith("node_modules/") and not each.get("peer")
    }


def csms(library: str, version: str) -> AbstractAsyncContextManager[str]:
    """Run a CSMS that asks a station for everything, a reset at last; yields the URL to append an identity to."""
    return serving("node", "csms.js", library, version, cwd=NODE)


async def charge(library: str, version: str, endpoints: Sequence[str]) -> None:
    """Run a station through a full charging session with each CSMS, until that asks for a reset.

    Raises:
        PeerError: it did not come to its end.
    """
    said = await run("node", "station.js", library, version, *endpoints, cwd=NODE)
    if said.split() != [*endpoints]:
        raise PeerError(f"the station of {library} has been to {said.split()} only")

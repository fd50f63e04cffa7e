"""The station of PyPI's `test-ocpp` and the CSMS of PyPI's `ocpp-csms`, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from peers.alone import alone
from peers.processes import run, serving

ROOT: Final = Path(__file__).parents[2]
INSTALLED: Final = ROOT / "build" / "peers"
REQUIREMENTS: Final = ROOT / "requirements" / "peers.txt"
STAMP: Final = INSTALLED / "requirements.txt"
INSTALL_S: Final = 100


def install() -> str | None:
    """Install the packages beside the virtual environment, once; return the reason where that cannot be done."""
    with alone(REQUIREMENTS.parent):
        is_there = STAMP.is_file() and STAMP.read_text() == REQUIREMENTS.read_text()
        return None if is_there else _install()


def _install() -> str | None:
    command = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps",
        "--require-hashes", "--upgrade", "--target", str(INSTALLED), "-r", str(REQUIREMENTS),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    if done.returncode:
        return f"pip could not install the peers: {done.stderr.strip()[-300:]}"
    STAMP.write_text(REQUIREMENTS.read_text())
    return None


def ocpp_csms(version: str) -> AbstractAsyncContextManager[str]:
    """Run a CSMS of 1.6 that asks for everything, a reset at last; yields the URL to append an identity to."""
    assert version == "1.6"
    return serving(sys.executable, "ocpp_csms_peer.py", cwd=Path(__file__).parent, env=_environment())


async def check_connections(version: str, endpoints: Sequence[str]) -> None:
    """Let the station test its connection to each CSMS: it boots, sends a Heartbeat, and leaves.

    Raises:
        PeerError: it says that the test failed.
    """
    for endpoint in endpoints:
        command = (sys.executable, "-m", "test_ocpp", endpoint, "TESTER", "--ocpp", version)
        await run(*command, cwd=ROOT, env=_environment())


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(INSTALLED)}

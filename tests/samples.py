"""Record the sessions under sessions/samples/ again, through a hub: `python -m tests.samples` (`make samples`).

Stations and CSMSes are those of the demo, with and without their faults, the `ocpp` package saying all that it can, and
`ocpp-rpc` from npm.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import goldens
from peers import node_packages, ocpp_package
from peers.implementations import RunCsms

from hub.demo.event import run_csmses, run_stations
from hub.exports.new_file import new_file
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from hub.session_file import session_parts, write_session
from matrix.dialect import V16, V21, V201
from matrix.trace import Session

SAMPLES: Final = goldens.SESSIONS / "samples"
DEMO_S: Final = 8.0
"""By then each of the demo's stations has been at each of its CSMSes."""


class Sample(NamedTuple):
    """Which session becomes a file: the first one of that station with that CSMS."""

    name: str
    station: str
    csms: str


DEMO: Final = (
    Sample("16-clean", "LP-C22-001", "amberline"),
    Sample("16-values-that-are-no-strings", "OAK-001", "amberline"),
    Sample("16-no-subprotocol", "TARN-001", "quayside"),
    Sample("16-refused-without-a-password", "TARN-001", "mosaic"),
    Sample("16-answer-cut-short", "SABLE-001", "amberline"),
    Sample("16-csms-written-by-hand", "OSTRA-001", "quayside"),
    Sample("201-clean", "BW|PIER-001", "northgrid"),
    Sample("201-clean-and-compressed", "VOLTARRA-001", "mosaic"),
    Sample("201-callerror-with-four-elements", "SABLE-001", "mosaic"),
    Sample("21-clean", "KF K7-001", "northgrid"),
    Sample("21-card-of-too-many-words", "FM-TWIN-001", "northgrid"),
)
PACKAGES: Final = {
    V16: (
        Sample("16-ocpp-package-says-all", "PY|PEER 1", "ocpp"),
        Sample("16-ocpp-rpc-says-all", "NODE|ocpp-rpc", "ocpp"),
    ),
    V201: (Sample("201-ocpp-package-with-ocpp-rpc", "PY|PEER 1", "ocpp-rpc"),),
    V21: (Sample("21-ocpp-rpc-says-all", "NODE|ocpp-rpc", "ocpp-rpc"),),
}  # fmt: skip


async def hold_demo(path: Path) -> None:
    """Record the demo's first minutes."""
    async with run_csmses() as csmses, Hub(HubSettings(recording=path, csmses=csmses, port=0)) as hub:
        stations = asyncio.create_task(run_stations(hub.url, [*csmses]))
        await asyncio.sleep(DEMO_S)
        stations.cancel()
        await asyncio.gather(stations, return_exceptions=True)


async def hold_packages(version: str, path: Path) -> None:
    """Record a station of each package with a CSMS of each, in one version."""
    runs: dict[str, RunCsms] = {"ocpp": ocpp_package.csms, "ocpp-rpc": partial(node_packages.csms, "ocpp-rpc")}
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(run(version)) for name, run in runs.items()}
        hub = await stack.enter_async_context(Hub(HubSettings(recording=path, csmses=urls, port=0)))
        endpoints = [f"{hub.url}/{name}" for name in urls]
        for endpoint in endpoints:
            await ocpp_package.charge(endpoint, version)
        await node_packages.charge("ocpp-rpc", version, endpoints)


def keep(path: Path, samples: tuple[Sample, ...]) -> Iterator[Path]:
    """Write the samples that are in a recording; yield their files."""
    with Recording.open(path) as recording:
        sessions = recording.sessions()
        for sample in samples:
            session = next(each for each in sessions if _is(each, sample))
            file = SAMPLES / f"{sample.name}.session"
            with new_file(file, over=True) as out:
                write_session(out, *session_parts(recording, session.id))
            yield file


def _is(session: Session, sample: Sample) -> bool:
    return (session.identity, session.csms) == (sample.station, sample.csms) and not session.is_open


def main() -> None:
    """Record all samples again, and judge them."""
    if reason := node_packages.install():
        sys.exit(reason)
    SAMPLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo.recording"
        asyncio.run(hold_demo(demo))
        files = [*keep(demo, DEMO)]
        for version, samples in PACKAGES.items():
            path = Path(folder) / f"{version}.recording"
            asyncio.run(hold_packages(version, path))
            files += keep(path, samples)
    for file in files:
        goldens.golden(file).write_text(goldens.verdict(file), encoding="utf-8")
        sys.stdout.write(f"{file.name}: {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()

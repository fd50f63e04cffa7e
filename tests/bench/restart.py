"""How long a killed hub takes to be back: `python tests/bench/restart.py [ROUNDS]`.

In each round 50 stations send prepared bytes in a closed loop, the hub gets SIGKILL with its log unfolded, and another
is started on the same recording. What counts is the time from starting it to the line that says where it listens.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from processes import LOAD_CORE, Load, first_line, process
from relays import Running, hub

HERE: Final = Path(__file__).parent
ROUNDS: Final = 4
STATIONS: Final = 50
LOAD_S: Final = 5.0
NO_CSMS: Final = 9
"""A hub that is only started dials nobody: the discard port will do."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
            _fill_and_kill(Path(folder))
            size, log = (Path(folder, f"bench.recording{end}").stat().st_size >> 20 for end in ("", "-wal"))
            began = time.perf_counter()
            with hub(NO_CSMS, Path(folder)):
                took = time.perf_counter() - began
            print(f"killed with {size} MiB and {log} MiB of log: listening again after {took:.2f} s", flush=True)


def _fill_and_kill(folder: Path) -> None:
    csms_script = process(LOAD_CORE, sys.executable, str(HERE / "csms.py"))
    with csms_script as csms, hub(int(first_line(csms)), folder) as running:
        _load(running)
        for pid in running.pids:
            os.kill(pid, signal.SIGKILL)


def _load(running: Running) -> None:
    with process(LOAD_CORE, sys.executable, str(HERE / "stations.py"), running.url) as stations:
        load = Load(stations)
        load.ask("connect", sessions=STATIONS)
        load.ask("closed_loop", seconds=LOAD_S)


if __name__ == "__main__":
    main()

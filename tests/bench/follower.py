"""The judge as it runs beside a hub, without a dashboard: `python tests/bench/follower.py RECORDING`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tui.reading.source import Source

if __name__ == "__main__":
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    os.nice(19)  # it may lag: the relay goes first
    Source(Path(sys.argv[1])).run(lambda _: None)

"""A reader in a process of its own, as a dashboard's is: `following.py RECORDING MARK` reads up to a mark, counting."""

import sys
import time
from pathlib import Path

from hub.recording.reading import Recording
from matrix.trace import mark_of
from tui.reading.source import POLL_S


def follow(path: Path, until: int) -> int:
    """Read what there is, again and again, without closing the recording."""
    mark = count = 0
    with Recording.open(path) as recording:
        while mark < until:
            batch = recording.traffic(mark)
            count += len(batch)
            mark = mark_of(batch[-1]) if batch else mark
            if not batch:
                time.sleep(POLL_S)
    return count


if __name__ == "__main__":
    print(follow(Path(sys.argv[1]), int(sys.argv[2])))  # noqa: T201 - how the test learns of it

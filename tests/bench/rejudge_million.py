"""How long a recording is judged by one process and by two: `python tests/bench/rejudge_million.py [FRAMES] [JOBS]...`.

Fifty stations that talk at the same time, the mix of judge_speed.py. Prints seconds, and seconds of CPU of all
processes together, which is what counts on a machine that others use too. The verdicts have to be the same.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from drawing import draw
from events import event_of
from judge_speed import session_2x, session_16

from hub.mirror import keep
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from matrix.report import verdicts
from tui.commands.judging import judge_all

STATIONS = 50
FRAMES_A_ROUND = (6 + 4 + 4) / 3


def record(path: Path, frames: int) -> None:
    rounds = max(int(frames / STATIONS / FRAMES_A_ROUND), 1)
    drawn = [draw(*session_16(rounds)), *(draw(*session_2x(rounds), version=version) for version in ("2.0.1", "2.1"))]
    recording = open_for_writing(path)
    keep(recording, event_of([drawn[number % 3] for number in range(STATIONS)], overlapping=True))
    recording.close()


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    jobs = [int(each) for each in sys.argv[2:]] or [1, 2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.recording"
        record(path, frames)
        with Recording.open(path) as recording:
            measure(recording, jobs)


def measure(recording: Recording, jobs: list[int]) -> None:
    said = None
    for number in jobs:
        began, cpu = time.perf_counter(), cpu_s()
        judged = judge_all(recording, jobs=number)
        took, cpu = time.perf_counter() - began, cpu_s() - cpu
        messages = judged.board.messages
        print(f"{number} processes: {took:.1f} s, {cpu:.1f} s of CPU, {messages:,} messages")
        told = verdicts(judged)
        assert said in (None, told), "the verdicts differ"
        said = told


def cpu_s() -> float:
    """Return the seconds of CPU that this process and those that it has begun and seen end have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()

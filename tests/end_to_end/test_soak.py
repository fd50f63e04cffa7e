"""Random frames of all kinds: sent, arrived and recorded are the same. See tests/soak.py."""

import random
from pathlib import Path

import pytest
import uvloop
from soak import Outcome, soak

PEAK_MEMORY_BYTES = 256 << 20


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("frames", [10_000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_random_frames_arrive_and_are_recorded_as_they_were_sent(tmp_path: Path, frames: int) -> None:
    outcome = soaked(frames, random.SystemRandom().getrandbits(32), tmp_path / "soak.db")

    assert outcome.differences == (), f"with seed {outcome.seed}"
    assert outcome.frames >= frames
    assert outcome.peak_memory_bytes < PEAK_MEMORY_BYTES


def soaked(frames: int, seed: int, recording: Path) -> Outcome:
    print(f"seed {seed}")  # noqa: T201 - pytest shows it where the test fails
    try:
        return uvloop.run(soak(frames, seed, recording))
    finally:
        for file in recording.parent.iterdir():
            file.unlink()

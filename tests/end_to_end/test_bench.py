"""The benchmark in small: each part runs and prints its table. What it measures with such numbers means nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADS = (
    "| relay | µs CPU a frame | frames/s |",
    "| relay | added p50 ms | added p99 ms |",
    "| relay | sessions | connected/s | µs CPU a handshake | KiB a session |",
    "| relay | MiB grown | others' p99 ms without it | beside it | ratio | in its first second |",
)


def bench(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tests/bench/relay.py"), "--quick", *options]
    env = os.environ | environment
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100, env=env)


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc")
def test_every_part_of_the_benchmark_prints_a_row_of_the_hub() -> None:
    run = bench("--relays", "hub")

    assert run.returncode == 0, run.stderr
    assert [head for head in HEADS if head not in run.stdout] == []
    assert run.stdout.count("| hub |") == 5


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc")
def test_relays_that_are_not_installed_are_skipped_with_the_reason() -> None:
    run = bench("--part", "sessions", "--relays", "hub,mitmdump", "--mitmdump", "no-such-program")

    assert run.returncode == 0, run.stderr
    assert "mitmdump: skipped, no-such-program is not installed here (pip install mitmproxy" in run.stdout
    assert "| mitmdump |" not in run.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc")
def test_floor_is_skipped_with_the_reason_where_nothing_compiles_it(tmp_path: Path) -> None:
    run = bench("--part", "sessions", "--relays", "hub,floor", "--floor", PATH=str(tmp_path))

    assert run.returncode == 0, run.stderr
    assert "floor: skipped, no C compiler with SQLite's header here" in run.stdout
    assert "| floor |" not in run.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark chooses cores")
def test_the_benchmark_of_a_stalled_session_prints_the_others_before_and_beside_it() -> None:
    command = [sys.executable, str(ROOT / "tests/bench/tunnel.py"), "--sessions", "3", "--times", "2"]

    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)

    assert run.returncode == 0, run.stderr
    assert [line.split("|")[2].strip() for line in run.stdout.splitlines()[2:]] == ["4", "4"]

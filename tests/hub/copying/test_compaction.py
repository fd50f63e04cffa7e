"""A recording made smaller in its place: the same content, or the same file."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Final

import pytest
from damaged import crossing, traffic_of
from recorded import record_as_at_first

from hub.copying.compaction import CompactError, compact
from hub.errors import LockedError
from hub.recording.lock_file import LockFile
from hub.recording.verdict_store import end_cut_sessions
from hub.recording.writable import PAGE_BYTES

READER: Final = """
import sqlite3, sys
reader = sqlite3.connect(sys.argv[1])
reader.execute("PRAGMA journal_mode = WAL")
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM frame").fetchone()
print("reading", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def roomy(tmp_path: Path) -> Path:
    """Return a recording with pages that are free."""
    path = crossing(tmp_path / "event.recording")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bulk AS SELECT zeroblob(500000)")
        connection.execute("DROP TABLE bulk")
    connection.close()
    return path


def test_a_compacted_recording_is_smaller_and_says_the_same(roomy: Path) -> None:
    before, mode = traffic_of(roomy), roomy.stat().st_mode

    done = compact(roomy)

    assert done.before - done.after > 400_000
    assert roomy.stat().st_size == done.after
    assert traffic_of(roomy) == before
    assert roomy.stat().st_mode == mode
    assert [file.name for file in roomy.parent.iterdir()] == ["event.recording"]


def test_it_can_be_recorded_into_afterwards(roomy: Path) -> None:
    compact(roomy)

    end_cut_sessions(roomy)

    assert len(traffic_of(roomy)) > 80


def test_a_recording_that_a_hub_has_is_left_alone(roomy: Path) -> None:
    content, lock = roomy.read_bytes(), LockFile.take(roomy)

    with pytest.raises(LockedError):
        compact(roomy)

    lock.release()
    assert roomy.read_bytes() == content


def test_a_recording_that_somebody_reads_is_left_alone(roomy: Path) -> None:
    with reader_of(roomy), pytest.raises(CompactError, match="as it was"):
        compact(roomy)

    assert [file.name for file in roomy.parent.iterdir() if "compacting" in file.name] == []
    assert len(traffic_of(roomy)) > 80


@contextmanager
def reader_of(path: Path) -> Iterator[None]:
    """Have another process read a recording: in one process, SQLite's locks are not what they are between two."""
    reader = subprocess.Popen([sys.executable, "-c", READER, path], stdin=PIPE, stdout=PIPE)
    assert reader.stdin is not None
    assert reader.stdout is not None
    with reader:
        assert reader.stdout.readline() == b"reading\n"
        yield
        reader.stdin.close()


def test_a_damaged_recording_is_left_alone(roomy: Path) -> None:
    content = roomy.read_bytes()[: -20 * PAGE_BYTES]
    roomy.write_bytes(content)

    with pytest.raises(CompactError, match="it is cut off"):
        compact(roomy)

    assert roomy.read_bytes() == content


def test_what_is_no_recording_does_not_become_one(tmp_path: Path) -> None:
    empty, bare, other = tmp_path / "empty", tmp_path / "bare", tmp_path / "other"
    empty.touch()
    for path, statement in ((bare, "PRAGMA user_version = 1"), (other, "CREATE TABLE t (x)")):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
    before = {path: path.read_bytes() for path in (empty, bare, other)}

    for path, kind in ((empty, "an empty file,"), (bare, "a SQLite file, but"), (other, "a SQLite file, but")):
        with pytest.raises(CompactError, match=f"is {kind} not a recording of the hub"):
            compact(path)

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_recording_of_an_older_version_can_be_compacted(tmp_path: Path) -> None:
    path = record_as_at_first(tmp_path / "old.recording")

    compact(path)

    assert len(traffic_of(path)) == 3

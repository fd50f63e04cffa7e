"""An index that follows its recording, whatever becomes of either file."""

from pathlib import Path

import apsw
import pytest
from drawing import draw
from recorded import record
from recordings import RecordingBuilder
from searched import found_in, spoken_in

from hub.recording.reading import Recording
from hub.search.index_file import APPLICATION_ID, open_at
from hub.search.indexing import Index, following
from hub.search.plan import ALWAYS, Bounds

EVERYTHING = Bounds(ALWAYS, ALWAYS)
CALL = '> [2,"%s","Authorize",{"idTag":"%s"}]'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "some.recording", draw(CALL % ("a", "Apple"), '< [3,"a",{}]'))


def beside(path: Path) -> Path:
    return path.with_name(path.name + ".search")


def test_the_index_is_a_private_file_beside_the_recording(path: Path) -> None:
    assert found_in(path, "apple") == [2]

    assert beside(path).stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["some.recording", "some.recording.search"]


def test_an_index_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "some.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"b","BootNotification",{"chargePointVendor":"Alder","chargePointModel":"One"}]')
        builder.say(session, CALL % ("a", "Apple"))
        assert found_in(path, "latency>0s") == []
        builder.say(session, '< [3,"a",{"idTagInfo":{"status":"Blocked"}}]', CALL % ("p", "Pear"))

        assert found_in(path, "action:Authorize latency>0s") == [4]
        assert found_in(path, "vendor:alder idTag=pear") == [5]


def test_an_index_says_how_far_it_is_and_stops_when_told(path: Path) -> None:
    told: list[tuple[int, int]] = []
    with following(path) as (recording, index):
        index.extend(recording, is_stopped=lambda: True)
        assert index.until == 0
        index.extend(recording, lambda done, total: told.append((done, total)))

        assert told == [(4, 4)]
        assert [*index.marks(EVERYTHING)[0]] == [1, 2, 3]


def test_two_programs_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "some.recording"
    with RecordingBuilder(path) as builder, Index(path) as one, Index(path) as other:
        session = builder.session("CS-1", "acme")
        for index, tag in ((one, "Apple"), (other, "Pear"), (one, "Plum")):
            builder.say(session, CALL % (tag, tag))
            with Recording.open(path) as recording:
                index.extend(recording)
        with Recording.open(path) as recording:
            other.extend(recording)

        assert spoken_in(one, "plum") == spoken_in(other, "plum") == [4]
        assert [*one.marks(EVERYTHING)[0]] == [1, 2, 3, 4]
        assert one.actions == other.actions


def test_a_recording_that_was_replaced_is_indexed_anew(path: Path, tmp_path: Path) -> None:
    assert found_in(path, "apple") == [2]
    record(tmp_path / "other.recording", draw(CALL % ("a", "Plum"), '< [3,"a",{}]')).replace(path)

    assert found_in(path, "apple") == []
    assert found_in(path, "plum") == [2]


def test_a_shorter_recording_with_the_same_beginning_is_indexed_anew(path: Path, tmp_path: Path) -> None:
    longer = draw(CALL % ("a", "Apple"), '< [3,"a",{}]', CALL % ("b", "Pear"))
    record(tmp_path / "longer.recording", longer).replace(path)
    assert found_in(path, "pear") == [4]
    record(tmp_path / "shorter.recording", longer[:3]).replace(path)

    assert found_in(path, "pear") == []
    assert found_in(path, "apple") == [2]


@pytest.mark.parametrize("place", [200, 8192 * 2 + 50, 8192 * 5 + 7, 8192 * 9 + 100])
def test_a_damaged_index_is_made_anew(path: Path, place: int) -> None:
    found_in(path, "apple")
    content = bytearray(beside(path).read_bytes())
    content[place : place + 3000] = b"\xa5" * len(content[place : place + 3000])
    beside(path).write_bytes(content)

    assert found_in(path, "apple") == [2]
    assert found_in(path, "") == [1, 2, 3]


@pytest.mark.parametrize(
    "content",
    [b"SQLite format 3\0" + bytes(50), b"a letter to grandmother" * 100, bytes(5000)],
    ids=["torn", "letter", "zeros"],
)
def test_a_file_that_is_no_index_is_left_alone(path: Path, content: bytes, cache: Path) -> None:
    beside(path).write_bytes(content)

    assert found_in(path, "apple") == [2]
    assert beside(path).read_bytes() == content
    assert [each.suffix for each in cache.iterdir()] == [".search"]


def test_a_database_of_somebody_else_is_left_alone(path: Path, cache: Path) -> None:
    connection = apsw.Connection(str(beside(path)))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    assert found_in(path, "apple") == [2]
    assert apsw.Connection(str(beside(path))).execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    assert len([*cache.iterdir()]) == 1


def test_an_index_of_another_version_is_made_anew(path: Path) -> None:
    found_in(path, "apple")
    connection = open_at(beside(path))
    assert connection is not None
    connection.execute("UPDATE state SET format = 0")
    connection.execute("DELETE FROM entry")
    connection.close()

    assert found_in(path, "apple") == [2]


def test_a_link_beside_the_recording_is_not_followed(path: Path, cache: Path) -> None:
    target = path.parent / "target"
    beside(path).symlink_to(target)

    assert found_in(path, "apple") == [2]
    assert not target.exists()
    assert len([*cache.iterdir()]) == 1


def test_where_no_file_can_be_written_the_index_is_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(path).mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))

    with following(path) as (recording, index):
        index.extend(recording)

        assert index.place is None
        assert spoken_in(index, "apple") == [2]


def test_an_index_that_is_taken_away_is_made_anew_the_next_time(path: Path) -> None:
    with following(path) as (recording, index):
        index.extend(recording)
        beside(path).unlink()
        index.extend(recording)

        assert spoken_in(index, "apple") == [2]
    assert found_in(path, "apple") == [2]


def test_nothing_recorded_is_nothing_found(tmp_path: Path) -> None:
    path = tmp_path / "empty.recording"
    with RecordingBuilder(path):
        assert found_in(path, "") == []
    assert open_at(beside(path)) is not None
    assert APPLICATION_ID.to_bytes(4) in beside(path).read_bytes()[:100]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "plugfest"

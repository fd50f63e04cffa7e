import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from recordings import RecordingBuilder, judged

from hub.copying.fresh import FreshError
from hub.mirror import keep_notes
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from hub.redacting.copying import Copied, Plan, RedactError, copied, preview, why_not
from hub.redacting.kinds import REPLACED, Kind
from matrix.judge import Judge
from matrix.notes import Note
from matrix.trace import Opened, Replay, Side, Traffic

KEY = b"k" * 32
PRODUCT = '"chargePointVendor":"Volt","chargePointModel":"V2","chargePointSerialNumber":"SN-4711"'
BOOT = f'> [2,"b","BootNotification",{{{PRODUCT}}}]'
BOOTED = '< [3,"b",{"status":"Accepted","currentTime":"2026-01-01T12:00:00Z","interval":300}]'
BEGINNING = '"connectorId":1,"idTag":"C0FFEE01","meterStart":10,"timestamp":"2026-01-01T12:00:01Z"'
START = f'> [2,"t","StartTransaction",{{{BEGINNING}}}]'
STARTED = '< [3,"t",{"transactionId":77,"idTagInfo":{"status":"Accepted"}}]'
ODD = '> [2,"o","Authorize",{"idTag":"C0FFEE01","why":"C0FFEE01 belongs to Bob"}]'


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS|0042", "acme", remote="9.18.27.36:50123")
        builder.say(session, BOOT, BOOTED, START, STARTED, ODD, '< [4,"o","FormationViolation","no why, C0FFEE01",{}]')
        builder.frame(session, Side.STATION, "not JSON, C0FFEE01")
        builder.frame(session, Side.STATION, b"\xff\x00C0FFEE01", opcode=2)
        builder.close(session)
        builder.refuse("CS-0043", "acme", offered="ocpp1.6", status=404, reason="Not Found", body="who is CS-0043?")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    return path


@pytest.fixture
def recording(original: Path) -> Iterator[Recording]:
    with Recording.open(original) as recording:
        yield recording


def untold(_what: str, _mark: int) -> None:
    """Take no notice of how far it is."""


def copy_of(
    recording: Recording, to: Path, kinds: frozenset[Kind] = REPLACED, *, by_force: bool = False, key: bytes = KEY
) -> Copied:
    return copied(recording, to, Plan(key, kinds), judged, untold, by_force=by_force)


def traffic_of(path: Path) -> list[Traffic]:
    with Recording.open(path) as recording:
        return recording.traffic()


def test_a_copy_holds_nothing_that_says_who_or_where_and_is_judged_alike(recording: Recording, tmp_path: Path) -> None:
    done = copy_of(recording, tmp_path / "copy")

    assert why_not(done) == ()
    assert done.is_kept
    assert done.findings > 0
    held = (tmp_path / "copy").read_bytes()
    assert not any(each in held for each in (b"C0FFEE01", b"CS|0042", b"CS%7C0042", b"SN-4711", b"Bob", b"9.18.27.36"))
    assert b"Volt" in held


def test_a_copy_has_every_item_at_its_place(recording: Recording, original: Path, tmp_path: Path) -> None:
    copy_of(recording, tmp_path / "copy")

    assert [type(each) for each in traffic_of(tmp_path / "copy")] == [type(each) for each in traffic_of(original)]


def test_copies_by_one_key_agree_and_by_two_do_not(recording: Recording, tmp_path: Path) -> None:
    copy_of(recording, tmp_path / "one")
    copy_of(recording, tmp_path / "same")
    copy_of(recording, tmp_path / "other", key=b"o" * 32)

    assert traffic_of(tmp_path / "one") == traffic_of(tmp_path / "same") != traffic_of(tmp_path / "other")


def test_vendors_are_replaced_where_that_is_asked_for(recording: Recording, tmp_path: Path) -> None:
    done = copy_of(recording, tmp_path / "copy", REPLACED | {Kind.VENDOR})

    held = (tmp_path / "copy").read_bytes()
    assert done.is_good
    assert b"Volt" not in held
    assert b"acme" not in held


def test_what_is_kept_is_not_looked_for(recording: Recording, tmp_path: Path) -> None:
    done = copy_of(recording, tmp_path / "copy", REPLACED - {Kind.SERIAL, Kind.TEXT})

    held = (tmp_path / "copy").read_bytes()
    assert done.is_good
    assert b"SN-4711" in held
    assert b"belongs to Bob" in held
    assert b"C0FFEE01" not in held


def test_notes_lose_who_wrote_them(original: Path, tmp_path: Path) -> None:
    writable = open_for_writing(original)
    keep_notes(writable, [Note(id=1, at=5, author="Ann Other", text="Bob says it is fine", session=1)])
    writable.close()

    with Recording.open(original) as recording:
        done = copy_of(recording, tmp_path / "copy")

    with Recording.open(tmp_path / "copy") as copy:
        (note,) = copy.notes()
    assert done.is_good
    assert "Ann" not in note.author
    assert len(note.text) == len("Bob says it is fine")


def test_a_preview_says_what_a_copy_would_replace_and_writes_nothing(recording: Recording, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    tally = preview(recording, Plan(KEY), untold)

    assert {*tally.values(Kind.IDENTITY)} == {"CS|0042", "CS-0043"}
    assert tally.count(Kind.TOKEN) == 2
    assert sorted(tmp_path.iterdir()) == before


def test_a_copy_that_is_judged_otherwise_is_not_written_unless_by_force(recording: Recording, tmp_path: Path) -> None:
    verdicts = iter(
        [Judge(), judged(recording, recording.last_mark()), Judge(), judged(recording, recording.last_mark())]
    )
    path = tmp_path / "copy"

    done = copied(recording, path, Plan(KEY), lambda _recording, _until: next(verdicts), untold, by_force=False)
    forced = copied(recording, path, Plan(KEY), lambda _recording, _until: next(verdicts), untold, by_force=True)

    assert not done.is_good
    assert not done.is_kept
    assert all("is new" in each or "was untested" in each for each in why_not(done))
    assert forced.is_kept
    assert path.is_file()


def test_nothing_is_written_over_and_nothing_left_beside(recording: Recording, original: Path, tmp_path: Path) -> None:
    with pytest.raises(RedactError, match="something at"):
        copy_of(recording, original)
    with pytest.raises(FreshError, match="no folder"):
        copy_of(recording, tmp_path / "nowhere" / "copy")
    copy_of(recording, tmp_path / "copy")

    assert {each.name for each in tmp_path.iterdir()} == {original.name, "copy"}


def test_a_replay_keeps_what_it_was_played_from_without_the_name_of_the_file(original: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(original)) as db, db:
        db.execute("INSERT INTO replay VALUES (1, 'home/bob/event.recording', 7, 42, 'station', '10')")
        db.execute("INSERT INTO improvised VALUES (1, 'm-1', 'Reset')")

    with Recording.open(original) as recording:
        copy_of(recording, tmp_path / "a.recording")
        copy_of(recording, tmp_path / "b.recording", REPLACED - {Kind.TEXT})

    with Recording.open(tmp_path / "a.recording") as copy, Recording.open(tmp_path / "b.recording") as told:
        assert copy.replays() == {1: Replay(1, "", 7, 42, Side.STATION, "10")}
        assert copy.improvised(1) == [("m-1", "Reset")]
        assert told.replays()[1].recording == "home/bob/event.recording"


def test_identity_that_is_a_usual_word_of_a_path_is_replaced_in_it_too(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        builder.close(builder.session("station", "acme"))

    with Recording.open(tmp_path / "event.recording") as recording:
        done = copy_of(recording, tmp_path / "copy.recording")

    (opened, *_) = traffic_of(tmp_path / "copy.recording")
    assert done.is_good
    assert isinstance(opened, Opened)
    assert opened.session.path == f"/acme/{opened.session.identity}" != "/acme/station"

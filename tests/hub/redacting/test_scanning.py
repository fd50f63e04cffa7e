import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from recordings import RecordingBuilder

from hub.redacting.kinds import REPLACED
from hub.redacting.scanning import Scan, Sought, scan

TAG = "C0FFEE01"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "copy.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("XX-1", "acme")
        builder.say(
            session, '> [2,"1","Authorize",{"idTag":"B4FFCC77"}]', '< [3,"1",{"idTagInfo":{"status":"Blocked"}}]'
        )
        builder.close(session)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    return path


def scanned(path: Path, *values: str, texts: tuple[str, ...] = (), pseudonyms: tuple[str, ...] = ()) -> Scan:
    return scan(path, Sought(values, texts, pseudonyms, REPLACED, {"acme"}))


def execute(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute(statement, values)


def whys(scan: Scan) -> set[str]:
    return {why for _, why in scan.exceptions}


def test_nothing_is_left_in_a_copy_that_holds_nothing_of_it(copy: Path) -> None:
    done = scanned(copy, TAG, "another value")

    assert (done.leaks, done.exceptions) == ({}, {})
    assert done.bytes_read == copy.stat().st_size
    assert done.values == 2


@pytest.mark.parametrize(
    ("table", "column"),
    [("session", "identity"), ("session", "request"), ("session", "tls"), ("frame", "payload"), ("frame", "unread")],
)
def test_a_value_in_a_row_is_a_leak(copy: Path, table: str, column: str) -> None:
    execute(copy, f"UPDATE {table} SET {column} = ?", f"so {TAG} it is")

    done = scanned(copy, TAG)

    assert {value for value, _ in done.leaks} == {TAG}


def test_a_value_in_a_message_is_a_leak_where_it_stands_in_an_id_too(copy: Path) -> None:
    execute(copy, "UPDATE frame SET payload = ?", f'[3,"{TAG}",{{}}]')

    assert scanned(copy, TAG).leaks == {(TAG, "in frame.payload"): 2}


def test_a_value_in_a_free_page_is_a_leak(copy: Path) -> None:
    execute(copy, "CREATE TABLE gone (text)")
    execute(copy, "INSERT INTO gone VALUES (?)", TAG + "x" * 5000)
    execute(copy, "DROP TABLE gone")

    done = scanned(copy, TAG)

    assert [why.startswith("in bytes that are in no row") for _, why in done.leaks] == [True]


def test_a_value_in_a_log_beside_the_copy_is_a_leak(copy: Path) -> None:
    copy.with_name(copy.name + "-journal").write_bytes(b"..." + TAG.encode())

    assert {value for value, _ in scanned(copy, TAG).leaks} == {TAG}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_value_in_another_encoding_is_a_leak(copy: Path, encoding: str) -> None:
    execute(copy, "UPDATE frame SET payload = ?", TAG.encode(encoding))

    assert {why.partition(",")[0] for _, why in scanned(copy, TAG).leaks} == {"UTF-16"}


def test_a_percent_encoded_value_is_a_leak(copy: Path) -> None:
    execute(copy, "UPDATE session SET path = '/acme/CS%7C4711'")

    assert {why.partition(",")[0] for _, why in scanned(copy, "CS|4711").leaks} == {"percent-encoded"}


@pytest.mark.parametrize(
    ("payload", "value", "why"),
    [
        ('[3,"1",{"transactionId":123456}]', "1234", "in a number"),
        ('[3,"1",{"currentTime":"2031-11-01T10:00:00Z"}]', "2031", "in a time stamp"),
        ('[3,"1",{"status":"Accepted"}]', "Accepted", "a word of the standard"),
        ('[3,"1",{"sampledValue":{"value":"1234"}}]', "1234", "in a measured or configured value"),
        (
            r'[4,"1","InternalError","",{"m":"[2,\"1\",\"A\",{\"measurand\":\"Voltage\"}]"}]',
            "Volt",
            "a word of the standard",
        ),
        (r'[4,"1","InternalError","",{"m":"\u005b2,\"1\",\"A\",{\"limit\":12345}]"}]', "1234", "in a number"),
    ],
)
def test_what_is_something_else_is_named_as_an_exception(copy: Path, payload: str, value: str, why: str) -> None:
    execute(copy, "UPDATE frame SET payload = ?", payload)

    done = scanned(copy, value)

    assert (done.leaks, whys(done)) == ({}, {why})


def test_a_value_that_is_the_pseudonym_of_another_is_an_exception(copy: Path) -> None:
    done = scanned(copy, "B4FFCC77", pseudonyms=("B4FFCC77",))

    assert (done.leaks, whys(done)) == ({}, {"in a pseudonym, by chance"})


def test_a_word_of_a_text_may_stand_where_fields_are_kept(copy: Path) -> None:
    execute(copy, "UPDATE frame SET payload = ?", '[3,"m-4711",{"status":"Odd"}]')

    assert whys(scanned(copy, texts=("m-4711",))) == {"in a field that is kept"}
    assert scanned(copy, "m-4711").leaks != {}


def test_the_name_of_a_csms_that_is_kept_may_hold_a_value(copy: Path) -> None:
    done = scanned(copy, "acme")

    assert (done.leaks, whys(done)) == ({}, {"in the name of a CSMS, which is kept"})


@pytest.mark.parametrize(
    ("statement", "value", "why"),
    [
        ("UPDATE session SET ending = 'refused'", "refuse", "a word of the hub's own"),
        ("UPDATE session SET reason = 'Forbidden'", "Forbidden", "a word of the standard"),
        ("UPDATE session SET remote = '127.0.0.1:51234'", "1234", "in the number of a port"),
    ],
)
def test_a_value_in_what_a_copy_keeps_is_an_exception(copy: Path, statement: str, value: str, why: str) -> None:
    execute(copy, statement)

    done = scanned(copy, value)

    assert (done.leaks, whys(done)) == ({}, {why})


@pytest.mark.parametrize("value", ["SQLite", "frame", "session", "plugfest"])
def test_a_value_that_every_recording_holds_is_no_leak(copy: Path, value: str) -> None:
    assert scanned(copy, value).leaks == {}

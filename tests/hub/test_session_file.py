"""One session in a file of its own: nothing is lost, and what is no such file is told in a sentence."""

import hashlib
import io
import os
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import RecordingBuilder

from hub.mirror import keep, keep_notes
from hub.recording.reading import Beginning, Recording
from hub.recording.writable import open_for_writing
from hub.session_file import (
    LATEST_NS,
    Head,
    SessionFile,
    open_session,
    read_session,
    session_of,
    session_parts,
    write_session,
)
from hub.session_records import FORMAT, MAGIC, SessionFileError, is_session_file
from matrix.notes import Note
from matrix.trace import Disturbed, Ending, Fault, Frame, Opcode, Phase, Session, Side

SESSION: Final = Session(
    id=4, opened_at=10, answered_at=11, closed_at=99, identity="CS 001", csms="acme", path="/acme/CS%20001",
    offered=("ocpp1.6",), chosen="ocpp1.6", status=101, request=(("Host", "h"),), ending=Ending.CLOSED,
    closed_by=Side.CSMS, csms_close=1000, tls="TLSv1.3", tunnel="csms:ACME",
)  # fmt: skip
WHOLE: Final = SessionFile(
    Head(SESSION, opened_mark=3, closed_mark=90),
    frames=(
        Frame(4, 4, 12, Side.STATION, Opcode.TEXT, '[2,"1","Heartbeat",{}]', masked=True, size=30),
        Frame(6, 4, 13, Side.CSMS, Opcode.PING, b"\xff\x00"),
        Frame(7, 4, 14, Side.STATION, Opcode.TEXT, "Grüße\x00", fin=False, rsv=4),
        Frame(9, 4, 15, Side.STATION, Opcode.UNREAD, b"", unread="not recorded: disk full, 3 frames, 80 bytes"),
        Frame(10, 4, 16, Side.CSMS, Opcode.TEXT, b"\xc3\x28", unread="it is not UTF-8"),
    ),
    disturbances=(
        Disturbed(mark=5, number=5, session=4, at=12, phase=Phase.BEGUN, fault=Fault.STALL, text="stall 10s"),
        Disturbed(mark=8, number=5, session=4, at=14, phase=Phase.TOUCHED, fault=Fault.STALL, text="", frame=9),
    ),
    notes=(Note(id=2, at=20, author="Volt", text="it is ours", session=4, action="Heartbeat", frame=4),),
    beginnings=(Beginning(Side.CSMS, 17, b"\x81\x7e"),),
)  # fmt: skip


def packed(whole: SessionFile) -> bytes:
    file = io.BytesIO()
    write_session(file, whole.head, whole.parts)
    return file.getvalue()


def sealed(data: bytes) -> bytes:
    """Return a file whose digest is right, whatever else is in it."""
    return data + msgspec.msgpack.encode(("sha256", hashlib.sha256(data).digest()))


def made_of(*values: Any) -> bytes:
    head = msgpack.packb(["head", {"format": FORMAT}])
    return sealed(
        MAGIC + head + b"".join(value if isinstance(value, bytes) else msgpack.packb(value) for value in values)
    )


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


ROW: Final = {"id": 1, "opened_at": 1, "identity": "a", "csms": "b", "opened_mark": 1, "closed_mark": 9}
FRAME: Final = {"id": 2, "at": 1, "side": "station", "opcode": 1, "payload": "x"}


def test_session_read_is_the_session_written(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.session", packed(WHOLE))

    read = read_session(path)

    assert read == WHOLE
    assert is_session_file(path)


def test_any_reader_of_msgpack_can_read_it() -> None:
    values = [*msgpack.Unpacker(io.BytesIO(packed(WHOLE)[len(MAGIC) :]))]

    assert [word for word, _ in values] == [
        "head", "session", "frame", "disturbance", "frame", "frame", "disturbance", "frame", "frame", "note",
        "beginning", "sha256",
    ]  # fmt: skip
    assert values[1][1]["identity"] == "CS 001"


def test_session_of_a_recording_is_written_without_a_loss(tmp_path: Path) -> None:
    path = tmp_path / "event.recording"
    recording = open_for_writing(path)
    keep(recording, WHOLE.traffic())
    keep_notes(recording, WHOLE.notes)
    recording.connection.execute(
        "INSERT INTO partial (session, side, at, bytes) VALUES (4, 'csms', 17, ?)", (b"\x81\x7e",)
    )
    recording.close()

    with Recording.open(path) as opened:
        head, parts = session_parts(opened, 4)
        file = io.BytesIO()
        write_session(file, head, parts)

    assert read_session(saved(tmp_path / "4.session", file.getvalue())) == WHOLE


def test_session_whose_handshake_is_pending_has_neither_marks_nor_traffic(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        session = builder.session("CS001", "acme", opened_mark=None, status=None, answered_at=None)

    with Recording.open(tmp_path / "event.recording") as opened:
        whole = session_of(opened, session)

    assert whole.head.opened_mark is None
    assert whole.traffic() == []
    assert read_session(saved(tmp_path / "x.session", packed(whole))) == whole


def test_what_a_hub_writes_meanwhile_is_left_out(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        session = builder.session("CS001", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{}]')
        with Recording.open(tmp_path / "event.recording") as opened:
            _, parts = session_parts(opened, session)
            builder.say(session, '< [3,"1",{}]')
            builder.close(session)

            taken = [*parts]

    assert [part.payload for part in taken if isinstance(part, Frame)] == ['[2,"1","Heartbeat",{}]']


def test_file_that_is_being_read_is_not_held_open(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.session", packed(WHOLE))
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - numbers, not paths

    _, parts = open_session(path)
    first = next(parts)

    assert first == WHOLE.frames[0]
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208 - as above


def test_file_with_one_byte_changed_is_damaged(tmp_path: Path) -> None:
    data = bytearray(packed(WHOLE))
    data[data.index(b"Heartbeat")] ^= 1

    with pytest.raises(SessionFileError, match="is damaged: its bytes are not those that were written"):
        read_session(saved(tmp_path / "x.session", bytes(data)))


def test_file_cut_off_anywhere_is_told_in_a_sentence(tmp_path: Path) -> None:
    data = packed(WHOLE)

    for length in range(len(data)):
        with pytest.raises(SessionFileError, match=r"is cut off|is no session file"):
            read_session(saved(tmp_path / "x.session", data[:length]))


def test_newer_format_is_named(tmp_path: Path) -> None:
    data = MAGIC + msgpack.packb(["head", {"format": 2}]) + b"of which nobody knows anything"

    with pytest.raises(SessionFileError, match="by a newer version of the hub: format 2, and 1 is known"):
        read_session(saved(tmp_path / "x.session", data))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((), "a session does not come first in it"),
        ((["session", {**ROW, "site": "hall 2"}],), "unknown field 'site' of a session"),
        ((["session", ROW], ["snapshot", {}]), "unknown value 'snapshot'"),
        ((["session", ROW], ["frame", {**FRAME, "id": 9}]), "frame 9 is not in the order of recording"),
        ((["session", ROW], ["frame", FRAME], ["frame", FRAME]), "frame 2 is not in the order of recording"),
        ((["session", {**ROW, "opened_mark": None, "closed_mark": None}], ["frame", FRAME]), "frame 2 is not in"),
        ((["session", {**ROW, "opened_mark": None}],), "no place in the order of recording"),
        ((["session", ROW], ["frame", {**FRAME, "side": "hub"}]), "a frame in it: Invalid enum value 'hub'"),
        ((["session", ROW], ["frame", {**FRAME, "at": LATEST_NS + 1}]), "at of a frame is 9000000000000000001"),
        ((["session", ROW], ["frame", {**FRAME, "size": -1}]), "size of a frame is -1"),
        ((["session", ROW], ["frame", {"id": 2}]), "a frame in it: its payload is neither text nor bytes"),
        ((["session", ROW], {"frame": FRAME}), "a value in it is no array of a word and a map"),
        ((["session", ROW], b"\xdb\xff\xff\xff\xff"), "it ends within a value"),
        ((["session", ROW], b"\xdd\xff\xff\xff\xff"), "exceeds max_array_len"),
        ((["session", ROW], b"\x91" * 5_000), "nested too deeply"),
        ((["session", ROW], b"\xdf\xff\xff\xff\xff"), "exceeds max_map_len"),
        ((["session", ROW], b"\xc1"), "damaged"),
        ((["session", ROW], b"\x91" * 100_000), "damaged"),
        ((["session", ROW], b"\xdd\x00\x00\x4e\x20" * 100_000), "damaged"),
        ((["session", {**ROW, "identity": b"\xff"}],), "a session in it: Expected `str`, got `bytes`"),
    ],
)  # fmt: skip
def test_file_that_makes_no_sense_is_told_in_a_sentence(tmp_path: Path, values: tuple[Any, ...], why: str) -> None:
    path = saved(tmp_path / "x.session", made_of(*values))

    with pytest.raises(SessionFileError, match=why.replace("`", ".")):
        read_session(path)


def test_bomb_costs_little_memory(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.session", made_of(["session", ROW], b"\xdd\x00\x00\x4e\x20" * 1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(SessionFileError):
        read_session(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_text("# drawn\nsession: a -> b\n"), Path.touch])
def test_what_is_no_session_file_is_told_in_a_sentence(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "x.session")

    with pytest.raises(SessionFileError, match=r"is no session file|cannot be read: Is a directory"):
        read_session(tmp_path / "x.session")
    assert not is_session_file(tmp_path / "x.session")


@given(data=st.binary(max_size=300))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.session"

    for beginning in (data, MAGIC + data, made_of(data), made_of(["session", ROW], data)):
        with suppress(SessionFileError):
            read_session(saved(path, beginning))

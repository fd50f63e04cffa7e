"""Session files and HAR into a recording: what comes out is what went in."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import pytest
from drawing import draw, judged, read_drawing
from exported import contents_of, drawn_into, exported, findings_in
from goldens import drawings
from hypothesis import given, settings
from hypothesis import strategies as st
from written_logs import FORMATS

from hub.errors import HubError
from hub.exports.exporter import Format, export_into
from hub.imports import har
from hub.imports.entries import ImportLogError
from hub.imports.importer import import_logs
from hub.imports.sessions import Restored, import_sessions, is_recorded
from hub.imports.source import Told
from hub.recording.reading import Beginning, Recording
from hub.session_file import SessionFile, session_of
from hub.writing.batch import note_row
from matrix.notes import Note
from matrix.outcome import Outcome
from matrix.trace import Disturbed, Ending, Frame, Side, Traffic

HOUR_NS: Final = 3_600_000_000_000


def all_drawings() -> Iterator[Traffic]:
    """Every drawing under sessions/, one after the other, an hour apart, in one numbering."""
    marks, sessions = count(1), count(1)
    for place, path in enumerate(drawings()):
        numbers: dict[int, int] = {}
        frames: dict[int, int] = {}
        for item in read_drawing(path):
            yield _moved(item, next(marks), place * HOUR_NS, numbers, sessions, frames)


def _moved(
    item: Traffic, mark: int, ns: int, numbers: dict[int, int], sessions: Iterator[int], frames: dict[int, int]
) -> Traffic:
    old = item.session if isinstance(item, Frame | Disturbed) else item.session.id
    session = numbers.get(old) or numbers.setdefault(old, next(sessions))
    if isinstance(item, Frame):
        return msgspec.structs.replace(item, id=mark, session=session, at=item.at + ns)
    if isinstance(item, Disturbed):
        frame = None if item.frame is None else item.frame - item.mark + mark
        number = frames.setdefault(item.number, mark)
        return msgspec.structs.replace(item, mark=mark, session=session, at=item.at + ns, frame=frame, number=number)
    times = {name: at + ns for name in ("opened_at", "answered_at", "closed_at") if (at := getattr(item.session, name))}
    return msgspec.structs.replace(item, mark=mark, session=msgspec.structs.replace(item.session, id=session, **times))


def wholes(path: Path) -> list[SessionFile]:
    with Recording.open(path) as recording:
        return [session_of(recording, session.id) for session in recording.sessions()]


def as_files(recording: Path, folder: Path) -> list[Path]:
    with Recording.open(recording) as opened:
        return export_into(contents_of(opened), Format.SESSION, folder, over=False)


def as_har(recording: Path, folder: Path) -> list[Path]:
    (folder / "all.har").write_bytes(exported(recording, Format.HAR))
    return [folder / "all.har"]


def imported(paths: Iterable[Path], recording: Path, csms: str = "imported") -> Restored:
    return import_sessions([*paths], recording, csms, lambda _share: None)


@pytest.mark.parametrize("export", [as_files, as_har])
def test_all_drawings_come_back_as_they_were(tmp_path: Path, export: Callable[[Path, Path], list[Path]]) -> None:
    before = drawn_into(tmp_path / "before.recording", all_drawings())

    (tmp_path / "files").mkdir()
    done = imported(export(before, tmp_path / "files"), tmp_path / "after.recording")

    assert done.keeps_numbers
    assert wholes(tmp_path / "after.recording") == wholes(before)
    assert findings_in(tmp_path / "after.recording") == findings_in(before) != []


def annotate(path: Path) -> None:
    """Add a note and half a frame, without ending the open session as a hub would."""
    statement, row = note_row(Note(id=3, at=5, author="Volt", text="ours", session=1, action="Heartbeat", frame=2))
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.execute(statement, row)
        plain.execute("INSERT INTO partial (session, side, at, bytes) VALUES (1, 'csms', 7, ?)", (b"\x81",))


@pytest.mark.parametrize("export", [as_files, as_har])
def test_notes_and_beginnings_of_frames_come_back(tmp_path: Path, export: Callable[[Path, Path], list[Path]]) -> None:
    before = drawn_into(tmp_path / "before.recording", draw('> [2,"a","Heartbeat",{}]', ending=None))
    annotate(before)

    imported(export(before, tmp_path), tmp_path / "after.recording")

    (whole,) = wholes(tmp_path / "after.recording")
    assert whole.session.is_open
    assert whole.notes[0].frame == 2
    assert whole.beginnings == (Beginning(Side.CSMS, 7, b"\x81"),)


@pytest.mark.parametrize("export", [as_files, as_har])
def test_side_that_a_replay_played_is_the_same_in_every_copy(
    tmp_path: Path, export: Callable[[Path, Path], list[Path]]
) -> None:
    drawn = draw('< [2,"a","Reset",{"type":"Hard"}]', '> [4,"a","InternalError","",{}]')
    mirror = drawn_into(tmp_path / "mirror.recording", [played_by_station(item) for item in drawn])

    imported(export(mirror, tmp_path), tmp_path / "after.recording")

    (copied,), (again,) = wholes(mirror), wholes(tmp_path / "after.recording")
    assert copied.session.played is again.session.played is Side.STATION
    assert outcome_of(copied) is outcome_of(again) is Outcome.INCONCLUSIVE


def played_by_station(item: Traffic) -> Traffic:
    if isinstance(item, Frame | Disturbed):
        return item
    return msgspec.structs.replace(item, session=msgspec.structs.replace(item.session, played=Side.STATION))


def outcome_of(whole: SessionFile) -> Outcome:
    (pair,) = judged(whole.traffic()).board.view().pairs
    return pair.row("Reset").outcome


def test_sessions_of_two_recordings_get_new_numbers_in_the_order_of_time(tmp_path: Path) -> None:
    lines = ('> [2,"a","Heartbeat",{}]', "! begun drop answer 1", "! touched", '< [3,"a",{}]', "+30s", "> ping x")
    early = as_files(drawn_into(tmp_path / "1.recording", draw(*lines, identity="EARLY")), tmp_path / "1")
    late = as_files(drawn_into(tmp_path / "2.recording", draw("+20s", *lines, identity="LATE")), tmp_path / "2")

    done = imported([*early, *late], tmp_path / "both.recording")

    first, second = wholes(tmp_path / "both.recording")
    assert not done.keeps_numbers
    assert (first.session.id, first.session.identity, second.session.identity) == (1, "EARLY", "LATE")
    assert all(item.at <= other.at for item, other in pairwise(frames_of(tmp_path / "both.recording")))
    touched = {whole.session.identity: whole.disturbances[1] for whole in (first, second)}
    assert touched["LATE"].number == second.disturbances[0].mark
    answers = {frame.id: frame.payload for frame in (*first.frames, *second.frames)}
    assert [answers[step.frame or 0] for step in touched.values()] == ['[3,"a",{}]'] * 2


def frames_of(path: Path) -> list[Frame]:
    with Recording.open(path) as recording:
        return [item for item in recording.all_traffic() if isinstance(item, Frame)]


def test_same_session_twice_is_two_sessions(tmp_path: Path) -> None:
    (file,) = as_files(drawn_into(tmp_path / "1.recording", draw("> ping x")), tmp_path / "files")

    done = imported([file, file], tmp_path / "both.recording")

    assert (done.sessions, done.frames, done.keeps_numbers) == (2, 2, False)


def chrome(**fields: Any) -> dict[str, Any]:
    """What a browser saves of a page that was a station."""
    entry = {
        "startedDateTime": "2026-11-01T10:00:00.000Z", "time": 5.2, "_resourceType": "websocket",
        "request": {
            "method": "GET", "url": "ws://csms.example/ocpp/CS%20001?x=1",
            "headers": [{"name": "Sec-WebSocket-Protocol", "value": "ocpp2.0.1, ocpp1.6"}],
        },
        "response": {
            "status": 101, "statusText": "Switching Protocols",
            "headers": [{"name": "Sec-WebSocket-Protocol", "value": "ocpp1.6"}],
        },
        "_webSocketMessages": [
            {"type": "send", "time": 1793527200.5, "opcode": 1, "data": '[2,"a","Heartbeat",{}]'},
            {"type": "error", "time": 1793527200.55, "opcode": -1, "data": "oh"},
            {"type": "receive", "time": 1793527200.6, "opcode": 1, "data": '[3,"a",{}]'},
            {"type": "receive", "time": 1793527200.7, "opcode": 2, "data": "wyg="},
        ],
    }  # fmt: skip
    return {"log": {"version": "1.2", "entries": [{"request": {}}, entry | fields]}}


def har_file(folder: Path, archive: object) -> Path:
    path = folder / "chrome.har"
    path.write_bytes(orjson.dumps(archive, option=orjson.OPT_INDENT_2))
    return path


def test_har_of_a_browser_is_a_session_whose_end_was_not_seen(tmp_path: Path) -> None:
    done = imported([har_file(tmp_path, chrome())], tmp_path / "a.recording", "acme")

    (whole,) = wholes(tmp_path / "a.recording")
    assert (done.sessions, done.frames) == (1, 3)
    session = whole.session
    assert (session.identity, session.csms, session.chosen, session.status) == ("CS 001", "acme", "ocpp1.6", 101)
    assert (session.offered, session.path) == (("ocpp2.0.1", "ocpp1.6"), "/ocpp/CS%20001?x=1")
    assert (session.ending, session.origin) == (Ending.UNSEEN, "chrome.har (har)")
    assert [(frame.side, frame.payload) for frame in whole.frames[::2]] == [
        (Side.STATION, '[2,"a","Heartbeat",{}]'), (Side.CSMS, b"\xc3\x28"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        ({"log": {"entries": []}}, "there is no WebSocket among the 0 entries"),
        ({"log": {"pages": []}}, "is no HAR: it has no entries"),
        (chrome(startedDateTime="yesterday"), "startedDateTime is no moment: 'yesterday'"),
        (chrome(request={}), "entry 2 of 'chrome.har' cannot be read: 'url' is missing"),
        (chrome(response=None), "entry 2 of 'chrome.har' cannot be read"),
        (chrome(_webSocketMessages=[7]), "entry 2 of 'chrome.har' cannot be read"),
        (chrome(_webSocketMessages=[{"type": "send", "time": -1, "opcode": 1, "data": ""}]), "is no moment since 1970"),
        (chrome(_webSocketMessages=[{"type": "send", "time": "x" * 99, "opcode": 1}]), f"no number: '{'x' * 40}'"),
        (chrome(_webSocketMessages=[{"type": "send", "time": 1e9, "opcode": 2, "data": "?"}]), "base64 is not"),
        (chrome(_webSocketMessages=[{"type": "send", "time": 1e9, "opcode": 1, "data": 7}]), "neither text nor bytes"),
        (chrome(_plugfest={"session": {}, "parts": []}), "cannot be read: '_plugfest' is missing"),
    ],
)  # fmt: skip
def test_har_that_makes_no_sense_is_told_in_a_sentence(tmp_path: Path, archive: object, why: str) -> None:
    path = har_file(tmp_path, archive)

    with pytest.raises(HubError, match=re.escape(why)):
        imported([path], tmp_path / "a.recording")

    assert [*tmp_path.iterdir()] == [path]


def test_byte_of_a_har_that_is_no_text_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(b'{"log":{"entries":[\n{"a":"\xff"}]}}')

    with pytest.raises(HubError, match=re.escape("it is not UTF-8 (byte 26, in line 2, is 0xff)")):
        imported([tmp_path / "a.har"], tmp_path / "a.recording")


def test_har_that_would_take_all_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MOST_CONTAINERS", 100)
    path = har_file(tmp_path, {"log": {"entries": [[]] * 100}})

    with pytest.raises(HubError, match="holds more values than any HAR file"):
        imported([path], tmp_path / "a.recording")


FILES: Final[list[bytes]] = []


def whole_files(folder: Path) -> list[bytes]:
    """A session in each format that can be imported, made once."""
    if not FILES:
        traffic = draw('> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"$NOW"}]', "! begun stall 1s", "< ping x")
        before = drawn_into(folder / "before.recording", traffic)
        (session,) = as_files(before, folder / "files")
        FILES.extend([session.read_bytes(), exported(before, Format.HAR), exported(before, Format.TRACE)])
        FILES.extend(write(traffic).encode() for write in FORMATS.values())
    return FILES


@settings(max_examples=60)
@given(which=st.integers(0, len(FORMATS) + 2), cut=st.floats(0, 1), junk=st.binary(max_size=60), keep=st.booleans())
def test_broken_file_is_a_sentence_or_a_recording_and_never_half_of_one(
    tmp_path_factory: pytest.TempPathFactory, which: int, cut: float, junk: bytes, keep: bool
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    data = whole_files(tmp_path_factory.mktemp("whole"))[which]
    place = int(cut * len(data))
    (folder / "x.file").write_bytes(data[:place] + junk + (data[place + len(junk) :] if keep else b""))

    with suppress(HubError):
        _import_any(folder / "x.file", folder / "x.recording")

    left = {path.name for path in folder.iterdir()}
    assert left in ({"x.file"}, {"x.file", "x.recording"})
    if "x.recording" in left:
        assert wholes(folder / "x.recording") != []


def _import_any(path: Path, recording: Path) -> None:
    if is_recorded(path):
        imported([path], recording)
    else:
        import_logs([path], recording, Told(), "acme", lambda _bytes: None)


def test_existing_recording_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.recording").write_text("mine")

    with pytest.raises(ImportLogError, match="there is something at"):
        imported([har_file(tmp_path, chrome())], tmp_path / "a.recording")

    assert (tmp_path / "a.recording").read_text() == "mine"

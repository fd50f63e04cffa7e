"""Which formats there are, and where they go."""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import msgspec
import orjson
import pytest
from captures import read_capture
from drawing import Pen, draw
from exported import contents_of, drawn_into
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.exports.exporter import KINDS, Format, check_secrets, export_into, export_to, file_name
from hub.exports.new_file import ExportError
from hub.imports.sessions import import_sessions
from hub.recording.reading import Recording
from hub.session_file import LATEST_NS, Head, read_session, write_session
from matrix.trace import Ending, Frame, Session, Side, Traffic
from tui.typed.export import FORMATS

SECRET = '< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]'


def two_sessions() -> list[Traffic]:
    pen = Pen()
    return [*pen.session(["> ping x"], identity="CS/1"), *pen.session(["> ping y"], identity="../CS2")]


def test_command_offers_every_format() -> None:
    assert set(FORMATS) == set(Format) == set(KINDS)


def test_sessions_go_into_files_whose_names_nobody_chooses(tmp_path: Path) -> None:
    with Recording.open(drawn_into(tmp_path / "a.recording", two_sessions())) as recording:
        paths = export_into(contents_of(recording), Format.SESSION, tmp_path / "files", over=False)

    assert [path.name for path in paths] == ["1-CS_1-acme.session", "2-.._CS2-acme.session"]
    assert [read_session(path).frames[0].payload for path in paths] == ["x", "y"]


def test_no_file_is_written_where_one_of_them_is_there(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "2-.._CS2-acme.svg").touch()

    path = drawn_into(tmp_path / "a.recording", two_sessions())
    with Recording.open(path) as recording, pytest.raises(ExportError, match=r"something at .*2-\.\._CS2-acme\.svg"):
        export_into(contents_of(recording), Format.SVG, tmp_path / "files", over=False)

    assert len([*(tmp_path / "files").iterdir()]) == 1


@pytest.mark.parametrize(
    "lines",
    [
        (SECRET,),
        (f"< part {SECRET[2:40]}", f"< last {SECRET[40:]}"),
        ("> ping password=hunter2",),
        ('> {"password":"hunter2"',),
    ],
)
def test_session_with_a_secret_is_handed_on_only_if_asked_for(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with Recording.open(drawn_into(tmp_path / "a.recording", draw("> ping x", *lines))) as recording:
        with pytest.raises(ExportError, match=r"session 1 holds secrets .*\(frame \d is the first\).* --with-secrets"):
            check_secrets(contents_of(recording, with_secrets=False))
        check_secrets(contents_of(recording, with_secrets=True))


def test_session_without_a_secret_is_handed_on_whole(tmp_path: Path) -> None:
    traffic = draw('> part [2,"a","Heart', '> last beat",{}]', "> close 1000", "> binary 00")

    with Recording.open(drawn_into(tmp_path / "a.recording", traffic)) as recording:
        contents = contents_of(recording, with_secrets=False)
        check_secrets(contents)
        export_to(contents, Format.SESSION, tmp_path / "a.session", over=False)

    assert read_session(tmp_path / "a.session").frames[0].payload == '[2,"a","Heart'


def test_file_name_tells_who_it_is() -> None:
    session = Session(id=4, opened_at=1, identity="CS 001", csms="acme")

    assert file_name(session, Format.MERMAID) == "4-CS_001-acme.mmd"


TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=30)
TIME: Final = st.integers(0, LATEST_NS)
HEADERS: Final = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
SESSIONS: Final = st.builds(
    Session,
    id=st.just(1), opened_at=TIME, answered_at=st.none() | TIME, closed_at=TIME, identity=TEXT, csms=TEXT, path=TEXT,
    upstream=TEXT, remote=TEXT, tls=st.none() | TEXT, tunnel=st.none() | TEXT,
    offered=st.lists(TEXT, max_size=2).map(tuple), chosen=st.none() | st.just("ocpp1.6") | TEXT,
    status=st.none() | st.just(101) | st.integers(0, 10**6), reason=TEXT, request=HEADERS, response=HEADERS, body=TEXT,
    fault=st.none() | TEXT, closed_by=st.none() | st.sampled_from(Side), ending=st.sampled_from(Ending),
    station_close=st.none() | st.integers(0, 10**6), origin=st.none() | TEXT,
)  # fmt: skip
FRAMES: Final = st.builds(
    Frame,
    id=st.just(0), session=st.just(1), at=TIME, side=st.sampled_from(Side), opcode=st.integers(-1, 20),
    payload=TEXT | st.binary(max_size=30) | st.sampled_from(['[2,"a","Heartbeat",{}]', '[3,"a",{}]', '[4,"a"]', "[5]"]),
    fin=st.booleans(), rsv=st.integers(0, 300), masked=st.booleans(), size=st.integers(0, 10**12),
    unread=st.none() | TEXT,
)  # fmt: skip


@settings(max_examples=25)
@given(session=SESSIONS, frames=st.lists(FRAMES, max_size=12), with_secrets=st.booleans())
def test_any_session_that_can_be_recorded_is_exported_in_every_format(
    tmp_path_factory: pytest.TempPathFactory, session: Session, frames: list[Frame], with_secrets: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    numbered = [msgspec.structs.replace(frame, id=place) for place, frame in enumerate(frames, start=2)]
    head = Head(session, opened_mark=1, closed_mark=len(frames) + 2)
    with (folder / "a.session").open("wb") as file:
        write_session(file, head, numbered)
    import_sessions([folder / "a.session"], folder / "a.recording", "imported", lambda _share: None)

    with Recording.open(folder / "a.recording") as recording:
        contents = contents_of(recording, with_secrets=with_secrets)
        written = {format_: b"".join(KINDS[format_].write(contents)) for format_ in Format}

    assert written[Format.SESSION] == (folder / "a.session").read_bytes()
    assert all(written[each] for each in Format if each is not Format.TRACE)
    ElementTree.fromstring(written[Format.SVG])
    read_capture(written[Format.PCAPNG]).streams()
    for line in (*written[Format.JSONL].splitlines(), *written[Format.TRACE].splitlines(), written[Format.HAR]):
        orjson.loads(line)

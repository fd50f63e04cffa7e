"""Which formats there are, and where they go."""

from pathlib import Path

import pytest
from drawing import Pen, draw
from exported import contents_of, drawn_into

from hub.exports.exporter import KINDS, Format, check_secrets, export_into, export_to, file_name
from hub.exports.new_file import ExportError
from hub.recording import Recording
from hub.session_file import read_session
from matrix.trace import Session, Traffic
from tui.export_cli import FORMATS

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

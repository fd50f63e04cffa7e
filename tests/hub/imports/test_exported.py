"""Exports that look like logs and are none."""

from pathlib import Path

import pytest
import said16
from drawing import draw
from exported import drawn_as

from hub.exports.exporter import Format
from hub.imports import formats
from hub.imports.entries import ImportLogError
from hub.imports.importer import import_logs
from hub.imports.source import Told


@pytest.mark.parametrize("format_", [Format.CSV, Format.JSONL])
@pytest.mark.parametrize("told", [Told(), Told(format=formats.Format.CSV), Told(format=formats.Format.JSON)])
def test_export_that_does_not_come_back_is_refused_by_its_first_line(
    tmp_path: Path, format_: Format, told: Told
) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(drawn_as(tmp_path, format_, draw(*said16.boot(), *said16.beat())))

    with pytest.raises(
        ImportLogError, match=rf"'x.log' is what `plugfest export --as {format_}` writes.* --as session"
    ):
        import_logs([log], tmp_path / "x.recording", told, "acme", lambda _bytes: None)

    assert not (tmp_path / "x.recording").exists()


def test_heading_is_known_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    heading, *rows = drawn_as(tmp_path, Format.CSV, draw(*said16.boot())).decode().splitlines()
    log = tmp_path / "x.csv"
    log.write_text("\n".join(["\ufeff" + ";".join(f'"{name}"' for name in heading.split(",")), *rows]))

    with pytest.raises(ImportLogError, match="--as csv"):
        import_logs([log], tmp_path / "x.recording", Told(), "acme", lambda _bytes: None)


def test_table_and_objects_of_others_are_not_taken_for_exports(tmp_path: Path) -> None:
    csv, objects = tmp_path / "x.csv", tmp_path / "y.json"
    csv.write_text('session,time,station,payload\n1,2026-01-01T10:00:00Z,CS1,"[2,""1"",""Heartbeat"",{}]"\n')
    objects.write_text('{"item":"one","time":"2026-01-01T10:00:00Z","payload":"[2,\\"1\\",\\"Heartbeat\\",{}]"}\n')

    done = import_logs([csv, objects], tmp_path / "x.recording", Told(), "acme", lambda _bytes: None)

    assert done.messages == 2

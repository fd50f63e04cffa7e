"""Lines of a table."""

import pytest

from hub.imports.entries import Said, Way
from hub.imports.stamps import Stamp
from hub.imports.tables import is_heading, table_line, table_reader
from matrix.trace import Side

TEN = Stamp(1_767_261_600_000_000_000, has_zone=True)
QUOTED = '"[2,""a"",""DataTransfer"",{""data"":""x, y; \\""z\\""""}]"'
TEXT = '[2,"a","DataTransfer",{"data":"x, y; \\"z\\""}]'


@pytest.mark.parametrize("line", [f"2026-01-01T10:00:00Z,out,{QUOTED}", f"1767261600;SENT;{QUOTED};7"])
def test_fields_of_a_table_without_a_heading_are_told_by_what_they_hold(line: str) -> None:
    assert table_line(line) == Said(text=TEXT, at=TEN, way=Way.OUT)


def test_heading_tells_the_station_and_the_version() -> None:
    read = table_reader('"timestamp","chargePointId","direction","ocppVersion","message"')

    said = read(f"2026-01-01T10:00:00Z,send-er 1,cp-to-csms,2.0.1,{QUOTED}")

    assert said == Said(text=TEXT, at=TEN, side=Side.STATION, identity="send-er 1", version="2.0.1")


def test_line_with_another_number_of_fields_is_read_without_the_heading() -> None:
    read = table_reader("timestamp,chargePointId,direction,message")

    said = read(f"2026-01-01T10:00:00Z,in,{QUOTED}")

    assert said == Said(text=TEXT, at=TEN, way=Way.IN)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_in_quotes_separates_nothing(separator: str) -> None:
    read = table_reader(separator.join(["timestamp", '"site, building"', "stationId", "direction", "message"]))

    said = read(separator.join(["2026-01-01T10:00:00Z", '"Hall 4, ""north""; left"', "CS1", "out", QUOTED]))

    assert said == Said(text=TEXT, at=TEN, way=Way.OUT, identity="CS1")


def test_only_what_separates_the_heading_separates_the_lines() -> None:
    read = table_reader("timestamp;site;stationId;direction;message")

    said = read(f"2026-01-01T10:00:00Z;Hall 4, north;CS1;out;{QUOTED}")

    assert said == Said(text=TEXT, at=TEN, way=Way.OUT, identity="CS1")


def test_time_is_that_of_the_column_named_so() -> None:
    read = table_reader("built,timestamp,message")

    said = read(f"2025-06-06T06:06:06Z,2026-01-01T10:00:00Z,{QUOTED}")

    assert said == Said(text=TEXT, at=TEN)


def test_line_without_a_message_is_about_something_else() -> None:
    assert table_line("2026-01-01T10:00:00Z,out,hello") is None


def test_heading_names_a_time() -> None:
    assert is_heading("id;timestamp;message")
    assert not is_heading(f"2026-01-01T10:00:00Z,out,{QUOTED}")

"""Telling the formats apart."""

import pytest
from drawing import draw
from written_logs import FORMATS

from hub.imports.entries import ImportLogError
from hub.imports.formats import Format, format_of

WRITTEN: dict[str, Format] = {
    "trace_10": Format.OPEN_OCPP_TRACE, "trace_11": Format.OPEN_OCPP_TRACE, "steve": Format.STEVE,
    "ocpp_of_station": Format.OCPP, "ocpp_of_csms": Format.OCPP, "ocpp_without_times": Format.OCPP,
    "arrows": Format.LINES, "roles": Format.LINES, "table": Format.CSV, "objects": Format.JSON,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_recognised_by_its_lines(name: str) -> None:
    log = FORMATS[name](draw('> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"$NOW"}]'))

    assert format_of(["a line about something else", *log.splitlines()], "x.log") is WRITTEN[name]


def test_log_of_two_kinds_is_refused_with_the_choices() -> None:
    lines = ['INFO:ocpp:CS1: send [2,"a","Heartbeat",{}]', 'app got > [2,"a","Heartbeat",{}]']

    with pytest.raises(ImportLogError, match="--format ocpp or --format lines"):
        format_of(lines, "x.log")


def test_log_without_messages_is_refused_with_all_formats() -> None:
    with pytest.raises(ImportLogError, match=r"no OCPP messages .* open-ocpp-trace, steve, ocpp, json, csv, lines"):
        format_of(["hello", "", "\x00" * 50, "[1, 2, 3]"], "x.log")


def test_file_without_a_line_is_said_to_be_empty() -> None:
    with pytest.raises(ImportLogError, match=r"'x\.log' is empty"):
        format_of([], "x.log")

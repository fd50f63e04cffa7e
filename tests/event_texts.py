"""Texts of event files, and how they are read."""

from pathlib import Path
from typing import Final

import pytest

from hub.event import EventFile
from hub.event_file import EventFileError, parse_event

TWO_CSMSES: Final = """\
[event]
name = "Fest"
[participants.volta]
[csmses.lotus]
participant = "volta"
url = "ws://127.0.0.1:9100"
versions = ["1.6"]
[csmses.deep]
participant = "volta"
url = "ws://127.0.0.1:9200"
versions = ["1.6"]
"""
"""The beginning of one, for tests that add their own stations."""
TWO_STATIONS: Final = (
    TWO_CSMSES
    + """\
[stations.one]
participant = "volta"
versions = ["1.6"]
identities = ["V1"]
csms = "lotus"
[stations.two]
participant = "volta"
versions = ["1.6"]
identities = ["V2"]
"""
)
"""One station that is for lotus at first, and one that is for nobody yet."""
WHOLE: Final = """\
[event]
name = "Plugfest"

[participants.volta]
vendor = "Volta"
contact = "anna@volta.example"

[participants.lotus]
vendor = "Lotus"
absent = true

[csmses.lotus]
participant = "lotus"
url = "ws://127.0.0.1:9100/ocpp"
versions = ["1.6", "2.0.1"]

[csmses.lotus.passwords]
VOLTA-1 = "what lotus expects"

[csmses.deep]
participant = "lotus"
tunnel = true
versions = ["1.6"]

[stations."Volta One"]
participant = "volta"
versions = ["1.6"]
identities = ["VOLTA-1", "VOLTA-2"]
csms = "lotus"

[[rounds]]
starts = 2026-11-23T09:00:00Z
minutes = 45
pairs = [["Volta One", "lotus"]]

[rules.TM-02]
severity = "info"
reason = "agreed on Monday"

[limits]
sessions = 100
"""
"""One that has something in nearly every table."""


def parsed(text: str) -> EventFile:
    return parse_event(text, Path("event.toml"))


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(EventFileError) as caught:
        parsed(text)
    return str(caught.value).splitlines()

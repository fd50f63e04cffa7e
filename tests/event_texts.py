"""Texts of event files, put together table by table, and how they are read."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from hub.events.event import EventFile
from hub.events.file import EventFileError, parse_event


def event_text(*tables: str) -> str:
    """Return an event file with these tables in it."""
    return '[event]\nname = "Fest"\n' + "".join(tables)


def a_participant(name: str, **fields: object) -> str:
    return _table("participants", name, fields)


def a_csms(name: str, of: str, url: str = "ws://127.0.0.1:9100", **fields: object) -> str:
    """Return the table of a participant's CSMS, of 1.6 where nothing else is said; an empty URL stands for a tunnel."""
    way = {"url": url} if url else {"tunnel": True}
    return _table("csmses", name, {"participant": of, **way, "versions": ["1.6"], **fields})


def a_station(name: str, of: str, *identities: str, **fields: object) -> str:
    """Return the table of a participant's station product, of 1.6 where nothing else is said."""
    fields = {"versions": ["1.6"], "identities": identities, **fields}
    return _table("stations", name, {"participant": of, **fields})


def a_round(starts: datetime, *pairs: tuple[str, str], **fields: object) -> str:
    """Return a round of stations with CSMSes; `starts` is in UTC."""
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in (fields | {"pairs": pairs}).items()]
    return f"[[rounds]]\nstarts = {starts:%Y-%m-%dT%H:%M:%SZ}\n{''.join(lines)}"


def _table(kind: str, name: str, fields: dict[str, object]) -> str:
    """Return a table; strings, numbers and lists of them are in TOML what they are in JSON."""
    heading = f"[{kind}.{name if name.isidentifier() else json.dumps(name)}]\n"
    return heading + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())


TWO_CSMSES: Final = event_text(
    a_participant("volta"), a_csms("lotus", "volta"), a_csms("deep", "volta", "ws://127.0.0.1:9200")
)
"""The beginning of one, for tests that add their own stations."""
TWO_STATIONS: Final = TWO_CSMSES + a_station("one", "volta", "V1", csms="lotus") + a_station("two", "volta", "V2")
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

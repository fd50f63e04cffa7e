"""What an entry is held against."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.search.entry import About, Entry, Kind, NoOpinion
from hub.search.matching import matches
from hub.search.parser import parse
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.trace import Side

TEXT = (
    '[2,"m-1","MeterValues",{"connectorId":1,"idTag":"ABC-9","ok":true,"none":null,"name":"Z\\u00fcrich",'
    '"meterValue":[{"timestamp":"2026-01-01T12:00:00Z","sampledValue":[{"value":"604.213"},{"value":7}]}]}]'
)
ABOUT = About(4, "CP-0012", "acme", "2.0.1", "Big Corp", "One", "1.0.3")
AT = 1_767_276_125_500_000_000  # 2026-01-01T14:02:05.5Z
ENTRY = Entry(17, ABOUT, AT, Side.STATION, Kind.CALL, TEXT, "MeterValues", "m-1", 331)
ANSWER = Entry(18, ABOUT, AT, Side.CSMS, Kind.CALLRESULT, '[3,"m-1",{}]', "MeterValues", "m-1", 20, 2_500_000_000)
FOUND = Finding("RPC-04", Severity.WARNING, Side.STATION, 4, 17, "MeterValues", "", "sent before its time")


class Opinion(NoOpinion):
    def outcome(self, session: int, frame: int) -> Outcome | None:
        return Outcome.DEVIATED if (session, frame) == (4, 17) else None

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        return (FOUND,) if (session, frame) == (4, 17) else ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "metervalues",
        "METER",
        "abc-9",
        "zürich",
        "ZÜRICH",
        '"\\"idTag\\":\\"ABC"',
        "before",
        '"before its"',
        "RPC-04",
        "action:Meter",
        "action=metervalues",
        "id=m-1",
        "identity:0012",
        "csms=ACME",
        "vendor:corp",
        "model=one",
        "firmware:1.0",
        "version:2.0.1",
        "side:station",
        "type:call",
        "session:4",
        "session<5",
        "frame>=17",
        "size>330",
        "size:331",
        "not size>331",
        "outcome:deviated",
        "rule:rpc",
        "severity:warning",
        "at:14:02",
        "at>14:02",
        "at<14:03",
        "at>=14:02:05.5",
        "at<=14:02",
        "at:2026-01-01",
        "at<2026-01-01T14:02:05.6",
        "at=2026-01-01T15:02+01:00",
        "idTag=abc-9",
        "idtag=ABC-9",
        "idTag:BC",
        "ok=true",
        "none=null",
        "connectorId=1.0",
        "value=604.213",
        "value>604",
        "value<=7",
        "timestamp<2026-01-01T13:00:00+00:30",
        "meterValue=*",
        '"idTag":"ABC-9"',
        "connectorId:1",
        "name=zürich",
        "/connectorId=1",
        "/meterValue/0/sampledValue/1/value=7",
        "/meterValue/*/sampledValue/*/value>600",
        "/*/0/timestamp:12:00",
        "one or meter",
        "(one or two) or not three",
        "not latency>0s",
    ],
)
def test_an_entry_is_found_by(text: str) -> None:
    assert matches(parse(text), ENTRY, Opinion())


@pytest.mark.parametrize(
    "text",
    [
        "bootnotification",
        "action=Meter",
        "identity=0012",
        "version:2.0",
        "side:csms",
        "type:send",
        "session:5",
        "size>331",
        "outcome:failed",
        "severity:violation",
        "rule=RPC-0",
        "latency>0s",
        "at:14:03",
        "at>14:03",
        "at:2026-01-02",
        "idTag=abc",
        "ok=1",
        "connectorId=2",
        "value>605",
        "missing=*",
        "/idTag/0=A",
        "/meterValue/9=*",
        "/9=*",
        "meterValue:value",
        "meter not abc",
        "/meterValue/0/sampledValue/value=7",
    ],
)
def test_an_entry_is_not_found_by(text: str) -> None:
    assert not matches(parse(text), ENTRY, Opinion())


def test_the_answer_is_found_by_action_id_and_latency() -> None:
    assert matches(parse("action:MeterValues id:m-1 latency>2s type:callresult"), ANSWER)
    assert not matches(parse("latency>2.5s"), ANSWER)


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_that_a_peer_says_or_a_person_types_raises(spoken: str, typed: str) -> None:
    entry = Entry(1, About(1, spoken, spoken, spoken), AT, Side.CSMS, Kind.MALFORMED, spoken, spoken, spoken)
    quoted = '"' + typed.replace("\\", "\\\\").replace('"', '\\"') + '"'

    for text in (
        quoted,
        f"action:{quoted}",
        f"{quoted}={quoted}",
        f"/{quoted.encode('utf-8', 'replace').hex()}={quoted}",
    ):
        matches(parse(text), entry)

    own = '"' + spoken.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert matches(parse(own), entry)
    assert matches(parse(f"identity={own}"), entry)


@pytest.mark.parametrize(
    "spoken", ["[" * 2000, '{"a":' * 900 + "1" + "}" * 900, '[2,"1","A",' + "9" * 5000 + "]", "[NaN]"]
)
def test_odd_json_is_looked_through_without_a_word(spoken: str) -> None:
    entry = Entry(1, ABOUT, AT, Side.CSMS, Kind.MALFORMED, spoken)

    assert not matches(parse("value=7 or /a/b>3 or value:x"), entry)

"""Plays of drawn sessions, and how they end. `>` is the station, `<` the CSMS; the peer is what a test makes up."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plays import (
    AT_ONCE,
    BOOT,
    CHARGE,
    DEEP,
    HEARTBEAT,
    NOW,
    ORDERED,
    QUESTIONS,
    SECOND,
    START,
    STARTED,
    STARTED_REMOTELY,
    STOP,
    STOPPED,
    obliging,
    play,
    script,
)

from matrix.dialect import V21, V201
from matrix.moments import moment
from matrix.replay.acts import Close, Drop, Ping, Say, Start, Tempo
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.replay.report import What
from matrix.replay.script import Extract
from matrix.trace import Ending, Side


def test_the_live_transaction_id_takes_the_place_of_the_recorded_one_and_of_nothing_else() -> None:
    done = play(script(*CHARGE), obliging(StartTransaction=STARTED, StopTransaction=STOPPED))

    assert [each["transactionId"] for each in done.calls("MeterValues") + done.calls("StopTransaction")] == [4711, 4711]
    assert done.calls("StopTransaction")[0]["meterStop"] == 17
    assert done.report.went_as_recorded


def test_times_move_by_the_same_offset() -> None:
    lines = script(*START, "+90s", *STOP)
    recorded = [moment(step.payload["timestamp"]) for step in lines.steps if step.payload]

    done = play(lines, obliging(StartTransaction=STARTED, StopTransaction=STOPPED), tempo=Tempo(1))

    live = [moment(call["timestamp"]) for call in done.calls("StartTransaction") + done.calls("StopTransaction")]
    assert {one.ns - other.ns for one, other in zip(live, recorded, strict=True) if one and other} == {
        NOW - lines.begins_at
    }


def test_a_message_id_that_was_used_twice_is_used_twice_again() -> None:
    lines = script(*HEARTBEAT, *HEARTBEAT)

    done = play(lines, obliging(Heartbeat={"currentTime": "x"}))

    assert len({message[1] for message in done.messages}) == 1
    assert done.messages[0][1] != "h"


def test_a_request_id_of_the_live_csms_is_in_the_report_that_follows() -> None:
    lines = script(
        '< [2,"a","GetBaseReport",{"requestId":1,"reportBase":"FullInventory"}]', '> [3,"a",{"status":"Accepted"}]',
        '> [2,"b","NotifyReport",{"requestId":1,"generatedAt":"$NOW","seqNo":0}]', '< [3,"b",{}]', version=V201,
    )  # fmt: skip

    done = play(lines, obliging(), first=[[2, "x", "GetBaseReport", {"requestId": 77, "reportBase": "FullInventory"}]])

    assert done.calls("NotifyReport")[0]["requestId"] == 77
    assert done.report.went_as_recorded


def test_a_transaction_of_2x_gets_a_fresh_id_that_the_csms_can_ask_for() -> None:
    event = (
        '"TransactionEvent",{"eventType":"%s","timestamp":"$NOW","triggerReason":"Authorized","seqNo":%d,'
        '"transactionInfo":{"transactionId":"tx-1"}}]'
    )
    lines = script(
        '> [2,"a",' + event % ("Started", 0), '< [3,"a",{}]',
        '< [2,"s","RequestStopTransaction",{"transactionId":"tx-1"}]', '> [3,"s",{"status":"Accepted"}]',
        '> [2,"b",' + event % ("Ended", 1), '< [3,"b",{}]', version=V201,
    )  # fmt: skip

    def csms(message: list[Any]) -> Sequence[Any]:
        if message[0] != 2:
            return ()
        answer = [3, message[1], {}]
        if message[3]["eventType"] == "Ended":
            return [answer]
        transaction = message[3]["transactionInfo"]["transactionId"]
        return [answer, [2, "x", "RequestStopTransaction", {"transactionId": transaction}]]

    done = play(lines, csms)

    fresh = {each["transactionInfo"]["transactionId"] for each in done.calls("TransactionEvent")}
    assert len(fresh) == 1
    assert fresh != {"tx-1"}
    assert done.report.went_as_recorded


def test_a_recorded_csms_names_the_certificate_that_the_live_station_has() -> None:
    recorded = '{"hashAlgorithm":"SHA256","issuerNameHash":"n","issuerKeyHash":"k","serialNumber":"1"}'
    lines = script(
        '< [2,"a","GetInstalledCertificateIds",{"certificateType":"CentralSystemRootCertificate"}]',
        f'> [3,"a",{{"status":"Accepted","certificateHashData":[{recorded}]}}]',
        f'< [2,"b","DeleteCertificate",{{"certificateHashData":{recorded}}}]', '> [3,"b",{"status":"Accepted"}]',
        side=Side.CSMS,
    )  # fmt: skip
    own = {"hashAlgorithm": "SHA384", "issuerNameHash": "nn", "issuerKeyHash": "kk", "serialNumber": "99"}

    done = play(lines, obliging(GetInstalledCertificateIds={"status": "Accepted", "certificateHashData": [own]},
                                DeleteCertificate={"status": "Accepted"}))  # fmt: skip

    assert done.calls("DeleteCertificate")[0]["certificateHashData"] == own
    assert done.report.went_as_recorded


def test_the_local_list_has_the_version_that_the_live_csms_gave_it() -> None:
    lines = script(
        '< [2,"a","SendLocalList",{"listVersion":1,"updateType":"Full"}]', '> [3,"a",{"status":"Accepted"}]',
        '< [2,"b","GetLocalListVersion",{}]', '> [3,"b",{"listVersion":1}]',
    )  # fmt: skip
    sent = {"listVersion": 9, "updateType": "Full"}

    done = play(lines, obliging(), first=[[2, "x", "SendLocalList", sent], [2, "y", "GetLocalListVersion", {}]])

    assert done.answers() == [[3, "x", {"status": "Accepted"}], [3, "y", {"listVersion": 9}]]
    assert done.departures == [("asked differently", "SendLocalList", "/listVersion: 1 -> 9")]


def test_the_token_of_the_live_csms_is_what_the_station_starts_with() -> None:
    lines = script(*ORDERED, *STARTED_REMOTELY)

    done = play(
        lines, obliging(StartTransaction=STARTED), first=[[2, "x", "RemoteStartTransaction", {"idTag": "LIVE"}]]
    )

    assert done.calls("StartTransaction")[0]["idTag"] == "LIVE"
    assert done.departures == [("asked differently", "RemoteStartTransaction", '/idTag: "R" -> "LIVE"')]


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ({"lines": [*HEARTBEAT, "> close 1001"]}, [Close(1001)]),
        ({"lines": [*HEARTBEAT], "ending": Ending.DROPPED}, [Drop()]),
        ({"lines": [*HEARTBEAT], "ending": None}, [Close(1000)]),
        ({"lines": [*HEARTBEAT, "> ping hello"], "ending": None}, [Ping(b"hello"), Close(1000)]),
    ],
)
def test_a_play_ends_as_the_session_did(drawing: dict[str, Any], expected: list[Any]) -> None:
    lines = drawing.pop("lines")

    done = play(script(*lines, **drawing), obliging(Heartbeat={"currentTime": "x"}))

    assert [act for act in done.acts if not isinstance(act, Say)] == expected


def test_a_peer_that_does_not_close_where_it_had_closed_is_left_after_the_deadline() -> None:
    lines = script(*HEARTBEAT, "< close 1000", closed_by=Side.CSMS)

    done = play(lines, obliging(Heartbeat={"currentTime": "x"}))

    assert done.acts[-1] == Close(1000)
    assert [each[0] for each in done.departures] == ["ended otherwise"]


def test_a_peer_that_leaves_early_leaves_the_rest_unsaid() -> None:
    player = Player(script(*BOOT, *CHARGE), Memory("a"), AT_ONCE, Start(NOW))
    player.take(NOW)

    player.closed("the peer closed the session (1008)")

    report = player.report(1, "CS001")
    assert [each.what for each in report.departures] == ["ended otherwise", *["not sent"] * 3, "unanswered"]


def test_what_is_no_message_is_said_as_it_was() -> None:
    lines = script('> [2,"a","Heartbeat",{]', '> {"no":"array"}', "> bytes ff00", ending=None)

    acts = play_raw(lines)

    assert acts[:2] == [Say(b'[2,"a","Heartbeat",{]', 1), Say(b'{"no":"array"}', 1)]
    assert acts[2] == Say(b"\xff\x00", 1)


def play_raw(lines: Any) -> list[Any]:
    return Player(lines, Memory("a"), AT_ONCE, Start(NOW)).take(NOW)


def test_a_message_that_breaks_the_form_is_said_with_its_breach() -> None:
    lines = script(
        '> [2,17,"Heartbeat",{}]', '< [3,"17",{"currentTime":"x"}]', '> [2,"a","Heartbeat",null]', ending=None
    )

    said = [act for act in play_raw(lines) if isinstance(act, Say)]

    assert said[0].payload == '[2,17,"Heartbeat",{}]'


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "[]", "[2]", '[3,"nobody",{}]', '[2,"x","Reset"]', '[2,"x","Reset",null]', '[9,"x",{}]', "\ud800",
     '[4,"x"]', '[2,"x","Teleport",{}]', "[" * 2_000, f'[2,"x","Reset",{DEEP}]',
     f'[2,"x","GetConfiguration",{DEEP}]', f'[2,"x","DataTransfer",{DEEP}]',
     '[2,"x","Reset",' + "[" * 500 + "]" * 500 + "]", b"\xff\xfe"],
)  # fmt: skip
def test_nothing_that_a_peer_says_breaks_a_play(text: str | bytes) -> None:
    player = Player(QUESTIONS, Memory("a"), AT_ONCE, Start(NOW))

    player.heard(text, NOW)
    player.take(NOW + 60 * SECOND)

    assert player.report(1, "CS001").departures


@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from([
    '[2,"x","GetConfiguration",{"key":["A"]}]', '[2,"y","GetConfiguration",{"key":5}]', '[3,"x",{}]',
    '[4,"x","E","",{}]',
    '[2,"z","Reset",{"type":{"a":[null]}}]', '[2,"z","DataTransfer",{"vendorId":"V"}]',
]))))  # fmt: skip
def test_whatever_a_peer_says_in_whatever_order_a_play_comes_to_its_end(texts: list[str]) -> None:
    done = play(QUESTIONS, obliging(), first=texts)

    assert isinstance(done.acts[-1], Close)


def test_a_send_of_2_1_is_played_and_not_waited_for() -> None:
    stream = '"NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"$NOW","data":[]}]'
    lines = script(f'> [6,"a",{stream}', *HEARTBEAT, version=V21)

    done = play(lines, obliging(Heartbeat={"currentTime": "x"}))

    assert [message[0] for message in done.messages] == [6, 2]
    assert done.report.went_as_recorded


def test_only_what_is_asked_for_is_sent() -> None:
    lines = (*BOOT, *HEARTBEAT, *CHARGE)

    only = play(
        script(*lines, extract=Extract(only=frozenset({"Heartbeat"}))), obliging(Heartbeat={"currentTime": "x"})
    )
    skipped = play(script(*lines, extract=Extract(skip=frozenset({"Heartbeat", "BootNotification"}))),
                   obliging(StartTransaction=STARTED, StopTransaction=STOPPED))  # fmt: skip

    assert [message[2] for message in only.messages] == ["Heartbeat"]
    assert [message[2] for message in skipped.messages] == ["StartTransaction", "MeterValues", "StopTransaction"]


def test_an_answer_that_cannot_be_read_is_said_again_as_it_was_and_known_again() -> None:
    drawn = ('< [2,"q","GetConfiguration",{}]', '> [3,"q",{"configurationKey":[', *HEARTBEAT)
    asking = '[2,"live","GetConfiguration",{}]'
    station = play(script(*drawn), obliging(Heartbeat={"currentTime": "x"}), first=[asking])
    csms = Player(script(*drawn, side=Side.CSMS), Memory("a"), AT_ONCE, Start(NOW))
    (asked,) = csms.take(NOW)
    assert isinstance(asked, Say)

    csms.heard(f'[3,"{orjson.loads(asked.payload)[1]}",{{"configurationKey":[', NOW)

    assert Say('[3,"live",{"configurationKey":[') in station.acts
    assert csms.notes.counts[What.AS_RECORDED] == 1


def test_where_only_some_things_are_said_nothing_that_the_peer_does_not_ask_is_missing() -> None:
    lines = script(*ORDERED, *HEARTBEAT, extract=Extract(only=frozenset({"Heartbeat"})))

    done = play(lines, obliging(Heartbeat={"currentTime": "x"}))

    assert done.report.went_as_recorded
    assert done.ended_at - NOW < SECOND

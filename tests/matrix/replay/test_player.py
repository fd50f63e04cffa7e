"""Plays of drawn sessions. `>` is the station, `<` the CSMS; the peer is what a test makes up."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plays import AT_ONCE, MS, NOW, SECOND, Play, obliging, play, script

from matrix.dialect import V21, V201
from matrix.moments import moment
from matrix.replay.acts import Close, Drop, Ping, Say, Start, Tempo
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.replay.report import What
from matrix.replay.script import Extract
from matrix.trace import Ending, Side

BOOT = (
    '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"1",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
)
START = (
    '> [2,"2","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"$NOW"}]',
    '< [3,"2",{"transactionId":17,"idTagInfo":{"status":"Accepted"}}]',
)
METER = ('> [2,"3","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":[]}]', '< [3,"3",{}]')
STOP = (
    '> [2,"4","StopTransaction",{"transactionId":17,"meterStop":17,"timestamp":"$NOW"}]',
    '< [3,"4",{"idTagInfo":{"status":"Accepted"}}]',
)
CHARGE = (*START, *METER, *STOP)
ACCEPTED = {"status": "Accepted", "currentTime": "2030-03-17T17:46:40Z", "interval": 300}
STARTED = {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}}
STOPPED = {"idTagInfo": {"status": "Accepted"}}
DEEP = '{"a":' * 990 + "1" + "}" * 990
METERED = {"connectorId": 1, "transactionId": 17, "meterValue": []}
HEARTBEAT = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]')
ORDERED = '< [2,"r","RemoteStartTransaction",{"idTag":"R"}]', '> [3,"r",{"status":"Accepted"}]'
STARTED_REMOTELY = (
    '> [2,"s","StartTransaction",{"connectorId":1,"idTag":"R","meterStart":0,"timestamp":"$NOW"}]',
    '< [3,"s",{"transactionId":18,"idTagInfo":{"status":"Accepted"}}]',
)


def counts(done: Play) -> dict[str, int]:
    return done.report.counts


# -- ids and times ----------------------------------------------------------------------------------------------------


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


def test_the_token_of_the_live_csms_is_what_the_station_starts_with() -> None:
    lines = script(*ORDERED, *STARTED_REMOTELY)

    done = play(
        lines, obliging(StartTransaction=STARTED), first=[[2, "x", "RemoteStartTransaction", {"idTag": "LIVE"}]]
    )

    assert done.calls("StartTransaction")[0]["idTag"] == "LIVE"
    assert done.departures == [("asked differently", "RemoteStartTransaction", '/idTag: "R" -> "LIVE"')]


# -- what the live peer answers ---------------------------------------------------------------------------------------


def test_exactly_what_is_answered_differently_is_reported() -> None:
    lines = script(*BOOT, *CHARGE)
    blocked = {"transactionId": 4711, "idTagInfo": {"status": "Blocked"}}

    done = play(lines, obliging(BootNotification=ACCEPTED, StartTransaction=blocked, StopTransaction=STOPPED))

    assert done.departures == [
        ("answered differently", "StartTransaction", '/idTagInfo/status: "Accepted" -> "Blocked"')
    ]
    assert done.report.departures[0].frame == lines.steps[1].frame
    assert counts(done)["answered as recorded"] == 3


def test_what_names_a_transaction_that_was_never_given_is_not_sent() -> None:
    def csms(message: list[Any]) -> Sequence[Any]:
        if message[2] == "StartTransaction":
            return [[4, message[1], "InternalError", "", {}]]
        return [[3, message[1], {}]]

    done = play(script(*CHARGE, *HEARTBEAT), csms)

    assert [message[2] for message in done.messages] == ["StartTransaction", "Heartbeat"]
    assert [each[:2] for each in done.departures] == [
        ("answered differently", "StartTransaction"), ("not sent", "MeterValues"), ("not sent", "StopTransaction"),
        ("answered differently", "Heartbeat"),
    ]  # fmt: skip


def test_a_call_that_is_not_answered_is_given_up_after_the_deadline_and_the_play_goes_on() -> None:
    done = play(script(*HEARTBEAT, *METER), obliging(Heartbeat=None), tempo=Tempo(math.inf, 4 * SECOND))

    assert [message[2] for message in done.messages] == ["Heartbeat", "MeterValues"]
    assert done.said[1][0] - done.said[0][0] == 4 * SECOND
    assert done.departures == [("unanswered", "Heartbeat", "there was no answer in time")]


def test_an_answer_where_none_was_recorded_is_a_departure() -> None:
    lines = script('> [2,"1","DataTransfer",{"vendorId":"V"}]', "+40s", *HEARTBEAT)

    answered = play(lines, obliging(Heartbeat={"currentTime": "x"}))
    silent = play(lines, obliging(Heartbeat={"currentTime": "x"}, DataTransfer=None))

    assert answered.departures == [("answered differently", "DataTransfer", "the answer: no answer -> CALLRESULT")]
    assert silent.report.went_as_recorded
    assert counts(silent)["unanswered as recorded"] == 1


def test_a_station_that_is_not_accepted_any_more_boots_again_and_then_falls_silent() -> None:
    rejected = {"status": "Rejected", "currentTime": "2030-03-17T17:46:40Z", "interval": 2}

    done = play(script(*BOOT, *CHARGE), obliging(BootNotification=rejected))

    assert [message[2] for message in done.messages] == ["BootNotification"] * 3
    assert len({message[1] for message in done.messages}) == 3
    assert ("not sent", "StartTransaction", "the station was not accepted: Rejected") in done.departures


def test_a_station_that_is_accepted_at_the_second_attempt_goes_on() -> None:
    statuses = iter(["Pending", "Accepted"])

    def csms(message: list[Any]) -> Sequence[Any]:
        if message[2] == "BootNotification":
            return [[3, message[1], {**ACCEPTED, "status": next(statuses), "interval": 1}]]
        return [[3, message[1], STARTED if message[2] == "StartTransaction" else STOPPED]]

    done = play(script(*BOOT, *START, *STOP), csms)

    assert [message[2] for message in done.messages] == ["BootNotification"] * 2 + [
        "StartTransaction",
        "StopTransaction",
    ]


# -- what the live peer asks ------------------------------------------------------------------------------------------


QUESTIONS = script(
    '< [2,"a","GetConfiguration",{"key":["A"]}]',
    '> [3,"a",{"configurationKey":[{"key":"A","readonly":false,"value":"1"}]}]',
    '< [2,"b","GetConfiguration",{"key":["B"]}]', '> [3,"b",{"unknownKey":["B"]}]',
    '< [2,"c","Reset",{"type":"Hard"}]', '> [4,"c","NotSupported","not here",{}]',
)  # fmt: skip


def test_what_is_asked_in_another_order_is_answered_by_what_it_asks() -> None:
    asked = [
        [2, "x", "GetConfiguration", {"key": ["B"]}],
        [2, "y", "GetConfiguration", {"key": ["A"]}],
        [2, "z", "Reset", {"type": "Hard"}],
    ]

    done = play(QUESTIONS, obliging(), first=asked)

    assert done.answers() == [
        [3, "x", {"unknownKey": ["B"]}],
        [3, "y", {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}]}],
        [4, "z", "NotSupported", "not here", {}],
    ]
    assert done.report.went_as_recorded


def test_what_was_never_asked_gets_an_answer_that_is_marked_as_improvised() -> None:
    player = Player(QUESTIONS, Memory("a"), AT_ONCE, Start(NOW))

    player.heard('[2,"x","ClearCache",{}]', NOW)
    (said,) = player.take(NOW)

    assert isinstance(said, Say)
    assert orjson.loads(said.payload) == [3, "x", {"status": "Rejected"}]
    assert player.improvised_ids == [("x", "ClearCache")]
    assert [each.what for each in player.notes.departures] == ["improvised"]


def test_what_is_asked_again_is_answered_again() -> None:
    asked = [[2, each, "GetConfiguration", {"key": ["A"]}] for each in "xy"]

    done = play(QUESTIONS, obliging(), first=asked)

    assert done.answers()[0][2] == done.answers()[1][2]
    assert counts(done)["asked again"] == 1


def test_what_is_not_asked_is_missing() -> None:
    done = play(QUESTIONS, obliging(), first=[[2, "x", "GetConfiguration", {"key": ["A"]}]])

    assert [each[:2] for each in done.departures] == [("missing", "GetConfiguration"), ("missing", "Reset")]


def test_every_live_transaction_gets_an_id_of_its_own_from_a_recorded_csms() -> None:
    lines = script(*CHARGE, side=Side.CSMS)
    request = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2030-03-17T17:46:40Z"}

    done = play(lines, obliging(), first=[[2, each, "StartTransaction", request] for each in "xyz"])

    given = [message[2]["transactionId"] for message in done.answers()]
    assert given[0] == 17
    assert len({*given}) == 3


def test_the_current_time_in_an_answer_is_that_of_the_answer() -> None:
    lines = script(*BOOT, "+1h", side=Side.CSMS)
    request = {"chargePointVendor": "V", "chargePointModel": "M"}

    done = play(lines, obliging(), first=[[2, "x", "BootNotification", request]], latency=5 * SECOND)

    at, answer = done.said[0]
    told = moment(answer[2]["currentTime"])
    assert told is not None
    assert abs(told.ns - at) < 20 * MS  # as far off as that of the recorded CSMS


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_a_step_waits_for_what_it_is_said_because_of() -> None:
    lines = script(*HEARTBEAT, *ORDERED, *STARTED_REMOTELY)

    def csms(message: list[Any]) -> Sequence[Any]:
        if message[0] == 3:
            return ()
        if message[2] == "StartTransaction":
            return [[3, message[1], STARTED]]
        return [[3, message[1], {"currentTime": "x"}]]

    done = play(lines, csms, first=[[2, "x", "RemoteStartTransaction", {"idTag": "R"}]], latency=6 * SECOND)

    kinds = [message[2] if message[0] == 2 else "answer" for message in done.messages]
    assert kinds.index("StartTransaction") > kinds.index("answer")
    assert done.departures == []


def test_what_follows_from_a_remote_start_that_never_comes_is_left_out() -> None:
    done = play(script(*HEARTBEAT, *ORDERED, *STARTED_REMOTELY), obliging(Heartbeat={"currentTime": "x"}))

    assert done.calls("StartTransaction") == []
    assert [each[:2] for each in done.departures] == [
        ("not sent", "StartTransaction"), ("missing", "RemoteStartTransaction")
    ]  # fmt: skip
    assert done.ended_at - NOW >= 10 * SECOND


def test_a_station_that_waits_sends_heartbeats_ever_more_seldom() -> None:
    done = play(script(*HEARTBEAT, *ORDERED, *STARTED_REMOTELY), obliging(Heartbeat={"currentTime": "x"}))

    beats = [at for at, message in done.said if message[2] == "Heartbeat"]
    pauses = [after - before for before, after in pairwise(beats[1:])]
    assert counts(done)["heartbeats while waiting"] == len(beats) - 1 >= 2
    assert pauses == sorted(pauses)


def test_a_call_of_the_csms_that_nothing_depends_on_is_waited_for_a_second_only() -> None:
    lines = script('< [2,"a","ClearCache",{}]', '> [3,"a",{"status":"Accepted"}]', *METER)

    done = play(lines, obliging())

    assert SECOND <= done.said[0][0] - NOW < 2 * SECOND
    assert done.departures == [("missing", "ClearCache", "the peer did not ask it")]


def test_steps_come_at_their_time() -> None:
    lines = script("+2s", *HEARTBEAT, "+8s", *METER)
    recorded = [step.at - lines.begins_at for step in lines.steps[:2]]

    as_it_was, faster = (play(lines, obliging(Heartbeat={"currentTime": "x"}), tempo=Tempo(speed)) for speed in (1, 10))

    assert [at - NOW for at, _ in as_it_was.said] == recorded
    assert [at - NOW for at, _ in faster.said] == [at // 10 for at in recorded]


def test_a_recorded_csms_says_things_as_long_after_what_they_followed_as_it_did() -> None:
    lines = script(*BOOT, "+5s", '< [2,"a","ClearCache",{}]', '> [3,"a",{"status":"Accepted"}]', side=Side.CSMS)
    request = {"chargePointVendor": "V", "chargePointModel": "M"}

    done = play(lines, obliging(ClearCache={"status": "Accepted"}), tempo=Tempo(1),
                first=[[2, "x", "BootNotification", request]], latency=6 * SECOND)  # fmt: skip

    answered_at, asked_at = (at for at, _ in done.said)
    assert answered_at - NOW >= 6 * SECOND
    assert 5 * SECOND <= asked_at - answered_at < 6 * SECOND


# -- the end, and what is odd -----------------------------------------------------------------------------------------


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


def test_a_peer_that_asks_without_end_does_not_keep_a_play_from_its_end() -> None:
    def nagging(message: list[Any]) -> Sequence[Any]:
        return [[2, "again", "GetConfiguration", {"key": ["A"]}]] if message[0] == 3 else [[3, message[1], {}]]

    lines = script(*ORDERED, *STARTED_REMOTELY)

    done = play(lines, nagging, first=[[2, "x", "GetConfiguration", {"key": ["A"]}]], latency=SECOND)

    assert done.ended_at - NOW < 120 * SECOND


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


def test_lateness_is_told_of_what_nothing_but_the_time_was_waited_for() -> None:
    player = Player(script("+1s", *HEARTBEAT, ending=None), Memory("a"), Tempo(1), Start(NOW))
    player.take(NOW)

    player.take(NOW + 1_010 * MS + 3 * MS)

    assert player.notes.timing is not None
    assert player.notes.timing.most_ms == 3.0


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


def test_a_call_that_was_left_unanswered_while_others_were_answered_is_left_unanswered_again() -> None:
    lines = script('> [2,"1","DataTransfer",{"vendorId":"V"}]', *METER, side=Side.CSMS)

    done = play(
        lines, obliging(), first=[[2, "x", "DataTransfer", {"vendorId": "V"}], [2, "y", "MeterValues", METERED]]
    )

    assert [message[1] for message in done.answers()] == ["y"]
    assert counts(done)["left unanswered as recorded"] == 1


def test_a_call_that_only_the_end_left_unanswered_gets_an_answer() -> None:
    lines = script('> [2,"1","DataTransfer",{"vendorId":"V"}]', side=Side.CSMS, ending=None)

    done = play(lines, obliging(), first=[[2, "x", "DataTransfer", {"vendorId": "V"}]])

    assert done.answers() == [[3, "x", {"status": "UnknownVendorId"}]]

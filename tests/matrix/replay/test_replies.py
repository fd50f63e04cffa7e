"""What a live peer asks, and what it is answered."""

import orjson
from plays import AT_ONCE, BOOT, CHARGE, METER, METERED, MS, NOW, QUESTIONS, SECOND, obliging, play, script

from matrix.moments import moment
from matrix.replay.acts import Say, Start
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.trace import Side


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
    assert done.report.counts["asked again"] == 1


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


def test_a_call_that_was_left_unanswered_while_others_were_answered_is_left_unanswered_again() -> None:
    lines = script('> [2,"1","DataTransfer",{"vendorId":"V"}]', *METER, side=Side.CSMS)

    done = play(
        lines, obliging(), first=[[2, "x", "DataTransfer", {"vendorId": "V"}], [2, "y", "MeterValues", METERED]]
    )

    assert [message[1] for message in done.answers()] == ["y"]
    assert done.report.counts["left unanswered as recorded"] == 1


def test_a_call_that_only_the_end_left_unanswered_gets_an_answer() -> None:
    lines = script('> [2,"1","DataTransfer",{"vendorId":"V"}]', side=Side.CSMS, ending=None)

    done = play(lines, obliging(), first=[[2, "x", "DataTransfer", {"vendorId": "V"}]])

    assert done.answers() == [[3, "x", {"status": "UnknownVendorId"}]]


def test_keys_that_were_never_asked_for_together_are_told_by_what_is_known_of_each() -> None:
    done = play(QUESTIONS, obliging(), first=[[2, "x", "GetConfiguration", {"key": ["A", "B"]}]])

    key = {"key": "A", "readonly": False, "value": "1"}
    assert done.answers() == [[3, "x", {"configurationKey": [key], "unknownKey": ["B"]}]]
    assert ("improvised", "GetConfiguration", "put together from what it has of each item") in done.departures

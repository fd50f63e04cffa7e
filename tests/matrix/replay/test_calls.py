"""What a live peer answers to the replayed side."""

import math
from collections.abc import Sequence
from typing import Any

from plays import (
    ACCEPTED,
    BOOT,
    CHARGE,
    HEARTBEAT,
    METER,
    SECOND,
    START,
    STARTED,
    STOP,
    STOPPED,
    obliging,
    play,
    script,
)

from matrix.replay.acts import Tempo


def test_exactly_what_is_answered_differently_is_reported() -> None:
    lines = script(*BOOT, *CHARGE)
    blocked = {"transactionId": 4711, "idTagInfo": {"status": "Blocked"}}

    done = play(lines, obliging(BootNotification=ACCEPTED, StartTransaction=blocked, StopTransaction=STOPPED))

    assert done.departures == [
        ("answered differently", "StartTransaction", '/idTagInfo/status: "Accepted" -> "Blocked"')
    ]
    assert done.report.departures[0].frame == lines.steps[1].frame
    assert done.report.counts["answered as recorded"] == 3


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
    assert silent.report.counts["unanswered as recorded"] == 1


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

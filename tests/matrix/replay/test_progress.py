"""What a replay waits for, and how long."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from plays import BOOT, HEARTBEAT, METER, MS, NOW, ORDERED, SECOND, STARTED, STARTED_REMOTELY, obliging, play, script

from matrix.replay.acts import Start, Tempo
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.trace import Side


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
    assert done.report.counts["heartbeats while waiting"] == len(beats) - 1 >= 2
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


def test_a_peer_that_asks_without_end_does_not_keep_a_play_from_its_end() -> None:
    def nagging(message: list[Any]) -> Sequence[Any]:
        return [[2, "again", "GetConfiguration", {"key": ["A"]}]] if message[0] == 3 else [[3, message[1], {}]]

    lines = script(*ORDERED, *STARTED_REMOTELY)

    done = play(lines, nagging, first=[[2, "x", "GetConfiguration", {"key": ["A"]}]], latency=SECOND)

    assert done.ended_at - NOW < 120 * SECOND


def test_lateness_is_told_of_what_nothing_but_the_time_was_waited_for() -> None:
    player = Player(script("+1s", *HEARTBEAT, ending=None), Memory("a"), Tempo(1), Start(NOW))
    player.take(NOW)

    player.take(NOW + 1_010 * MS + 3 * MS)

    assert player.notes.timing is not None
    assert player.notes.timing.most_ms == 3.0


def test_a_peer_that_goes_through_questions_of_its_own_first_is_given_the_time_for_it() -> None:
    questions: list[list[Any]] = [
        [2, action, action, {}] for action in ("ClearCache", "GetConfiguration", "GetLocalListVersion")
    ]
    following = iter([*questions[1:], [2, "x", "RemoteStartTransaction", {"idTag": "R"}]])

    def csms(message: list[Any]) -> Sequence[Any]:
        if message[0] == 3:
            return [next(following)] if message[1] != "x" else ()
        return [[3, message[1], STARTED if message[2] == "StartTransaction" else {"currentTime": "x"}]]

    done = play(script(*ORDERED, *STARTED_REMOTELY), csms, first=questions[:1], latency=6 * SECOND)

    assert len(done.calls("StartTransaction")) == 1

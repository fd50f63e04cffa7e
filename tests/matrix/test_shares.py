"""Judging in shares is judging in one: on every golden, on an event in small, and with time that passes elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from drawing import Pen, draw, judged, read_drawing
from events import event_of
from goldens import drawings
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.judge import Judge
from matrix.judgement import Judgement, part, whole
from matrix.policy import AS_WRITTEN, read_policy
from matrix.report import verdicts
from matrix.shares import feed_share, share_out
from matrix.trace import Closed, Frame, Opened, Session, Traffic, time_of

UNANSWERED = '> [2,"h","Heartbeat",{}]'


def judged_in_shares(traffic: Sequence[Traffic], judges: int, **judge: Any) -> Judgement:
    sessions = {item.session.id: item.session for item in traffic if isinstance(item, Opened)}
    parts = []
    for share in share_out(sessions.values(), {}, judges):
        one = Judge(**judge)
        feed_share(one, traffic, share)
        parts.append(part(one, {}))
    return whole(parts, judge.get("policy", AS_WRITTEN))


def session(number: int, *, identity: str = "CS001") -> Session:
    return Session(id=number, opened_at=0, identity=identity, csms="acme")


@pytest.mark.parametrize("judges", [2, 5])
def test_all_goldens_in_one_recording_are_judged_in_shares_as_in_one(judges: int) -> None:
    traffic = event_of([read_drawing(path) for path in drawings()])

    shared = judged_in_shares(traffic, judges)

    assert verdicts(shared) == verdicts(judged(traffic))


def test_policy_counts_in_shares_as_in_one() -> None:
    traffic = event_of([read_drawing(path) for path in drawings()])
    policy = read_policy({"RPC-19": {"severity": "info", "reason": "x"}, "HS-04": {"severity": "off", "reason": "y"}})

    shared = judged_in_shares(traffic, 3, policy=policy)

    assert verdicts(shared) == verdicts(judged(traffic, policy=policy))


@pytest.mark.parametrize("path", drawings(), ids=lambda path: path.stem)
def test_golden_is_judged_in_shares_as_in_one(path: Path) -> None:
    traffic = read_drawing(path)

    assert verdicts(judged_in_shares(traffic, 4)) == verdicts(judged(traffic))


def test_time_that_passes_with_another_station_lets_a_call_go_unanswered() -> None:
    pen = Pen()
    traffic = [
        *pen.session([UNANSWERED], identity="CS001", ending=None),
        *pen.session(["+31s", UNANSWERED], identity="CS002", ending=None),
    ]

    shared = judged_in_shares(traffic, 2)

    assert verdicts(shared)["pairs"][0]["actions"]["Heartbeat"]["outcome"] == "unanswered"
    assert verdicts(shared) == verdicts(judged(traffic))


def test_clock_that_is_put_back_is_no_silence_of_anybodys_in_shares_as_in_one() -> None:
    pen = Pen()
    answered = [UNANSWERED, "+10s", '< [3,"h",{"currentTime":"$NOW"}]', UNANSWERED]
    before = pen.session([UNANSWERED], identity="CS001", ending=None)
    after = [put_back(item) for item in pen.session(["+1s", *answered], identity="CS002", ending=None)]

    shared = judged_in_shares([*before, *after], 2)

    assert "RPC-11" not in {finding.rule for finding in shared.findings}
    assert verdicts(shared) == verdicts(judged([*before, *after]))


def put_back(item: Traffic) -> Traffic:
    """Return a frame as a hub records it whose clock was put back by an hour."""
    return msgspec.structs.replace(item, at=item.at - 3_600_000_000_000) if isinstance(item, Frame) else item


@settings(max_examples=40)
@given(st.permutations(range(12)), st.integers(2, 4))
def test_sessions_that_overlap_in_any_way_are_judged_in_shares_as_in_one(order: list[int], judges: int) -> None:
    traffic = event_of([read_drawing(drawings()[number * 7 % len(drawings())]) for number in order], overlapping=True)

    assert verdicts(judged_in_shares(traffic, judges)) == verdicts(judged(traffic))


def test_sessions_of_one_identity_stay_together() -> None:
    sessions = [session(1), session(2, identity="CS002"), session(3), session(4, identity="CS003")]

    shares = share_out(sessions, {1: 10, 2: 15, 3: 10, 4: 3}, 2)

    assert sorted(map(sorted, shares)) == [[1, 3], [2, 4]]


def test_there_are_no_more_shares_than_identities() -> None:
    assert share_out([session(1), session(2)], {}, 4) == [frozenset({1, 2})]
    assert share_out([], {}, 4) == []


def test_time_of_a_session_is_when_it_was_answered_and_when_it_ended() -> None:
    opened, *_, closed = draw(UNANSWERED)
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)

    assert time_of(opened) == opened.session.answered_at
    assert time_of(closed) == closed.session.closed_at

"""What a board remembers of how it came about: landmarks, and nothing of what was only presumed."""

from collections.abc import Sequence
from typing import Any, Final

from drawing import Pen

from matrix.boards.chronicle import Chronicle
from matrix.boards.timeline import Kind
from matrix.judge import Judge
from matrix.trace import Traffic, mark_of

V16: Final[dict[str, Any]] = {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
MINUTE_NS: Final = 60_000_000_000
WELL = ('> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]')
ILL = ('> [2,"2","Heartbeat",{}]', '< [4,"2","InternalError","",{}]')
ODD = ('> [2,"3","Heartbeat",{}]', '< [3,"3",{"currentTime":7}]')


def remembered(traffic: Sequence[Traffic], *, presumes: bool = False) -> Chronicle:
    chronicle = Chronicle()
    judge = Judge(board=chronicle, on_exchange=chronicle.told)
    for item in traffic:
        judge.feed(item)
        chronicle.item_is_over(mark_of(item), judge.now)
        if presumes:
            with chronicle.presuming():
                judge.advance(judge.now + MINUTE_NS)
    return chronicle


def landmarks(chronicle: Chronicle, kind: Kind) -> list[int]:
    found, moment = [], 0
    while (following := chronicle.timeline.landmarks[kind].next(moment, 1)) is not None:
        found.append(following)
        moment = following
    return found


def test_failures_and_deviations_are_landmarks_where_they_came_to_be() -> None:
    chronicle = remembered(Pen().session([*WELL, *ILL, *ODD], **V16))

    assert landmarks(chronicle, Kind.FAILURE) == [5]
    assert landmarks(chronicle, Kind.DEVIATION) == [7]


def test_change_is_another_outcome_than_before_also_in_the_session_before() -> None:
    pen = Pen()
    traffic = [*pen.session(WELL, **V16), *pen.session(WELL, **V16), *pen.session([*ILL, *WELL], **V16)]

    chronicle = remembered(traffic)

    assert landmarks(chronicle, Kind.CHANGE) == [1, 2, 3, 11, 13], "connected, framed, passed; failed, passed again"


def test_silence_that_a_viewer_presumes_is_no_landmark() -> None:
    traffic = Pen().session(WELL, **V16)

    assert landmarks(remembered(traffic, presumes=True), Kind.FAILURE) == []


def test_call_that_is_not_answered_fails_when_the_session_ends() -> None:
    traffic = Pen().session(WELL[:1], **V16)

    assert landmarks(remembered(traffic, presumes=True), Kind.FAILURE) == [len(traffic)]

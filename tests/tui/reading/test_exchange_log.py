"""What an exchange had come to by a mark."""

from judged_exchanges import Judged

from matrix.boards.pair import Evidence
from matrix.outcome import Outcome
from tui.reading.exchange_log import ExchangeLog
from tui.reading.vantage import NOW


def outcomes(log: ExchangeLog, frame: int, *marks: int) -> list[Outcome | None]:
    return [joined.outcome if (joined := log.joined(frame, mark)) else None for mark in marks]


def test_outcome_is_that_of_the_mark_also_where_it_was_replaced() -> None:
    log = ExchangeLog()
    log.note(Judged(5), 5)
    log.note(Judged(5, None, Outcome.UNANSWERED, evidence=Evidence(1, 5, "no answer within 30 s")), 7)
    log.note(Judged(5, 9, Outcome.REMARKED, evidence=Evidence(1, 9, "late")), 9)

    assert outcomes(log, 5, 5, 6, 7, 8, 9, NOW) == [
        None, None, Outcome.UNANSWERED, Outcome.UNANSWERED, Outcome.REMARKED, Outcome.REMARKED,
    ]  # fmt: skip
    then = log.joined(5, 8)
    assert then is not None
    assert (then.answer, then.evidence) == (None, Evidence(1, 5, "no answer within 30 s"))


def test_what_has_not_been_said_is_of_no_exchange() -> None:
    log = ExchangeLog()
    log.note(Judged(5), 5)
    log.note(Judged(5, 9, Outcome.PASSED), 9)

    assert log.joined(5, 4) is None
    assert log.joined(9, 8) is None
    assert log.last_call("Heartbeat", 4) is None
    assert log.last_call("Heartbeat", 5) == 5


def test_what_was_presumed_counts_now_and_never_before() -> None:
    log = ExchangeLog()
    log.note(Judged(5), 5)
    log.note(Judged(5, None, Outcome.UNANSWERED), NOW)
    presumed = outcomes(log, 5, 5, 8, NOW)

    log.note(Judged(5, 9, Outcome.PASSED), 9)

    assert presumed == [None, None, Outcome.UNANSWERED]
    assert outcomes(log, 5, 8, 9, NOW) == [None, Outcome.PASSED, Outcome.PASSED]

"""What is counted of one row of one session."""

import pytest

from matrix.boards.pair import Evidence
from matrix.boards.tally import Latencies, RowTally, percentile_ms
from matrix.outcome import Outcome

MILLISECOND = 1_000_000


def test_outcome_that_is_taken_back_leaves_no_trace() -> None:
    row = RowTally()
    row.settle(Outcome.UNANSWERED, None, at=1, frame=2)
    row.evidence[Outcome.UNANSWERED] = Evidence(1, 2, "late")

    row.settle(Outcome.REMARKED, Outcome.UNANSWERED, at=2, frame=None)

    assert row.counts == {Outcome.REMARKED: 1}
    assert row.evidence == {}


def test_what_it_came_to_is_put_together_again_only_after_a_change() -> None:
    row = RowTally()
    row.settle(Outcome.PASSED, None, at=1, frame=None)
    told = row.told(1, "1.0")

    assert row.told(1, "1.0") is told
    assert row.told(1, "1.1").firmware == "1.1"
    row.settle(Outcome.FAILED, None, at=2, frame=None)
    assert row.told(1, "1.1").outcome is Outcome.FAILED


def test_copy_goes_on_by_itself() -> None:
    row = RowTally()
    row.settle(Outcome.PASSED, None, at=1, frame=None)

    row.copy().settle(Outcome.FAILED, None, at=2, frame=None)

    assert row.counts == {Outcome.PASSED: 1}


def test_percentiles_are_within_five_per_cent() -> None:
    row, of_all = RowTally(), Latencies()
    for milliseconds in range(1, 101):
        row.latencies[RowTally.bucket(milliseconds * MILLISECOND)] += 1

    row.add_latencies(of_all)

    assert percentile_ms(of_all.counts(), 0.50) == pytest.approx(50, rel=0.05)
    assert percentile_ms(of_all.counts(), 0.95) == pytest.approx(95, rel=0.05)


def test_nothing_answered_has_no_percentile() -> None:
    assert percentile_ms(Latencies().counts(), 0.50) is None

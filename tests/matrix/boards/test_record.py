"""What a record keeps of a session, and the stretches that sessions make together."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st
from records import LETTERS, SECOND, history, record

from matrix.boards.record import STRETCHES_KEPT, Chapter, Record, put_together
from matrix.outcome import Outcome

PASSED, FAILED, UNANSWERED = Outcome.PASSED, Outcome.FAILED, Outcome.UNANSWERED


@given(st.lists(st.tuples(st.sampled_from("PRFDNU"), st.sampled_from(" PRFDNU"))))
def test_record_is_what_a_list_of_all_exchanges_would_say(steps: list[tuple[str, str]]) -> None:
    kept, everything = Record(), list[str]()
    for at, (letter, instead) in enumerate(steps):
        if instead in everything:
            kept.take_back(LETTERS[instead])
            del everything[len(everything) - 1 - everything[::-1].index(instead)]
        kept.add(LETTERS[letter], at, None)
        everything.append(letter)

    runs = [(LETTERS[letter], len([*same])) for letter, same in groupby(everything)]
    assert [(each.outcome, each.exchanges) for each in kept.stretches] == runs[-len(kept.stretches) or len(runs) :]
    assert kept.counts == {LETTERS[letter]: everything.count(letter) for letter in everything}


def test_what_is_kept_of_a_flapping_station_is_bounded_and_nothing_is_miscounted() -> None:
    flapping = record("PF" * 5_000)

    past = put_together([Chapter(flapping, 1), Chapter(record("PF" * 100), 2)])

    assert len(flapping.stretches) == STRETCHES_KEPT
    assert len(past.stretches) == STRETCHES_KEPT
    assert past.changes == 10_199
    assert flapping.counts == {PASSED: 5_000, FAILED: 5_000}


def test_time_of_a_stretch_never_goes_back_within_a_session() -> None:
    late = record("P")
    late.add(UNANSWERED, 0, 7)

    assert [each.at for each in late.stretches] == [SECOND, SECOND]


def test_sessions_that_agree_are_one_stretch() -> None:
    past = history("PP", "PPP", "F")

    assert [(each.outcome, each.exchanges, each.session) for each in past.stretches] == [(PASSED, 5, 1), (FAILED, 1, 3)]
    assert past.changes == 1


def test_update_counts_where_the_change_is_though_a_session_between_did_not_change() -> None:
    past = history("F", "F", "FP", firmwares=("1.0", "1.1", "1.1"))

    assert [each.is_update for each in past.stretches] == [False, False]

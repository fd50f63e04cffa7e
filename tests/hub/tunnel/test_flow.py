"""When what two ends tell each other of a connection shows that it is broken, and when it does not."""

from hub.tunnel.flow import PATIENCE, Count, Flow, counts_of
from hub.tunnel.words import Counts

NOT_ARRIVING = "nothing of what the hub sends through this connection arrives, while other connections do well"
FORGOTTEN = "the agent has this connection no more"


def flow() -> Flow:
    return Flow("the hub", "the agent")


def taken(**counts: int) -> Counts:
    return Counts(counts, [])


def given(count: int, *, is_full: bool = False) -> dict[str, Count]:
    return {"a": Count(given=count, taken=0, is_full=is_full)}


def heard(flow: Flow, *reports: tuple[Counts, dict[str, Count]]) -> list[dict[str, str]]:
    """Return what each report shows to be broken."""
    return [flow.hear(theirs, ours) for theirs, ours in reports]


def test_what_does_not_arrive_is_broken_at_the_third_report() -> None:
    assert heard(flow(), *[(taken(a=5), given(6))] * PATIENCE) == [{}, {}, {"a": NOT_ARRIVING}]


def test_a_connection_on_which_anything_arrives_is_not_broken() -> None:
    reports = [(taken(a=number), given(100)) for number in range(10)]

    assert heard(flow(), *reports) == [{}] * 10


def test_a_connection_on_which_all_has_arrived_is_not_broken() -> None:
    assert heard(flow(), *[(taken(a=6), given(6))] * 10) == [{}] * 10


def test_standing_still_is_counted_anew_after_all_has_arrived() -> None:
    behind, level = (taken(a=5), given(6)), (taken(a=6), given(6))

    assert heard(flow(), behind, behind, level, behind, behind) == [{}] * 5


def test_who_takes_nothing_since_its_peer_is_slow_is_not_broken() -> None:
    assert heard(flow(), *[(Counts({"a": 5}, ["a"]), given(6))] * 10) == [{}] * 10


def test_what_the_other_end_has_no_more_is_broken_at_the_third_report() -> None:
    assert heard(flow(), *[(taken(), given(6))] * PATIENCE) == [{}, {}, {"a": FORGOTTEN}]


def test_what_the_other_end_has_no_more_is_waited_for_while_bytes_still_come() -> None:
    reports = [(taken(), {"a": Count(given=0, taken=number, is_full=False)}) for number in range(10)]

    assert heard(flow(), *reports) == [{}] * 10


def test_what_the_other_end_has_no_more_is_waited_for_while_its_reader_is_slow() -> None:
    assert heard(flow(), *[(taken(), given(6, is_full=True))] * 10) == [{}] * 10


def test_two_different_standstills_are_not_added_up() -> None:
    behind, absent = (taken(a=0), given(6)), (taken(), given(6))

    assert heard(flow(), behind, behind, absent, absent, behind) == [{}] * 5


def test_a_connection_that_only_the_other_end_knows_is_no_matter() -> None:
    assert heard(flow(), *[(taken(b=5), {})] * 10) == [{}] * 10


def test_the_other_end_is_told_all_that_was_taken_and_what_is_full() -> None:
    ours = {"a": Count(given=1, taken=2, is_full=False), "b": Count(given=3, taken=4, is_full=True)}

    assert counts_of(ours) == Counts({"a": 2, "b": 4}, ["b"])

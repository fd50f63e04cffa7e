from hub.tunnel.backoff import FIRST_S, MOST_S, Backoff


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(1, 10, chance=lambda: 1.0)

    delays = [backoff.next_s() for _ in range(6)]

    assert delays == [1, 2, 4, 8, 10, 10]


def test_delays_are_between_a_half_and_the_whole() -> None:

    delays = [Backoff(1, 10).next_s() for _ in range(100)]

    assert all(0.5 <= delay <= 1 for delay in delays)
    assert len(set(delays)) > 50


def test_an_attempt_that_went_well_begins_anew() -> None:
    backoff = Backoff(1, 10, chance=lambda: 1.0)
    for _ in range(5):
        backoff.next_s()

    backoff.reset()

    assert backoff.next_s() == 1


def test_it_never_grows_too_large_to_reckon_with() -> None:
    backoff = Backoff()

    delays = [backoff.next_s() for _ in range(5_000)]

    assert max(delays) <= MOST_S


def test_a_hub_that_is_there_again_is_reached_within_three_seconds_of_a_reset() -> None:
    backoff = Backoff(chance=lambda: 1.0)

    first_three_s = sum(backoff.next_s() for _ in range(3))

    assert FIRST_S < first_three_s < 3

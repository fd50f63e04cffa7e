"""What is recorded of connections that fail early: the first of its kind, then one a minute."""

from hub.throttle import AGAIN_S, MOST_A_MINUTE, MOST_KNOWN, Throttle


def test_the_same_fault_of_the_same_host_is_recorded_once_a_minute_and_the_rest_counted() -> None:
    throttle = Throttle()

    admitted = [throttle.admits("192.0.2.1", "no certificate", now=now) for now in (0, 1, 2, AGAIN_S, AGAIN_S + 1)]

    assert admitted == [0, None, None, 2, None]


def test_another_fault_and_another_host_are_recorded_too() -> None:
    throttle = Throttle()

    admitted = [
        throttle.admits("192.0.2.1", "no certificate", now=0),
        throttle.admits("192.0.2.1", "expired", now=0),
        throttle.admits("192.0.2.2", "no certificate", now=0),
    ]

    assert admitted == [0, 0, 0]


def test_many_hosts_do_not_fill_the_recording() -> None:
    throttle = Throttle()

    admitted = [throttle.admits(f"host {number}", "not TLS", now=number / 1000) for number in range(10_000)]

    assert sum(each is not None for each in admitted) == MOST_A_MINUTE
    assert throttle.admits("host 1", "not TLS", now=61) is not None


def test_many_hosts_do_not_fill_the_memory() -> None:
    throttle = Throttle()

    for number in range(3 * MOST_KNOWN):
        throttle.admits(f"host {number}", "not TLS", now=number * 2)

    assert len(throttle._known) == MOST_KNOWN

import pytest

from hub.tunnel.leases import Holder, Leases, TakenError

OLD, NEW, STRANGER = Holder("acme", "1"), Holder("acme", "2"), Holder("other", "3")


def test_a_free_name_is_leased() -> None:
    leases = Leases()

    displaced = leases.claim({"acme"}, OLD)

    assert (displaced, leases.holder("acme"), leases.holder("volta")) == (set(), OLD, None)


def test_a_newer_agent_of_the_same_token_displaces_the_older_one_from_all_its_names() -> None:
    leases = Leases()
    leases.claim({"acme", "volta"}, OLD)

    displaced = leases.claim({"acme"}, NEW)

    assert (displaced, leases.holder("acme"), leases.holder("volta")) == ({OLD}, NEW, None)


def test_another_token_gets_none_of_the_names_where_one_is_taken() -> None:
    leases = Leases()
    leases.claim({"acme"}, OLD)

    with pytest.raises(TakenError, match="the name 'acme' is taken"):
        leases.claim({"volta", "acme"}, STRANGER)

    assert (leases.holder("acme"), leases.holder("volta")) == (OLD, None)


def test_an_agent_that_comes_back_displaces_nobody() -> None:
    leases = Leases()
    leases.claim({"acme"}, OLD)

    displaced = leases.claim({"acme"}, OLD)

    assert (displaced, leases.holder("acme")) == (set(), OLD)


def test_a_released_name_is_free_for_anybody() -> None:
    leases = Leases()
    leases.claim({"acme"}, OLD)

    leases.release(OLD)
    leases.claim({"acme"}, STRANGER)

    assert leases.holder("acme") == STRANGER


def test_an_agent_that_is_displaced_releases_nothing_of_its_successors() -> None:
    leases = Leases()
    leases.claim({"acme"}, OLD)
    leases.claim({"acme"}, NEW)

    leases.release(OLD)

    assert leases.holder("acme") == NEW

import pytest

from hub.handshake.admission import Admission, Duplicates, Refused
from hub.limits import Limits


def admission(duplicates: Duplicates = Duplicates.BOTH, *origins: str, **limits: int) -> Admission:
    return Admission(Limits(**limits), duplicates, origins)


def test_connections_are_counted_in_all_and_by_address() -> None:
    door = admission(sessions=3, sessions_per_address=2)

    excess = [door.enter(address).excess for address in ("a", "a", "a", "b")]

    assert excess == [
        None,
        None,
        Refused(429, "there are 2 connections from a, and the hub takes no more at a time"),
        Refused(503, "the hub has 3 connections of stations, and takes no more at a time"),
    ]


def test_who_has_left_makes_room() -> None:
    door = admission(sessions=1)

    door.leave(door.enter("a"))

    assert door.enter("b").excess is None


@pytest.mark.parametrize("origin", ["file://", "http://hub.example:9000", "https://HUB.example:9000"])
def test_stations_get_in_whose_library_sends_an_origin_that_no_page_from_elsewhere_has(origin: str) -> None:
    assert admission(Duplicates.BOTH).refused_origin(origin, "hub.example:9000") is None


@pytest.mark.parametrize("origin", ["http://hub.example", "ftp://hub.example:9000", "http://hub.example:9000.evil"])
def test_pages_of_another_server_do_not_pass_for_the_hubs_own(origin: str) -> None:
    assert admission(Duplicates.BOTH).refused_origin(origin, "hub.example:9000") is not None


def test_browser_does_not_get_in_by_a_name_that_was_made_to_point_to_the_hub() -> None:
    origin, host, browser = "http://evil.example:9000", "evil.example:9000", "Mozilla/5.0 (X11; Linux x86_64)"

    assert admission(Duplicates.BOTH).refused_origin(origin, host, browser) is not None


def test_request_without_a_host_has_no_origin_of_its_own() -> None:
    assert admission(Duplicates.BOTH).refused_origin("http://", None) is not None


@pytest.mark.parametrize("origin", [None, "https://test.example", "HTTPS://Test.Example/"])
def test_pages_that_are_allowed_and_stations_get_in(origin: str | None) -> None:
    assert admission(Duplicates.BOTH, "https://test.example").refused_origin(origin, "hub") is None


@pytest.mark.parametrize(
    "origin", ["", "null", "http://test.example", "https://test.example:8443", "https://test.example, https://evil"]
)
def test_other_pages_do_not(origin: str) -> None:
    refused = admission(Duplicates.BOTH, "https://test.example").refused_origin(origin, "hub")

    assert refused is not None
    assert refused.status == 403
    assert "--allow-origin" in refused.sentence


def test_every_page_is_allowed_by_an_asterisk() -> None:
    assert admission(Duplicates.BOTH, "*").refused_origin("null", "hub") is None


def test_an_identity_is_connected_from_its_handshake_on() -> None:
    door = admission(Duplicates.REFUSE)
    first = door.enter("a")

    door.identify(first, "acme", "CS1", 7)

    assert door.refused_duplicate("acme", "CS1") == Refused(
        409, "the identity 'CS1' is connected to 'acme' already, in session 7"
    )
    assert door.refused_duplicate("other", "CS1") is None
    assert door.refused_duplicate("acme", "CS2") is None
    door.leave(first)
    assert door.refused_duplicate("acme", "CS1") is None


@pytest.mark.parametrize("policy", [Duplicates.BOTH, Duplicates.REPLACE])
def test_only_refuse_refuses(policy: Duplicates) -> None:
    door = admission(policy)

    door.identify(door.enter("a"), "acme", "CS1", 1)

    assert door.refused_duplicate("acme", "CS1") is None


def test_a_handshake_that_is_going_on_gives_way_to_nobody() -> None:
    door = admission(Duplicates.REPLACE)
    first, second = door.enter("a"), door.enter("b")

    door.identify(first, "acme", "CS1", 1)
    door.identify(second, "acme", "CS1", 2)

    assert door.accept(second) == []


def test_the_newest_that_a_csms_accepts_takes_the_place_of_the_others() -> None:
    door = admission(Duplicates.REPLACE)
    visits = [door.enter("a") for _ in range(3)]
    for number, visit in enumerate(visits, start=1):
        door.identify(visit, "acme", "CS1", number)

    replaced = [door.accept(visit) for visit in visits]

    assert replaced == [[], visits[:1], visits[:2]]
    assert [visit.successor for visit in visits] == [3, 3, None]

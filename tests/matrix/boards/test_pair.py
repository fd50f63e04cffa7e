"""The matrix at one moment, and what some sessions of a pair came to by themselves."""

import pytest

from matrix.boards.pair import BoardView, Pair, PairKey, Row, SessionOutcome, Station, part_of
from matrix.outcome import Outcome
from matrix.trace import Session


def row(action: str, *came_to: Outcome) -> Row:
    history = tuple(SessionOutcome(number, "", each, {each: 1}, None) for number, each in enumerate(came_to, start=1))
    return Row(action, "station", came_to[-1], {}, None, None, None, history)


def pair(station: str, csms: str, *rows: Row, offered: str = "", chosen: str = "") -> Pair:
    key, offers, took = PairKey(station, csms, "1.6"), frozenset(offered.split()), frozenset(chosen.split())
    return Pair(key, Station("CS1", station), csms, "1.6", Outcome.FAILED, rows, (1, 2), 0, 0, offers, took)


def test_names_that_look_alike_are_not_taken_for_one_station() -> None:
    stations = [Station("A", "A B", "C"), Station("B", "A", "B C"), Station("A B C")]

    assert len({station.key for station in stations}) == 3


def test_tried_and_possible_pairs_are_counted_by_product() -> None:
    view = BoardView((pair("Volt", "acme"), pair("Wren", "byte")), 2, 0, 0)

    assert view.meetings == (2, 4, 0)


def test_pairs_that_share_no_version_are_counted_apart_tried_or_not() -> None:
    view = BoardView(
        (
            pair("Volt", "acme", offered="ocpp1.6", chosen="ocpp1.6"),
            pair("Volt", "byte", row("Connect", Outcome.REFUSED), offered="ocpp1.6"),
            pair("Wren", "byte", offered="ocpp2.0.1 ocpp2.1", chosen="ocpp2.1"),
        ),
        3, 0, 0,
    )  # fmt: skip

    assert view.strangers == {("Volt", "byte"), ("Wren", "acme")}
    assert view.meetings == (2, 2, 2)


def test_pair_of_which_too_little_is_known_can_still_meet() -> None:
    refused, silent = row("Connect", Outcome.FAILED), row("Connect", Outcome.REFUSED)
    view = BoardView(
        (
            pair("Volt", "acme", offered="ocpp1.6 ocpp2.1", chosen="ocpp1.6"),
            pair("Wren", "byte", refused, offered="ocpp2.1"),
            pair("Gull", "acme", silent, row("BootNotification", Outcome.PASSED), offered="ocpp1.7"),
        ),
        3, 0, 0,
    )  # fmt: skip

    assert view.strangers == {("Wren", "acme")}
    assert view.meetings == (3, 5, 1)


def test_refused_upgrade_is_a_pair_that_was_tried_whatever_the_csms_speaks_else() -> None:
    view = BoardView(
        (
            pair("Volt", "acme", offered="ocpp1.6", chosen="ocpp1.6"),
            pair("Wren", "acme", row("Connect", Outcome.FAILED), offered="ocpp2.1"),
        ),
        2, 0, 0,
    )  # fmt: skip

    assert view.meetings == (2, 2, 0)


def test_pair_that_got_another_name_is_found_by_its_sessions() -> None:
    now = pair("Volt", "acme")
    view = BoardView((now,), 2, 0, 0)

    assert view.pair_of(PairKey("CS1", "acme", "1.6"), [2]) is now
    assert view.pair_of(PairKey("CS1", "acme", "1.6"), [3]) is None


def test_action_that_no_version_has_and_nobody_sent_is_no_row() -> None:
    with pytest.raises(KeyError):
        pair("Volt", "acme", row("Reset", Outcome.PASSED)).row("Levitate")


def test_part_of_a_pair_is_what_its_own_sessions_came_to() -> None:
    both = pair("Volt", "acme", row("Reset", Outcome.FAILED, Outcome.PASSED), row("Heartbeat", Outcome.PASSED))

    part = part_of(both, [Session(id=2, opened_at=2, identity="CS1", csms="acme", status=101)])

    assert (part.outcome, part.sessions) == (Outcome.PASSED, (2,))
    assert [each.outcome for each in part.rows] == [Outcome.PASSED, Outcome.UNTESTED]


def test_part_of_a_pair_does_not_tell_that_others_sent_what_no_version_has() -> None:
    both = pair("Volt", "acme", row("Levitate", Outcome.FAILED), row("Reset", Outcome.PASSED, Outcome.PASSED))

    part = part_of(both, [Session(id=2, opened_at=2, identity="CS1", csms="acme", status=101)])

    assert [each.action for each in part.rows] == ["Reset"]

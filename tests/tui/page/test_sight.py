"""What one scope sees of a board; that it is all that leaves the hub, tests/end_to_end/test_sight.py looks at."""

import pytest
from drawing import Pen, judged

from hub.access.scope import EVERYTHING, OUTCOMES, Scope, Shown
from matrix.boards.pair import BoardView
from matrix.outcome import Outcome
from matrix.trace import Opened, Session, Traffic
from tui.page.board import status
from tui.page.names import Letters
from tui.page.sight import Sight
from tui.reading.messages import Progress, Stage


def boot(vendor: str, more: str = "") -> list[str]:
    payload = f'{{"chargePointVendor":"{vendor}","chargePointModel":"One","firmwareVersion":"{vendor}{more}"}}'
    answer = '< [3,"1",{"currentTime":"$NOW","interval":300,"status":"Accepted"}]'
    return [f'> [2,"1","BootNotification",{payload}]', answer]


def seen_by(scope: Scope, *traffic: Traffic) -> tuple[Sight, BoardView, dict[int, Session]]:
    board = judged([*traffic]).board.view()
    sessions = {each.session.id: each.session for each in traffic if isinstance(each, Opened)}
    letters = Letters()
    letters.look_at(board, [*sessions.values()])
    return Sight(scope, letters, sessions.get), board, sessions


def visits(*places: tuple[str, str, str], extra: tuple[str, ...] = ()) -> list[Traffic]:
    pen = Pen()
    return [
        item
        for identity, vendor, csms in places
        for item in pen.session(
            [*boot(vendor, identity), *(extra if identity == "W9" else ())],
            identity=identity,
            csms=csms,
            offered=("ocpp1.6",),
            chosen="ocpp1.6",
        )
    ]


TWO = [("V1", "Volta", "acme"), ("W9", "Wren", "acme")]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (EVERYTHING, ["Volta One", "Wren One"]),
        (OUTCOMES, ["Station A", "Station B"]),
        (Scope(others=Shown.OUTCOMES), ["Volta One", "Wren One"]),
        (Scope(others=Shown.NOTHING), []),
        (Scope(others=Shown.NOTHING, identities=frozenset({"V1"})), ["Volta One"]),
        (Scope(others=Shown.OUTCOMES, identities=frozenset({"W9"}), is_anonymous=True), ["Station A", "Wren One"]),
        (Scope(others=Shown.NOTHING, csmses=frozenset({"acme"})), ["Volta One", "Wren One"]),
    ],
)
def test_pairs_are_seen_as_the_scope_says(scope: Scope, names: list[str]) -> None:
    sight, board, _ = seen_by(scope, *visits(*TWO))

    assert [each.names.station(each.pair) for each in sight.pairs(board)] == names


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (EVERYTHING, "N1"),
        (Scope(others=Shown.OUTCOMES), "Station A"),
        (OUTCOMES, "Station A"),
        (Scope(others=Shown.OUTCOMES, identities=frozenset({"N1"})), "N1"),
        (Scope(others=Shown.OUTCOMES, identities=frozenset({"V1"})), "Station A"),
    ],
)
def test_station_that_has_not_said_what_it_is_goes_by_its_identity_to_those_only_who_may_see_that(
    scope: Scope, name: str
) -> None:
    silent = Pen().session(['> [2,"1","Heartbeat",{}]'], identity="N1", offered=("ocpp1.6",), chosen="ocpp1.6")
    sight, board, _ = seen_by(scope, *silent)

    (seen,) = sight.pairs(board)

    assert seen.names.station(seen.pair) == name
    assert ("N1" in seen.pair_id) is (name == "N1")


def test_what_is_seen_whole_is_what_is_ones_own() -> None:
    sight, board, sessions = seen_by(Scope(others=Shown.OUTCOMES, identities=frozenset({"V1"})), *visits(*TWO))

    assert [(each.is_own, each.names.is_open) for each in sight.pairs(board)] == [(True, True), (False, False)]
    assert [sight.is_open_to(session) for session in sessions.values()] == [True, False]


def test_pair_of_two_participants_is_seen_in_two_parts_each_of_its_own_sessions_only() -> None:
    scope = Scope(others=Shown.OUTCOMES, identities=frozenset({"V1"}))
    places = [("V1", "Volta", "acme"), ("W9", "Volta", "acme"), ("V1", "Volta", "acme")]
    more = ('> [2,"2","WrenSpecial",{}]', '< [4,"2","NotImplemented","",{}]')
    sight, board, _ = seen_by(scope, *visits(*places, extra=more))

    own, other = sight.pairs(board)

    assert [(each.pair.sessions, each.is_own) for each in (own, other)] == [((1, 3), True), ((2,), False)]
    assert own.pair.row("BootNotification").total == 2
    assert own.pair.station.firmware == "VoltaV1"
    assert "WrenSpecial" not in {row.action for row in own.pair.rows}
    assert "WrenSpecial" in {row.action for row in other.pair.rows}
    assert own.pair_id != other.pair_id
    assert other.names.station(other.pair) == "Volta One (another's)"


def test_part_where_no_session_came_about_is_unreachable_whatever_others_reached() -> None:
    pen = Pen()
    refused = pen.session([], identity="V1", offered=("ocpp1.6",), status=404, reason="Not Found")
    named = pen.session(boot("Volta"), identity="V1", csms="deep", offered=("ocpp1.6",), chosen="ocpp1.6")
    other = pen.session(boot("Volta"), identity="W9", offered=("ocpp1.6",), chosen="ocpp1.6")
    scope = Scope(others=Shown.NOTHING, identities=frozenset({"V1"}))
    sight, board, _ = seen_by(scope, *refused, *named, *other)

    outcomes = {each.pair.csms: each.pair.outcome for each in sight.pairs(board)}

    assert outcomes == {"acme": Outcome.UNREACHABLE, "deep": Outcome.PASSED}


def test_unchanged_pairs_are_not_put_together_anew() -> None:
    sight, board, _ = seen_by(Scope(identities=frozenset({"V1"}), others=Shown.NOTHING), *visits(*TWO))

    assert [*map(id, sight.pairs(board))] == [*map(id, sight.pairs(board))]


@pytest.mark.parametrize(("scope", "told"), [(OUTCOMES, 2), (Scope(others=Shown.NOTHING), None)])
def test_who_sees_what_others_do_is_told_that_sessions_are_disturbed(scope: Scope, told: int | None) -> None:
    _, board, _ = seen_by(scope, *visits(*TWO))

    shown = status(board, Progress(Stage.LIVE, disturbed=2), scope, [])

    assert shown.get("disturbed") == told

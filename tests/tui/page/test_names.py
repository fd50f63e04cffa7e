import pytest
from drawing import Pen, judged

from matrix.boards.board import Board
from matrix.boards.pair import CONNECT, Pair, PairKey, Station
from matrix.trace import Opened
from tui.page.names import OTHER_ACTION, Letters, RealNames, letters


def pair_of(vendor: str) -> Pair:
    boot = f'> [2,"1","BootNotification",{{"chargePointVendor":"{vendor}","chargePointModel":"One"}}]'
    view = judged(Pen().session([boot], offered=("ocpp1.6",), chosen="ocpp1.6")).board.view()
    return view.pairs[0]


def test_the_id_of_a_pair_can_be_read_fits_an_address_and_is_the_same_each_time() -> None:
    pair = pair_of("Älder/../?<b>")

    first, again = RealNames().pair_id(pair.key), RealNames().pair_id(pair.key)

    assert first == again
    assert first.startswith("lder_.._b_One.acme.1.6.")
    assert set(first) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_pairs_whose_names_look_alike_in_an_address_have_ids_of_their_own() -> None:
    names = RealNames()

    ids = {names.pair_id(PairKey(station, "acme", "1.6")) for station in ("A\0B", "A B\0", "A/B\0", "\0\0A B")}

    assert len(ids) == 4


def letters_over(*visits: tuple[str, str, str]) -> tuple[Letters, dict[str, Pair]]:
    """Return letters for an event of visits (identity, vendor, CSMS), and its pairs by what they are called."""
    pen, board, sessions = Pen(), Board(), []
    for identity, vendor, csms in visits:
        (session,) = [
            each.session for each in pen.session([], identity=identity, csms=csms) if isinstance(each, Opened)
        ]
        sessions.append(session)
        board.open(session, "1.6")
        if vendor:
            board.identify(session.id, Station(identity, vendor, "One"))
    letters, view = Letters(), board.view()
    letters.look_at(view, sessions)
    return letters, {letters.pair_id(each.key): each for each in view.pairs}


def test_letters_are_given_in_the_order_of_recording_to_products_and_csmses() -> None:
    letters, pairs = letters_over(("C1", "Cedar", "zeta"), ("A1", "Alder", "acme"), ("C2", "Cedar", "acme"))

    assert sorted(pairs) == ["station-a.csms-a.1.6", "station-a.csms-b.1.6", "station-b.csms-b.1.6"]
    assert {letters.station(each): each.station.vendor for each in pairs.values()} == {
        "Station A": "Cedar", "Station B": "Alder",
    }  # fmt: skip


def test_letters_are_the_same_whether_looked_at_all_along_or_once_at_the_end() -> None:
    visits = [
        ("A1", "", "acme"),
        ("C1", "Cedar", "acme"),
        ("A1", "Alder", "acme"),
        ("C9", "", "zeta"),
        ("C9", "Cedar", "acme"),
    ]
    pen, board, sessions, followed = Pen(), Board(), [], Letters()

    for identity, vendor, csms in visits:
        (session,) = [
            each.session for each in pen.session([], identity=identity, csms=csms) if isinstance(each, Opened)
        ]
        sessions.append(session)
        board.open(session, "1.6")
        if vendor:
            board.identify(session.id, Station(identity, vendor, "One"))
        followed.look_at(board.view(), sessions)
    afterwards, pairs = letters_over(*visits)

    assert {followed.pair_id(each.key) for each in pairs.values()} == {*pairs}
    assert {afterwards.station(each) for each in pairs.values()} == {"Station A", "Station B"}


def test_two_products_that_come_under_one_identity_are_told_apart() -> None:
    letters, pairs = letters_over(("A1", "Alder", "acme"), ("A1", "Cedar", "acme"))

    assert {letters.station(each): each.station.vendor for each in pairs.values()} == {
        "Station A": "Alder", "Station A2": "Cedar",
    }  # fmt: skip


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_letters_go_on_after_z(number: int, name: str) -> None:
    assert letters(number) == name


def test_somebody_elses_station_of_the_same_name_has_another_name_and_id() -> None:
    own, others = RealNames(), RealNames(is_open=False, addition="another's")
    pair = pair_of("Alder")

    assert own.pair_id(pair.key) != others.pair_id(pair.key)
    assert (own.station(pair), others.station(pair)) == ("Alder One", "Alder One (another's)")


def test_an_action_that_only_one_vendor_has_does_not_give_the_vendor_away() -> None:
    names = Letters()

    assert [names.action(action, "1.6") for action in ("Heartbeat", CONNECT, "AlderSpecial")] == [
        "Heartbeat", CONNECT, OTHER_ACTION,
    ]  # fmt: skip

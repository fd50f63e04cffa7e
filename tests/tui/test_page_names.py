from drawing import Pen, judged

from matrix.board import CONNECT, Pair, PairKey
from tui.page_names import OTHER_ACTION, Numbers, RealNames


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


def test_numbers_stay_with_whom_they_were_given_to() -> None:
    names, alder, cedar = Numbers(), pair_of("Alder"), pair_of("Cedar")

    called = [names.station(each) for each in (cedar, alder, cedar)]

    assert called == ["Station 1", "Station 2", "Station 1"]
    assert names.pair_id(alder.key) == "station-2.csms-1.1.6"


def test_an_action_that_only_one_vendor_has_does_not_give_the_vendor_away() -> None:
    names = Numbers()

    assert [names.action(action, "1.6") for action in ("Heartbeat", CONNECT, "AlderSpecial")] == [
        "Heartbeat", CONNECT, OTHER_ACTION,
    ]  # fmt: skip

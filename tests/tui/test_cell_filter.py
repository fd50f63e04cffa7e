"""The language of filters, asked of the matrix."""

import pytest

from hub.search.query import QueryError
from matrix.boards.pair import BoardView, Pair, PairKey, Row, Station
from matrix.outcome import Outcome
from tui.cell_filter import cell_matches, parse_for_cells


def pair(vendor: str, csms: str, outcome: Outcome, action: str, came_to: Outcome, version: str = "1.6") -> Pair:
    row = Row(action, "station", came_to, {}, None, None, None, ())
    key = PairKey(vendor, csms, version)
    return Pair(key, Station("id", vendor, "", ""), csms, version, outcome, (row,), (1,), 0, 0)


BOARD = BoardView(
    (
        pair("Alder", "acme", Outcome.PASSED, "Reset", Outcome.UNTESTED),
        pair("Birch", "acme", Outcome.FAILED, "Reset", Outcome.FAILED),
        pair("Birch", "borealis", Outcome.DEVIATED, "Authorize", Outcome.DEVIATED, "2.1"),
    ),
    3,
    0,
    0,
)


def kept(text: str) -> list[str]:
    query = parse_for_cells(text)
    return [f"{pair.station.vendor} {pair.csms}" for pair in BOARD.pairs if cell_matches(query, pair, "", pair.outcome)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ["Alder acme", "Birch acme", "Birch borealis"]),
        ("birch ACME", ["Birch acme"]),
        ("vendor:bir version:2.1", ["Birch borealis"]),
        ("not csms=acme", ["Birch borealis"]),
        ("outcome:failed or outcome:deviated", ["Birch acme", "Birch borealis"]),
        ("action:reset", ["Birch acme"]),
        ("urn:x", []),
    ],
)
def test_pairs_are_kept_by_what_they_are(text: str, pairs: list[str]) -> None:
    assert kept(text) == pairs


def test_a_cell_of_a_message_type_is_asked_for_its_own_action() -> None:
    query = parse_for_cells("action:reset")

    assert cell_matches(query, BOARD.pairs[0], "Reset", BOARD.pairs[0].outcome)
    assert not cell_matches(query, BOARD.pairs[1], "Connect", BOARD.pairs[1].outcome)


@pytest.mark.parametrize("text", ["size>3", "idTag=ABC", "side:csms", "at>14:00"])
def test_what_only_messages_have_is_said(text: str) -> None:
    with pytest.raises(QueryError, match="S searches in messages"):
        parse_for_cells(text)

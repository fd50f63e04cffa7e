from dataclasses import replace

from matrix.boards.pair import BoardView, Pair, PairKey, Row, Station
from matrix.boards.record import Chapter, Record, put_together
from matrix.notes import Note, Notes
from matrix.outcome import Outcome
from tui.grid import WRONG_ONLY, Arrangement, Sort, View, arrange, outcomes_to_choose, versions_to_choose
from tui.lines.text import CONTESTED, FLAPPING


def row(action: str, outcome: Outcome) -> Row:
    counts: dict[Outcome, int] = {} if outcome is Outcome.UNTESTED else {outcome: 1}
    return Row(action, "station", outcome, counts, None, None, None, ())


def pair(
    station: str, csms: str, outcome: Outcome, *rows: Row, version: str = "1.6", at: int = 0, firmware: str = ""
) -> Pair:
    key = PairKey(station, csms, version)
    return Pair(key, Station("id", station, "", firmware), csms, version, outcome, rows, (1,), 0, at)


def board(*pairs: Pair) -> BoardView:
    return BoardView(pairs, len(pairs), 0, 0)


BOARD = board(
    pair("Alder", "acme", Outcome.PASSED, row("Connect", Outcome.PASSED), row("Reset", Outcome.UNTESTED), at=3),
    pair("Birch", "acme", Outcome.FAILED, row("Connect", Outcome.PASSED), row("Reset", Outcome.FAILED), at=2),
    pair("Birch", "borealis", Outcome.DEVIATED, row("Authorize", Outcome.DEVIATED), version="2.1", at=9),
)


def names(grid_rows: object) -> list[str]:
    return [heading.name for heading in grid_rows]  # type: ignore[attr-defined]  # of any grid


def test_stations_stand_down_with_their_version_and_csmses_across() -> None:
    grid = arrange(BOARD, Arrangement())

    assert [(heading.name, heading.detail) for heading in grid.rows] == [
        ("Alder", "1.6"), ("Birch", "1.6"), ("Birch", "2.1")
    ]  # fmt: skip
    assert names(grid.columns) == ["acme", "borealis"]
    assert [[cell and cell.outcome for cell in line] for line in grid.cells] == [
        [Outcome.PASSED, None], [Outcome.FAILED, None], [None, Outcome.DEVIATED]
    ]  # fmt: skip


def test_a_cell_counts_the_types_that_passed_of_those_tested() -> None:
    grid = arrange(BOARD, Arrangement())

    cell = grid.at(1, 0)

    assert cell is not None
    assert cell.counts == "1/2"


def test_by_gravity_the_worst_stands_first() -> None:
    grid = arrange(BOARD, Arrangement(sort=Sort.GRAVITY))

    assert (grid.rows[0].name, grid.rows[0].detail) == ("Birch", "1.6")


def test_by_activity_the_latest_stands_first() -> None:
    grid = arrange(BOARD, Arrangement(sort=Sort.ACTIVITY))

    assert [heading.detail for heading in grid.rows] == ["2.1", "1.6", "1.6"]


def test_the_other_view_has_message_types_down_and_pairs_across() -> None:
    grid = arrange(BOARD, Arrangement(view=View.TYPES))

    assert names(grid.rows) == ["Connect", "Authorize", "Reset"]
    assert [heading.detail for heading in grid.columns] == ["acme 1.6", "acme 1.6", "borealis 2.1"]


def test_what_was_never_exercised_stands_behind_what_was() -> None:
    grid = arrange(
        board(pair("A", "b", Outcome.PASSED, row("Aaa", Outcome.UNTESTED), row("Zzz", Outcome.PASSED))),
        Arrangement(view=View.TYPES),
    )

    assert names(grid.rows) == ["Zzz", "Aaa"]


def test_the_text_filter_wants_every_word_somewhere() -> None:
    grid = arrange(BOARD, Arrangement(text="birch ACME"))

    assert names(grid.rows) == ["Birch"]
    assert names(grid.columns) == ["acme"]


def test_the_version_filter_leaves_one_version() -> None:
    grid = arrange(BOARD, Arrangement(version="2.1"))

    assert [heading.detail for heading in grid.rows] == ["2.1"]


def test_the_outcome_filter_leaves_one_outcome_or_all_that_went_wrong() -> None:
    failed = arrange(BOARD, Arrangement(outcome="failed"))
    wrong = arrange(BOARD, Arrangement(outcome=WRONG_ONLY))

    assert [cell.outcome for line in failed.cells for cell in line if cell] == [Outcome.FAILED]
    assert len(wrong.rows) == 2


def test_what_a_filter_takes_away_is_blank_and_not_untested() -> None:
    grid = arrange(BOARD, Arrangement(view=View.TYPES, outcome="failed"))

    assert [[cell and cell.outcome for cell in line] for line in grid.cells] == [[Outcome.FAILED]]


def test_an_empty_board_says_why_it_is_empty() -> None:
    assert arrange(board(), Arrangement()).empty == "no station has connected yet"
    assert arrange(board(), Arrangement(), reading=True).empty == "reading the recording …"


def test_a_filter_that_hides_everything_says_how_much() -> None:
    assert arrange(BOARD, Arrangement(text="zebra")).empty == "the filter hides all 3 pairs"
    assert arrange(BOARD, Arrangement(text="zebra", view=View.TYPES)).empty == "the filter hides all 3 message types"


def test_the_filters_offer_what_there_is() -> None:
    assert versions_to_choose(BOARD) == ["", "1.6", "2.1"]
    assert outcomes_to_choose(BOARD) == ["", "wrong", "failed", "deviated", "passed", "untested"]


def test_names_of_peers_are_safe() -> None:
    grid = arrange(board(replace(BOARD.pairs[0], station=Station("i", "\x1b[31m\u202e"))), Arrangement())

    assert names(grid.rows) == [r"\x1b[31m\u202e"]


def test_cell_is_marked_where_it_flaps_and_where_it_is_contested() -> None:
    flapping = Record()
    for outcome in (Outcome.FAILED, Outcome.PASSED) * 2:
        flapping.add(outcome, 1, None)
    rows = (
        row("Connect", Outcome.PASSED),
        replace(row("Reset", Outcome.PASSED), changes=put_together([Chapter(flapping, 1)])),
    )
    shown = board(pair("Alder", "acme", Outcome.PASSED, *rows))
    notes = Notes((
        Note(id=1, at=1, author="Alder", text="no", session=1, action="Connect"),
        Note(id=2, at=1, author="Alder", text="no", session=1, action="Reset", resolved_at=2),
        Note(id=3, at=1, author="Alder", text="no", session=2, action="Reset"),
    ))  # fmt: skip

    by_type = arrange(shown, Arrangement(view=View.TYPES), notes=notes)
    by_pair = arrange(shown, Arrangement(), notes=notes)

    assert [cell.marks for (cell,) in by_type.cells if cell] == [CONTESTED, FLAPPING]
    assert by_pair.cells[0][0] is not None
    assert by_pair.cells[0][0].marks == FLAPPING + CONTESTED

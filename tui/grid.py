"""From the board to a grid of cells: two views of the same data, sorted and filtered. Pure, so that it can be tested.

`Arrangement` is what the person chose; `arrange` does it. What a filter takes away is blank, not `untested`: a cell
never lies.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from matrix.boards.pair import CONNECT, FRAMING, BoardView, Pair, PairKey, Row
from matrix.notes import NO_NOTES, Notes
from matrix.outcome import GRAVITY, WRONG, Outcome
from matrix.safe import safe
from tui.cell_filter import cell_matches, parse_for_cells
from tui.lines.text import pair_marks, row_marks, station_name


class View(StrEnum):
    """What stands down and across."""

    STATIONS = "stations and CSMSes"
    TYPES = "message types and pairs"


class Sort(StrEnum):
    """What comes first."""

    NAME = "name"
    GRAVITY = "gravity"
    ACTIVITY = "last activity"


ANY: Final = ""
WRONG_ONLY: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What the person chose to see. `outcome` is ANY, WRONG_ONLY or the value of an Outcome; `version` ANY or one.

    `text` is a filter that `tui.cell_filter.parse_for_cells` takes.
    """

    view: View = View.STATIONS
    sort: Sort = Sort.NAME
    text: str = ""
    version: str = ANY
    outcome: str = ANY

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.version or self.outcome)


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a row or a column, safe to show: a name, and a smaller word beside or below it."""

    key: str
    name: str
    detail: str = ""


class Cell(NamedTuple):
    """One pair (`action` ""), or one message type of one pair. `at` is the pair's last activity.

    `marks` stand beside the outcome: what flaps or is contested, or with a pair, what has such a row.
    """

    pair: PairKey
    action: str
    outcome: Outcome
    counts: str
    at: int
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells to show, None where there is nothing; `empty` says why where there is none at all."""

    corner: str
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    empty: str = ""

    def at(self, row: int, column: int) -> Cell | None:
        """Return the cell at a place; None where there is none, also outside the grid."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            return self.cells[row][column]
        return None

    def place(self, row: int, column: int) -> "tuple[Heading, Heading] | None":
        """Return the headings of a place; None outside the grid."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            return self.rows[row], self.columns[column]
        return None

    def cell_at(self, row: Heading, column: Heading) -> Cell | None:
        """Return the cell under two headings, None where there is none."""
        if row in self.rows and column in self.columns:
            return self.cells[self.rows.index(row)][self.columns.index(column)]
        return None


Key = tuple[Any, ...]

NO_GRID: Final = Grid("", (), (), (), "reading the recording …")


@dataclass(slots=True)
class _Draft:
    """Cells by the keys of their headings, before they are put in order."""

    corner: str
    rows: dict[str, Heading] = field(default_factory=dict)
    columns: dict[str, Heading] = field(default_factory=dict)
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    by_row: defaultdict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    by_column: defaultdict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    def put(self, row: Heading, column: Heading, cell: Cell) -> None:
        self.rows[row.key] = row
        self.columns[column.key] = column
        self.cells[row.key, column.key] = cell
        self.by_row[row.key].append(cell)
        self.by_column[column.key].append(cell)


_RANK: Final = {outcome: rank for rank, outcome in enumerate(GRAVITY)}


def arrange(board: BoardView, choice: Arrangement, *, notes: Notes = NO_NOTES, reading: bool = False) -> Grid:
    """Return the grid that shows a board as chosen; `reading` where the board is not complete yet."""
    if not board.pairs:
        return NO_GRID if reading else Grid("", (), (), (), "no station has connected yet")
    if choice.view is View.STATIONS:
        return _stations(board.pairs, choice, notes)
    return _types(board.pairs, choice, notes)


def outcomes_to_choose(board: BoardView) -> list[str]:
    """Return the values that the outcome filter can take for a board: all, wrong, and what there is, gravest first."""
    present = {row.outcome for pair in board.pairs for row in pair.rows} | {pair.outcome for pair in board.pairs}
    return [ANY, WRONG_ONLY, *(outcome.value for outcome in reversed(GRAVITY) if outcome in present)]


def versions_to_choose(board: BoardView) -> list[str]:
    """Return the values that the version filter can take for a board."""
    return [ANY, *sorted({pair.version for pair in board.pairs})]


def vacancy(view: View, row: Heading, column: Heading, *, hidden: bool, strange: bool = False) -> str:
    """Say why there is no cell under two headings.

    `hidden` where it is the filter that takes it away, `strange` where the two have shown no version in common.
    """
    if hidden:
        return f"the filter hides {row.name} with {column.name}"
    if view is View.STATIONS:
        why = "; they have shown no version in common" if strange else ""
        return f"no session of {row.name} with {column.name} yet in OCPP {row.detail}{why}"
    return f"no {row.name} between {column.name} and {column.detail}: it is not a message type of that version"


def _stations(pairs: Sequence[Pair], choice: Arrangement, notes: Notes) -> Grid:
    draft = _Draft("station")
    for pair in pairs:
        if _keeps(choice, pair, "", pair.outcome):
            row = Heading(f"{pair.key.station}\0{pair.version}", station_name(pair), safe(pair.version))
            marks = pair_marks(pair, notes)
            cell = Cell(pair.key, "", pair.outcome, f"{pair.passed}/{pair.tested}", pair.last_at, marks)
            draft.put(row, Heading(pair.csms, safe(pair.csms)), cell)
    return _grid(draft, choice, _by_name, f"the filter hides all {_number(len(pairs), 'pair')}")


def _types(pairs: Sequence[Pair], choice: Arrangement, notes: Notes) -> Grid:
    draft = _Draft("message type")
    actions = {row.action: Heading(row.action, safe(row.action)) for pair in pairs for row in pair.rows}
    for pair in pairs:
        contested = notes.contested(pair)
        column = Heading("\0".join(pair.key), station_name(pair), f"{safe(pair.csms)} {safe(pair.version)}")
        for row in pair.rows:
            if _keeps(choice, pair, row.action, row.outcome):
                marks = row_marks(row, contested)
                cell = Cell(pair.key, row.action, row.outcome, _counts(row), pair.last_at, marks)
                draft.put(actions[row.action], column, cell)
    return _grid(draft, choice, _by_use, f"the filter hides all {_number(len(actions), 'message type')}")


def _counts(row: Row) -> str:
    total = row.total if row.counts else 0
    return f"{row.passed}/{total}" if total else ""


def _keeps(choice: Arrangement, pair: Pair, action: str, outcome: Outcome) -> bool:
    if choice.version and pair.version != choice.version:
        return False
    if choice.outcome == WRONG_ONLY and outcome not in WRONG:
        return False
    if choice.outcome not in (ANY, WRONG_ONLY) and outcome.value != choice.outcome:
        return False
    return not choice.text or cell_matches(parse_for_cells(choice.text), pair, action, outcome)


def _grid(draft: "_Draft", choice: Arrangement, name_of_row: Callable[[Heading, list[Cell]], Key], hidden: str) -> Grid:
    if not draft.cells:
        return Grid("", (), (), (), hidden)

    def row_order(row: Heading) -> Key:
        cells = draft.by_row[row.key]
        return _order(choice.sort, cells, name_of_row(row, cells))

    def column_order(column: Heading) -> Key:
        return _order(choice.sort, draft.by_column[column.key], _by_name(column, []))

    rows = tuple(sorted(draft.rows.values(), key=row_order))
    columns = tuple(sorted(draft.columns.values(), key=column_order))
    get = draft.cells.get
    return Grid(draft.corner, rows, columns, tuple(tuple(get((r.key, c.key)) for c in columns) for r in rows))


def _order(sort: Sort, cells: Iterable[Cell], name: Key) -> Key:
    match sort:
        case Sort.GRAVITY:
            ranks = [_RANK[cell.outcome] for cell in cells]
            return (-max(ranks), -sum(ranks) / len(ranks), name)
        case Sort.ACTIVITY:
            return (-max(cell.at for cell in cells), name)
        case _:
            return name


def _by_name(heading: Heading, _cells: Iterable[Cell]) -> Key:
    return (heading.name.lower(), heading.detail)


def _by_use(heading: Heading, cells: Iterable[Cell]) -> Key:
    """Order message types: the connection first, then what was exercised, then the rest."""
    unused = all(cell.outcome is Outcome.UNTESTED for cell in cells)
    return (heading.key != CONNECT, heading.key != FRAMING, unused, heading.name.lower())


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")

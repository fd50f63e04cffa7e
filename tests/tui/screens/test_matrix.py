from pathlib import Path

import pytest
from dashboards import dashboard, shown, until
from drawing import Pen
from recorded import record
from recordings import RecordingBuilder

from tui.grid import Cell, Sort, View
from tui.lines.text import TIMES
from tui.screens.matrix import MatrixScreen
from tui.screens.pair import PairScreen
from tui.widgets.filter_input import FilterInput
from tui.widgets.grid_view import GridView


def where(grid: GridView) -> tuple[str, str]:
    return grid.grid.rows[grid.cursor.y].name, grid.grid.columns[grid.cursor.x].name


def cell_of(grid: GridView) -> Cell:
    assert grid.cell is not None
    return grid.cell


async def test_the_matrix_shows_each_pair_with_glyph_and_counts(event: Path) -> None:
    async with dashboard(event) as pilot:
        text = shown(pilot)

    assert "Alder One" in text
    assert "✓ 3/3" in text
    assert "≠ 3/4" in text
    assert "↯ 0/1" in text
    assert "⊘ 3/4" in text
    assert "4/4 pairs · 2 open" in text
    assert "event.recording  ○ hub gone since 12:00:00" in text


async def test_pairs_that_share_no_version_are_counted_apart_and_said_below(tmp_path: Path) -> None:
    old, new = (
        Pen().session([], identity=identity, csms=csms, offered=(version,), chosen=version)
        for identity, csms, version in (("V1", "acme", "ocpp1.6"), ("V2", "byte", "ocpp2.1"))
    )
    path = record(tmp_path / "event.recording", old, new)

    async with dashboard(path, size=(120, 30)) as pilot:
        await pilot.press("right")
        text = shown(pilot)

    assert "2/2 pairs (2 more share no version) · 0 open" in text
    assert "no session of V1 with byte yet in OCPP 1.6; they have shown no version in common" in text


async def test_the_line_below_says_what_the_cursor_stands_on(event: Path) -> None:
    async with dashboard(event) as pilot:
        text = shown(pilot)

    assert f"Alder One {TIMES} acme  OCPP 1.6 firmware 1.0.3 · 1 session, 1 open  ≠ deviated  MeterValues" in text


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["down"], ("Cedar HPC", "acme")),
        (["j", "l"], ("Cedar HPC", "borealis")),
        (["right", "left"], ("Alder One", "acme")),
        (["j", "k", "l", "h"], ("Alder One", "acme")),
        (["end"], ("Cedar HPC", "acme")),
        (["G", "g"], ("Alder One", "acme")),
        (["pagedown"], ("Cedar HPC", "acme")),
        (["pagedown", "pageup"], ("Alder One", "acme")),
        (["up", "left"], ("Alder One", "acme")),
    ],
)
async def test_keys_move_the_cursor_and_stop_at_the_edges(event: Path, keys: list[str], place: tuple[str, str]) -> None:
    async with dashboard(event) as pilot:
        await pilot.press(*keys)

        assert where(pilot.app.screen.query_one(GridView)) == place


async def test_n_goes_to_the_next_red_cell_and_around(event: Path) -> None:
    async with dashboard(event) as pilot:
        grid = pilot.app.screen.query_one(GridView)

        await pilot.press("n")
        first = where(grid)
        await pilot.press("n")
        second = where(grid)
        await pilot.press("N")

        assert first == ("Cedar HPC", "borealis")
        assert second == ("Alder One", "acme")
        assert where(grid) == first


async def test_enter_opens_the_pair_and_escape_comes_back(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter")
        inside = pilot.app.screen
        await pilot.press("escape")

        assert isinstance(inside, PairScreen)
        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_t_turns_the_matrix_and_keeps_the_pair(event: Path) -> None:
    async with dashboard(event) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, MatrixScreen)
        grid = screen.query_one(GridView)

        await pilot.press("t")
        turned = (screen.choice.view, where(grid), cell_of(grid).action)
        await pilot.press("t")

        assert turned == (View.TYPES, ("MeterValues", "Alder One"), "MeterValues")
        assert (screen.choice.view, where(grid)) == (View.STATIONS, ("Alder One", "acme"))


async def test_s_sorts_by_name_gravity_and_activity_in_turn(event: Path) -> None:
    async with dashboard(event) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, MatrixScreen)
        seen = []

        for _ in range(3):
            await pilot.press("s")
            seen.append((screen.choice.sort, screen.query_one(GridView).grid.rows[0].name))

        assert seen == [(Sort.GRAVITY, "Cedar HPC"), (Sort.ACTIVITY, "Cedar HPC"), (Sort.NAME, "Alder One")]


async def test_the_cursor_stays_on_its_pair_when_the_rows_change_places(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("down", "s")

        assert where(pilot.app.screen.query_one(GridView)) == ("Cedar HPC", "acme")


async def test_typing_filters_and_escape_clears(event: Path) -> None:
    async with dashboard(event) as pilot:
        grid = pilot.app.screen.query_one(GridView)

        await pilot.press("slash", *"ceda")
        typed = [row.name for row in grid.grid.rows]
        await pilot.press("enter")
        kept = (grid.has_focus, [row.name for row in grid.grid.rows])
        await pilot.press("escape")

        assert typed == ["Cedar HPC"]
        assert kept == (True, ["Cedar HPC"])
        assert len(grid.grid.rows) == 2


async def test_the_filter_speaks_the_language_of_searching(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("slash", *"vendor:ced")
        cedar = shown(pilot)
        await pilot.press("space", *"size>3")
        said = shown(pilot)

    assert "Cedar HPC" in cedar
    assert "Alder" not in cedar
    assert "the matrix is asked for words and for action, vendor" in said


async def test_the_right_arrow_takes_what_the_filter_suggests(event: Path) -> None:
    async with dashboard(event) as pilot:
        typed = pilot.app.screen.query_one(FilterInput)
        await pilot.press("slash", *"vendor:Ce")
        await until(pilot, lambda: bool(typed._suggestion))
        await pilot.press("right")

        assert typed.value == "vendor:Cedar"


async def test_escape_while_typing_leaves_the_filter_empty(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("slash", *"zzz")
        hidden = shown(pilot)
        await pilot.press("escape")

        assert "the filter hides all 4 pairs" in hidden
        assert not pilot.app.screen.query_one(FilterInput).display
        assert "Alder One" in shown(pilot)


async def test_v_and_o_filter_by_version_and_outcome(event: Path) -> None:
    async with dashboard(event) as pilot:
        grid = pilot.app.screen.query_one(GridView)

        await pilot.press("v")
        first = [row.detail for row in grid.grid.rows]
        await pilot.press("v", "v", "o")
        wrong = shown(pilot)

        assert first == ["1.6"]
        assert "only wrong" in wrong
        assert "✓ 3/3" not in wrong


@pytest.fixture
def gappy(tmp_path: Path) -> Path:
    """Two stations, each at a CSMS of its own."""
    path = tmp_path / "gappy.recording"
    with RecordingBuilder(path) as builder:
        builder.say(builder.session("CS-1", "acme"), '> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":5}]')
        builder.session("CS-1", "birch", chosen="ocpp2.1")
        builder.session("CS-2", "birch")
    return path


async def test_an_empty_place_says_that_nobody_met_there(gappy: Path) -> None:
    async with dashboard(gappy) as pilot:
        await pilot.press("right", "enter")

        assert "no session of CS-1 with birch yet in OCPP 1.6" in shown(pilot)
        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_an_empty_place_says_that_a_version_has_no_such_message_type(gappy: Path) -> None:
    async with dashboard(gappy, size=(140, 60)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, MatrixScreen)
        await pilot.press("t")
        grid = screen.query_one(GridView)
        names = [row.name for row in grid.grid.rows]
        grid.go_to(names.index("ChangeConfiguration"), 1)
        await pilot.pause()

        assert "no ChangeConfiguration between CS-1 and birch 2.1: it is not a message type" in shown(pilot)


async def test_an_empty_place_says_that_the_filter_made_it_so(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("o", "right")

        assert "the filter hides Alder One with borealis" in shown(pilot)


async def test_a_click_moves_the_cursor_and_a_second_one_opens(event: Path) -> None:
    async with dashboard(event) as pilot:
        grid = pilot.app.screen.query_one(GridView)
        await pilot.press("down")

        await pilot.click(GridView, offset=(grid._left + 2, grid._top))
        clicked = where(grid)
        await pilot.click(GridView, offset=(grid._left + 2, grid._top))

        assert clicked == ("Alder One", "acme")
        assert isinstance(pilot.app.screen, PairScreen)


async def test_a_click_beside_the_cells_changes_nothing(event: Path) -> None:
    async with dashboard(event) as pilot:
        for offset in ((1, 0), (1, 3), (95, 3), (60, 15)):
            await pilot.click(GridView, offset=offset)

        assert where(pilot.app.screen.query_one(GridView)) == ("Alder One", "acme")


async def test_an_event_that_nobody_came_to_says_so(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "empty.recording"):
        pass
    async with dashboard(tmp_path / "empty.recording") as pilot:
        await pilot.press("enter", "n", "down", "t")

        assert "no station has connected yet" in shown(pilot)


async def test_a_station_that_connects_appears_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        async with dashboard(path) as pilot:
            builder.session("CS-77", "acme")

            await until(pilot, lambda: "CS-77" in shown(pilot))


async def test_columns_are_scrolled_whole_and_what_is_cut_at_the_right_says_so(tmp_path: Path) -> None:
    path = tmp_path / "wide.recording"
    with RecordingBuilder(path) as builder:
        for number in range(9):
            builder.session("CS-1", f"csms-{number}-with-a-long-name")
    async with dashboard(path, size=(80, 24)) as pilot:
        seen = [shown(pilot).split("\n")[2:4]]

        for _ in range(8):
            await pilot.press("right")
            seen.append(shown(pilot).split("\n")[2:4])

        starts = [heading.index("csms-") for heading, _ in seen]
        assert len({*starts}) == 1
        assert all("✓ 1/1" in cells[starts[0] - 2 :][:8] for _, cells in seen)
        assert all(heading.count("csms-") == cells.count("✓") for heading, cells in seen)
        assert "csms-8" in seen[-1][0]


async def test_more_columns_than_fit_scroll_under_the_frozen_names(tmp_path: Path) -> None:
    path = tmp_path / "wide.recording"
    with RecordingBuilder(path) as builder:
        for number in range(30):
            builder.session("CS-1", f"csms-{number:02}-with-a-long-name")
    async with dashboard(path, size=(80, 24)) as pilot:
        await pilot.press(*["right"] * 29)

        text = shown(pilot)
        assert "csms-29-with-a-l…" in text
        assert "csms-00" not in text
        assert f"CS-1 {TIMES} csms-29-with-a-long-name" in text
        assert "▸CS-1" in text

"""Two sessions side by side on a screen."""

from pathlib import Path

import pytest
from dashboards import dashboard, shown, until
from drawing import draw
from recorded import play, record
from textual.pilot import Pilot

from hub.recording.reading import Recording
from matrix.comparing.couples import couples
from matrix.trace import Replay, Side
from tui.diff_app import DiffApp
from tui.reading.side_by_side import SideBySide
from tui.screens.diff import DiffScreen
from tui.widgets.diff_list import DiffList
from tui.widgets.history_list import HistoryList

BOOT = [
    '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
]
BEFORE = [*BOOT, '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]',
          '> [2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]',
          '< [3,"s",{}]', '> [2,"d","DataTransfer",{"vendorId":"v"}]', '< [3,"d",{"status":"Accepted"}]']  # fmt: skip
AFTER = [line.replace("Available", "Faulted") for line in BEFORE[:-2]]


@pytest.fixture
def both(tmp_path: Path) -> Path:
    return record(tmp_path / "both.recording", draw(*BEFORE), draw(*AFTER))


async def ready(pilot: Pilot[None]) -> DiffScreen:
    """Wait until a couple of sessions is read, and drawn."""
    await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen) and pilot.app.screen.diff is not None)
    screen = pilot.app.screen
    assert isinstance(screen, DiffScreen)
    return screen


async def compared(pilot: Pilot[None]) -> DiffScreen:
    """Go from the matrix to the pair's latest session beside the one before it."""
    await pilot.press("enter", "equals_sign")
    return await ready(pilot)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_session_of_the_pair_stands_beside_the_one_before(both: Path, size: tuple[int, int]) -> None:
    async with dashboard(both, size=size) as pilot:
        await compared(pilot)

        text = shown(pilot)
        assert "~ 1 changed" in text
        assert "- 1 missing" in text
        assert 'request /status: "Available" -> "Faulted"' in text


async def test_n_goes_to_the_next_difference_and_back(both: Path) -> None:
    async with dashboard(both) as pilot:
        rows = (await compared(pilot)).query_one(DiffList)
        first = rows.row and rows.row.turn.action

        await pilot.press("n")
        second = rows.row and rows.row.turn.action
        await pilot.press("N")

        assert (first, second) == ("StatusNotification", "DataTransfer")
        assert rows.row is not None
        assert rows.row.turn.action == "StatusNotification"


async def test_what_is_the_same_can_be_hidden_without_losing_the_place(both: Path) -> None:
    async with dashboard(both) as pilot:
        rows = (await compared(pilot)).query_one(DiffList)

        await pilot.press("n", "h")

        assert [row.turn.action for row in rows.rows] == ["StatusNotification", "DataTransfer"]
        assert rows.row is not None
        assert rows.row.turn.action == "DataTransfer"


async def test_what_is_set_aside_is_shown_on_demand(tmp_path: Path) -> None:
    renamed = [line.replace('"h"', '"z"') for line in BEFORE]
    async with dashboard(record(tmp_path / "both.recording", draw(*BEFORE), draw(*renamed))) as pilot:
        await compared(pilot)

        await pilot.press("home", "down", "x")

        assert "set aside: message id" in shown(pilot)


async def test_any_two_sessions_can_be_compared_by_marking_one(tmp_path: Path) -> None:
    path = record(tmp_path / "three.recording", draw(*BEFORE), draw(*BEFORE), draw(*AFTER))
    async with dashboard(path) as pilot:
        await pilot.press("enter")
        pilot.app.screen.query_one(HistoryList).go_to(2)
        await pilot.press("space")
        pilot.app.screen.query_one(HistoryList).go_to(0)
        await pilot.press("equals_sign")

        diff = (await ready(pilot)).diff
        assert diff is not None
        assert diff.before is not None
        assert diff.after is not None
        assert (diff.before.session.id, diff.after.session.id) == (1, 3)


async def test_a_replayed_session_stands_beside_what_it_was_played_from(both: Path, tmp_path: Path) -> None:
    with Recording.open(both) as recording:
        origin = recording.session(1)
    path = record(tmp_path / "replay.recording", draw(*AFTER), draw(*BEFORE))
    play(path, 2, Replay(2, both.name, 1, origin.opened_at, Side.STATION, "max"))
    async with dashboard(path) as pilot:
        await compared(pilot)

        text = shown(pilot)
        assert "both.recording, session 1" in text
        assert "= 4 same" in text


async def test_a_replayed_session_whose_origin_is_gone_says_so_and_stands_beside_the_one_before(both: Path) -> None:
    play(both, 2, Replay(2, "gone.recording", 1, 1, Side.STATION, "1"))
    async with dashboard(both) as pilot:
        await compared(pilot)

        text = shown(pilot)
        assert "'gone.recording'" in text
        assert "~ 1 changed" in text


async def test_whole_sessions_are_compared_also_from_the_past_and_that_is_said(both: Path) -> None:
    async with dashboard(both, size=(100, 30)) as pilot:
        await pilot.press("comma")
        await until(pilot, lambda: "as of" in shown(pilot))
        screen = await compared(pilot)

        assert screen.diff is not None
        assert "whole sessions, not as of the moment" in shown(pilot)


async def test_a_first_session_has_nothing_before_it(tmp_path: Path) -> None:
    async with dashboard(record(tmp_path / "one.recording", draw(*BEFORE))) as pilot:
        await pilot.press("enter", "equals_sign")

        await until(pilot, lambda: "there is no earlier session to compare with" in shown(pilot))


async def test_nothing_can_be_compared_once_the_recording_is_gone_and_that_is_said(both: Path) -> None:
    async with dashboard(both) as pilot:
        await pilot.press("enter")
        both.unlink()  # noqa: ASYNC240 - of a test
        await pilot.press("equals_sign")

        await until(pilot, lambda: "there is no recording" in shown(pilot))


async def test_the_screen_goes_from_session_to_session_of_two_recordings(both: Path, tmp_path: Path) -> None:
    other = record(tmp_path / "other.recording", draw(*AFTER), draw(*AFTER))
    with Recording.open(both) as one, Recording.open(other) as two:
        found = couples(one.sessions(), two.sessions())
    app = DiffApp(SideBySide(both, other, found, names=("both", "other")))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot)
        assert "1 of 2 sessions" in shown(pilot)

        await pilot.press("right_square_bracket")
        await until(pilot, lambda: screen.diff is not None and screen.diff.is_the_same)

        assert "2 of 2 sessions" in shown(pilot)


async def test_a_recording_that_is_gone_meanwhile_is_said_to_be(both: Path) -> None:
    with Recording.open(both) as one:
        found = couples(one.sessions(), one.sessions())
    both.unlink()  # noqa: ASYNC240 - of a test
    app = DiffApp(SideBySide(both, both, found))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "there is no recording" in shown(pilot))

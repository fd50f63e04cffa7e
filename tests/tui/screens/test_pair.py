from pathlib import Path

from dashboards import dashboard, shown, until
from drawing import draw
from recorded import record
from recordings import RecordingBuilder

from tui.lines.text import FLAPPING, TIMES
from tui.screens.matrix import MatrixScreen
from tui.screens.pair import PairScreen
from tui.screens.session import SessionScreen
from tui.widgets.history_list import HistoryList
from tui.widgets.live_messages import LiveMessages
from tui.widgets.row_list import RowList


def action_of(rows: RowList) -> str:
    assert rows.row is not None
    return rows.row.action


async def test_the_cursor_starts_on_the_gravest_row(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter")

        assert action_of(pilot.app.screen.query_one(RowList)) == "MeterValues"


async def test_each_row_shows_direction_outcome_counts_latency_and_last_failure(event: Path) -> None:
    async with dashboard(event, size=(130, 30)) as pilot:
        await pilot.press("enter")

        text = shown(pilot)
        assert "▸→ MeterValues" in text
        assert "≠ deviated" in text
        assert "0/2" in text
        assert "7.1 ms" in text
        assert "value is the number 605" in text
        assert "← CancelReservation                · untested" in text


async def test_untested_types_stand_below_those_that_were_seen(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter")

        actions = [row.action for row in pilot.app.screen.query_one(RowList).rows]
        assert actions[:5] == ["Connect", "Framing", "BootNotification", "MeterValues", "Authorize"]


async def test_enter_goes_to_the_frame_that_shows_the_outcome(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "enter")
        messages = pilot.app.screen.query_one(LiveMessages)
        await until(pilot, lambda: messages.length > 0)

        assert isinstance(pilot.app.screen, SessionScreen)
        assert '"value": 605' in shown(pilot)


async def test_a_row_that_passed_leads_to_where_it_was_last_seen(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "up", "enter")
        messages = pilot.app.screen.query_one(LiveMessages)
        await until(pilot, lambda: messages.length > 0)

        assert messages.frame_id == 2


async def test_a_refused_door_leads_to_the_handshake(event: Path) -> None:
    async with dashboard(event, size=(130, 40)) as pilot:
        await pilot.press("down", "right", "enter", "enter")

        await until(pilot, lambda: "404 Not Found" in shown(pilot))
        assert "the connection was never opened: the handshake is the evidence" in shown(pilot)


async def test_a_type_that_was_never_seen_says_so_and_opens_nothing(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "end", "enter")

        assert isinstance(pilot.app.screen, PairScreen)
        assert "was never seen for this pair" in shown(pilot)


async def test_s_puts_the_gravest_first_and_keeps_the_row(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "up", "s")

        rows = pilot.app.screen.query_one(RowList)
        assert rows.rows[0].action == "MeterValues"
        assert action_of(rows) == "BootNotification"


async def test_n_goes_to_the_next_row_that_went_wrong(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "home", "n")
        forwards = action_of(pilot.app.screen.query_one(RowList))
        await pilot.press("home", "N")

        assert forwards == action_of(pilot.app.screen.query_one(RowList)) == "MeterValues"


async def test_tab_goes_to_the_history_and_enter_to_a_session_of_it(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "tab")
        history = pilot.app.screen.query_one(HistoryList)
        focused = history.has_focus
        await pilot.press("enter")

        assert focused
        assert isinstance(pilot.app.screen, SessionScreen)
        assert pilot.app.screen.session_id == 1


async def test_a_cell_of_the_other_view_opens_on_its_message_type(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("t", "home", "down", "down", "enter")

        assert action_of(pilot.app.screen.query_one(RowList)) == "BootNotification"


async def test_history_lists_sessions_newest_first_with_what_each_came_to(tmp_path: Path) -> None:
    path = tmp_path / "two.recording"
    with RecordingBuilder(path) as builder:
        first = builder.session("CS-1", "acme")
        builder.say(first, '> [2,"1","Heartbeat",{"x":1}]', '< [3,"1",{"currentTime":"2026-01-01T12:00:00Z"}]')
        builder.close(first)
        second = builder.session("CS-1", "acme")
        builder.say(second, '> [2,"2","Heartbeat",{}]', '< [3,"2",{"currentTime":"2026-01-01T12:00:00Z"}]')
    async with dashboard(path, size=(120, 30)) as pilot:
        await pilot.press("enter")
        screen = pilot.app.screen
        screen.query_one(RowList).go_to_action("Heartbeat")
        await pilot.pause()

        steps = screen.query_one(HistoryList).steps
        text = shown(pilot)
        assert [step.session for step in steps] == [2, 1]
        assert [step.outcome.value for step in steps] == ["passed", "deviated"]
        assert "earlier: " in text
        assert "closed by the station, 1000" in text


async def test_a_pair_that_turns_out_to_be_a_product_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        async with dashboard(path) as pilot:
            await pilot.press("enter")

            builder.say(session, '> [2,"1","BootNotification",{"chargePointVendor":"Alder","chargePointModel":"One"}]')

            await until(pilot, lambda: f"Alder One {TIMES} acme" in shown(pilot))


async def test_escape_and_backspace_go_back(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "backspace")

        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_history_of_a_row_is_said_with_its_latest_outcomes_and_flapping_is_marked(tmp_path: Path) -> None:
    beat = '> [2,"%d","Heartbeat",{}]'
    answers = '< [3,"%d",{"currentTime":"$NOW"}]', '< [4,"%d","InternalError","",{}]'
    lines = [line % number for number in range(6) for line in (beat, answers[number % 2])]
    path = record(tmp_path / "flapping.recording", draw(*lines))
    async with dashboard(path, size=(130, 30)) as pilot:
        assert f"✗{FLAPPING} " in shown(pilot)
        await pilot.press("enter")

        rows = pilot.app.screen.query_one(RowList)
        await until(pilot, lambda: action_of(rows) == "Heartbeat")
        assert f"✗ failed      {FLAPPING}" in shown(pilot)
        assert "✓✗✓✗✓✗" in shown(pilot)
        assert "flapping: 5 changes between passing and failing in the last 6 exchanges; passed until" in shown(pilot)


async def test_narrow_terminal_says_the_history_below_the_rows(event: Path) -> None:
    async with dashboard(event, size=(80, 24)) as pilot:
        await pilot.press("enter")

        assert "≠≠ deviated since 12:00:00" in shown(pilot)
        assert "latest" not in shown(pilot)


async def test_line_below_the_rows_says_whose_doing_it_is_and_how_sure_that_is(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter")

        assert "blame: both sides, certain" in shown(pilot)

import asyncio
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dashboards import dashboard, shown, told, until
from plugfest_floor import ACCEPTED, NUMBER, REFUSED, Floor
from recorded import record
from recordings import RecordingBuilder
from textual.pilot import Pilot

from matrix.trace import Side
from tui.screens.base import DashboardScreen
from tui.screens.pair import PairScreen
from tui.screens.rule import RuleScreen
from tui.screens.session import SessionScreen
from tui.widgets.detail_pane import DetailPane
from tui.widgets.live_messages import LiveMessages


@asynccontextmanager
async def session(
    path: Path, number: int = 1, frame: int | None = 2, *, size: tuple[int, int] = (130, 40)
) -> AsyncIterator[tuple[Pilot[None], LiveMessages]]:
    """Show a session of a recording, loaded and drawn."""
    async with dashboard(path, size=size) as pilot:
        front = pilot.app.screen
        assert isinstance(front, DashboardScreen)
        screen = SessionScreen(front.source, number, frame)
        front.go(screen)
        await until(pilot, lambda: screen.is_loaded)
        yield pilot, screen.messages


async def test_the_conversation_stands_in_wire_order_with_answers_named(event: Path) -> None:
    async with session(event) as (pilot, _):
        text = shown(pilot)

    lines = [line[1:50].split() for line in text.splitlines()[2:8]]
    assert [line[1:3] for line in lines] == [
        ["→", "BootNotification"], ["←", "└"], ["→", "ping"], ["←", "pong"], ["→", "MeterValues"], ["←", "└"]
    ]  # fmt: skip
    assert "└ BootNotification" in text
    assert "7.0 ms" in text


async def test_the_detail_shows_the_finding_the_rule_and_the_marked_value(event: Path) -> None:
    async with session(event, frame=6) as (pilot, _):
        text = shown(pilot)

    assert "▲ violation by the station  RPC-19" in text
    assert "asked: The payload fits the JSON schema" in text
    assert '▌          "value": 604.213' in text
    assert "MeterValues answer  after 7.0 ms" in text


async def test_the_detail_shows_how_sure_a_finding_is_and_what_the_others_do(tmp_path: Path) -> None:
    floor = Floor()
    for product, answer in (("Alpha One", ACCEPTED), ("Beta Two", REFUSED), ("Gamma Three", ACCEPTED)):
        floor.meet(product, "acme", NUMBER, answer)
    path = record(tmp_path / "shared.recording", *floor.sessions)

    async with session(path, 1, None) as (pilot, _):
        await pilot.press("e")
        text = shown(pilot)

    assert "certain: what was sent proves it by itself" in text
    assert "◇ 2 of 2 other stations do it too" in text
    assert "blame: both sides, certain: one side sent" in text


async def test_e_goes_from_finding_to_finding_and_around(event: Path) -> None:
    async with session(event) as (pilot, messages):
        found = [*messages._verdicts.found_frames]
        seen = []

        for _ in range(len(found) + 1):
            await pilot.press("e")
            seen.append(messages.frame_id)
        await pilot.press("E")

        assert seen == [*found, found[0]]
        assert messages.frame_id == found[-1]


async def test_e_says_so_where_there_is_nothing_to_find(event: Path) -> None:
    async with session(event, 2, None) as (pilot, _):
        await pilot.press("e")

        assert "has found nothing" in shown(pilot)


async def test_f_shows_frames_with_findings_only_and_keeps_the_cursor(event: Path) -> None:
    async with session(event, frame=6) as (pilot, messages):
        await pilot.press("f")
        await until(pilot, lambda: messages.length == len(messages._verdicts.found_frames))
        filtered = messages.frame_id
        await pilot.press("f")
        await until(pilot, lambda: messages.length == 8)

        assert filtered == messages.frame_id == 6


async def test_c_hides_control_frames(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.press("c")
        await until(pilot, lambda: messages.length == 6)

        assert "ping" not in shown(pilot)


async def test_typing_filters_by_the_text_of_messages(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.press("slash", *"604.2")
        await until(pilot, lambda: messages.length == 2)
        await pilot.press("space", *"type:call", "enter")
        await until(pilot, lambda: messages.length == 1)

        assert messages.frame_id == 6
        assert "filter 604.2 type:call" in shown(pilot)


async def test_what_is_no_filter_yet_is_said_below(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.press("slash", *"side:csm")
        await pilot.pause()
        said = shown(pilot)
        await pilot.press("s", "enter")
        await until(pilot, lambda: messages.length == 4)

        assert "side is one of station, csms, not 'csm'" in said
        assert "filter side:csms" in shown(pilot)


async def test_a_filter_that_hides_everything_says_so(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.press("slash", *"zebra", "enter")
        await until(pilot, lambda: messages.length == 0)

        assert "the filter hides every frame of this session" in shown(pilot)


async def test_p_goes_to_the_answer_and_back(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.press("p")
        answer = messages.frame_id
        await pilot.press("p")

        assert (answer, messages.frame_id) == (3, 2)


async def test_i_shows_the_handshake_and_the_message_again(event: Path) -> None:
    async with session(event) as (pilot, _):
        await pilot.press("i")
        handshake = shown(pilot)
        await pilot.press("i")

        assert "Sec-WebSocket-Key: " in handshake
        assert "Sec-WebSocket-Accept: " in handshake
        assert "Sec-WebSocket-Key" not in shown(pilot)


async def test_escape_leaves_the_handshake_before_the_session(event: Path) -> None:
    async with session(event) as (pilot, _):
        await pilot.press("i", "escape")
        message, screen = shown(pilot), pilot.app.screen
        await pilot.press("escape")

        assert "Sec-WebSocket-Key" not in message
        assert isinstance(screen, SessionScreen)
        assert pilot.app.screen is not screen


async def test_r_explains_the_rule_of_the_finding(event: Path) -> None:
    async with session(event, frame=6) as (pilot, _):
        await pilot.press("r")

        assert isinstance(pilot.app.screen, RuleScreen)
        assert "RPC-19  violation" in shown(pilot)


async def test_r_says_so_where_no_rule_was_broken(event: Path) -> None:
    async with session(event) as (pilot, _):
        await pilot.press("r")

        assert isinstance(pilot.app.screen, SessionScreen)
        assert "no rule was broken here" in shown(pilot)


async def test_y_copies_the_detail(event: Path) -> None:
    async with session(event) as (pilot, _):
        await pilot.press("y")

        assert '[2, "b", "BootNotification", {' in pilot.app.clipboard


async def test_enter_and_tab_go_into_the_detail_and_escape_leaves_it_then_the_screen(event: Path) -> None:
    async with session(event) as (pilot, messages):
        pane = pilot.app.screen.query_one(DetailPane)
        await pilot.press("enter")
        entered = pane.has_focus
        await pilot.press("escape")
        left = messages.has_focus
        await pilot.press("tab")
        tabbed = pane.has_focus
        await pilot.press("escape", "escape")

        assert (entered, left, tabbed) == (True, True, True)
        assert not isinstance(pilot.app.screen, SessionScreen)


async def test_an_open_session_is_followed_until_the_cursor_is_moved(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        number = builder.session("CS-1", "acme")
        builder.say(number, *[f'> [2,"{n}","Heartbeat",{{}}]' for n in range(60)])
        async with session(path, number, None) as (pilot, messages):
            builder.say(number, '> [2,"60","Heartbeat",{}]')
            await until(pilot, lambda: messages.length == 61)
            followed = messages.cursor
            await pilot.press("up")
            builder.say(number, '> [2,"61","Heartbeat",{}]', '> [2,"62","Heartbeat",{}]')
            await until(pilot, lambda: messages.length == 63)
            held, text = messages.cursor, shown(pilot)
            await pilot.press("end")
            builder.say(number, '> [2,"63","Heartbeat",{}]')
            await until(pilot, lambda: messages.length == 64)

            assert followed == 60
            assert held == 59
            assert "▼ 2 new, End follows" in text
            assert messages.cursor == 63
            assert "● following" in shown(pilot)


async def test_lines_stay_where_they_are_on_the_screen_while_others_come(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        number = builder.session("CS-1", "acme")
        builder.say(number, *[f'> [2,"{n}","Heartbeat",{{}}]' for n in range(100)])
        async with session(path, number, None) as (pilot, messages):
            await pilot.press("up", "pageup")
            before = (messages.scroll_offset, messages.cursor)

            builder.say(number, *[f'> [2,"x{n}","Heartbeat",{{}}]' for n in range(50)])
            await until(pilot, lambda: messages.length == 150)

            assert (messages.scroll_offset, messages.cursor) == before


async def test_only_what_can_be_seen_is_read_from_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "long.recording"
    with RecordingBuilder(path) as builder:
        number = builder.session("CS-1", "acme")
        builder.many(number, 5_000, '"Heartbeat",{}')
        builder.close(number)
    async with session(path, number, None) as (pilot, messages):
        await pilot.press("end", "home")

        assert messages.length == 10_000
        assert messages.transcript is not None
        assert len(messages.transcript._pages) <= 4


async def test_one_frame_of_sixteen_mebibytes_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "big.recording"
    with RecordingBuilder(path) as builder:
        number = builder.session("CS-1", "acme")
        [frame] = builder.say(number, '> [2,"1","DataTransfer",{"vendorId":"x","data":"' + "y" * 2**24 + '"}]')
    async with session(path, number, frame) as (pilot, _):
        text = shown(pilot)

    assert "DataTransfer request" in text
    assert "16.0 MiB" in text


async def test_what_is_broken_or_binary_or_unread_is_a_line_like_others(tmp_path: Path) -> None:
    path = tmp_path / "odd.recording"
    with RecordingBuilder(path) as builder:
        number = builder.session("CS-1", "acme")
        builder.say(number, '> [2,"1","Heart', "< " + "[" * 5_000)
        builder.frame(number, Side.STATION, b"\xff\xfe", opcode=2)
        builder.frame(number, Side.CSMS, b"\x1b\x9b", opcode=-1, unread="the length has its top bit set")
    async with session(path, number, None) as (pilot, _):
        await pilot.press("home", "down", "down", "down")
        text = shown(pilot)

    for expected in ("malformed", "not text", "ff fe", "not read", "the length has its top bit set"):
        assert expected in text


async def test_a_click_selects_a_line_and_a_second_one_reads_it(event: Path) -> None:
    async with session(event) as (pilot, messages):
        await pilot.click(LiveMessages, offset=(5, 4))
        clicked = messages.frame_id
        await pilot.click(LiveMessages, offset=(5, 4))

        assert clicked == 6
        assert pilot.app.screen.query_one(DetailPane).has_focus


async def test_a_recording_that_vanished_is_a_sentence(event: Path) -> None:
    async with dashboard(event) as pilot:
        await asyncio.to_thread(event.unlink)
        front = pilot.app.screen
        assert isinstance(front, DashboardScreen)

        front.go(SessionScreen(front.source, 1))

        await until(pilot, lambda: "there is no recording at" in shown(pilot))


async def test_a_session_that_does_not_exist_is_a_sentence(event: Path) -> None:
    async with dashboard(event) as pilot:
        front = pilot.app.screen
        assert isinstance(front, DashboardScreen)

        front.go(SessionScreen(front.source, 99))

        await until(pilot, lambda: "there is no session 99" in shown(pilot))


async def test_the_panes_stand_side_by_side_where_there_is_room_and_below_each_other_where_not(event: Path) -> None:
    async with session(event, size=(140, 40)) as (pilot, messages):
        pane = pilot.app.screen.query_one(DetailPane)
        wide = pane.region.y == messages.region.y
        await pilot.resize_terminal(80, 24)
        await pilot.pause()

        assert wide
        assert pane.region.y > messages.region.y
        assert messages.region.width == 80


async def test_from_a_red_cell_to_its_frame_in_two_keys(event: Path) -> None:
    async with dashboard(event, size=(130, 40)) as pilot:
        await pilot.press("enter", "enter")

        await until(pilot, lambda: "▲ violation" in shown(pilot))
        assert not isinstance(pilot.app.screen, PairScreen)


async def test_b_puts_together_what_shows_the_finding(
    event: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async with session(event, frame=6) as (pilot, _):
        await pilot.press("b", "escape")  # who goes on meanwhile gets it, too
        await until(pilot, lambda: "left out" in shown(pilot))

    assert zipfile.is_zipfile(tmp_path / "evidence-RPC-19-1-6.zip")


async def test_b_says_where_nothing_was_found(event: Path) -> None:
    async with session(event, frame=2) as (pilot, _):
        await pilot.press("b")
        await until(pilot, lambda: "nothing was found here" in shown(pilot))


async def test_a_message_is_copied_as_what_is_chosen(event: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    async with session(event, frame=6) as (pilot, _):
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await pilot.press("Y", "down", "down", "down", "enter")
        await until(pilot, lambda: "for markdown" in shown(pilot))

    assert copied[0].startswith("**RPC-19**, a violation by the station")


async def test_a_message_is_written_to_a_file_that_is_not_there_yet(
    event: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async with session(event, frame=6) as (pilot, _):
        await pilot.press("Y", "w")
        await until(pilot, lambda: "frame-6.sh holds frame 6" in told(pilot))
        await pilot.press("Y", "w")
        await until(pilot, lambda: "there is something at" in told(pilot))

    assert "websocat" in (tmp_path / "frame-6.sh").read_text()

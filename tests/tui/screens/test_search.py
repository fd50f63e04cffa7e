"""Searching all sessions in the dashboard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dashboards import dashboard, hub_on, shown, until
from drawing import draw
from recorded import record
from recordings import RecordingBuilder
from textual.pilot import Pilot

from hub.search.indexing import Index
from tui.screens.matrix import MatrixScreen
from tui.screens.search import SearchScreen
from tui.screens.session import SessionScreen
from tui.widgets.search_input import SearchInput


@asynccontextmanager
async def searching(
    path: Path, *, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Pilot[None], SearchScreen]]:
    """Show the search screen over a recording."""
    async with dashboard(path, size=size) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen) and pilot.app.screen.is_settled)
        screen = pilot.app.screen
        assert isinstance(screen, SearchScreen)
        yield pilot, screen


async def search_for(pilot: Pilot[None], screen: SearchScreen, text: str) -> None:
    await pilot.press(text[0])
    screen.query_one(SearchInput).value = text
    screen.query_one(SearchInput).cursor_position = len(text)
    await pilot.pause()
    await until(pilot, lambda: screen.is_settled)


async def test_what_is_typed_is_found_in_all_sessions(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        everything = screen.hits.length
        await search_for(pilot, screen, "booT")
        text = shown(pilot)

    assert everything == 18
    assert "3 hits" in text
    assert [line[1:20].split()[0] for line in text.splitlines()[4:7]] == ["#1", "#2", "#3"]


async def test_findings_outcomes_and_vendors_are_found(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        await search_for(pilot, screen, "rule:RPC-19 or vendor:cedar outcome:refused")
        found = [screen.hits.place(line) for line in range(screen.hits.length)]
        text = shown(pilot)

    assert found == [(1, 6), (1, 8), (3, 17), (3, 18)]
    assert "RPC-19" in text.splitlines()[-4]


async def test_enter_opens_the_session_at_that_message(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        await search_for(pilot, screen, "NotImplemented")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen) and pilot.app.screen.is_loaded)
        session = pilot.app.screen
        assert isinstance(session, SessionScreen)
        at = session.session_id, session.messages.frame_id
        await pilot.press("escape", "escape")

        assert at == (3, 18)
        assert isinstance(pilot.app.screen, MatrixScreen)
        assert pilot.app.screen.source.searched == "NotImplemented"


async def test_a_handshake_that_is_found_opens_as_one(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        await search_for(pilot, screen, "type:handshake not 101")
        text = shown(pilot)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen) and pilot.app.screen.is_loaded)

        assert "handshake" in text
        assert "404 Not Found" in text
        assert "GET /borealis/C%202" in shown(pilot)


async def test_tab_completes_with_what_there_is(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        await search_for(pilot, screen, "vend")
        await pilot.press("tab")
        offered = shown(pilot)
        await pilot.press("tab", "tab")
        await until(pilot, lambda: screen.is_settled)

        assert "vendor:Alder  vendor:Cedar" in offered
        assert screen.source.searched == "vendor:Cedar"
        assert screen.hits.length == 6


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_is_no_filter_yet_is_said_and_what_was_found_stays(event: Path, size: tuple[int, int]) -> None:
    async with searching(event, size=size) as (pilot, screen):
        await search_for(pilot, screen, "side:csms")
        before = screen.hits.length
        await pilot.press("space", "(")
        await pilot.pause()

        assert "at character 12 of the filter: something to look for is expected" in shown(pilot)
        assert screen.hits.length == before == 7


async def test_what_is_recorded_meanwhile_is_found(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder, hub_on(path):
        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"1","Authorize",{"idTag":"Apple"}]')
        async with searching(path) as (pilot, screen):
            await search_for(pilot, screen, "type:call apple")
            assert screen.hits.length == 1
            builder.say(session, '< [3,"1",{}]', '> [2,"2","Authorize",{"idTag":"apple pie"}]')
            await until(pilot, lambda: screen.hits.length == 2)

            assert "apple pie" in shown(pilot).splitlines()[5]


async def test_names_of_peers_cannot_act_on_the_screen(tmp_path: Path) -> None:
    path = record(
        tmp_path / "hostile.recording",
        draw('> [2,"1","\\u001b[31m[red]",{"x":"\u202e[bold]"}]', identity="[b]\x1b[2J", csms="[link]"),
    )

    async with searching(path) as (pilot, screen):
        await search_for(pilot, screen, "x=*")
        text = shown(pilot)

    assert "1 hit" in text
    assert not any(character in text for character in "\x1b\u202e")
    assert "[b]\\x1b[2J" in text


async def test_an_index_that_is_broken_meanwhile_is_made_anew(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        with Index(event) as index:
            index.connection.execute("DROP TABLE spoken")
        await search_for(pilot, screen, "NotImplemented")
        await until(pilot, lambda: screen.hits.length == 1)

        assert "NotImplemented" in shown(pilot).splitlines()[4]


async def test_a_recording_that_goes_away_is_said(event: Path) -> None:
    async with searching(event) as (pilot, screen):
        await asyncio.to_thread(event.unlink)
        await until(pilot, lambda: "there is no recording at" in shown(pilot))

        assert screen.hits.length == 18

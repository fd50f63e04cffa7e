"""Contesting a cell by key: over a recording, and over a hub that runs."""

import time
from pathlib import Path

from dashboards import dashboard, shown, until
from drawing import draw
from recorded import record
from textual.pilot import Pilot

from hub.feed import feed_app
from hub.note_desk import add_note_desk, ask_for_notes, read_notes
from hub.notes import Order
from hub.server import Hub, HubSettings
from tui.lines.text import CONTESTED
from tui.screens.contest import ContestScreen
from tui.screens.pair import PairScreen

SOON_S = 1.0


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("space" if each == " " else each for each in text))


async def contest(pilot: Pilot[None], name: str, text: str) -> None:
    await pilot.press("m")
    await type_in(pilot, name)
    await pilot.press("tab")
    await type_in(pilot, text)
    await pilot.press("enter")


async def test_m_contests_a_row_and_ctrl_r_resolves_it_in_plain_sight(event: Path) -> None:
    async with dashboard(event, size=(120, 40)) as pilot:
        await pilot.press("enter")
        outcome = "≠ deviated"
        assert outcome in shown(pilot)
        await contest(pilot, "Alder", "no it is")

        await until(pilot, lambda: f"{outcome}    {CONTESTED}" in shown(pilot))
        (note,) = read_notes(event)
        assert (note.author, note.text, note.session, note.action) == ("Alder", "no it is", 1, "MeterValues")
        assert note.frame is not None
        assert f"{CONTESTED} contested by" in shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: f"≠{CONTESTED} 3/4" in shown(pilot))
        await pilot.press("enter", "m")
        await type_in(pilot, "well")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: CONTESTED not in shown(pilot))
        assert outcome in shown(pilot)


async def test_the_session_screen_contests_the_message_under_the_cursor_and_shows_it_there(event: Path) -> None:
    async with dashboard(event, size=(140, 40)) as pilot:
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "RPC-19" in shown(pilot))
        await contest(pilot, "Alder", "ours")

        await until(pilot, lambda: f"{CONTESTED} MeterValues" in shown(pilot))
        await until(pilot, lambda: f"{CONTESTED} contested by Alder" in shown(pilot))
        (note,) = read_notes(event)
        assert (note.session, note.action) == (1, "MeterValues")
        assert note.frame is not None


async def test_who_says_nothing_notes_nothing(event: Path) -> None:
    async with dashboard(event, size=(120, 40)) as pilot:
        await pilot.press("enter", "m", "enter")

        assert isinstance(pilot.app.screen, ContestScreen)
        assert "say who you are" in shown(pilot)
        await type_in(pilot, "me")
        await pilot.press("enter")
        assert "say why" in shown(pilot)
        await pilot.press("ctrl+r")
        assert "there is no open note under the cursor" in shown(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, PairScreen)
        assert read_notes(event) == []


async def test_what_is_noted_elsewhere_is_seen_within_a_second_while_a_hub_records(tmp_path: Path) -> None:
    path = record(tmp_path / "hub.recording", draw())
    app = feed_app(path)
    add_note_desk(app)
    async with (
        Hub(HubSettings(recording=path, csmses={"acme": "ws://127.0.0.1:1"}, port=0), app=app) as hub,
        dashboard(path, size=(120, 40), clock=time.time_ns) as pilot,
    ):
        await ask_for_notes(hub.url, Order(author="Volt", text="[red]ours", session=1, action="Connect"))
        began = time.monotonic()

        await until(pilot, lambda: f"{CONTESTED} contested by Volt" in shown(pilot))
        assert time.monotonic() - began < SOON_S
        assert "[red]ours" in shown(pilot)
        await pilot.press("enter", "m")
        await type_in(pilot, "me")
        await pilot.press("tab", "x", "enter")
        await until(pilot, lambda: len(read_notes(path)) == 2)
        assert read_notes(path)[1].author == "me"

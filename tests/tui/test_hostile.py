import json
import unicodedata
from pathlib import Path

import pytest
from dashboards import dashboard, shown, until
from recordings import RecordingBuilder
from textual.pilot import Pilot
from textual.widgets import Input

from matrix.trace import Opcode, Side
from tui.screens.changes import ChangesScreen
from tui.screens.session import SessionScreen

NASTY = "[@click=app.quit]x[/]\x1b]0;pwned\x07\x1b[2J\x9b31m\u202eevil\u2066\x00\r\n\ud800[bold red]"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A station and a CSMS that put control codes and markup wherever they can."""
    path = tmp_path / "hostile.recording"
    with RecordingBuilder(path) as builder:
        speakable = NASTY.replace("\ud800", "")
        session = builder.session(speakable, speakable, chosen="ocpp1.6")
        boot = {"chargePointVendor": NASTY, "chargePointModel": NASTY, "firmwareVersion": NASTY}
        builder.say(session, "> " + json.dumps([2, NASTY, "BootNotification", boot]))
        builder.say(session, f'> [2,"{speakable}","{speakable}",{{"{speakable}":"{speakable}"}}]')
        builder.say(
            session, "> " + json.dumps([2, "9", NASTY, {NASTY: [NASTY]}]), "< " + json.dumps([4, "9", NASTY, NASTY])
        )
        builder.frame(session, Side.STATION, speakable.encode(), opcode=Opcode.BINARY)
        builder.frame(session, Side.CSMS, b"\x03\xe8" + speakable.encode(), opcode=Opcode.CLOSE)
        builder.frame(session, Side.CSMS, b"", opcode=Opcode.UNREAD, unread=speakable)
        builder.refuse(speakable, speakable, offered="ocpp1.6", status=404, reason=speakable, body=speakable)
    return path


def assert_harmless(pilot: Pilot[None]) -> None:
    bad = [
        character
        for character in shown(pilot).replace("\n", "")
        if unicodedata.category(character) in {"Cc", "Cf", "Cs"}
    ]
    styles = [part.style for strip in pilot.app.screen._compositor.render_strips() for part in strip if part.style]

    assert not bad
    assert not [style for style in styles if style.meta.get("@click") or style.link]


async def test_nothing_of_it_reaches_the_screen_as_a_control_code_or_an_action(hostile: Path) -> None:
    async with dashboard(hostile, size=(160, 50)) as pilot:
        assert_harmless(pilot)
        assert "[@click=app.quit]x[/]" in shown(pilot)
        for key in ("t", "t", "slash", "x", "enter", "escape", "enter", "tab", "tab", "enter"):
            await pilot.press(key)
            assert_harmless(pilot)

        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: screen.is_loaded)
        await pilot.press("home")
        for key in ("down",) * 8 + ("i", "i", "y"):
            await pilot.press(key)
            assert_harmless(pilot)
        assert not any(unicodedata.category(each) in {"Cc", "Cf"} for each in pilot.app.clipboard.replace("\n", ""))


async def test_a_refusal_with_control_codes_is_harmless_too(hostile: Path) -> None:
    async with dashboard(hostile, size=(160, 50)) as pilot:
        front = pilot.app.screen
        screen = SessionScreen(front.source, 2)  # type: ignore[attr-defined]  # the app under test
        front.go(screen)  # type: ignore[attr-defined]  # the app under test
        await until(pilot, lambda: screen.is_loaded)

        assert "404" in shown(pilot)
        assert_harmless(pilot)


async def test_forty_levels_of_nesting_are_laid_out(tmp_path: Path) -> None:
    path = tmp_path / "deep.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        [frame] = builder.say(session, '> [2,"1","DataTransfer",' + '{"a":' * 40 + "1" + "}" * 40 + "]")
    async with dashboard(path, size=(100, 30)) as pilot:
        front = pilot.app.screen
        screen = SessionScreen(front.source, session, frame)  # type: ignore[attr-defined]  # the app under test
        front.go(screen)  # type: ignore[attr-defined]  # the app under test
        await until(pilot, lambda: screen.is_loaded)

        assert '"a": {' in shown(pilot)


async def test_nothing_of_it_reaches_the_screens_of_findings_either(hostile: Path, tmp_path: Path) -> None:
    rules = tmp_path / "event.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "off"\nreason = "\\u001b[31m [red]x[/]"\n', encoding="utf-8")
    async with dashboard(hostile, size=(160, 50)) as pilot:
        for key in ("f", "down", "end", "home", "v", "v", "escape", "down", "enter", "down", "r", "escape", "enter"):
            await pilot.press(key)
            assert_harmless(pilot)
        await pilot.press("R")
        pilot.app.screen.query_one(Input).value = str(rules)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangesScreen))
        assert_harmless(pilot)
        await pilot.press("escape", "f", "end")
        assert_harmless(pilot)
        assert "[red]x[/]" in shown(pilot)

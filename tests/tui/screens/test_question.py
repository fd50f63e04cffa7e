from pathlib import Path

from dashboards import dashboard, shown, until
from plugfest_floor import ACCEPTED, NUMBER, Floor
from recorded import record

from tui.screens.findings import FindingsScreen
from tui.screens.question import QuestionScreen
from tui.screens.rule import RuleScreen


async def test_questions_to_the_standard_stand_below_what_to_fix_and_say_whose_they_are(tmp_path: Path) -> None:
    floor = Floor()
    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "acme", NUMBER, ACCEPTED)
    path = record(tmp_path / "shared.recording", *floor.sessions)

    async with dashboard(path, size=(120, 30)) as pilot:
        await pilot.press("f", "end")
        listed = shown(pilot)
        await pilot.press("r")
        is_rule = isinstance(pilot.app.screen, RuleScreen)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, QuestionScreen))
        text = shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindingsScreen))

    assert "§ RPC-19   StatusNotification /connectorId  stations of 3 vendors do otherwise" in listed
    assert is_rule
    assert "╭─ question to the standard ─" in text
    assert "RPC-19 StatusNotification /connectorId  OCPP 1.6" in text
    assert "Beta Two  session 2, frame" in text

from pathlib import Path

from dashboards import dashboard, shown, until
from plugfest_floor import ACCEPTED, NUMBER, Floor
from recorded import record

from tui.screens.errata import ErrataScreen
from tui.screens.matrix import MatrixScreen


async def test_questions_to_the_standard_are_a_command_of_the_matrix(tmp_path: Path) -> None:
    floor = Floor()
    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "acme", NUMBER, ACCEPTED)
    path = record(tmp_path / "shared.recording", *floor.sessions)

    async with dashboard(path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, MatrixScreen)
        command = next(each for each in screen.commands() if each.title == "Questions to the standard")
        command.callback()
        await until(pilot, lambda: isinstance(pilot.app.screen, ErrataScreen))
        text = shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)

    assert "RPC-19 StatusNotification /connectorId  OCPP 1.6" in text
    assert "stations of 3 vendors do otherwise" in text
    assert "Beta Two  session 2, frame" in text

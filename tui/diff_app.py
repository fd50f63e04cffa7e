"""`plugfest diff --screen`: two recordings side by side, on a screen of their own."""

from pathlib import PurePath
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tui.lines.contrast import readable_variables
from tui.reading.side_by_side import SideBySide
from tui.screens.diff import DiffScreen


class DiffApp(App[None]):
    """Shows what is compared until it is left."""

    TITLE = "plugfest diff"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit")]

    def __init__(self, compared: SideBySide, *, with_secrets: bool = False) -> None:
        super().__init__()
        self._compared = compared
        self._with_secrets = with_secrets

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        return variables | readable_variables(variables)

    def on_mount(self) -> None:
        self.push_screen(DiffScreen(self._compared, with_secrets=self._with_secrets), lambda _: self.exit())

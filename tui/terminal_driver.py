"""How the dashboard writes to its terminal: one that is closed takes nothing down with it.

Textual's thread that writes dies of the first error, and all that waits for it waits for ever; the one that reads makes
a crash of it; and it takes a terminal again at each SIGCONT, which a hangup brings along (Textual 8,
`textual.drivers.linux_driver`).
"""

import os
from contextlib import suppress
from typing import IO, Any, Final

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

HUNG_UP: Final = 129
"""The exit code of a shell whose terminal is gone."""


class Outlet:
    """A terminal that may be gone: what is written to it then is dropped."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class SteadyDriver(LinuxDriver):
    """Textual's driver, for a terminal that may be closed."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._file: Any = Outlet(self._file)

    def run_input_thread(self) -> None:
        """Read keys until the end; a terminal that is gone is the end."""
        try:
            super().run_input_thread()
        except OSError:
            self._app.call_later(self._app.exit, None, HUNG_UP)

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again, where there is one."""
        if os.isatty(self.fileno):
            super()._sigcont_application()


def steady(driver: type[Driver]) -> type[Driver]:
    """Return the driver to take in the place of one that Textual chose; a driver that somebody else chose stays."""
    return SteadyDriver if driver is LinuxDriver else driver

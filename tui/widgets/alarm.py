"""The banner of every screen while a hub relays and does not record."""

from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class Alarm(Static):
    """Says why nothing is recorded; takes no room while something is. `reason` has been made safe."""

    reason: reactive[str] = reactive("")

    class Mounted(Message):
        """There is a banner that does not know yet what it has to say."""

        def __init__(self, alarm: "Alarm") -> None:
            super().__init__()
            self.alarm = alarm

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_mount(self) -> None:
        self.post_message(self.Mounted(self))

    def watch_reason(self, reason: str) -> None:
        self.set_class(bool(reason), "-raised")
        self.update(f"NOT RECORDING: {reason}" if reason else "")

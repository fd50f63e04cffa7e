"""How the page's process says no to what a viewer asks for."""

from typing import Final

BAD: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
LATER: Final = 503
"""The page asks again by itself."""
NOT_THERE: Final = "the recording has no such thing, or cannot be read"
OUTCOMES_ONLY: Final = "this page shows outcomes, and not what was said"


class RefusedError(Exception):
    """A question that is answered with an error's status; the message says why, `hidden` does so for the log only."""

    def __init__(self, status: int, sentence: str, hidden: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.hidden = hidden

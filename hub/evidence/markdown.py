"""Peers' words in Markdown: as code, so that none of them is a link, a mention, a heading or HTML."""

import re
from typing import Final

from matrix.safe import safe

_BACKTICKS: Final = re.compile("`+")
LONGEST: Final = 4_000
"""Characters of a message that are shown."""


def code(text: str, limit: int = 400) -> str:
    """Return a text as a code span: one line, and safe for a screen."""
    shown = safe(text, limit)
    if not shown.strip():
        return "(nothing)"
    fence = "`" * (_longest(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(text: str, language: str = "", limit: int = LONGEST) -> str:
    """Return a text of several lines as a fenced block that nothing in it can end."""
    shown = "\n".join(safe(line) for line in text[:limit].split("\n"))
    if len(text) > limit:
        shown += f"\n… {len(text) - limit} characters more"
    fence = "`" * max(3, _longest(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)

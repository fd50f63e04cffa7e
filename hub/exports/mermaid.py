"""A session as a Mermaid sequence diagram."""

import re
from collections.abc import Iterator
from typing import Final

from hub.exports.contents import Contents
from hub.exports.steps import Arrow, Step, steps_of
from matrix.safe import safe
from matrix.trace import Side

NAMES: Final = {Side.STATION: "S", Side.CSMS: "C"}
PLACES: Final = {Side.STATION: "left of S", Side.CSMS: "right of C"}
SHORT: Final = 60
_SPECIAL: Final = re.compile(r"[#;<>&%$`\\]|\bend\b")
"""What Mermaid, or the HTML that it makes, may take for more than a letter: written as an entity of Mermaid's."""


def mermaid(contents: Contents) -> Iterator[bytes]:
    """Yield the lines of the diagram."""
    (session,) = contents.sessions.values()
    yield b"sequenceDiagram\n"
    for side, name in ((Side.STATION, session.identity), (Side.CSMS, session.csms)):
        yield f"    participant {NAMES[side]} as {_text(safe(name, SHORT)) or '-'}\n".encode()
    for step in steps_of(contents):
        for line in _lines(step):
            yield f"    {line}\n".encode()


def _lines(step: Step) -> Iterator[str]:
    if not isinstance(step, Arrow):
        yield f"Note over S,C: {_text(step.text)}"
        return
    arrow = ("--" if step.is_answer else "-") + ("x" if step.is_error else ">>")
    words = f"{step.name} {step.detail}".strip()
    yield f"{NAMES[step.side]}{arrow}{NAMES[step.side.other]}: {_text(safe(words, SHORT)) or '-'}"
    for each in step.findings:
        yield f"Note {PLACES[each.side]}: {_text(safe(f'{each.rule} {each.severity}: {each.text}'))}"


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"#{ord(match[0][0])};{match[0][1:]}", text)

"""What a shell offers for a filter: by the completion of the dashboard's search, of what a recording tells at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Final

from hub.errors import HubError
from hub.recording.database import DatabaseError
from hub.recording.reading import Recording
from hub.search.annotator import Annotator
from hub.search.completion import Vocabulary, complete
from hub.search.entry import About
from hub.search.fields import FIELDS
from matrix.dialect import SUBPROTOCOLS, dialect
from matrix.rule import all_rules
from matrix.trace import Session, mark_of

READING_S: Final = 0.25
"""How long a recording is read for what stations say of themselves; the sessions after that are known by name only."""
FIRST: Final = 1_000
"""Frames from a session's opening on in which a station says what it is, whatever else is recorded meanwhile."""

_PRODUCTS: Final = ("vendor", "model", "firmware")
_NAMES: Final = ("identity", "csms", "session")


def offers(text: str, vocabulary: Vocabulary) -> list[str]:
    """Return what a filter may become by its last word, as a shell wants it.

    A shell puts in what all offers have in common: so all are returned, those only that go on from what is typed, and
    where a field's name is all that there is, its values or its operators, which no space and no quote is put after.
    """
    found = _going_on(text, complete(text, vocabulary, every=True))
    if len(found) == 1 and found[0].endswith(":"):
        return complete(found[0], vocabulary, every=True) or _compared(found[0][:-1])
    return found


def _going_on(text: str, found: list[str]) -> list[str]:
    begun = [each for each in found if _bare(each).startswith(_bare(text))]
    return begun or (found if len(found) == 1 else [])


def _bare(text: str) -> str:
    return text.replace('"', "").casefold()


def _compared(text: str) -> list[str]:
    """Return a text whose last word is the name of a field, with each operator that it may have."""
    field = next(field for name, field in FIELDS.items() if text.endswith(name))
    return [text + operator for operator in (":=><" if field.can_order else ":=")]


class Known(Mapping[str, Sequence[str]]):
    """The values by field; of a recording what it says at once, and nothing where it cannot be read as it is."""

    def __init__(self, recording: Path | None) -> None:
        self._recording = recording

    def __getitem__(self, field: str) -> Sequence[str]:
        match field:
            case "action":
                return sorted({action for version in SUBPROTOCOLS.values() for action in dialect(version).actions})
            case "rule":
                return [rule.code for rule in all_rules() if not rule.undecidable]
            case "session":
                return [str(session.id) for session in self._sessions]
            case "identity" | "csms":
                return _distinct(getattr(session, field) for session in self._sessions)
            case "vendor" | "model" | "firmware":
                return _distinct(getattr(each, field) for each in self._products)
        raise KeyError(field)

    def __iter__(self) -> Iterator[str]:
        return chain(("action", "rule"), _NAMES, _PRODUCTS)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def _sessions(self) -> list[Session]:
        with suppress(HubError, DatabaseError, OSError):
            if self._recording is not None:
                with Recording.open(self._recording) as recording:
                    return recording.sessions()
        return []

    @cached_property
    def _products(self) -> list[About]:
        annotator, until = Annotator(), monotonic() + READING_S
        with suppress(HubError, DatabaseError, OSError):
            if self._recording is not None and self._sessions:
                with Recording.open(self._recording) as recording:
                    _introduce(annotator, recording, self._sessions, until)
        return [*annotator.about.values()]


def _introduce(annotator: Annotator, recording: Recording, sessions: list[Session], until: float) -> None:
    """Read how sessions begin, and nothing between, as long as there is time."""
    read = 0
    for opened in sorted(mark for session in sessions if (mark := recording.marks(session.id)[0])):
        if monotonic() > until:
            return
        if opened > read:
            batch = recording.traffic(opened - 1, limit=FIRST)
            for item in batch:
                annotator.feed(item)
            read = mark_of(batch[-1])


def _distinct(values: Iterator[str]) -> list[str]:
    return sorted({value for value in values if value}, key=str.lower)

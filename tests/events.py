"""Drawings put together into one recording: an event with many stations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from matrix.trace import Disturbed, Frame, Session, Traffic, mark_of, time_of

DAY_NS: Final = 86_400_000_000_000
MANY: Final = 1_000
"""More sessions than a drawing has."""


def event_of(drawings: Sequence[Sequence[Traffic]], *, overlapping: bool = False) -> list[Traffic]:
    """Return drawings as one recording, a day apart or all at once; stations of two drawings are never the same."""
    items = [
        (number, mark_of(item), moved)
        for number, drawing in enumerate(drawings)
        for item, moved in zip(drawing, _moved(drawing, number, 0 if overlapping else number * DAY_NS), strict=True)
    ]
    items.sort(key=lambda each: time_of(each[2]))  # stable: what is of one drawing stays in its order
    marks: list[dict[int, int]] = [{} for _ in drawings]
    for place, (number, mark, _) in enumerate(items, start=1):
        marks[number][mark] = place
    return [_marked(item, mark, marks[number]) for number, mark, item in items]


def _moved(drawing: Sequence[Traffic], number: int, shift_ns: int) -> Iterator[Traffic]:
    """Yield a drawing with other sessions, identities and times."""
    for item in drawing:
        if isinstance(item, Frame | Disturbed):
            yield msgspec.structs.replace(item, session=number * MANY + item.session, at=item.at + shift_ns)
        else:
            yield msgspec.structs.replace(item, session=_moved_session(item.session, number, shift_ns))


def _moved_session(session: Session, number: int, shift_ns: int) -> Session:
    times = {
        name: None if at is None else at + shift_ns
        for name in ("opened_at", "answered_at", "closed_at")
        for at in (getattr(session, name),)
    }
    return msgspec.structs.replace(
        session, id=number * MANY + session.id, identity=f"{session.identity}-{number}", **times
    )  # fmt: skip


def _marked(item: Traffic, mark: int, marks: Mapping[int, int]) -> Traffic:
    """Return an item at its new place in the order of recording, naming others by theirs."""
    if isinstance(item, Frame):
        return msgspec.structs.replace(item, id=marks[mark])
    if isinstance(item, Disturbed):
        frame = None if item.frame is None else marks.get(item.frame)
        return msgspec.structs.replace(item, mark=marks[mark], number=marks[item.number], frame=frame)
    return msgspec.structs.replace(item, mark=marks[mark])

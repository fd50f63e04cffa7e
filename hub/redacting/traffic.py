"""The items of a recording with pseudonyms in them, in about their order."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hub.redacting.frames import FrameRedactor
from hub.redacting.redactor import Redactor
from hub.redacting.sessions import redacted_session, redacted_step
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic

_OF_THE_END: Final = ("closed_at", "closed_by", "ending", "station_close", "csms_close")


def redacted_traffic(redactor: Redactor, traffic: Iterable[Traffic]) -> Iterator[Traffic]:
    """Yield traffic with pseudonyms in it; fragments come once their message is whole, all else in its order."""
    frames = FrameRedactor(redactor)
    opened: dict[int, Session] = {}
    for item in traffic:
        match item:
            case Frame():
                yield from frames.take(item)
            case Opened(mark, session):
                opened[session.id] = redacted_session(redactor, session)
                yield Opened(mark, opened[session.id])
            case Closed(mark, session):
                yield Closed(mark, _ended(redactor, session, opened.pop(session.id, None)))
            case Disturbed():
                yield redacted_step(redactor, item)
    yield from frames.rest()


def _ended(redactor: Redactor, session: Session, opened: Session | None) -> Session:
    """Return a session at its end: what it was opened with has been redacted, and counted, before."""
    if opened is None:
        return redacted_session(redactor, session)
    end = {name: getattr(session, name) for name in _OF_THE_END}
    fault = None if session.fault is None else redactor.sentence(session.fault)
    return msgspec.structs.replace(opened, fault=fault, **end)

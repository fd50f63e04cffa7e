"""The items of a recording with pseudonyms in them, in about their order."""

from collections.abc import Iterable, Iterator

import msgspec

from hub.redacting.frames import FrameRedactor
from hub.redacting.redactor import Redactor
from hub.redacting.sessions import redacted_session, redacted_step
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic


def redacted_traffic(redactor: Redactor, traffic: Iterable[Traffic]) -> Iterator[Traffic]:
    """Yield traffic with pseudonyms in it; fragments come once their message is whole, all else in its order."""
    frames = FrameRedactor(redactor)
    for item in traffic:
        match item:
            case Frame():
                yield from frames.take(item)
            case Opened(mark, session):
                yield Opened(mark, redacted_session(redactor, session))
            case Closed(mark, session):
                yield Closed(mark, _ended(redactor, session))
            case Disturbed():
                yield redacted_step(redactor, item)
    yield from frames.rest()


def _ended(redactor: Redactor, session: Session) -> Session:
    """Redact what the end of a session adds to it: the hub's sentence. All else was redacted when it was opened."""
    return (
        session if session.fault is None else msgspec.structs.replace(session, fault=redactor.sentence(session.fault))
    )

"""What is to be exported: sessions of a recording, with what the judge found in them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import msgspec

from hub.exports.fragments import Fragments
from hub.recording.reading import Recording
from hub.session_file import Head, Part, session_parts, traffic_of
from matrix.finding import Finding
from matrix.secrets import masked, masked_frame
from matrix.trace import Frame, Session, Traffic, mark_of, session_of

TOLD_EVERY: Final = 1_000
"""Items after which it is told how far an export is."""
SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Findings:
    """What the judge found, by where it is shown."""

    by_place: Mapping[tuple[int, int | None], tuple[Finding, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Findings":
        by_place: dict[tuple[int, int | None], tuple[Finding, ...]] = {}
        for each in findings:
            place = (each.session, each.frame)
            by_place[place] = (*by_place.get(place, ()), each)
        return cls(by_place)

    def at(self, frame: Frame) -> tuple[Finding, ...]:
        """Return what a frame shows."""
        return self.by_place.get((frame.session, frame.id), ())

    def of_handshake(self, session: int) -> tuple[Finding, ...]:
        """Return what a session's handshake shows, or what no frame of it does."""
        return self.by_place.get((session, None), ())


@dataclass(frozen=True, slots=True)
class Contents:
    """Sessions of a recording, by their numbers in the order of recording, as they are until a mark.

    `advance_to` is told how far an export is, as the mark that it has come to. `left_out` counts, under a name for
    each, what a format cannot hold, and `hidden` the frames of which it tells no secrets.
    """

    recording: Recording
    sessions: Mapping[int, Session]
    until: int
    findings: Findings = Findings()
    with_secrets: bool = False
    advance_to: Callable[[int], object] = lambda _mark: None
    left_out: Counter[str] = field(default_factory=Counter)
    hidden: Counter[int] = field(default_factory=Counter)
    fragments: Fragments = field(default_factory=Fragments)

    def one(self, session: int) -> "Contents":
        """Return the same with one of the sessions alone."""
        return replace(self, sessions={session: self.sessions[session]})

    def traffic(self) -> Iterator[Traffic]:
        """Yield what was recorded of the sessions, in the order of recording."""
        for number, item in enumerate(self.fragments.ahead(self._items())):
            if session_of(item) in self.sessions and mark_of(item) <= self.until:
                yield item
            if number % TOLD_EVERY == 0:
                self.advance_to(mark_of(item))

    def _items(self) -> Iterator[Traffic]:
        if len(self.sessions) == 1:
            return traffic_of(*session_parts(self.recording, *self.sessions))
        return chain.from_iterable(self.recording.batches(self.until))

    def apart(self) -> Iterator[tuple[Head, Iterator[Part]]]:
        """Yield the sessions one after the other, each with all that it consists of."""
        for session in self.sessions:
            head, parts = session_parts(self.recording, session)
            yield head, self.fragments.ahead(parts)
            self.advance_to(head.closed_mark or 0)

    def shown(self, frame: Frame) -> Frame:
        """Return a frame as it may be told: without secrets, unless they were asked for."""
        if self.with_secrets:
            return frame
        payload = self.fragments.payload(frame)
        shown = masked_frame(frame) if payload is None else msgspec.structs.replace(frame, payload=payload)
        if shown.payload == frame.payload:
            return frame
        self.hidden[frame.session] += 1
        return shown

    def shown_text(self, frame: Frame, text: str) -> str:
        """Return the text of a message that ends with a frame as it may be told."""
        shown = text if self.with_secrets else masked(text)
        self.hidden[frame.session] += shown != text
        return shown


def iso(at: int, *, digits: int = 9) -> str:
    """Write nanoseconds since the epoch as RFC 3339 does, in UTC: `2026-11-01T10:00:00.123456789Z`."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=at // SECOND_NS)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % SECOND_NS:09}"[: 20 + digits] + "Z"

"""Reading a recording: whoever wants its traffic asks here. What writes traffic is in hub/writing/batch.py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import msgspec

from hub.recording.rows import FRAME_COLUMNS, SESSION_AND_PLAYED, RecordingError, Rows
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Replay, Session, Side, Traffic, mark_of

BATCH: Final = 5_000
"""Frames read at once by `Recording.traffic`: large enough to be cheap, small enough to show progress."""

_OF_SESSION: Final = (
    "session = :session AND id > max(:after, coalesce((SELECT opened_mark FROM session WHERE id = :session), 0))"
    " AND id < min(:before, coalesce((SELECT closed_mark FROM session WHERE id = :session), :before))"
)
"""The frames of a session between two marks, without an index: a range of ids, which its own marks bound."""
_END: Final = 2**63 - 1

BATCH_BYTES: Final = 16 << 20
"""Payload read at once: what one large message may have is enough for a batch."""

_HANDSHAKE_ONLY: Final = {
    "closed_at": None, "closed_by": None, "ending": None, "station_close": None, "csms_close": None
}  # fmt: skip


class Beginning(msgspec.Struct, frozen=True):
    """Bytes of a frame that was not complete yet: as on the wire, those that came together at `at` (ns)."""

    side: Side
    at: int
    bytes: bytes


class Recording(Rows):
    """A recording, open for reading: sessions, frames and the traffic as the judge wants it."""

    # -- traffic, for the judge ---------------------------------------------------------------------------------------

    def traffic(self, after: int = 0, *, limit: int = BATCH) -> list[Traffic]:
        """Return what was recorded after the mark `after`, in order; [] at the end.

        It is at most about `limit` items, and fewer where they are large. Continue with the `mark` (or frame id) of the
        last one.
        """
        with self._snapshot():
            items: list[Traffic] = []
            until, size = _END, 0
            for frame in self._frames("WHERE id > ? ORDER BY id LIMIT ?", after, limit):
                items.append(frame)
                size += len(frame.payload)
                if len(items) == limit or size > BATCH_BYTES:
                    until = frame.id
                    break
            items += self._session_events(after, until)
            items += self._disturbances("WHERE id > ? AND id < ?", after, until)
        items.sort(key=mark_of)
        return items

    def all_traffic(self) -> Iterator[Traffic]:
        """Yield everything that is recorded, in order, batch by batch."""
        for batch in self.batches():
            yield from batch

    def batches(self, until: int = _END) -> Iterator[list[Traffic]]:
        """Yield everything that is recorded until a mark, in order, some thousands of items at a time."""
        after = 0
        while after < until and (batch := self.traffic(after)):
            after = mark_of(batch[-1])
            wanted = batch if after <= until else [item for item in batch if mark_of(item) <= until]
            if wanted:
                yield wanted

    def last_mark(self) -> int:
        """Return the mark of the newest item, 0 where nothing is recorded."""
        (mark,) = self._row(
            "SELECT max(coalesce((SELECT max(id) FROM frame), 0), coalesce((SELECT max(opened_mark) FROM session), 0),"
            " coalesce((SELECT max(closed_mark) FROM session), 0), coalesce((SELECT max(id) FROM disturbance), 0))"
        )
        if not isinstance(mark, int):
            raise RecordingError(f"{self.name!r} is damaged: {mark!r} is no place in the order of recording")
        return mark

    def last_at(self) -> int:
        """Return when the newest frame was recorded, in nanoseconds; 0 where there is none."""
        return next((at for (at,) in self._rows("SELECT at FROM frame ORDER BY id DESC LIMIT 1") if type(at) is int), 0)

    def _session_events(self, after: int, until: int) -> Iterator[Traffic]:
        for column in ("opened_mark", "closed_mark"):
            query = f"SELECT {column}, {SESSION_AND_PLAYED} FROM session WHERE {column} > ? AND {column} < ?"
            for mark, *row in self._rows(query, after, until):
                session = self._session_of(row)
                if column == "closed_mark":
                    yield Closed(mark, session)
                else:
                    yield Opened(mark, handshake_of(session))

    # -- sessions and frames, for people ------------------------------------------------------------------------------

    def sessions(self) -> list[Session]:
        """Return all sessions, also those whose handshake is still going on, oldest first."""
        return [self._session_of(row) for row in self._rows(f"SELECT {SESSION_AND_PLAYED} FROM session ORDER BY id")]

    def session(self, session: int) -> Session:
        """Return one session.

        Raises:
            RecordingError: there is no such session.
        """
        for row in self._rows(f"SELECT {SESSION_AND_PLAYED} FROM session WHERE id = ?", session):
            return self._session_of(row)
        raise RecordingError(f"there is no session {session} in {self.name!r}")

    def frame(self, frame: int) -> Frame:
        """Return one frame.

        Raises:
            RecordingError: there is no such frame.
        """
        for found in self._frames("WHERE id = ?", frame):
            return found
        raise RecordingError(f"there is no frame {frame} in {self.name!r}")

    def frames(self, session: int, *, after: int = 0) -> Iterator[Frame]:
        """Yield the frames of one session in order."""
        while batch := self.frames_page(session, after=after):
            yield from batch
            after = batch[-1].id

    def frames_page(self, session: int, *, after: int = 0, limit: int = BATCH) -> list[Frame]:
        """Return up to `limit` frames of one session that come after a frame id."""
        query = f"WHERE {_OF_SESSION} ORDER BY id LIMIT :limit"
        return [*self._frames(query, session=session, after=after, before=_END, limit=limit)]

    def frame_ids(self, session: int, *, after: int = 0, containing: str = "", control: bool = True) -> list[int]:
        """Return the ids of a session's frames; only those whose payload contains a text (any case), if given."""
        where = _OF_SESSION
        if not control:
            where += f" AND opcode < {Opcode.CLOSE}"
        if containing:
            where += " AND instr(lower(payload), lower(:containing))"
        # in one row: Python may hand the interpreter to another thread at each, and wait 5 ms to have it back
        query = f"SELECT group_concat(id) FROM frame WHERE {where}"
        values = {"session": session, "after": after, "before": _END, "containing": containing}
        (ids,) = next(self._rows(query, **values))
        return sorted(map(int, ids.split(","))) if ids else []

    def frames_by_id(self, ids: Sequence[int]) -> list[Frame]:
        """Return the frames with these ids, in the order of their ids; ids that do not exist are left out."""
        frames: list[Frame] = []
        remaining = iter(ids)
        while some := list(islice(remaining, 500)):
            marks = ",".join("?" * len(some))
            frames += self._frames(f"WHERE id IN ({marks}) ORDER BY id", *some)
        return frames

    def frame_ids_before(self, session: int, frame: int, limit: int) -> list[int]:
        """Return the ids of up to `limit` frames of a session that come before a frame, the latest first."""
        query = f"SELECT id FROM frame WHERE {_OF_SESSION} ORDER BY id DESC LIMIT :limit"
        return [number for (number,) in self._rows(query, session=session, after=0, before=frame, limit=limit)]

    def heads(self, ids: Sequence[int], *, characters: int = 512) -> list[Frame]:
        """Return frames as `frames_by_id` does, each payload cut to its first characters (or bytes)."""
        columns = FRAME_COLUMNS.replace("payload", f"coalesce(substr(payload, 1, {characters:d}), payload)")
        marks = ",".join("?" * len(ids))
        return [*self._frames(f"WHERE id IN ({marks}) ORDER BY id", *ids, columns=columns)]

    def frame_counts(self) -> dict[int, int]:
        """Return the number of frames per session."""
        return dict(self._rows("SELECT session, count(*) FROM frame GROUP BY session"))

    def pending(self) -> list[Session]:
        """Return the sessions whose handshake is not over, or was not when the hub was killed."""
        query = f"SELECT {SESSION_AND_PLAYED} FROM session WHERE opened_mark IS NULL ORDER BY id"
        return [self._session_of(row) for row in self._rows(query)]

    def sites(self) -> dict[int, str]:
        """Return which hub recorded each session, where that is said: in what was merged."""
        return dict(self._rows("SELECT id, site FROM session WHERE site IS NOT NULL"))

    def disturbances(self, session: int | None = None) -> list[Disturbed]:
        """Return the steps of what was done to a session (None: to all) on purpose, in order."""
        if session is None:
            return [*self._disturbances("ORDER BY id")]
        return [*self._disturbances("WHERE session = ? ORDER BY id", session)]

    def marks(self, session: int) -> tuple[int | None, int | None]:
        """Return where a session was opened and closed in the order of recording; None where it was not yet."""
        return next(self._rows("SELECT opened_mark, closed_mark FROM session WHERE id = ?", session), (None, None))

    def beginnings(self, session: int) -> list[Beginning]:
        """Return the bytes of a session's frames that are not complete yet, in the order in which they came."""
        query = "SELECT side, at, bytes FROM partial WHERE session = ? ORDER BY id"
        rows = [dict(zip(Beginning.__struct_fields__, row, strict=True)) for row in self._rows(query, session)]
        try:
            return msgspec.convert(rows, list[Beginning], builtin_types=(bytes,))
        except ValueError as exc:
            raise RecordingError(f"the beginnings of frames in {self.name!r} are damaged: {exc}") from exc

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Let several of the calls for sessions and frames see the same, whatever a hub writes meanwhile."""
        with self._snapshot():
            yield

    def notes(self) -> list[Note]:
        """Return what people said about cells, oldest first."""
        return [*self._notes()]

    def replays(self) -> dict[int, Replay]:
        """Return which sessions were replayed, from what."""
        rows = self._rows("SELECT session, recording, origin, origin_at, side, speed FROM replay")
        return {row[0]: msgspec.convert(dict(zip(Replay.__struct_fields__, row, strict=True)), Replay) for row in rows}

    def improvised(self, session: int) -> list[tuple[str, str]]:
        """Return message id and action of the answers of a replayed session that no recording had."""
        query = "SELECT message_id, action FROM improvised WHERE session = ? ORDER BY rowid"
        return [(message_id, action) for message_id, action in self._rows(query, session)]

    def has_frame_index(self) -> bool:
        """Tell whether frames are indexed by session, as `plugfest judge --save` leaves them."""
        return any(True for _ in self._rows("SELECT 1 FROM sqlite_master WHERE name = 'frame_session'"))

    # -- verdicts that were kept --------------------------------------------------------------------------------------

    def kept_judging(self) -> tuple[str, int, str, str] | None:
        """Return by which rules the kept verdicts were made, until which mark, those rules and the policy, as JSON."""
        query = "SELECT ruleset, until, rules, policy FROM judging ORDER BY id DESC LIMIT 1"
        return next(self._rows(query), None)

    def kept_findings(self) -> Iterator[tuple[Any, ...]]:
        """Yield the kept findings: rule, severity, side, session, frame, action, pointer, text."""
        return self._rows("SELECT rule, severity, side, session, frame, action, pointer, text FROM finding ORDER BY id")

    def kept_outcomes(self) -> Iterator[tuple[Any, ...]]:
        """Yield the kept outcomes: vendor, model, identity, csms, version, action, outcome."""
        return self._rows("SELECT vendor, model, identity, csms, version, action, outcome FROM outcome ORDER BY id")


def handshake_of(session: Session) -> Session:
    """Return a session as it was when its handshake was over."""
    return msgspec.structs.replace(session, **_HANDSHAKE_ONLY)

"""An index that follows a recording: brought up to its end in steps, by whoever wants to search, never by the hub.

Each step is one transaction that begins where the file says that the last one ended, so that two programs may take
turns. Whatever is wrong with the file, it is made again; where it cannot be, there is another place for it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from hub.errors import HubError
from hub.recording.database import Connection, DatabaseError, Transaction
from hub.recording.reading import Recording
from hub.search.annotator import Annotator, Talk
from hub.search.entry import KINDS, About, Entry
from hub.search.index_file import FORMAT, MEMORY, has_schema, is_sound, make_anew, open_at, places
from hub.search.indexed_entries import IndexedEntries
from hub.search.matching import haystack
from hub.search.plan import SIDES
from hub.search.query import END
from matrix.trace import Frame, Opened, Traffic, mark_of, session_of

STEP: Final = 20_000
"""Items of a recording that are taken up in one transaction."""

_INSERT_ENTRY: Final = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_ABOUT: Final = "INSERT OR REPLACE INTO about VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TALKS: Final = msgspec.msgpack.Decoder(dict[int, Talk])

Tell = Callable[[int, int], object]
"""Told how far it is: the mark, and the last one."""


class NoIndexError(HubError):
    """There can be no index, not even in memory; the message says why."""


class Index(IndexedEntries):
    """The index of one recording. Used by one thread.

    `about` and `opened` (the marks of handshakes) are by session; `until` is the last mark that can be found. `place`
    is its file, None where it is in memory; `connection` is open on it.
    """

    def __init__(self, recording: Path) -> None:
        self._places = places(recording)
        self.until = 0
        self.actions = {}
        self.opened: dict[int, int] = {}
        self._annotator = Annotator()
        self._is_checked = False
        self.place, self.connection = self._move_on()

    @property
    def about(self) -> dict[int, About]:
        return self._annotator.about

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def _move_on(self) -> tuple[Path | None, Connection]:
        """Open the index at the next place that can be written to."""
        for place in self._places:
            connection = open_at(place)
            if connection is not None:
                return place, connection
        raise NoIndexError("there is no place for an index, not even in memory")

    # -- following the recording --------------------------------------------------------------------------------------

    def extend(self, recording: Recording, tell: Tell | None = None, *, is_stopped: Callable[[], bool] = bool) -> None:
        """Take up what was recorded since the last time, until `is_stopped`.

        Raises:
            RecordingError: the recording cannot be read.
        """
        end = recording.last_mark()
        self._with_repairs(lambda: self._begin(recording, end))
        while self.until < end and not is_stopped():
            self._with_repairs(lambda: self._step(recording))
            if tell is not None:
                tell(min(self.until, end), end)

    def renew(self, recording: Recording) -> None:
        """Make the index anew, because it could not be read.

        Raises:
            RecordingError: the recording cannot be read.
        """
        self._is_checked = False
        self._with_repairs(lambda: make_anew(self.connection))
        self.extend(recording)

    def _with_repairs(self, work: Callable[[], None]) -> None:
        """Do something; where the file does not allow it, make it anew, then try the next places."""
        repairs = 0
        while True:
            try:
                work()
            except (DatabaseError, msgspec.DecodeError, UnicodeDecodeError) as exc:
                self._forget()
                repairs += 1
                self._repair(exc, is_first=repairs == 1)
            else:
                return

    def _repair(self, exc: Exception, *, is_first: bool) -> None:
        if is_first:
            try:
                make_anew(self.connection)
            except DatabaseError:
                is_first = False
        if not is_first:
            self.connection.close()
            if self.place is MEMORY:
                raise NoIndexError(f"there can be no index: {exc}") from exc
            self.place, self.connection = self._move_on()

    def _begin(self, recording: Recording, end: int) -> None:
        """Make sure that the file is an index of this recording, and know what it knows."""
        if not self._is_checked:
            self._is_checked = is_sound(self.connection)
        if not self._is_checked or not has_schema(self.connection):
            make_anew(self.connection)
            self._is_checked = True
        with Transaction(self.connection):
            if not self._is_of(recording, end):
                self._clear(_key_of(recording))
            self._know()

    def _is_of(self, recording: Recording, end: int) -> bool:
        """Tell whether the index is of this recording: of its beginning, and of the item where it ends."""
        state = [*self._rows("SELECT key, until, print FROM state")]
        if not state or state[0][1] > end or state[0][0] != _key_of(recording):
            return False
        _, until, print_ = state[0]
        return bool(until == 0 or print_ == _print_of(recording.traffic(until - 1, limit=1)))

    def _clear(self, key: bytes) -> None:
        for table in ("state", "about", "action", "entry", "judged", "outcome", "finding"):
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        self.connection.execute("INSERT INTO spoken(spoken) VALUES ('delete-all')")
        self.connection.execute("INSERT INTO state VALUES (?, ?, 0, x'', x'80')", (FORMAT, key))
        self._forget()

    def _forget(self) -> None:
        self.until, self._annotator, self.actions, self.opened = -1, Annotator(), {}, {}

    def _know(self) -> None:
        """Take over what another program has added, if one has."""
        ((until, talks),) = self._rows("SELECT until, talks FROM state")
        if until == self.until:
            return
        self._forget()
        about = []
        for *facts, opened in self._rows("SELECT * FROM about ORDER BY session"):
            about.append(About(*facts))
            self.opened[facts[0]] = opened
        self._annotator.resume(about, _TALKS.decode(talks))
        self.actions = {str(name): number for number, name in self._rows("SELECT id, name FROM action")}
        self.until = until

    def _step(self, recording: Recording) -> None:
        """Take up the next items of a recording."""
        with Transaction(self.connection):
            if not has_schema(self.connection):
                return
            self._know()
            items: list[Traffic] = []
            last = self.until
            while len(items) < STEP and (batch := recording.traffic(last)):
                items += batch
                last = mark_of(batch[-1])
            self._take(items)
            if items:
                talks = msgspec.msgpack.encode(self._annotator.talks)
                values = last, _print_of(items[-1:]), talks
                self.connection.execute("UPDATE state SET until = ?, print = ?, talks = ?", values)
                self.until = last

    def _take(self, items: Sequence[Traffic]) -> None:
        entries = []
        for item in items:
            entry = self._annotator.feed(item)
            if entry is not None:
                entries.append(entry)
            if isinstance(item, Opened):
                self.opened[item.session.id] = item.mark
        self.connection.executemany(_INSERT_ENTRY, (self._row(entry) for entry in entries))
        self.connection.executemany(
            "INSERT INTO spoken(rowid, text) VALUES (?, ?)", ((entry.mark, indexed(entry)) for entry in entries)
        )
        known = (self.about[number] for number in self._annotator.changed)
        self.connection.executemany(
            _INSERT_ABOUT, ((*msgspec.structs.astuple(each), self.opened.get(each.id)) for each in known)
        )
        self._annotator.changed.clear()

    def _row(self, entry: Entry) -> tuple[Any, ...]:
        side, kind = SIDES.index(entry.side), KINDS.index(entry.kind)
        action, about = self._number_of(entry.action), entry.about
        return entry.mark, about.id, entry.at, side, kind, action, entry.size, entry.latency_ns

    def _number_of(self, action: str) -> int:
        number = self.actions.get(action)
        if number is None:
            number = self.actions[action] = len(self.actions)
            self.connection.execute("INSERT INTO action VALUES (?, ?)", (number, action))
        return number


def indexed(entry: Entry) -> str:
    """Return what the full text holds of an entry: each character of it begins a piece, the last ones too."""
    return haystack(entry) + END + END


def _key_of(recording: Recording) -> bytes:
    """Return what tells a recording from one that took its place: which file it is, and how it begins.

    A redacted copy may have the same beginning and end, but is another file.
    """
    try:
        file = recording.path.stat()
    except OSError:
        return b""
    return f"{file.st_dev}:{file.st_ino}:".encode() + _print_of(recording.traffic(0, limit=1))


def _print_of(items: Sequence[Traffic]) -> bytes:
    """Return a digest of the first item: of what never changes of it."""
    if not items:
        return b""
    item = items[0]
    facts: list[Any] = [mark_of(item), session_of(item)]
    if isinstance(item, Frame):
        facts += [item.at, item.side, item.payload]
    elif isinstance(item, Opened):
        facts += [item.session.opened_at, item.session.identity, item.session.csms, item.session.request]
    return hashlib.sha256(msgspec.msgpack.encode(facts)).digest()


@contextmanager
def following(path: Path) -> Iterator[tuple[Recording, Index]]:
    """Open a recording and its index.

    Raises:
        RecordingError: it cannot be read.
    """
    with Recording.open(path) as recording, Index(path) as index:
        yield recording, index

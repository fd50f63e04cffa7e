"""The last look at a copy: whether any value that was replaced is left in the bytes of its file, free pages included.

The bytes are looked through first, whatever they belong to. What is found there is then looked for in the rows: a token
`1234` is left where a meter says 1234, and stays. What no row accounts for is a leak.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from hub.errors import HubError
from hub.recording.database import Connection, DatabaseError, connect_read_only
from hub.recording.writable import open_for_writing
from hub.redacting.kinds import REPLACED, Kind, keywords
from hub.redacting.messages import Form, Leaf, leaves, may_quote
from hub.redacting.needles import CHUNK, PLAIN, Hit, Needles
from hub.redacting.redactor import is_moment
from hub.redacting.sessions import PHRASES
from hub.redacting.spelling import json_units, said_by
from matrix.trace import Clock, Ending, Fault, Phase, Side
from matrix.wire import NotJsonError

SIBLINGS: Final = ("-wal", "-journal", "-shm")
_SCHEMA: Final = ("sqlite_master", "_sqlite_migrations")
_RUN: Final = re.compile(r"[^\W_]+")
_INDEXED: Final = frozenset({("session", "identity"), ("session", "csms")})
_NAMING_CSMSES: Final = ("csms", "path", "upstream", "fault")
_OUR_COLUMNS: Final = frozenset({
    ("session", "ending"), ("session", "closed_by"), ("session", "clock"), ("frame", "side"), ("partial", "side"),
    ("disturbance", "side"), ("disturbance", "phase"), ("disturbance", "fault"), ("replay", "side"),
})  # fmt: skip
_OUR_WORDS: Final = frozenset(map(str, chain(Side, Ending, Clock, Phase, Fault)))
_PORT: Final = re.compile(r":[0-9]{1,5}(?![0-9])", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)


class ScanError(HubError):
    """A file cannot be looked through; the message says why."""


@dataclass(slots=True)
class Scan:
    """What is left of replaced values: `leaks` should not be there, `exceptions` are said to be something else.

    Both are values with why, and how often.
    """

    bytes_read: int = 0
    values: int = 0
    leaks: Counter[tuple[str, str]] = field(default_factory=Counter)
    exceptions: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for, and what may be taken for it.

    `telling` values say who or where, and are nowhere in a copy; `texts` were replaced where they stood as free text.
    `pseudonyms` are what both were replaced by: one may be what another value was. Fields of `kinds` are replaced,
    others are kept, and so are `kept_names`, those of CSMSes.
    """

    telling: Collection[str]
    texts: Collection[str] = ()
    pseudonyms: Collection[str] = ()
    kinds: frozenset[Kind] = REPLACED
    kept_names: Collection[str] = ()


def scan(path: Path, sought: Sought) -> Scan:
    """Look through a file that nobody writes to, and what SQLite has beside it.

    Raises:
        ScanError: it cannot be read.
    """
    values = {*sought.telling, *sought.texts}
    found, needles = Scan(values=len(values)), Needles(values)
    for sibling in SIBLINGS:
        beside = _hits_in(Path(f"{path}{sibling}"), needles, found)
        found.leaks.update((hit.value, f"in what SQLite keeps beside it ({sibling})") for hit in beside)
    hits = [*_hits_in(path, needles, found)]
    if hits and not found.leaks:  # with a log of somebody else's beside it, it may not even open
        _explain(path, hits, _Witness({hit.value for hit in hits}, sought), found)
    return found


def _hits_in(path: Path, needles: Needles, found: Scan) -> Iterator[Hit]:
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            yield from needles.hits(_chunks(file, found))
    except OSError as exc:
        raise ScanError(f"{str(path)!r} cannot be looked through: {exc.strerror}") from exc


def _chunks(file: Any, found: Scan) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        found.bytes_read += len(chunk)
        yield chunk


def _explain(path: Path, hits: list[Hit], witness: "_Witness", found: Scan) -> None:
    raw = Counter(hit.value for hit in hits if hit.form == PLAIN)
    for hit in hits:
        if hit.form != PLAIN:
            found.leaks[hit.value, f"{hit.form}, at byte {hit.at}"] += 1
    try:
        connection = connect_read_only(path)
    except DatabaseError as exc:
        raise ScanError(f"{str(path)!r} cannot be looked through: {exc}") from exc
    try:
        witness.hear(connection)
    finally:
        connection.close()
    found.leaks.update(witness.leaks)
    found.exceptions.update(witness.exceptions)
    hidden_counts = raw - witness.seen
    hidden_counts -= _in_no_recording(hidden_counts)
    for value, hidden in hidden_counts.items():
        if hidden > 0:
            at = next(hit.at for hit in hits if hit.value == value and hit.form == PLAIN)
            found.leaks[value, f"in bytes that are in no row, the first of all at byte {at}"] += hidden


def _in_no_recording(values: Collection[str]) -> Counter[str]:
    """Count where values stand in a recording that nothing is in yet: SQLite's own words, and ours for the tables."""
    if not values:
        return Counter()
    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        path = Path(folder) / "empty.recording"
        open_for_writing(path).close()
        return Counter(hit.value for hit in Needles(values).hits([path.read_bytes()]) if hit.form == PLAIN)


class _Witness:
    """Goes through the rows of a copy, and says of each place where a value stands what it is there."""

    def __init__(self, values: Collection[str], sought: Sought) -> None:
        self._sought = sought
        self._texts = frozenset(sought.texts) - frozenset(sought.telling)
        self._pattern = re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)))
        self._each = {value: re.compile(f"(?={re.escape(value)})") for value in values}
        self._runs = {run for pseudonym in sought.pseudonyms for run in _RUN.findall(pseudonym)}
        self.seen: Counter[str] = Counter()
        self.leaks: Counter[tuple[str, str]] = Counter()
        self.exceptions: Counter[tuple[str, str]] = Counter()

    def hear(self, connection: Connection) -> None:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            self._table(connection, str(table))
        self._table(connection, _SCHEMA[0])

    def _table(self, connection: Connection, table: str) -> None:
        cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name from the schema of our own file
        names: list[str] = []
        for row in cursor:
            names = names or [name for name, _ in cursor.get_description()]
            for column, cell in zip(names, row, strict=True):
                if isinstance(cell, str | bytes):
                    self._cell(table, column, cell)

    def _cell(self, table: str, column: str, cell: str | bytes) -> None:
        text = cell if isinstance(cell, str) else cell.decode("utf-8", "replace")
        if self._pattern.search(text) is None:
            return
        told = self._message(text) if (table, column) == ("frame", "payload") else None
        for value, pattern in self._each.items():
            for match in pattern.finditer(text):
                self.seen[value] += 2 if (table, column) in _INDEXED else 1
                why = told(value, match.start()) if told else self._why(table, column, text, value, match.start())
                if why:
                    self.exceptions[value, why] += 1
                else:
                    self.leaks[value, f"in {table}.{column}"] += 1

    def _message(self, text: str, depth: int = 0) -> Callable[[str, int], str] | None:
        """Return what says why a value stands at a place of a message, or of JSON that one quotes."""
        try:
            found = sorted(leaves(text, depth=depth), key=lambda leaf: leaf.start)
        except NotJsonError:
            return None

        def told(value: str, at: int) -> str:
            leaf = next((each for each in found if each.start <= at < each.end), None)
            if leaf is None:
                return ""
            quoted = self._message(leaf.said, depth + 1) if may_quote(leaf, depth) else None
            if quoted is None:
                return self._why_in_leaf(leaf, text, value, at)
            return quoted(value, len(json_units(text[leaf.start : at])))

        return told

    def _why_in_leaf(self, leaf: Leaf, text: str, value: str, at: int) -> str:
        if leaf.form is Form.SCALAR:
            return "in a number"
        said = said_by(json_units(text[leaf.start : leaf.end]))
        if said in keywords() or (leaf.form is Form.NAME and value in keywords()):
            return "a word of the standard"
        if is_moment(said):
            return "in a time stamp"
        if _NUMBER.fullmatch(said) and leaf.kind in (Kind.QUANTITY, Kind.SETTING, Kind.TIME, Kind.KEYWORD):
            return "in a measured or configured value"
        if value in self._texts and leaf.kind not in self._sought.kinds:
            return "in a field that is kept"
        return self._by_chance(text, value, at)

    def _why(self, table: str, column: str, text: str, value: str, at: int) -> str:
        if table in _SCHEMA:
            return "in the description of the tables"
        if value in keywords() or (column == "reason" and text in PHRASES):
            return "a word of the standard"
        if (table, column) in _OUR_COLUMNS and text in _OUR_WORDS:
            return "a word of the hub's own"
        if table == "session" and any(
            each.start() < at < each.end() >= at + len(value) for each in _PORT.finditer(text)
        ):
            return "in the number of a port"
        if column in _NAMING_CSMSES and any(value in name for name in self._sought.kept_names):
            return "in the name of a CSMS, which is kept"
        if value in self._texts and table == "session":
            return "in the handshake, where it is no free text"
        return self._by_chance(text, value, at)

    def _by_chance(self, text: str, value: str, at: int) -> str:
        """Tell whether a value stands in what is, as a whole, what something else was replaced by."""
        if value in keywords():
            return "a word of the standard"
        start, end = at, at + len(value)
        while start and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
        runs = _RUN.findall(text[start:end])
        return "in a pseudonym, by chance" if runs and all(run in self._runs for run in runs) else ""

"""One log, read from its beginning to its end: its messages in their order, as what happens in sessions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hub.imports.correlation import Count
from hub.imports.directions import head_of
from hub.imports.entries import Entry, HungUp, LineError, Said
from hub.imports.files import Line, lines_of
from hub.imports.formats import Format
from hub.imports.source import Told, source_at
from hub.imports.talks import Happening, Talks

MANY_LINES: Final = frozenset({Format.STEVE, Format.OCPP})
"""Formats in which a message may have several lines, where a peer has put line ends into it."""
LINES_AT_MOST: Final = 500
LONGEST_OF_LINES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that could not be read: the file's name, the line's number, why."""

    file: str
    line: int
    why: str


@dataclass(slots=True)
class Unfinished:
    """A message that goes on in the lines that follow, as some peers write them; `number` is its first line's."""

    number: int
    said: Said
    lines: list[str]
    size: int = 0

    def whole(self) -> str | None:
        """Return the message, if it is whole now."""
        text = "\n".join(self.lines).rstrip()
        try:
            head_of(text)
        except LineError:
            return None
        return text


class Log:
    """A log that is being read. `place` is how many bytes of it have been read, `count` what it held so far."""

    def __init__(self, path: Path, told: Told, skip: Callable[[Skipped], object]) -> None:
        """Look at its beginning.

        Raises:
            ImportLogError: it cannot be read, its format is not recognised, or is an export that cannot come back.
        """
        self.source = source_at(path, told)
        self.count = Count()
        self.place = 0
        self._skip = skip
        self._talks = Talks(self.source, self.count)
        self._unfinished: Unfinished | None = None

    def happenings(self) -> Iterator[Happening]:
        """Yield what happened, in the order of the log; times never go back."""
        for line in lines_of(self.source.path):
            self.place = line.end
            try:
                yield from self._happen(line)
            except LineError as exc:
                self._lose(line.number, str(exc))
        self._give_up()
        yield from self._talks.end_all()

    def _happen(self, line: Line) -> Iterator[Happening]:
        entry = self._entry(line)
        if entry is None:
            yield from self._go_on(line)
            return
        self._give_up()
        if isinstance(entry, HungUp):
            yield from self._talks.hang_up(entry)
        elif self.source.format in MANY_LINES and not entry.text.endswith("]"):
            self._unfinished = Unfinished(line.number, entry, [entry.text])
        else:
            yield from self._talks.say(entry)

    def _go_on(self, line: Line) -> Iterator[Happening]:
        """Add a line to a message that is not whole yet."""
        unfinished = self._unfinished
        if unfinished is None:
            return
        unfinished.lines.append(line.text)
        unfinished.size += len(line.text)
        if unfinished.size > LONGEST_OF_LINES or len(unfinished.lines) > LINES_AT_MOST:
            self._give_up()
        elif line.text.rstrip().endswith("]") and (text := unfinished.whole()) is not None:
            self._unfinished = None
            yield from self._talks.say(msgspec.structs.replace(unfinished.said, text=text))

    def _give_up(self) -> None:
        """Take a message that never became whole for a lost line."""
        if self._unfinished is not None:
            self._lose(self._unfinished.number, "the message in it has no end")
            self._unfinished = None

    def _lose(self, number: int, why: str) -> None:
        self._talks.lose(number)
        self._skip(Skipped(self.source.name, number, why))

    def _entry(self, line: Line) -> Entry | None:
        """Read a line; one that is not wholly there counts only where it seems to hold a message."""
        if line.flaw and not line.text:
            raise LineError(line.flaw)
        entry = self.source.read(line.text)
        if line.flaw and entry is not None:
            raise LineError(line.flaw)
        return entry

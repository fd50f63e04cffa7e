"""One log, read from its beginning to its end: its messages in their order, as what happens in sessions."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from hub.imports.correlation import Count, Pairing
from hub.imports.directions import LATER, Head, head_of
from hub.imports.entries import Entry, HungUp, LineError, Said, Way
from hub.imports.exported import check_comes_back
from hub.imports.files import Line, first_lines, lines_of
from hub.imports.formats import SURE, Format, format_of, reader_of
from hub.imports.stamps import Stamp, Zone
from hub.imports.survey import BOOT, Survey, survey
from matrix.dialect import SUBPROTOCOLS, V16
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.trace import Clock, Side

TALKS_AT_ONCE: Final = 10_000
"""Sessions of one log that are followed at once; the one that has been silent for longest ends for another."""
NEVER_NS: Final = 1
"""When all messages of a log without times are put: at one moment, so that nothing seems to have taken any time."""
JITTER_NS: Final = 5 * SECOND_NS
"""By how much lines may be out of order: they keep their order, and the later one's time."""
LEAP_NS: Final = 86_400 * SECOND_NS
"""From how long on nothing in a log is a gap in it."""
MANY_LINES: Final = frozenset({Format.STEVE, Format.OCPP})
"""Formats in which a message may have several lines, where a peer has put line ends into it."""
LINES_AT_MOST: Final = 500
LONGEST_OF_LINES: Final = 1 << 20
VERSIONS: Final = {re.sub(r"\D", "", version): version for version in SUBPROTOCOLS.values()}


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of the logs that they do not say themselves; each may be left open.

    `identity` is the station's, `version` the OCPP version, `writer` the side that wrote a log, `zone` its time zone.
    """

    format: Format | None = None
    identity: str = ""
    version: str = ""
    writer: Side | None = None
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that could not be read: the file's name, the line's number, why."""

    file: str
    line: int
    why: str


@dataclass(slots=True, eq=False)
class Talk:
    """One session as the log shows it; `number` is its id in the recording, once it has one.

    `csms` is its CSMS, "" where the log names none. `last_at` is when it was last heard of (ns since the epoch; 0:
    never), `lost` the number of lines that were lost by then, `words` what the log says of its end. `shows` is the
    version that it is known by, as `Head.shows` has it: as the log says, as its latest BootNotification shows, else as
    the first message that shows any.
    """

    log: "Log"
    identity: str
    version: str
    clock: Clock | None
    pairing: Pairing
    lost: int
    csms: str = ""
    shows: str = ""
    number: int = 0
    last_at: int = 0
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a session, or (`text` is None) a hole in what is known of it, and why."""

    at: int
    talk: Talk
    side: Side
    text: str | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """A session of which the log holds no more."""

    at: int
    talk: Talk


Happening = Heard | Over


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


@dataclass(slots=True, eq=False)
class Log:
    """A log that is being read. `place` is how many bytes of it have been read, `count` what it held so far."""

    path: Path
    told: Told
    skip: Callable[[Skipped], object]
    count: Count = field(default_factory=Count)
    place: int = 0
    format: Format = Format.LINES
    survey: Survey = field(init=False)
    _talks: OrderedDict[tuple[str, str], Talk] = field(default_factory=OrderedDict)
    _read: Callable[[str], Entry | None] = field(init=False)
    _shown: Recent[str, str] = field(default_factory=lambda: Recent(TALKS_AT_ONCE))
    _now: int = 0
    _shift: int = 0
    _is_shifted: bool = False
    _lost: int = 0
    _lost_line: int = 0
    _unfinished: Unfinished | None = None

    def __post_init__(self) -> None:
        """Look at its beginning.

        Raises:
            ImportLogError: it cannot be read, its format is not recognised, or is an export that cannot come back.
        """
        first_line = next(islice(first_lines(self.path), 1), "")
        check_comes_back(first_line, self.path.name)
        self.format = self.told.format or format_of(first_lines(self.path), self.path.name)
        self._read = reader_of(self.format, first_line)
        self.survey = survey(first_lines(self.path), self._read, self.format, self.path.name)
        self._shown.update(self.survey.versions)

    @property
    def origin(self) -> str:
        return f"{self.path.name} ({self.format})"

    @property
    def clock(self) -> Clock | None:
        """What its times are worth."""
        clock = self.survey.clock
        return None if self.told.zone is not None and clock is not Clock.NONE else clock

    def happenings(self) -> Iterator[Happening]:
        """Yield what happened, in the order of the log; times never go back."""
        for line in lines_of(self.path):
            self.place = line.end
            try:
                yield from self._happen(line)
            except LineError as exc:
                self._lose(line.number, str(exc))
        self._give_up()
        yield from self._end_all()

    def _happen(self, line: Line) -> Iterator[Happening]:
        entry = self._entry(line)
        if entry is None:
            yield from self._go_on(line)
            return
        self._give_up()
        if isinstance(entry, HungUp):
            yield from self._hang_up(entry)
        elif self.format in MANY_LINES and not entry.text.endswith("]"):
            self._unfinished = Unfinished(line.number, entry, [entry.text])
        else:
            yield from self._say(entry)

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
            yield from self._say(msgspec.structs.replace(unfinished.said, text=text))

    def _give_up(self) -> None:
        """Take a message that never became whole for a lost line."""
        if self._unfinished is not None:
            self._lose(self._unfinished.number, "the message in it has no end")
            self._unfinished = None

    def _lose(self, number: int, why: str) -> None:
        self._lost, self._lost_line = self._lost + 1, number
        self.skip(Skipped(self.path.name, number, why))

    def _entry(self, line: Line) -> Entry | None:
        """Read a line; one that is not wholly there counts only where it seems to hold a message."""
        if line.flaw and not line.text:
            raise LineError(line.flaw)
        entry = self._read(line.text)
        if line.flaw and entry is not None:
            raise LineError(line.flaw)
        return entry

    # -- messages -----------------------------------------------------------------------------------------------------

    def _say(self, said: Said) -> Iterator[Happening]:
        head = head_of(said.text)
        _check_text(said.text)
        self._note_version(said.identity, head)
        yield from self._pass_time(said.at)
        yield from self._make_room(said, head)
        talk = self._talk(said)
        if head.action == BOOT or not talk.shows:
            talk.shows = head.shows or talk.shows
        sender = talk.pairing.sender(head, self._side_of(said), is_sure=self.format in SURE)
        yield from self._holes(talk)
        talk.last_at = self._now
        talk.pairing.note(head, sender)
        yield Heard(self._now, talk, sender, said.text)
        if said.is_last:
            yield from self._end((said.identity, said.link))

    def _side_of(self, said: Said) -> Side | None:
        """Return who sent a message by what the line says; None where it says nothing that one can rely on."""
        writer = self.told.writer or self.survey.writer
        if not self.survey.trusts_ways:
            return None
        if said.side is not None or said.way is None or writer is None:
            return said.side
        return writer if said.way is Way.OUT else writer.other

    def _talk(self, said: Said) -> Talk:
        key = (said.identity, said.link)
        talk = self._talks.get(key)
        if talk is None:
            identity = said.identity or self.told.identity or self.path.stem
            clock = Clock.LOCAL if self._is_shifted and self.clock is not Clock.NONE else self.clock
            version = self._version(said)
            shows = LATER if version not in ("", V16) else version
            talk = Talk(self, identity, version, clock, Pairing(self.count), self._lost, said.csms, shows)
            self._talks[key] = talk
        self._talks.move_to_end(key)
        return talk

    def _version(self, said: Said) -> str:
        return self._version_told(said) or self._version_shown(said.identity)

    def _version_told(self, said: Said) -> str:
        """Return the version that the line or the person names, "" where neither does."""
        return VERSIONS.get(re.sub(r"[^0-9]", "", said.version[:20]), "") or self.told.version

    def _note_version(self, identity: str, head: Head) -> None:
        """Take up what a station shows to speak: from a boot on that says otherwise, one of several."""
        if head.shows and self._shown.setdefault(identity, head.shows) != head.shows and head.action == BOOT:
            self._shown[identity] = LATER

    def _version_shown(self, identity: str) -> str:
        """Return the version that a station showed to speak; "" where that may be one of several."""
        return V16 if self._shown.get(identity) == V16 else ""

    def _make_room(self, said: Said, head: Head) -> Iterator[Happening]:
        """End a session that goes on in another version, and the most silent one where there are too many."""
        key = (said.identity, said.link)
        talk = self._talks.get(key)
        if talk is not None and self._is_of_another(talk, said, head):
            yield from self._end(key)
        elif talk is None and len(self._talks) >= TALKS_AT_ONCE:
            yield from self._end(next(iter(self._talks)))

    def _is_of_another(self, talk: Talk, said: Said, head: Head) -> bool:
        """Tell whether a message is of another version than a session, for which a station has to connect anew.

        Where no version is told, it is a BootNotification of the other generation: 1.6, or any later one.
        """
        if version := self._version_told(said):
            return bool(said.version) and version != talk.version
        return head.action == BOOT and bool(head.shows and talk.shows) and head.shows != talk.shows

    def _holes(self, talk: Talk) -> Iterator[Happening]:
        """Say in a session that lines were lost since it was last heard of: any of them may have been its own."""
        if talk.lost == self._lost or not talk.last_at:
            talk.lost = self._lost
            return
        count, talk.lost = self._lost - talk.lost, self._lost
        what = f"line {self._lost_line}" if count == 1 else f"{count} lines, the last of them {self._lost_line},"
        why = f"{what} of {self.path.name} could not be imported"
        for side in Side:
            yield Heard(self._now, talk, side, None, why)

    # -- time ---------------------------------------------------------------------------------------------------------

    def _pass_time(self, at: Stamp | None) -> Iterator[Happening]:
        """Bring the time forward to that of a line. Where it leaps, the log is of other sessions from here on."""
        if self.survey.clock is Clock.NONE:
            self._now = NEVER_NS
            return
        if at is None:
            if not self._now:
                raise LineError("it has no time, and none came before it")
            return
        ns = self._utc(at) + self._shift
        if self._now and not -JITTER_NS <= ns - self._now <= LEAP_NS:
            yield from self._end_all()
            if ns < self._now:
                self._shift, self._is_shifted = self._shift + self._now - ns, True
                ns = self._now
        self._now = max(self._now, ns)

    def _utc(self, at: Stamp) -> int:
        zone = self.told.zone or self.survey.zone
        return at.ns if at.has_zone or zone is None else zone(at.ns)

    # -- ends ---------------------------------------------------------------------------------------------------------

    def _hang_up(self, entry: HungUp) -> Iterator[Happening]:
        yield from self._pass_time(entry.at)
        key = (entry.identity, entry.link)
        if talk := self._talks.get(key):
            talk.words, talk.last_at = entry.words, self._now
            yield from self._end(key)

    def _end(self, key: tuple[str, str]) -> Iterator[Happening]:
        talk = self._talks.pop(key)
        yield from self._holes(talk)
        yield Over(talk.last_at, talk)

    def _end_all(self) -> Iterator[Happening]:
        for key in [*self._talks]:
            yield from self._end(key)


def _check_text(text: str) -> None:
    """Refuse what SQLite cannot hold as text.

    Raises:
        LineError: there is half a character in it.
    """
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise LineError("it holds half a character (a lone surrogate)") from exc

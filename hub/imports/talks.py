"""The sessions of a log as they go on: who says what in which, at what time, and which are over."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hub.imports.correlation import Count, Pairing
from hub.imports.directions import LATER, Head, head_of
from hub.imports.entries import HungUp, LineError, Said, Way
from hub.imports.formats import SURE
from hub.imports.source import Source
from hub.imports.stamps import Stamp
from hub.imports.survey import BOOT
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
VERSIONS: Final = {re.sub(r"\D", "", version): version for version in SUBPROTOCOLS.values()}


@dataclass(slots=True, eq=False)
class Talk:
    """One session as the log shows it; `number` is its id in the recording, once it has one.

    `csms` is its CSMS, "" where the log names none. `last_at` is when it was last heard of (ns since the epoch; 0:
    never), `lost` the number of lines that were lost by then, `words` what the log says of its end. `shows` is the
    version that it is known by, as `Head.shows` has it: as the log says, as its latest BootNotification shows, else as
    the first message that shows any.
    """

    source: Source
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


class Talks:
    """All sessions of a log that go on. Their times never go back."""

    def __init__(self, source: Source, count: Count) -> None:
        self._source = source
        self._count = count
        self._talks: OrderedDict[tuple[str, str], Talk] = OrderedDict()
        self._shown: Recent[str, str] = Recent(TALKS_AT_ONCE)
        self._shown.update(source.survey.versions)
        self._now = 0
        self._shift = 0
        self._is_shifted = False
        self._lost = 0
        self._lost_line = 0

    def lose(self, line: int) -> None:
        """Note that a line was lost, by its number."""
        self._lost, self._lost_line = self._lost + 1, line

    def say(self, said: Said) -> Iterator[Happening]:
        """Take up a message.

        Raises:
            LineError: it is none, or it cannot be told who sent it, or when.
        """
        head = head_of(said.text)
        _check_text(said.text)
        self._note_version(said.identity, head)
        yield from self._pass_time(said.at)
        yield from self._make_room(said, head)
        talk = self._talk(said)
        if head.action == BOOT or not talk.shows:
            talk.shows = head.shows or talk.shows
        sender = talk.pairing.sender(head, self._side_of(said), is_sure=self._source.format in SURE)
        yield from self._holes(talk)
        talk.last_at = self._now
        talk.pairing.note(head, sender)
        yield Heard(self._now, talk, sender, said.text)
        if said.is_last:
            yield from self._end((said.identity, said.link))

    def hang_up(self, entry: HungUp) -> Iterator[Happening]:
        """Take up the end of a connection.

        Raises:
            LineError: it cannot be told when it was.
        """
        yield from self._pass_time(entry.at)
        key = (entry.identity, entry.link)
        if talk := self._talks.get(key):
            talk.words, talk.last_at = entry.words, self._now
            yield from self._end(key)

    def end_all(self) -> Iterator[Happening]:
        """End what still goes on."""
        for key in [*self._talks]:
            yield from self._end(key)

    # -- messages -----------------------------------------------------------------------------------------------------

    def _side_of(self, said: Said) -> Side | None:
        """Return who sent a message by what the line says; None where it says nothing that one can rely on."""
        writer = self._source.told.writer or self._source.survey.writer
        if not self._source.survey.trusts_ways:
            return None
        if said.side is not None or said.way is None or writer is None:
            return said.side
        return writer if said.way is Way.OUT else writer.other

    def _talk(self, said: Said) -> Talk:
        key = (said.identity, said.link)
        talk = self._talks.get(key)
        if talk is None:
            talk = self._talks[key] = self._begin(said)
        self._talks.move_to_end(key)
        return talk

    def _begin(self, said: Said) -> Talk:
        source = self._source
        identity = said.identity or source.told.identity or source.path.stem
        clock = Clock.LOCAL if self._is_shifted and source.clock is not Clock.NONE else source.clock
        version = self._version(said)
        shows = LATER if version not in ("", V16) else version
        return Talk(source, identity, version, clock, Pairing(self._count), self._lost, said.csms, shows)

    def _version(self, said: Said) -> str:
        return self._version_told(said) or self._version_shown(said.identity)

    def _version_told(self, said: Said) -> str:
        """Return the version that the line or the person names, "" where neither does."""
        return VERSIONS.get(re.sub(r"[^0-9]", "", said.version[:20]), "") or self._source.told.version

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
        why = f"{what} of {self._source.name} could not be imported"
        for side in Side:
            yield Heard(self._now, talk, side, None, why)

    def _end(self, key: tuple[str, str]) -> Iterator[Happening]:
        talk = self._talks.pop(key)
        yield from self._holes(talk)
        yield Over(talk.last_at, talk)

    # -- time ---------------------------------------------------------------------------------------------------------

    def _pass_time(self, at: Stamp | None) -> Iterator[Happening]:
        """Bring the time forward to that of a line. Where it leaps, the log is of other sessions from here on."""
        if self._source.survey.clock is Clock.NONE:
            self._now = NEVER_NS
            return
        if at is None:
            if not self._now:
                raise LineError("it has no time, and none came before it")
            return
        ns = self._utc(at) + self._shift
        if self._now and not -JITTER_NS <= ns - self._now <= LEAP_NS:
            yield from self.end_all()
            if ns < self._now:
                self._shift, self._is_shifted = self._shift + self._now - ns, True
                ns = self._now
        self._now = max(self._now, ns)

    def _utc(self, at: Stamp) -> int:
        zone = self._source.told.zone or self._source.survey.zone
        return at.ns if at.has_zone or zone is None else zone(at.ns)


def _check_text(text: str) -> None:
    """Refuse what SQLite cannot hold as text.

    Raises:
        LineError: there is half a character in it.
    """
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise LineError("it holds half a character (a lone surrogate)") from exc

"""Two sessions side by side: turn by turn the same, changed, missing or extra; and what that made of the outcomes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from matrix.comparing.alignment import Mark, align
from matrix.comparing.aside import INDEPENDENT, Aside, series
from matrix.comparing.difference import ABSENT, Comparison, Difference, Names, Occasion, dumped, essence, leaves, same
from matrix.comparing.turns import Form, Said, Talk, Turn, said
from matrix.dialect import UNKNOWN
from matrix.schemas import Part
from matrix.stamps import tree_of
from matrix.trace import Session, Side


class Kind(StrEnum):
    """What became of a turn from one session to the other."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNKNOWN = "unknown"  # it is not there, and something is missing from that recording: it may have been said
    ASIDE = "set aside"  # it is not there, and how many of its kind come is a matter of time


class Row(msgspec.Struct, frozen=True):
    """One turn of either session, or of both; `is_moved` where it stands at another place, which means nothing."""

    kind: Kind
    before: Turn | None
    after: Turn | None
    is_moved: bool = False

    @property
    def turn(self) -> Turn:
        """The turn, as the first session has it, if it does."""
        turn = self.before or self.after
        assert turn is not None
        return turn

    @property
    def differs(self) -> bool:
        return self.kind not in (Kind.SAME, Kind.ASIDE)


class SessionDiff:
    """Two sessions side by side; either is None where there is no counterpart, `played` is the side that was replayed.

    `rows` are in the order of the first session; what only the second one has stands after what came before it there.
    `has_gaps` says of each whether something that was said in it is missing from its recording.
    """

    def __init__(self, before: Talk | None, after: Talk | None, played: Side | None = None) -> None:
        self.before, self.after = before, after
        self._played = played
        self._names = Names()
        self.has_gaps = bool(before and before.has_gaps), bool(after and after.has_gaps)
        self.rows: tuple[Row, ...] = tuple(self._rows() if played is None else _uncounted([*self._rows()]))
        self.counts: Mapping[Kind, int] = Counter(row.kind for row in self.rows)

    @property
    def session(self) -> Session:
        """The session, as the first recording has it, if it does."""
        talk = self.before or self.after
        assert talk is not None
        return talk.session

    @property
    def handshake(self) -> list[Difference]:
        """What differs in how the sessions were opened; nothing where that was not seen of both."""
        if self.before is None or self.after is None or None in (self.before.session.status, self.after.session.status):
            return []
        one, other = (_handshake(talk.session) for talk in (self.before, self.after))
        names = [name for name in one if one[name] != other[name]]
        return [Difference(Part.REQUEST, f"/{name}", one[name], other[name]) for name in names]

    @property
    def is_the_same(self) -> bool:
        """True where nothing differs that means anything."""
        both = self.before is not None and self.after is not None
        return both and not self.handshake and not any(row.differs for row in self.rows)

    def differences(self, row: Row) -> list[Difference]:
        """Return what differs between the two turns of a row, what is set aside included; nothing where it has one."""
        if row.before is None or row.after is None or self.before is None or self.after is None:
            return []
        found = [Difference(Part.REQUEST, "", ABSENT, ABSENT, Aside.ORDER)] if row.is_moved else []
        both = (row.before, self.before), (row.after, self.after)
        return [*found, *self._message(*both, Part.REQUEST), *self._message(*both, Part.RESPONSE)]

    def _rows(self) -> Iterator[Row]:
        ours = self.before.turns if self.before else []
        theirs = self.after.turns if self.after else []
        pairs: dict[int, tuple[int | None, bool]] = {}
        for side in Side:
            for mine, its, is_moved in self._aligned(side):
                pairs[mine] = its, is_moved
        taken = {other for other, _ in pairs.values()}
        extra = iter([index for index in range(len(theirs)) if index not in taken])
        pending = next(extra, None)
        for index, turn in enumerate(ours):
            other, is_moved = pairs.get(index, (None, False))
            while pending is not None and other is not None and pending < other and not is_moved:
                yield self._extra(theirs[pending])
                pending = next(extra, None)
            yield self._missing(turn) if other is None else self._paired(turn, theirs[other], is_moved=is_moved)
        while pending is not None:
            yield self._extra(theirs[pending])
            pending = next(extra, None)

    def _missing(self, turn: Turn) -> Row:
        is_unknown = turn.form is Form.UNREAD or self.has_gaps[1]
        return Row(Kind.UNKNOWN if is_unknown else Kind.MISSING, turn, None)

    def _extra(self, turn: Turn) -> Row:
        is_unknown = turn.form is Form.UNREAD or self.has_gaps[0]
        return Row(Kind.UNKNOWN if is_unknown else Kind.EXTRA, None, turn)

    def _paired(self, before: Turn, after: Turn, *, is_moved: bool) -> Row:
        row = Row(Kind.SAME, before, after, is_moved)
        if before.form is Form.UNREAD or after.form is Form.UNREAD:
            return msgspec.structs.replace(row, kind=Kind.UNKNOWN)
        if any(each.aside is None for each in self.differences(row)):
            return msgspec.structs.replace(row, kind=Kind.CHANGED)
        return row

    def _aligned(self, side: Side) -> Iterator[tuple[int, int, bool]]:
        """Yield the turns of a side that belong together, and whether others stand between. Each side keeps its order.

        What one side asks and what the other does may cross on the way: the order of the two means nothing.
        """
        if self.before is None or self.after is None:
            return
        one, other = _Side(self.before, side), _Side(self.after, side)
        matched = align(one.marks, other.marks, lambda mine, its: _likeness(one.leaves(mine), other.leaves(its)))
        for mine, its in matched:
            yield one.places[mine], other.places[its], False
        yield from _moved(one, other, matched)

    def _message(self, before: tuple[Turn, Talk], after: tuple[Turn, Talk], part: Part) -> Iterator[Difference]:
        one, other = (_said(turn, part, talk.version) for turn, talk in (before, after))
        if one.id != other.id:
            yield Difference(part, "", one.id, other.id, Aside.MESSAGE_ID)
        if one.kind != other.kind:
            yield Difference(part, "", _in_words(one), _in_words(other))
        elif not same(one.holds, other.holds):
            occasions = self._occasion(*before, part), self._occasion(*after, part)
            comparison = Comparison(before[1].version, before[0].action, part, self._names, *occasions)
            yield from comparison.differences(one.holds, other.holds)

    def _occasion(self, turn: Turn, talk: Talk, part: Part) -> Occasion:
        said_at = turn.at if part is Part.REQUEST else turn.answered_at or turn.at
        by = turn.side if part is Part.REQUEST else turn.side.other
        return Occasion(said_at, talk.session.opened_at, said(turn.text, talk.version).id, by is self._played)


class _Side:
    """The turns of one side of a session, as they are aligned."""

    def __init__(self, talk: Talk, side: Side) -> None:
        self.places = [index for index, turn in enumerate(talk.turns) if turn.side is side]
        self.turns = [talk.turns[index] for index in self.places]
        self._version = talk.version
        self.marks = [Mark((turn.form, turn.action), self._content(turn)) for turn in self.turns]
        self._leaves: dict[int, frozenset[str]] = {}

    def _content(self, turn: Turn) -> int:
        request, answer = (self._essence(turn, part) for part in Part)
        return hash((request, answer))

    def _essence(self, turn: Turn, part: Part) -> bytes:
        message = _said(turn, part, self._version)
        stamps = tree_of(self._version, turn.action, part)
        return message.kind.encode() + dumped(essence(message.holds, turn.action, part, (), stamps))

    def leaves(self, index: int) -> frozenset[str]:
        """Return what the messages of a turn hold, in pieces."""
        found = self._leaves.get(index)
        if found is None:
            turn = self.turns[index]
            pieces = (leaves(_said(turn, part, self._version).holds, part) for part in Part)
            found = self._leaves[index] = frozenset(piece for each in pieces for piece in each)
        return found


def _uncounted(rows: list[Row]) -> list[Row]:
    """Set aside how many Heartbeats, meter values and the like came in a replay, where some came in both sessions.

    A replay takes its own time, and a station that waits in it says Heartbeats.
    """
    known = {(row.turn.side, _series(row.turn)) for row in rows if row.before and row.after}
    return [
        msgspec.structs.replace(row, kind=Kind.ASIDE)
        if row.kind in (Kind.MISSING, Kind.EXTRA) and _series(row.turn) and (row.turn.side, _series(row.turn)) in known
        else row
        for row in rows
    ]


def _series(turn: Turn) -> str:
    holds = said(turn.text, UNKNOWN).holds if turn.action == "TransactionEvent" else None
    return series(turn.action, holds)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other) or 1)


def _moved(one: _Side, other: _Side, matched: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Yield what is left on both sides and says the same, where its place means nothing."""
    pairs = [*matched]
    taken, given = {mine for mine, _ in pairs}, {its for _, its in pairs}
    waiting: dict[Mark, list[int]] = defaultdict(list)
    for index, mark in reversed([*enumerate(other.marks)]):
        if index not in given and other.turns[index].action in INDEPENDENT:
            waiting[mark].append(index)
    for index, mark in enumerate(one.marks):
        if index not in taken and waiting.get(mark):
            yield one.places[index], other.places[waiting[mark].pop()], True


def _said(turn: Turn, part: Part, version: str) -> Said:
    if turn.form is Form.UNREAD:
        return Said(Form.UNREAD, None)
    if part is Part.RESPONSE and turn.form is not Form.CALL:
        return Said("", None)
    return said(turn.text if part is Part.REQUEST else turn.answer, version)


def _in_words(message: Said) -> str:
    """Name a message by its kind and, of an error, by its code; peer text."""
    code = message.holds.get("errorCode") if isinstance(message.holds, dict) and "ERROR" in message.kind else None
    return f"{message.kind} {code}" if code else message.kind


def _handshake(session: Session) -> dict[str, Any]:
    return {"status": session.status, "offered": list(session.offered), "chosen": session.chosen}

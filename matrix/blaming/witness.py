"""The matrix as a witness: what the other products say about a deviation. It informs, and never changes an outcome.

Who deviated, `matrix.blaming.deviations` has; who exchanged which action with whom at all, the board's rows tell.
Products are counted, not sessions, and by the names under which the board has them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from matrix.blaming.deviations import Deviation, Deviations, Seen, deviation_of
from matrix.blaming.reactions import Taken
from matrix.boards.pair import CONNECT, FRAMING, BoardView
from matrix.dialect import dialect
from matrix.finding import Finding
from matrix.outcome import Outcome
from matrix.rule import rule_named
from matrix.trace import Side

NEEDS_OCCASION: Final = frozenset({"RPC-20"})
"""Rules that a side can break only where the other one gives it occasion: not to have broken them says nothing."""

OF_WHAT_DID_NOT_COME: Final = frozenset({"BT-07", "BT-13", "BT-14", "FW20-03"})
"""Rules about what should have followed a CALL: how that one was taken says nothing about it."""

_WORKS: Final = frozenset({Outcome.PASSED, Outcome.REMARKED, Outcome.DEVIATED})
_FAILS: Final = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.UNANSWERED})
_REFUSING: Final = frozenset({Taken.REJECTED, Taken.ERROR})
_UNHEARD: Final = frozenset({Taken.ERROR, Taken.SILENCE})


class Share(NamedTuple):
    """So many of so many products; among none, there is nothing to say."""

    of: int = 0
    among: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """What the rest of the matrix says about a deviation of one product with another, in counts of products.

    `accepted`, `refused`: of the other products that were sent the same deviation, by whomever; the rest did
    both. `done`: with so many of the products that this one exchanged the action with, it deviates so. `peers`: so many
    of the other products of its kind that exchanged the action deviate so, too. `elsewhere`: of a CALL that was turned
    down or not answered, so many of the other products answered the same action of the same caller by a CALLRESULT.
    """

    side: Side
    action: str
    accepted: Share
    refused: Share
    done: Share
    peers: Share
    elsewhere: Share

    @property
    def is_only_pair(self) -> bool:
        """True where this product met others, and only this pair shows the deviation."""
        return self.done.of == 1 < self.done.among and not self.peers.of

    @property
    def sentences(self) -> tuple[str, ...]:
        """What there is to say; () where there is nobody to compare with."""
        return tuple(_sentences(self))


class _Meeting(NamedTuple):
    """A station product and a CSMS, as the board names them, in one version of OCPP."""

    station: str
    csms: str
    version: str

    def who(self, side: Side) -> str:
        return self.station if side is Side.STATION else self.csms


class Witnesses:
    """Answers what the matrix says about findings, as it stands in one view of the board."""

    def __init__(self, deviations: Deviations, view: BoardView) -> None:
        self._deviations = deviations
        self._view = view
        self._meetings: dict[int, _Meeting] = {}
        self._met: dict[str, dict[_Meeting, frozenset[Outcome]]] = {}
        self._seen_by: dict[Deviation, dict[_Meeting, list[Seen]]] = {}
        self._said: dict[tuple[Deviation, _Meeting], Witness] = {}

    def of(self, finding: Finding) -> Witness | None:
        """Return what the matrix says about a finding; None where it is no deviation, or its session of no pair."""
        deviation = deviation_of(finding)
        meeting = self._meeting(finding.session)
        if deviation is None or meeting is None:
            return None
        said = self._said.get((deviation, meeting))
        if said is None:
            said = self._said[deviation, meeting] = self._witness(deviation, meeting)
        return said

    def _witness(self, deviation: Deviation, meeting: _Meeting) -> Witness:
        versions = comparable(deviation, meeting.version)
        all_seen = self._seen(deviation).items()
        seen = {each: found for each, found in all_seen if versions is None or each.version in versions}
        exchanged = self._exchanged(deviation.action).items()
        met = {each: outcomes for each, outcomes in exchanged if versions is None or each.version in versions}
        accepted, refused = _receptions(deviation, meeting, seen)
        done, peers = _habits(deviation, meeting, seen.keys(), met.keys())
        elsewhere = _elsewhere(deviation, meeting, seen, met)
        return Witness(deviation.side, deviation.action, accepted, refused, done, peers, elsewhere)

    def _seen(self, deviation: Deviation) -> dict[_Meeting, list[Seen]]:
        """Return between whom a deviation was seen."""
        found = self._seen_by.get(deviation)
        if found is None:
            found = self._seen_by[deviation] = {}
            for session, seen in self._deviations.sessions(deviation):
                meeting = self._meeting(session)
                if meeting is not None:
                    found.setdefault(meeting, []).append(seen)
        return found

    def _meeting(self, session: int) -> _Meeting | None:
        if not self._meetings:
            for pair in self._view.pairs:
                meeting = _Meeting(pair.key.station, pair.csms, pair.version)
                self._meetings.update(dict.fromkeys(pair.sessions, meeting))
        return self._meetings.get(session)

    def _exchanged(self, action: str) -> dict[_Meeting, frozenset[Outcome]]:
        """Return who exchanged an action, and what came of it; that is left out where both sides may have called it."""
        met = self._met.get(action)
        if met is None:
            met = self._met[action] = {}
            for pair in self._view.pairs:
                row = next((each for each in pair.rows if each.action == action), None)
                if row is not None and row.counts:
                    outcomes = frozenset(row.counts if row.initiators != "both" else ())
                    met[_Meeting(pair.key.station, pair.csms, pair.version)] = outcomes
        return met


def comparable(deviation: Deviation, version: str) -> frozenset[str] | None:
    """Return the versions in which there may be the same deviation as in `version`; None for all.

    What is sent in 1.6 and what is sent in 2.x are other messages, but for the handshake.
    """
    if deviation.action == CONNECT:
        return None
    try:
        versions = rule_named(deviation.rule).versions
    except KeyError:
        return frozenset({version})
    return frozenset(each for each in versions if dialect(each).is_2x == dialect(version).is_2x) | {version}


def _habits(
    deviation: Deviation, meeting: _Meeting, seen: Collection[_Meeting], met: Collection[_Meeting]
) -> tuple[Share, Share]:
    """Return with how many this product deviates so, and how many of its kind do too."""
    if deviation.rule in NEEDS_OCCASION:
        return Share(), Share()
    side, who = deviation.side, meeting.who(deviation.side)
    partners, others = set[str](), set[str]()
    for each in (*met, *seen):
        if each.who(side) == who:
            partners.add(each.who(side.other))
        else:
            others.add(each.who(side))
    done = {each.who(side.other) for each in seen if each.who(side) == who}
    return Share(len(done), len(partners)), Share(len(others & {each.who(side) for each in seen}), len(others))


def _elsewhere(
    deviation: Deviation,
    meeting: _Meeting,
    seen: Mapping[_Meeting, Iterable[Seen]],
    met: Mapping[_Meeting, frozenset[Outcome]],
) -> Share:
    """Return how many others answered the same action of the same caller, where this one did not."""
    if not any(each.given & _UNHEARD for each in seen.get(meeting, ())):
        return Share()
    side, outcomes = deviation.side, dict[str, set[Outcome]]()
    for each, came in met.items():
        if each.who(side.other) == meeting.who(side.other) and each.who(side) != meeting.who(side):
            outcomes.setdefault(each.who(side), set()).update(came)
    answers = [each for each in outcomes.values() if each & (_WORKS | _FAILS)]
    return _share([not each & _FAILS for each in answers])


def _receptions(
    deviation: Deviation, meeting: _Meeting, seen: Mapping[_Meeting, Iterable[Seen]]
) -> tuple[Share, Share]:
    """Return how many of the others that were sent the same always accepted it, and how many always refused it."""
    if deviation.rule in OF_WHAT_DID_NOT_COME:
        return Share(), Share()
    to = deviation.side.other
    taken: dict[str, set[Taken]] = {}
    for each, found in seen.items():
        if each.who(to) != meeting.who(to):
            taken.setdefault(each.who(to), set()).update(*(one.taken for one in found))
    answers = [each for each in taken.values() if each & _REFUSING or Taken.ACCEPTED in each]
    return (
        _share([not each & _REFUSING for each in answers]),
        _share([Taken.ACCEPTED not in each for each in answers]),
    )


def _share(each: list[bool]) -> Share:
    return Share(sum(each), len(each))


# -- in words ---------------------------------------------------------------------------------------------------------

_KINDS: Final = {Side.STATION: ("station", "stations"), Side.CSMS: ("CSMS", "CSMSes")}


def _sentences(witness: Witness) -> Iterator[str]:
    own, other = _KINDS[witness.side], _KINDS[witness.side.other]
    met = "met" if witness.action in (CONNECT, FRAMING) else f"exchanged {witness.action} with"
    if witness.accepted.among:
        yield _reception(witness, other)
    if witness.elsewhere.among:
        did = f"answered {witness.action} of this {other[0]} by a CALLRESULT"
        yield _so_many(witness.elsewhere, own, did, f"did not answer {witness.action} of this {other[0]}, either")
    if witness.is_only_pair:
        rest = witness.done.among - 1
        others = f"the {rest} other {other[1]}" if rest > 1 else f"the other {other[0]}"
        yield f"only this pair: not seen between this {own[0]} and {others} that it {met}"
    elif witness.done.among > 1:
        yield _habit(witness.done, own[0], other, met)
    if witness.peers.among and not witness.is_only_pair:
        does = "does it too" if witness.peers.of == 1 else "do it too" if witness.peers.of else "does it"
        yield _so_many(witness.peers, own, does, "does not do it", which=_which(witness.action))


def _reception(witness: Witness, other: tuple[str, str]) -> str:
    accepted, refused, what = witness.accepted, witness.refused, "a message with this same deviation"
    if accepted.among == 1:
        did = "accepted it" if accepted.of else "refused it" if refused.of else "did not always accept it"
        return f"the only other {other[0]} that was sent {what} {did}"
    both = accepted.among - accepted.of - refused.of
    also = f", {refused.of} refused it" if refused.of else ""
    by_turns = f", {both} did both" if both else ""
    return _so_many(accepted, other, f"{'always ' if both else ''}accepted {what}", "") + also + by_turns


def _habit(done: Share, own: str, other: tuple[str, str], met: str) -> str:
    if done.of == done.among:
        return f"this {own} does it with every {other[0]} that it {met} ({done.of} of {done.among})"
    return f"this {own} does it with {done.of} of the {done.among} {other[1]} that it {met}"


def _which(action: str) -> str:
    return "" if action in (CONNECT, FRAMING) else f" that exchanged {action}"


def _so_many(share: Share, kind: tuple[str, str], did: str, did_not: str, *, which: str = "") -> str:
    """Say how many others did something; `did_not` is said of the only other one, where it did not."""
    if share.among == 1:
        return f"the only other {kind[0]}{which} {did if share.of else did_not}"
    return f"{share.of or 'none'} of {share.among} other {kind[1]} {did}"

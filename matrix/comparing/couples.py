"""Which sessions of two recordings belong together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from matrix.comparing.alignment import Mark, align
from matrix.trace import Session, Side


class Couple(NamedTuple):
    """A session of each recording that belong together; None where one has no counterpart.

    `played` is the side that `plugfest replay` was in either of them, None where both are of two peers.
    """

    before: Session | None
    after: Session | None
    played: Side | None = None


def couples(
    before: Sequence[Session], after: Sequence[Session], origins: Mapping[int, int] = MappingProxyType({})
) -> list[Couple]:
    """Put sessions together by identity and CSMS, the rest by identity, in order: those that were upgraded, and not.

    Where each recording has one identity only, that may be another one. `origins` says of sessions of the second which
    of the first they were played from: those come first, and are no others' counterparts.
    """
    played = {session.id: session for session in before if session.id in set(origins.values())}
    linked = [Couple(played.get(origins[each.id]), each) for each in after if each.id in origins]
    before = [session for session in before if session.id not in played]
    return linked + _by_order(before, [session for session in after if session.id not in origins])


def _by_order(before: Sequence[Session], after: Sequence[Session]) -> list[Couple]:
    ours, theirs = _by_identity(before), _by_identity(after)
    if len(ours) == len(theirs) == 1:
        ours, theirs = {"": next(iter(ours.values()))}, {"": next(iter(theirs.values()))}
    found: list[Couple] = []
    for identity in dict.fromkeys((*ours, *theirs)):
        found += _by_csms(ours.get(identity, []), theirs.get(identity, []))
    return found


def _by_csms(ours: list[Session], theirs: list[Session]) -> list[Couple]:
    """Put sessions of one station together with those that it had with the same CSMS, then what is left of both."""
    matched: dict[int, Session] = {}
    for csms in dict.fromkeys(session.csms for session in ours):
        matched |= _matched(*([each for each in some if each.csms == csms] for some in (ours, theirs)))
    taken = {session.id for session in matched.values()}
    rest = [each for each in theirs if each.id not in taken]
    matched |= _matched([each for each in ours if each.id not in matched], rest)
    taken = {session.id for session in matched.values()}
    found = [Couple(session, matched.get(session.id)) for session in ours]
    return found + [Couple(None, session) for session in theirs if session.id not in taken]


def _matched(ours: Sequence[Session], theirs: Sequence[Session]) -> dict[int, Session]:
    """Return the counterparts of sessions, by their number."""
    pairs = align([_mark(session) for session in ours], [_mark(session) for session in theirs])
    return {ours[one].id: theirs[other] for one, other in pairs}


def _by_identity(sessions: Iterable[Session]) -> dict[str, list[Session]]:
    by_identity: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        by_identity[session.identity].append(session)
    return by_identity


def _mark(session: Session) -> Mark:
    return Mark(session.upgraded, (session.csms, session.status, session.chosen))

"""Which sessions of two recordings belong together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from matrix.alignment import Mark, align
from matrix.trace import Session


class Couple(NamedTuple):
    """A session of each recording that belong together; None where one has no counterpart."""

    before: Session | None
    after: Session | None


def couples(
    before: Sequence[Session], after: Sequence[Session], origins: Mapping[int, int] = MappingProxyType({})
) -> list[Couple]:
    """Put sessions together by identity, then by order: those that were upgraded, and those that were not.

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
        found += _in_turn(ours.get(identity, []), theirs.get(identity, []))
    return found


def _by_identity(sessions: Iterable[Session]) -> dict[str, list[Session]]:
    by_identity: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        by_identity[session.identity].append(session)
    return by_identity


def _in_turn(ours: list[Session], theirs: list[Session]) -> Iterator[Couple]:
    matched = align([_mark(session) for session in ours], [_mark(session) for session in theirs])
    after = dict(matched)
    for index, session in enumerate(ours):
        yield Couple(session, theirs[after[index]] if index in after else None)
    taken = set(after.values())
    yield from (Couple(None, session) for index, session in enumerate(theirs) if index not in taken)


def _mark(session: Session) -> Mark:
    return Mark(session.upgraded, (session.csms, session.status, session.chosen))

"""Dividing a recording among several judges: whatever the judge remembers, it remembers by identity.

Known stations, alarms, disturbances and products never reach from one identity to another; only time does, which passes
with everybody's traffic. So a judge that is fed the sessions of some identities, and the times of all others, comes to
what one judge of everything says about them (docs/adr/0016-judging-on-several-cores.md).
"""

from collections.abc import Collection, Iterable, Mapping

from matrix.judge import Judge
from matrix.trace import Frame, Session, Traffic, session_of, time_of


def share_out(sessions: Iterable[Session], frames: Mapping[int, int], judges: int) -> list[frozenset[int]]:
    """Divide sessions among at most so many judges, by identity, with about as many frames each.

    `frames` are the numbers of frames by session. There are fewer shares where there are fewer identities.
    """
    of_identity: dict[str, list[int]] = {}
    for session in sessions:
        of_identity.setdefault(session.identity, []).append(session.id)
    by_size = sorted(of_identity.values(), key=lambda ids: -sum(frames.get(each, 0) for each in ids))
    shares: list[list[int]] = [[] for _ in range(min(judges, len(by_size)))]
    sizes = [0] * len(shares)
    for ids in by_size:
        smallest = sizes.index(min(sizes))
        shares[smallest] += ids
        sizes[smallest] += sum(frames.get(each, 0) + 1 for each in ids)
    return [frozenset(share) for share in shares]


def feed_share(judge: Judge, items: Iterable[Traffic], share: Collection[int]) -> None:
    """Judge the items of the share; of any other, note only that time has passed."""
    for item in items:
        session, at = (item.session, item.at) if type(item) is Frame else (session_of(item), time_of(item))
        if session in share:
            judge.feed(item)
        elif at > judge.now:
            judge.pass_time(at)

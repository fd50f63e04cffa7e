"""Refusals that repeat themselves: a station that is not let in, and does not wait before it tries again."""

from collections.abc import Collection, Iterable
from typing import Final

from matrix.trace import Session

FOLDED_FROM: Final = 3
"""So many refusals in a row of one station, with the same words, are one line."""


def folded(sessions: Iterable[Session], alone: Collection[int] = ()) -> list[list[Session]]:
    """Return sessions in their order, each by itself, but for refusals that a station was given again and again.

    These stand together where the first of them was, with whatever others did meanwhile after them. `alone` are the
    numbers of sessions that stay by themselves.
    """
    runs: list[list[Session]] = []
    latest: dict[str, list[Session]] = {}
    for session in sessions:
        run = latest.get(session.identity)
        if run and session.id not in alone and _is_again(run[-1], session):
            run.append(session)
            continue
        runs.append([session])
        latest[session.identity] = [] if session.id in alone else runs[-1]
    return [part for run in runs for part in ([run] if len(run) >= FOLDED_FROM else [[each] for each in run])]


def _is_again(before: Session, session: Session) -> bool:
    return not session.upgraded and session.status is not None and _told(before) == _told(session)


def _told(session: Session) -> tuple[object, ...]:
    return session.csms, session.path, session.offered, session.status, session.reason, session.ending, session.fault

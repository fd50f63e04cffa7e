"""`plugfest show --filter`: a recording read from end to end, and held against a filter. No index is needed."""

from collections.abc import Iterator

import msgspec

from hub.recording.reading import Recording
from hub.search.annotator import Annotator
from hub.search.entry import About, Entry, NoOpinion, Opinion
from hub.search.matching import matches
from hub.search.parser import parse
from hub.search.query import Query, asks_the_judge, asks_who
from matrix.policy import Policy
from matrix.trace import Frame, Opened, Session, mark_of
from tui.commands.judging import judge_frames
from tui.commands.printing import progress
from tui.reading.opinion import Said


def found_by(
    recording: Recording, text: str, session: int | None, policy: Policy, *, with_secrets: bool
) -> Iterator[Frame | Session]:
    """Yield the frames and handshakes that a filter lets through, of all sessions or of one, in order.

    Raises:
        QueryError: the text is no filter.
        RecordingError: it cannot be read, or there is no such session.
    """
    query = parse(text)
    if session is not None:
        recording.session(session)
    until = recording.last_mark()
    about, opinion = _learnt(recording, query, policy, until)
    annotator = Annotator(with_secrets=with_secrets)
    for batch in recording.batches(until):
        for item in batch:
            entry = annotator.feed(item)
            if entry is None or session not in (None, entry.about.id):
                continue
            if matches(query, _introduced(entry, about), opinion):
                assert isinstance(item, Frame | Opened)
                yield item if isinstance(item, Frame) else item.session


def _learnt(recording: Recording, query: Query, policy: Policy, until: int) -> tuple[dict[int, About], Opinion]:
    """Learn what is only known at the recording's end: who the stations are, and the judge's opinion."""
    is_judged = asks_the_judge(query)
    about = _who(recording, until) if is_judged or asks_who(query) else {}
    return about, Said(judge_frames(recording, policy, until)) if is_judged else NoOpinion()


def _who(recording: Recording, until: int) -> dict[int, About]:
    annotator = Annotator()
    with progress("reading", until) as advance_to:
        for batch in recording.batches(until):
            for item in batch:
                annotator.feed(item)
            advance_to(mark_of(batch[-1]))
    return annotator.about


def _introduced(entry: Entry, about: dict[int, About]) -> Entry:
    known = about.get(entry.about.id)
    return entry if known is None else msgspec.structs.replace(entry, about=known)

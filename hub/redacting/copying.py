"""A redacted copy of a recording: surveyed, written anew, looked through, and judged beside its original."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from hub.copying.fresh import put_in_place, workshop
from hub.errors import HubError
from hub.mirror import keep, keep_notes
from hub.recording.database import TRUNCATE, DatabaseError, Transaction
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording, open_for_writing
from hub.redacting.comparing import NAMED, differences
from hub.redacting.kinds import REPLACED, Kind, keywords
from hub.redacting.known import Known
from hub.redacting.needles import SHORTEST
from hub.redacting.pseudonyms import Pseudonyms
from hub.redacting.redactor import Redactor
from hub.redacting.scanning import Scan, Sought, scan
from hub.redacting.sessions import redacted_note, redacted_replay
from hub.redacting.shapes import folded
from hub.redacting.tally import Tally
from hub.redacting.traffic import redacted_traffic
from hub.writing.batch import improvised_row, replay_row
from matrix.judgement import Judgement
from matrix.notes import Note
from matrix.trace import Traffic, mark_of

WRITTEN_TOGETHER: Final = 2_000
FOLDED_EVERY: Final = 50
"""Transactions after which the write-ahead log is folded into the file."""

WORDS: Final = frozenset({Kind.TEXT, Kind.UNREADABLE})
"""Kinds whose values say nothing elsewhere: `Faulted` is a word, wherever else it stands."""

Judging = Callable[[Recording, int], Judgement]
"""Judges a recording until a mark."""
Telling = Callable[[str, int], object]
"""Is told what is going on, and how far it is: a number of items."""


class RedactError(HubError):
    """There can be no redacted copy; the message says why."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self._said = sentences

    @property
    def sentences(self) -> tuple[str, ...]:
        return self._said


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replaced, and by which secret."""

    key: bytes
    kinds: frozenset[Kind] = REPLACED


@dataclass(slots=True)
class Copied:
    """What came of it: in what the copy is judged otherwise, what is left in it, whether it has got its name."""

    tally: Tally
    scan: Scan
    differences: list[str] = field(default_factory=list)
    findings: int = 0
    is_kept: bool = False

    @property
    def is_good(self) -> bool:
        return not self.differences and not self.scan.leaks


def surveyed(items: Iterable[Traffic], notes: Iterable[Note], plan: Plan) -> Redactor:
    """Return a redactor that has seen what a recording holds: it knows what to look for elsewhere too."""
    first = Redactor(Pseudonyms(plan.key), plan.kinds)
    deque(redacted_traffic(first, items), maxlen=0)
    deque((redacted_note(first, note) for note in notes), maxlen=0)
    first.pseudonyms.relate(first.tally.values(Kind.TOKEN))
    telling = first.tally.values(*(plan.kinds - WORDS))
    known = Known(value for value in telling if len(value) >= SHORTEST and value not in keywords())
    return Redactor(first.pseudonyms, plan.kinds, known)


def preview(recording: Recording, plan: Plan, tell: Telling) -> Tally:
    """Return what a copy would replace; nothing is written.

    Raises:
        RecordingError: the recording cannot be read.
    """
    until = recording.last_mark()
    redactor = surveyed(_told(recording, until, "looking through", tell), recording.notes(), plan)
    deque(redacted_traffic(redactor, _told(recording, until, "replacing", tell)), maxlen=0)
    deque((redacted_note(redactor, note) for note in recording.notes()), maxlen=0)
    return redactor.tally


def copied(recording: Recording, to: Path, plan: Plan, judge: Judging, tell: Telling, *, by_force: bool) -> Copied:
    """Write a redacted copy. It gets its name only if it is judged alike and nothing is left in it, or by force.

    Raises:
        RedactError: there is something at `to`, or it cannot be written.
        FreshError: there is no such folder, or there is something at `to` by the end.
        RecordingError: the original cannot be read.
    """
    if to.exists() or to.is_symlink():
        raise RedactError(f"there is something at {str(to)!r} already; a copy is a new file")
    until = recording.last_mark()
    redactor = surveyed(_told(recording, until, "looking through", tell), recording.notes(), plan)
    with workshop(to) as made:
        _write(recording, made, redactor, until, tell)
        done = Copied(redactor.tally, scan(made, sought_in(redactor, {each.csms for each in recording.sessions()})))
        before = judge(recording, until)
        done.findings = len(before.findings)
        quiet = Redactor(redactor.pseudonyms, redactor.kinds, redactor.known)
        with Recording.open(made) as copy:
            done.differences = [*_confused(redactor.tally), *differences(before, judge(copy, until), quiet.pointer)]
        if done.is_good or by_force:
            put_in_place(made, to)
            done.is_kept = True
    return done


def why_not(done: Copied) -> tuple[str, ...]:
    """Return what is wrong with a copy, a sentence each; peers' words are in it."""
    said = [f"judged otherwise: {each}" for each in done.differences[:NAMED]]
    if len(done.differences) > NAMED:
        said.append(f"{len(done.differences) - NAMED} more are judged otherwise")
    leaks = done.scan.leaks.most_common()
    said += [f"left in the copy: a value of {len(value)} characters, {why}" for (value, why), _ in leaks[:NAMED]]
    if len(leaks) > NAMED:
        said.append(f"{len(leaks) - NAMED} more values are left in the copy")
    return tuple(said)


def _confused(tally: Tally) -> Iterator[str]:
    """Say where two values have got one pseudonym, which the ends of idTags alone can bring about."""
    values: dict[str, str] = {}
    for value, entry in tally.entries.get(Kind.TOKEN, {}).items():
        if values.setdefault(folded(entry.pseudonym), folded(value)) != folded(value):
            yield f"two idTags of {len(value)} characters have one pseudonym; another key helps"


def _told(recording: Recording, until: int, what: str, tell: Telling) -> Iterator[Traffic]:
    for batch in recording.batches(until):
        yield from batch
        tell(what, mark_of(batch[-1]))


def _write(recording: Recording, path: Path, redactor: Redactor, until: int, tell: Telling) -> None:
    writable = open_for_writing(path)
    try:
        items = redacted_traffic(redactor, _told(recording, until, "replacing", tell))
        number = 0
        while some := [*islice(items, WRITTEN_TOGETHER)]:
            keep(writable, some)
            number += 1
            if number % FOLDED_EVERY == 0:
                writable.connection.wal_checkpoint(mode=TRUNCATE)
        keep_notes(writable, [redacted_note(redactor, note) for note in recording.notes()])
        _link_replays(recording, writable, redactor)
    except DatabaseError as exc:
        raise RedactError(f"{str(path)!r} cannot be written: {exc}") from exc
    finally:
        writable.close()


def _link_replays(recording: Recording, into: WritableRecording, redactor: Redactor) -> None:
    with Transaction(into.connection) as cursor:
        for session, replay in recording.replays().items():
            cursor.execute(*replay_row(redacted_replay(redactor, replay)))
            for message_id, action in recording.improvised(session):
                named = redactor.value(Kind.REFERENCE, message_id)
                cursor.execute(*improvised_row(session, named, redactor.kept(action)))


def sought_in(redactor: Redactor, csmses: Collection[str]) -> Sought:
    """Return what must not be left in what a redactor has made; `csmses` are the names of all CSMSes."""
    tally, kinds = redactor.tally, redactor.kinds
    return Sought(
        telling={*_parts(tally.values(*(kinds - WORDS)))},
        texts={*_parts(tally.values(*WORDS))},
        pseudonyms=[entry.pseudonym for entries in tally.entries.values() for entry in entries.values()],
        kinds=kinds,
        kept_names=() if Kind.VENDOR in kinds else csmses,
    )


def _parts(values: Iterable[str]) -> Iterator[str]:
    """Yield values that are long enough, and the lines of certificates and keys: a part of one would be a leak too."""
    for value in values:
        lines = value.split("\n") if "-----BEGIN" in value else ()
        yield from (each for each in (value, *lines) if len(each) >= SHORTEST and not each.startswith("-----"))

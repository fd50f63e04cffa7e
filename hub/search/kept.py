"""A judge's opinion, kept in an index: a command that searches again does not judge again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from hub.recording.database import Connection, Transaction
from hub.schema_store import stored_schemas
from matrix.finding import Finding
from matrix.outcome import GRAVITY, Outcome
from matrix.policy import Policy
from matrix.ruleset import ruleset

_CODES: Final = {outcome: code for code, outcome in enumerate(GRAVITY)}
_FINDING: Final = msgspec.msgpack.Decoder(Finding)


class KeptOpinion:
    """What a judge has said about a recording up to its end, as an index holds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._findings: defaultdict[tuple[int, int | None], list[Finding]] = defaultdict(list)
        for (encoded,) in connection.execute("SELECT finding FROM finding ORDER BY id"):
            finding = _FINDING.decode(encoded)
            self._findings[finding.session, finding.frame].append(finding)

    def outcome(self, session: int, frame: int) -> Outcome | None:
        """Return what the exchange of a frame came to; None where there is none, or nothing yet."""
        del session
        for (code,) in self._connection.execute("SELECT outcome FROM outcome WHERE frame = ?", (frame,)):
            return GRAVITY[int(code)]
        return None

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        """Return what was found at a frame, or (None) at the handshake."""
        return self._findings.get((session, frame), ())

    def frames_with(self, outcome: Outcome) -> Iterator[int]:
        """Yield the frames of the calls and answers that came to an outcome."""
        for (frame,) in self._connection.execute("SELECT frame FROM outcome WHERE outcome = ?", (_CODES[outcome],)):
            yield int(frame)

    def all_findings(self) -> Iterator[Finding]:
        """Yield everything that was found."""
        for found in self._findings.values():
            yield from found


def key_of(policy: Policy) -> bytes:
    """Return what an opinion is made by: the rule set, what the event makes of it, and the schemas that were added.

    Raises:
        SchemaError: what is kept of schemas cannot be read.
    """
    stored = stored_schemas()
    content = stored.content if stored else ""
    return msgspec.msgpack.encode((ruleset().name, [each.as_data for each in policy.values()], content))


def kept_until(connection: Connection, key: bytes) -> int | None:
    """Return until which mark the opinion goes that an index keeps; None where there is none by these rules.

    Raises:
        DatabaseError: the index cannot be read.
    """
    for (until,) in connection.execute("SELECT until FROM judged WHERE key = ?", (key,)):
        return int(until)
    return None


def keep_opinion(
    connection: Connection, key: bytes, until: int, outcomes: Iterable[tuple[int, Outcome]], findings: Iterable[Finding]
) -> KeptOpinion:
    """Put an opinion in the place of the one that an index keeps.

    Raises:
        DatabaseError: the index cannot be written to.
    """
    with Transaction(connection):
        for table in ("judged", "outcome", "finding"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        connection.execute("INSERT INTO judged VALUES (?, ?)", (key, until))
        rows = ((frame, _CODES[outcome]) for frame, outcome in outcomes)
        connection.executemany("INSERT OR REPLACE INTO outcome VALUES (?, ?)", rows)
        encoded = ((msgspec.msgpack.encode(finding),) for finding in findings)
        connection.executemany("INSERT INTO finding(finding) VALUES (?)", encoded)
    return KeptOpinion(connection)

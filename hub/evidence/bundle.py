"""What a bundle holds: the fewest messages that show a finding, redacted, judged again, and who is concerned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import HubError
from hub.evidence.chain import recording_id
from hub.evidence.reference import Reference, meant
from hub.evidence.smallest import Smallest, besides, findings_in, places_of, smallest
from hub.recording.reading import Recording
from hub.redacting.copying import Plan, sought_in, surveyed
from hub.redacting.kinds import Kind
from hub.redacting.redactor import Redactor
from hub.redacting.scanning import Sought
from hub.redacting.traffic import redacted_traffic
from matrix.finding import Finding
from matrix.judgement import Judgement, in_order
from matrix.policy import AS_WRITTEN, Policy, Regrade
from matrix.ruleset import ruleset
from matrix.trace import Opened, Session, Side, Traffic, mark_of, session_of

Judging = Callable[[Recording, int], Judgement]


class EvidenceError(HubError):
    """There can be no bundle; the message says why."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is called: what it said it was, and which version."""

    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a bundle says.

    `finding` is as the judge says it of `traffic`, which is in the order of recording and ready to be handed on.
    `others` are further findings that were meant. `artefacts` are findings in `traffic` that the recording does not
    have: what disproves them is left out. `regrade` is what the event makes of the rule, which the finding itself does
    not say. `sought` is what must not be in any of its files; None where nothing
    was redacted.
    """

    finding: Finding
    others: int
    artefacts: tuple[Finding, ...]
    traffic: tuple[Traffic, ...]
    is_minimal: bool
    left_out: int
    station: Product
    csms: Product
    version: str
    ruleset: str
    recording: str
    sought: Sought | None
    regrade: Regrade | None = None

    @property
    def sessions(self) -> list[Session]:
        """The sessions that its messages are of."""
        return [item.session for item in self.traffic if isinstance(item, Opened)]

    @property
    def reference(self) -> Reference:
        return Reference.of(self.finding)


def gathered(
    recording: Recording, reference: Reference, plan: Plan | None, judge: Judging, policy: Policy = AS_WRITTEN
) -> Bundle:
    """Return the bundle for a finding; `plan` says what is redacted, None that nothing is.

    The finding is that of the rule as it is written: it is for whoever judges it elsewhere. `policy` is told beside it.

    Raises:
        NoFindingError: there is no such finding.
        EvidenceError: it cannot be shown by less than what a bundle may hold, or not once it is redacted.
        RecordingError: the recording cannot be read.
    """
    until = recording.last_mark()
    judgement = judge(recording, until)
    found = meant(in_order(judgement.findings), reference)
    whole, least = _least(recording, found[0], until)
    redactor = None if plan is None else surveyed(whole, [], plan)
    traffic = least.traffic if redactor is None else _redacted(least.traffic, redactor)
    finding = _shown(traffic, found[0], redactor)
    artefacts = besides(findings_in(traffic), places_of(judgement.findings))
    station, csms, version = _products(judgement, recording.session(found[0].session), redactor)
    kept = {session.csms for session in recording.sessions()}
    return Bundle(
        finding, len(found) - 1, (*artefacts,), traffic, least.is_minimal, least.left_out, station, csms, version,
        ruleset().name, recording_id(recording), None if redactor is None else sought_in(redactor, kept),
        policy.get(found[0].rule),
    )  # fmt: skip


def _least(recording: Recording, finding: Finding, until: int) -> tuple[list[Traffic], Smallest]:
    """Look in the sessions of the same station first: what a rule knows, it knows of a station."""
    sessions = {session.id: session for session in recording.sessions()}
    identity = sessions[finding.session].identity
    own = {number for number, session in sessions.items() if session.identity == identity}
    for numbers in (own, {*sessions}):
        items = [item for batch in recording.batches(until) for item in batch if session_of(item) in numbers]
        least = smallest(items, finding)
        if least is not None:
            return items, least
    raise EvidenceError(f"{Reference.of(finding)} is gone when it is judged again: is the recording being written to?")


def _redacted(traffic: Sequence[Traffic], redactor: Redactor) -> tuple[Traffic, ...]:
    return tuple(sorted(redacted_traffic(redactor, traffic), key=mark_of))


def _shown(traffic: Sequence[Traffic], wanted: Finding, redactor: Redactor | None) -> Finding:
    """Return the finding as the bundle shows it: of the same rule and side, at the same frame and pointer."""
    pointer = wanted.pointer if redactor is None else redactor.pointer(wanted.pointer)
    for finding in findings_in(traffic):
        same_place = (finding.session, finding.frame, finding.pointer) == (wanted.session, wanted.frame, pointer)
        if same_place and (finding.rule, finding.side, finding.severity) == (wanted.rule, wanted.side, wanted.severity):
            return finding
    raise EvidenceError(f"{Reference.of(wanted)} is gone once values are replaced; --unredacted shows it as it was")


def _products(judgement: Judgement, session: Session, redactor: Redactor | None) -> tuple[Product, Product, str]:
    def said(kind: Kind, word: str) -> str:
        return word if redactor is None else redactor.value(kind, word)

    pair = next((each for each in judgement.board.view().pairs if session.id in each.sessions), None)
    csms = Product(said(Kind.VENDOR, session.csms), said(Kind.VENDOR, session.header("Server", of=Side.CSMS) or ""))
    if pair is None or not pair.station.is_known:
        version = pair.version if pair else (session.chosen or "?").removeprefix("ocpp")
        return Product(said(Kind.IDENTITY, session.identity)), csms, version
    vendor, model, firmware = (
        said(Kind.VENDOR, word) for word in (pair.station.vendor, pair.station.model, pair.station.firmware)
    )
    return Product(f"{vendor} {model}".strip(), firmware), csms, pair.version

"""What to fix first: findings by vendor and rule, the gravest and most widespread first. Pure: the screen shows it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from matrix.blaming.deviations import Deviation
from matrix.blaming.errata import Candidate
from matrix.boards.pair import BoardView, Pair, PairKey
from matrix.finding import Severity
from matrix.judgement import crashes_in_order
from matrix.policy import Policy, Regrade
from matrix.rule import rule_named
from matrix.rulebook import Crash
from matrix.safe import safe
from matrix.trace import Side
from tui.reading.tallies import Occurrence, Tally

EVERYONE: Final = ""
GRAVEST_FIRST: Final = (Severity.VIOLATION, Severity.WARNING, Severity.INFO)
NO_NAME: Final = "(no name)"


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who has to fix something: the maker of stations, or a CSMS. `name` is safe to show."""

    name: str
    side: Side

    @property
    def label(self) -> str:
        return f"{self.name} ({'CSMS' if self.side is Side.CSMS else 'station'})"


@dataclass(frozen=True, slots=True)
class Group:
    """What one rule finds about one vendor, with one severity. Times are nanoseconds since the epoch."""

    vendor: Vendor
    rule: str
    severity: Severity
    tallies: tuple[Tally, ...]
    pairs: frozenset[PairKey]
    count: int
    sessions: int
    first_at: int
    last_at: int

    @property
    def key(self) -> tuple[Vendor, str, Severity]:
        return self.vendor, self.rule, self.severity

    @property
    def sentence(self) -> str:
        return sentence_of(self.rule)

    @property
    def latest(self) -> Occurrence:
        """The finding that was made last."""
        return max((tally[-1] for tally in self.tallies), key=lambda each: each.at)


@dataclass(frozen=True, slots=True)
class Heading:
    """A vendor above its groups: how many there are of each severity, and pairs in which they find a violation."""

    vendor: Vendor
    counts: Mapping[Severity, int]
    pairs: int

    @property
    def key(self) -> Vendor:
        return self.vendor


@dataclass(frozen=True, slots=True)
class Graded:
    """What the event makes of a rule, so that nobody looks for it in vain."""

    regrade: Regrade

    @property
    def key(self) -> str:
        return self.regrade.rule


@dataclass(frozen=True, slots=True)
class Question:
    """What so many vendors do otherwise that it may be the standard's to fix."""

    candidate: Candidate

    @property
    def key(self) -> tuple[Deviation, str]:
        return self.candidate.deviation, self.candidate.generation

    @property
    def rule(self) -> str:
        return self.candidate.deviation.rule


@dataclass(frozen=True, slots=True)
class Crashed:
    """A rule (or note) of ours that raised: how often, and where first."""

    rule: str
    count: int
    first: Crash

    @property
    def key(self) -> str:
        return f"crash of {self.rule}"

    @property
    def in_words(self) -> str:
        """What became of what it judged, in a sentence."""
        where = "the handshake" if self.first.frame is None else f"frame {self.first.frame}"
        often = "once" if self.count == 1 else f"{self.count} times, first"
        return f"rule {self.rule} crashed {often} on session {self.first.session}, {where}; that is inconclusive"


Entry = Heading | Group | Question | Crashed | Graded


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown: of a vendor's label, of a severity, containing a text, of one pair; empty for all."""

    text: str = ""
    vendor: str = EVERYONE
    severity: str = ""
    pair: PairKey | None = None

    @property
    def is_filter(self) -> bool:
        return bool(self.text or self.vendor or self.severity)


def sentence_of(code: str) -> str:
    """Return what a rule asks; a code that no rule has says so."""
    try:
        return rule_named(code).sentence
    except KeyError:
        return "not a rule of this rule set"


def crashes_by_rule(crashes: Iterable[Crash]) -> list[Crashed]:
    """Return which rules crashed, by name."""
    by_rule: dict[str, list[Crash]] = {}
    for crash in crashes_in_order(crashes):
        by_rule.setdefault(crash.rule, []).append(crash)
    return [Crashed(rule, len(by_rule[rule]), by_rule[rule][0]) for rule in sorted(by_rule)]


def entries(
    tallies: Iterable[Tally],
    board: BoardView,
    policy: Policy,
    wanted: Wanted,
    candidates: Iterable[Candidate] = (),
    crashes: Iterable[Crash] = (),
) -> list[Entry]:
    """Return what to fix first, by vendor: who breaks most pairs comes first.

    Then come the questions to the standard, unless one pair, vendor or severity is wanted, the rules that crashed, and
    what the event regraded.
    """
    groups = [group for group in _groups(tallies, board, wanted.pair) if _is_wanted(group, wanted)]
    by_vendor: dict[Vendor, list[Group]] = {}
    for group in groups:
        by_vendor.setdefault(group.vendor, []).append(group)
    listed: list[Entry] = []
    for heading in sorted((_heading(vendor, of) for vendor, of in by_vendor.items()), key=_vendor_order):
        listed += [heading, *sorted(by_vendor[heading.vendor], key=_order)]
    questions = (Question(candidate) for candidate in candidates if _is_asked(candidate, wanted))
    return [*listed, *questions, *crashes_by_rule(crashes), *(Graded(policy[code]) for code in sorted(policy))]


def vendors(tallies: Iterable[Tally], board: BoardView, wanted: Wanted) -> list[str]:
    """Return the labels of all vendors about whom something is found that is wanted, of whichever vendor; by name."""
    anyone = replace(wanted, vendor=EVERYONE)
    groups = _groups(tallies, board, wanted.pair)
    return sorted({group.vendor.label for group in groups if _is_wanted(group, anyone)})


def _groups(tallies: Iterable[Tally], board: BoardView, only: PairKey | None) -> Iterator[Group]:
    pair_of = {session: pair for pair in board.pairs for session in pair.sessions}
    gathered: dict[tuple[Vendor, str, Severity], list[tuple[Tally, Pair | None]]] = {}
    for tally in tallies:
        pair = pair_of.get(tally[0].session)
        if only is None or (pair is not None and pair.key == only):
            key = (_vendor(tally, pair), tally.key.rule, tally.key.severity)
            gathered.setdefault(key, []).append((tally, pair))
    for (vendor, rule, severity), members in gathered.items():
        of = tuple(tally for tally, _ in members)
        yield Group(
            vendor=vendor,
            rule=rule,
            severity=severity,
            tallies=of,
            pairs=frozenset(pair.key for _, pair in members if pair is not None),
            count=sum(map(len, of)),
            sessions=sum(len(tally.session_ids) for tally in of),
            first_at=min(tally[0].at for tally in of),
            last_at=max(tally[-1].at for tally in of),
        )


def _vendor(tally: Tally, pair: Pair | None) -> Vendor:
    if tally.key.side is Side.CSMS:
        return Vendor(safe(tally.key.csms, 40) or NO_NAME, Side.CSMS)
    known = pair.station.vendor or pair.station.label if pair is not None else tally.key.identity
    return Vendor(safe(known, 40) or NO_NAME, Side.STATION)


def _is_wanted(group: Group, wanted: Wanted) -> bool:
    if wanted.vendor and group.vendor.label != wanted.vendor:
        return False
    if wanted.severity and group.severity != wanted.severity:
        return False
    words = f"{group.vendor.label} {group.rule} {group.severity} {group.sentence}".lower()
    return wanted.text.lower() in words


def _is_asked(candidate: Candidate, wanted: Wanted) -> bool:
    if wanted.pair is not None or wanted.vendor or wanted.severity:
        return False
    vendors_named = " ".join(sighting.vendor for sighting in candidate.sightings)
    words = f"{vendors_named} {candidate.deviation.rule} {candidate.deviation.action} {candidate.question}".lower()
    return wanted.text.lower() in words


def _heading(vendor: Vendor, groups: Iterable[Group]) -> Heading:
    counts = dict.fromkeys(GRAVEST_FIRST, 0)
    broken: set[PairKey] = set()
    for group in groups:
        counts[group.severity] += 1
        broken |= group.pairs if group.severity is Severity.VIOLATION else set()
    return Heading(vendor, counts, len(broken))


def _vendor_order(heading: Heading) -> tuple[object, ...]:
    counts = tuple(-heading.counts[severity] for severity in GRAVEST_FIRST)
    return -heading.pairs, *counts, heading.vendor.label


def _order(group: Group) -> tuple[object, ...]:
    return GRAVEST_FIRST.index(group.severity), -len(group.pairs), -group.count, group.rule

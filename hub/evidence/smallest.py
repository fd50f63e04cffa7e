"""The smallest part of a recording that still shows a finding, by delta debugging (Zeller, Hildebrandt 2002).

Whole sessions are left out first, then what came after, then exchanges, then messages, in ever smaller groups, until
none can be left out alone. Each attempt is judged; what is left shows the finding with the same words as all of it
does. Where it shows others, too, that all of it does not (an answer without its CALL accuses who gave it), it is made
once more, of attempts that show no such finding.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.exports.spoken import Listener
from matrix.finding import Finding
from matrix.judge import Judge
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Disturbed, Frame, Opcode, Opened, Side, Traffic, session_of

MOST_JUDGED: Final = 2_000_000
"""Items that are judged in all: some minutes at most. What is left by then is what there is."""
MOST_ADDED: Final = 100
"""Frames that are kept so that nothing else is found. Where it takes more, what is found besides has to be named."""

Atom = tuple[Traffic, ...]
"""What is left out together: the frames of one message, a step of a disturbance, or all of a session."""
Shows = Callable[[Sequence[Atom]], bool]
Place = tuple[str, Side, int, int | None]
"""What is found where: the rule, the side, the session and the frame."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """What is left.

    `is_minimal` says that without any one message of it the finding is gone, or another one is there that all of the
    traffic does not show.
    """

    traffic: tuple[Traffic, ...]
    is_minimal: bool
    left_out: int
    """Frames that are not needed."""


@dataclass(slots=True)
class _Trial:
    """Judges what is left, as long as that is worth it. Nothing may be found but in `places`, where those are given."""

    wanted: Finding
    places: frozenset[Place] | None = None
    judged: int = 0
    frame: list[Traffic] = field(default_factory=list)
    """What is there in each attempt: how sessions were opened and closed."""

    def shows(self, atoms: Sequence[Atom]) -> bool:
        items = [item for atom in atoms for item in atom]
        self.judged += len(items) + len(self.frame)
        found = findings_in([*items, *self.frame])
        return self.wanted in found and (self.places is None or not besides(found, self.places))

    @property
    def is_over(self) -> bool:
        return self.judged >= MOST_JUDGED


def findings_in(items: Iterable[Traffic]) -> list[Finding]:
    """Return what is found in some items, in whatever order they come."""
    judge = Judge()
    for item in sorted(items, key=_mark):
        judge.feed(item)
    return judge.findings


def places_of(findings: Iterable[Finding]) -> frozenset[Place]:
    """Return what is found where."""
    return frozenset(map(_place, findings))


def besides(findings: Iterable[Finding], places: frozenset[Place]) -> list[Finding]:
    """Return the findings that are at none of these places."""
    return [finding for finding in findings if _place(finding) not in places]


def _place(finding: Finding) -> Place:
    return finding.rule, finding.side, finding.session, finding.frame


def smallest(traffic: Iterable[Traffic], finding: Finding) -> Smallest | None:
    """Return the smallest part of some traffic that shows a finding, and none but those of all of it, if that is small.

    Return None where all of it does not show the finding.
    """
    items = [*traffic]
    found = findings_in(items)
    if finding not in found:
        return None
    least, places = _reduced(items, _Trial(finding)), places_of(found)
    if not besides(findings_in(least.traffic), places):
        return least
    fair = _reduced(items, _Trial(finding, places))
    return fair if least.left_out - fair.left_out <= MOST_ADDED else least


def _reduced(items: list[Traffic], trial: _Trial) -> Smallest:
    sessions = _by_session(items)
    own = sessions.pop(trial.wanted.session)
    trial.frame = [*own]
    kept = _without_most([*sessions.values()], trial)
    left = [item for atom in (*kept, own) for item in atom]
    trial.frame = [item for item in left if isinstance(item, Opened | Closed)]
    exchanges = _without_most(_until_shown(_exchanges(left), trial), trial)
    found = _without_most(_atoms([item for atom in exchanges for item in atom]), trial)
    rest = [*(item for atom in found for item in atom), *trial.frame]
    rest.sort(key=_mark)
    return Smallest(tuple(rest), not trial.is_over, _frames(items) - _frames(rest))


def _by_session(items: Iterable[Traffic]) -> dict[int, Atom]:
    sessions: dict[int, list[Traffic]] = {}
    for item in items:
        sessions.setdefault(session_of(item), []).append(item)
    return {number: tuple(found) for number, found in sessions.items()}


def _atoms(items: Sequence[Traffic]) -> list[Atom]:
    """Divide items into what is left out together: the fragments of a message are one."""
    atoms: list[list[Traffic]] = []
    open_messages: dict[tuple[int, Side], list[Traffic]] = {}
    for item in sorted(items, key=_mark):
        if isinstance(item, Opened | Closed):
            continue
        if isinstance(item, Disturbed) or not 0 <= item.opcode < FIRST_CONTROL_OPCODE:
            atoms.append([item])
            continue
        stream = (item.session, item.side)
        if item.opcode == Opcode.CONTINUATION and stream in open_messages:
            open_messages[stream].append(item)
        else:
            atoms.append([item])
            open_messages[stream] = atoms[-1]
        if item.fin:
            open_messages.pop(stream, None)
    return [tuple(atom) for atom in atoms]


def _exchanges(items: Sequence[Traffic]) -> list[Atom]:
    """Divide items likewise, an answer with its CALL: half of an exchange is soon found wanting."""
    listeners: dict[int, Listener] = defaultdict(Listener)
    groups: list[list[Traffic]] = []
    asked: dict[tuple[int, Side, str], list[Traffic]] = {}
    for atom in _atoms(items):
        said = [listeners[item.session].hear(item) for item in atom if isinstance(item, Frame)]
        last, message = atom[-1], said[-1] if said else None
        if message is not None and not message.is_call and isinstance(last, Frame):
            group = asked.get((last.session, last.side.other, message.id))
            if group is not None:
                group += atom
                continue
        groups.append([*atom])
        if message is not None and message.is_call and isinstance(last, Frame):
            asked[last.session, last.side, message.id] = groups[-1]
    return [tuple(group) for group in groups]


def _until_shown(atoms: list[Atom], trial: _Trial) -> list[Atom]:
    """Leave out what comes after the finding is there: halving finds a place where one message makes the difference."""
    low, high = 0, len(atoms)
    while low < high and not trial.is_over:
        middle = (low + high) // 2
        if trial.shows(atoms[:middle]):
            high = middle
        else:
            low = middle + 1
    return atoms[:high]


def _without_most(atoms: list[Atom], trial: _Trial) -> list[Atom]:
    """Leave out groups of atoms, first large, then small, until none can be left out alone (ddmin)."""
    parts = 2
    if atoms and trial.shows([]):
        return []
    while len(atoms) >= 2 and not trial.is_over:
        size = -(-len(atoms) // parts)
        reduced = _one_group_less(atoms, size, trial)
        if reduced is not None:
            atoms, parts = reduced, max(parts - 1, 2)
        elif size == 1:
            break
        else:
            parts = min(2 * parts, len(atoms))
    return atoms


def _one_group_less(atoms: list[Atom], size: int, trial: _Trial) -> list[Atom] | None:
    for start in range(0, len(atoms), size):
        rest = atoms[:start] + atoms[start + size :]
        if trial.is_over:
            return None
        if trial.shows(rest):
            return rest
    return None


def _frames(items: Iterable[Traffic]) -> int:
    return sum(isinstance(item, Frame) for item in items)


def _mark(item: Traffic) -> int:
    return item.id if isinstance(item, Frame) else item.mark

"""The smallest part of a recording that still shows a finding, by delta debugging (Zeller, Hildebrandt 2002).

Whole sessions are left out first, then what came after, then messages, in ever smaller groups, until none can be left
out alone. Each attempt is judged; what is left shows the finding with the same words as all of it does.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from matrix.finding import Finding
from matrix.judge import Judge
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Disturbed, Frame, Opcode, Opened, Side, Traffic, session_of

MOST_JUDGED: Final = 2_000_000
"""Items that are judged in all: some minutes at most. What is left by then is what there is."""

Atom = tuple[Traffic, ...]
"""What is left out together: the frames of one message, a step of a disturbance, or all of a session."""
Shows = Callable[[Sequence[Atom]], bool]


@dataclass(frozen=True, slots=True)
class Smallest:
    """What is left: `is_minimal` says that without any one message of it the finding is gone."""

    traffic: tuple[Traffic, ...]
    is_minimal: bool
    left_out: int
    """Frames that are not needed."""


@dataclass(slots=True)
class _Trial:
    """Judges what is left, as long as that is worth it."""

    wanted: Finding
    judged: int = 0
    frame: list[Traffic] = field(default_factory=list)
    """What is there in each attempt: how sessions were opened and closed."""

    def shows(self, atoms: Sequence[Atom]) -> bool:
        items = [item for atom in atoms for item in atom]
        self.judged += len(items) + len(self.frame)
        return self.wanted in findings_in([*items, *self.frame])

    @property
    def is_over(self) -> bool:
        return self.judged >= MOST_JUDGED


def findings_in(items: Iterable[Traffic]) -> list[Finding]:
    """Return what is found in some items, in whatever order they come."""
    judge = Judge()
    for item in sorted(items, key=_mark):
        judge.feed(item)
    return judge.findings


def smallest(traffic: Iterable[Traffic], finding: Finding) -> Smallest | None:
    """Return the smallest part of some traffic that shows a finding; None where all of it does not show it."""
    items = [*traffic]
    trial = _Trial(finding)
    sessions = _by_session(items)
    if not trial.shows([*sessions.values()]):
        return None
    others = {number: atom for number, atom in sessions.items() if number != finding.session}
    trial.frame = [*sessions[finding.session]]
    kept = _without_most([*others.values()], trial)
    left = [item for atom in (*kept, sessions[finding.session]) for item in atom]
    trial.frame = [item for item in left if isinstance(item, Opened | Closed)]
    atoms = _until_shown(_atoms(left), trial)
    found = _without_most(atoms, trial)
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

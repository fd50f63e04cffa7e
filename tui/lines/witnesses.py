"""What `plugfest judge` prints beside the findings: what other products do, and that there are questions to ask."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from matrix.blaming.deviations import Deviation, Deviations
from matrix.blaming.errata import VENDORS_NEEDED, candidates
from matrix.blaming.witness import Witnesses
from matrix.boards.pair import BoardView
from matrix.judgement import Judgement
from matrix.report import deviations_of
from matrix.safe import safe
from matrix.trace import Side
from tui.lines.blaming import WITNESS

LISTED: Final = 50
"""Lines for people; `--json` says it of every finding."""


class _Said(NamedTuple):
    """What is said of one product's deviation, with whomever it is said the same."""

    deviation: Deviation
    who: str
    sentences: tuple[str, ...]


def show_witnesses(out: Console, judge: Judgement, view: BoardView) -> None:
    """Print what other products do about each deviation of each product; then how many questions there are."""
    deviations = deviations_of(judge)
    said = _said(deviations, view)
    for each, partners in [*said.items()][:LISTED]:
        for line in _lines(each, partners):
            out.print(line)
    if len(said) > LISTED:
        out.print(Text(f"... and {len(said) - LISTED} more; --json has them all"))
    if found := len(candidates(deviations, view)):
        what = "1 deviation is" if found == 1 else f"{found} deviations are"
        out.print(Text(f"{what} shared by {VENDORS_NEEDED} or more independent vendors: see judge --errata"))


def _lines(said: _Said, partners: Iterable[str]) -> Iterator[Text]:
    """Yield which product deviates and how, with whom; then, below, what other products do."""
    deviation = said.deviation
    what = f"{deviation.rule} {deviation.action} {safe(deviation.pointer, 80)}".rstrip()
    yield Text(f"{what}: {safe(said.who, 40)} with {safe(', '.join(partners), 80)}")
    yield Text(f"  {WITNESS} " + "; ".join(map(safe, said.sentences)))


def _said(deviations: Deviations, view: BoardView) -> dict[_Said, dict[str, None]]:
    """Return what is said of whom, with the products on the other side that it is said about."""
    found: dict[_Said, dict[str, None]] = {}
    for deviation, names, sentences in _testimonies(deviations, view):
        own, other = names if deviation.side is Side.STATION else names[::-1]
        found.setdefault(_Said(deviation, own, sentences), {})[other] = None
    return found


def _testimonies(
    deviations: Deviations, view: BoardView
) -> Iterator[tuple[Deviation, tuple[str, str], tuple[str, ...]]]:
    witnesses = Witnesses(deviations, view)
    pairs = {session: pair for pair in view.pairs for session in pair.sessions}
    for deviation in deviations.all():
        for session, seen in deviations.sessions(deviation):
            pair, witness = pairs.get(session), witnesses.of(seen.first)
            if pair is not None and witness is not None and witness.sentences:
                yield deviation, (pair.station.label, pair.csms), witness.sentences

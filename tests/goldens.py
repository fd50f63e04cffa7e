"""Judge the sessions under sessions/ and keep the verdicts beside them: `python -m tests.goldens` (`make goldens`)."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from drawing import judged, read_drawing

from hub.session_file import read_session
from hub.session_records import is_session_file
from matrix.judgement import in_order
from matrix.outcome import Outcome
from matrix.report import outcome_rows

SESSIONS: Final = Path(__file__).parents[1] / "sessions"


def drawings() -> list[Path]:
    """Return every drawing, sorted by name."""
    return sorted(path for path in SESSIONS.glob("*/*.session") if path.parent.name != "samples")


def samples() -> list[Path]:
    """Return every recorded sample, sorted by name."""
    return sorted(SESSIONS.glob("samples/*.session"))


def golden(drawing: Path) -> Path:
    """Return where the verdicts of a drawing are kept."""
    return drawing.with_suffix(".findings")


def verdict(drawing: Path) -> str:
    """Return what the judge says of a drawing or a sample, as text: outcomes, then findings."""
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Path) -> Iterator[str]:
    judge = judged(read_session(drawing).traffic() if is_session_file(drawing) else read_drawing(drawing))
    view = judge.board.view()
    for pair in view.pairs:
        yield f"{pair.station.label} with {pair.csms}, {pair.version}: {pair.outcome}"
        for owner, row in outcome_rows(view):
            if owner is pair and (row.outcome is not Outcome.PASSED):
                yield f"  {row.action}: {row.outcome}; {row.evidence.text if row.evidence else ''}"
    for finding in in_order(judge.findings):
        frame = f"frame {finding.frame}" if finding.frame else ""
        place = ", ".join(filter(None, [f"session {finding.session}", frame, finding.pointer]))
        yield f"{finding.rule} {finding.severity} {finding.side}: {finding.text} ({place})"


def main() -> None:
    """Write every golden again."""
    for drawing in (*drawings(), *samples()):
        golden(drawing).write_text(verdict(drawing), encoding="utf-8")


if __name__ == "__main__":
    main()

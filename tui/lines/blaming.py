"""How it reads whose doing something is, what the matrix says as a witness, and what to ask of the standard."""

from collections.abc import Iterable
from typing import Final

from matrix.blaming.blame import for_finding
from matrix.blaming.errata import ANY, Candidate, Sighting
from matrix.finding import Blame, Finding, Severity
from matrix.safe import safe
from matrix.trace import Side
from tui.lines.line import BLANK, Line, PaneLine, Span
from tui.reading.tallies import Occurrence
from tui.reading.verdicts import Verdicts

WITNESS: Final = "\N{WHITE DIAMOND}"
"""Stands before what other products do."""


def blamed(blame: Blame) -> str:
    """Return who is blamed for an outcome and how sure that is, in short: `the station, certain`."""
    who = "both sides, " if len(blame.sides) > 1 else "".join(f"{side.label}, " for side in blame.sides)
    return f"{who}{blame.ground.confidence}"


def blame_words(blame: Blame) -> str:
    """Return who is blamed for an outcome, how sure that is, and why: `the station, certain: ...`."""
    return f"{blamed(blame)}: {blame.ground.why}"


def ground_lines(finding: Finding) -> list[PaneLine]:
    """Return how sure a finding is of whom it blames, and why; nothing for what is only worth knowing."""
    if finding.severity is Severity.INFO:
        return []
    ground = finding.ground
    return [PaneLine((Span(f"{ground.confidence}: ", "muted"), Span(ground.why)), 2)]


def blame_lines(blame: Blame) -> list[PaneLine]:
    """Return whose doing an outcome is."""
    return [PaneLine((Span("blame: ", "muted"), Span(blame_words(blame))), 2)]


def witness_lines(sentences: Iterable[str]) -> list[PaneLine]:
    """Return what the rest of the matrix says about a finding."""
    return [PaneLine((Span(f"{WITNESS} ", "accent"), Span(safe(sentence))), 2) for sentence in sentences]


def finding_line(verdicts: Verdicts, rule: str, occurrence: Occurrence) -> Line:
    """Return in one line what a rule has found somewhere, whose doing that is, and what the other products do."""
    finding = verdicts.finding_at(rule, occurrence)
    if finding is None:
        return ()
    blame = for_finding(finding)
    witnesses = (
        part for said in verdicts.hearing.about(finding) for part in (Span(f"  {WITNESS} ", "accent"), Span(safe(said)))
    )
    whose = (Span(f"  {blamed(blame)}", "muted"),) if blame else ()
    return (Span(safe(finding.text)), *whose, *witnesses)


def errata_lines(candidates: Iterable[Candidate]) -> list[PaneLine]:
    """Return the questions to the standard, each with who does otherwise and a frame that shows it."""
    lines = [line for candidate in candidates for line in _candidate_lines(candidate)]
    return lines[:-1] or [PaneLine((Span("no deviation is shared by three independent vendors", "muted"),))]


def _candidate_lines(candidate: Candidate) -> list[PaneLine]:
    deviation = candidate.deviation
    return [
        PaneLine((
            Span(f"{deviation.rule} ", "rule"),
            Span(safe(f"{deviation.action} {deviation.pointer}".rstrip()), "heading"),
            Span("  any version" if candidate.generation == ANY else f"  OCPP {candidate.generation}", "muted"),
        )),
        PaneLine((Span(candidate.question, "strong"),), 2),
        PaneLine((Span(candidate.clause, "muted"),), 2),
        *(_sighting_line(sighting, deviation.side) for sighting in candidate.sightings),
        BLANK,
    ]  # fmt: skip


def _sighting_line(sighting: Sighting, side: Side) -> PaneLine:
    models = ", ".join(safe(product, 40) for product in sighting.products if product)
    frame = f", frame {sighting.frame}" if sighting.frame else ""
    return PaneLine((
        Span(safe(sighting.vendor, 40), side.value),
        Span(f" {models}" if models else ""),
        Span(f"  session {sighting.session}{frame}  ", "muted"),
        Span(safe(f"{sighting.pointer} {sighting.text}".strip(), 200)),
    ), 4)  # fmt: skip

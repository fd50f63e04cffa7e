"""Which finding is meant, as it is typed: `TM-02`, `TM-02#4` or `TM-02#4/120`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.errors import HubError
from matrix.finding import Finding

NAMED: Final = 5
"""Findings that are named where another one was meant."""
_FORM: Final = re.compile(r"(?P<rule>[A-Za-z0-9-]+)(?:#(?P<session>[0-9]+)(?:/(?P<frame>[0-9]+|-))?)?", re.ASCII)


class NoFindingError(HubError):
    """No finding is meant by it; the message says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A rule, and where it found something: in any session, in one, at a frame, at the handshake (`frame` is 0)."""

    rule: str
    session: int | None = None
    frame: int | None = None

    @classmethod
    def of(cls, finding: Finding) -> "Reference":
        """Return what means a finding."""
        return cls(finding.rule, finding.session, finding.frame or 0)

    def __str__(self) -> str:
        session = "" if self.session is None else f"#{self.session}"
        return self.rule + session + ("" if self.frame is None else f"/{self.frame or '-'}")

    def means(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        return (
            finding.rule == self.rule
            and self.session in (None, finding.session)
            and self.frame in (None, finding.frame or 0)
        )


def read_reference(text: str) -> Reference:
    """Read what was typed.

    Raises:
        NoFindingError: it has not the form RULE, RULE#SESSION or RULE#SESSION/FRAME.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise NoFindingError(f"{text!r} names no finding: it is RULE, RULE#SESSION or RULE#SESSION/FRAME")
    frame = match["frame"]
    return Reference(
        match["rule"].upper(),
        int(match["session"]) if match["session"] else None,
        None if frame is None else 0 if frame == "-" else int(frame),
    )


def meant(findings: Iterable[Finding], reference: Reference) -> list[Finding]:
    """Return the findings that are meant, the first one first.

    Raises:
        NoFindingError: there is none.
    """
    by_rule = [finding for finding in findings if finding.rule == reference.rule]
    found = [finding for finding in by_rule if reference.means(finding)]
    if found:
        return found
    if not by_rule:
        raise NoFindingError(f"{reference.rule} has found nothing in this recording")
    places = ", ".join(str(Reference.of(finding)) for finding in by_rule[:NAMED])
    more = f" and {len(by_rule) - NAMED} more" if len(by_rule) > NAMED else ""
    raise NoFindingError(f"{reference} is no finding; those of {reference.rule} are {places}{more}")

"""A session as a sequence diagram in SVG: one file, nothing fetched, no script, light or dark as the viewer is."""

import string
import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from hub.exports.contents import Contents, iso
from hub.exports.steps import Arrow, Remark, Step, steps_of
from matrix.finding import Finding, Severity
from matrix.safe import safe
from matrix.trace import Session, Side

WIDTH, WIDTH_WITH_FINDINGS = 860, 1170
LINES: Final = {Side.STATION: 130, Side.CSMS: 730}
"""Where the two sides stand."""
MIDDLE: Final = (LINES[Side.STATION] + LINES[Side.CSMS]) // 2
TOP: Final = 96
ASIDE: Final = LINES[Side.CSMS] + 24
NAME_FITS, DETAIL_FITS, FINDING_FITS = 72, 84, 54
"""Characters that have room between the two sides, and beside them."""
_LIGHT: Final = {
    "page": "#fff", "text": "#1c2430", "muted": "#66707f", "line": "#b9c1cc", "box": "#eef1f5", "good": "#1f6feb",
    "bad": "#c62828", "warn": "#9a6700",
}  # fmt: skip
_DARK: Final = {
    "page": "#12161c", "text": "#e6eaf0", "muted": "#97a1b0", "line": "#4a5462", "box": "#1f262f", "good": "#79b8ff",
    "bad": "#ff8a80", "warn": "#e3b341",
}  # fmt: skip
_COLOURS: Final = string.Template(
    ".page{fill:$page}.box{fill:$box;stroke:$line}.life{stroke:$line}text{fill:$text}.small,.quiet,.info{fill:$muted}"
    ".arrow{stroke:$good}.head{fill:$good}.arrow-quiet{stroke:$line}.arrow-error{stroke:$bad}.head-error,.violation"
    "{fill:$bad}.warning{fill:$warn}"
)
"""Colours by name rather than by custom properties, which viewers that are no browsers do not know."""
STYLE: Final = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;white-space:pre}.who{font-size:14px;font-weight:600}"
    ".name{font-weight:600}.small{font-size:11px}.arrow{stroke-width:1.5;fill:none}.answer{stroke-dasharray:6 3}"
    ".life{stroke-dasharray:2 4}.middle{text-anchor:middle}"
    f"{_COLOURS.substitute(_LIGHT)}@media(prefers-color-scheme:dark){{{_COLOURS.substitute(_DARK)}}}"
)
GLYPHS: Final = {Severity.VIOLATION: "▲", Severity.WARNING: "△", Severity.INFO: "•"}
_UNFIT: Final = str.maketrans({"\ufffe": "\\ufffe", "\uffff": "\\uffff"})
"""No characters of XML 1.0."""


def svg(contents: Contents) -> Iterator[bytes]:
    """Yield the picture: its head says how tall it is, so that the steps are drawn before it is written."""
    (session,) = contents.sessions.values()
    drawn: list[str] = []
    y, width = TOP, WIDTH
    for step in steps_of(contents):
        lines, height = _step(step, y)
        width = max(width, WIDTH_WITH_FINDINGS if isinstance(step, Arrow) and step.findings else 0)
        drawn += lines
        y += height
    bottom = y + 16
    yield "\n".join(_beginning(session, width, bottom)).encode() + b"\n"
    for line in drawn:
        yield line.encode() + b"\n"
    yield b"</svg>\n"


def _beginning(session: Session, width: int, bottom: int) -> Iterator[str]:
    who = f"{safe(session.identity, 60)} → {safe(session.csms, 60)}"
    when = f"session {session.id}, {iso(session.opened_at, digits=3)}, {safe(session.chosen or 'no subprotocol', 40)}"
    height = bottom + 16
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    yield f' role="img"><title>{_xml(who)}</title><desc>{_xml(when)}</desc><style>{STYLE}</style>'
    yield f'<rect class="page" width="{width}" height="{height}"/>'
    yield _text(12, 20, when, "small")
    for side, name in ((Side.STATION, session.identity), (Side.CSMS, session.csms)):
        x = LINES[side]
        yield f'<line class="life" x1="{x}" y1="68" x2="{x}" y2="{bottom}"/>'
        yield f'<rect class="box" x="{x - 110}" y="34" width="220" height="34" rx="4"/>'
        yield _text(x, 56, safe(name, 24) or "-", "who middle")


def _step(step: Step, y: int) -> tuple[list[str], int]:
    return _remark(step, y) if isinstance(step, Remark) else _arrow(step, y)


def _remark(step: Remark, y: int) -> tuple[list[str], int]:
    lines = textwrap.wrap(step.text, DETAIL_FITS) or [""]
    return [_text(MIDDLE, y + 4 + 15 * place, line, "small middle") for place, line in enumerate(lines)], 12 + 15 * len(
        lines
    )


def _arrow(step: Arrow, y: int) -> tuple[list[str], int]:
    """Draw the name above the arrow, what it carries below, and beside it what was found."""
    start, end = LINES[step.side], LINES[step.side.other]
    tip = 8 if end > start else -8
    tone = " arrow-error" if step.is_error else " arrow-quiet" if step.is_quiet else ""
    head = "head head-error" if step.is_error else "head"
    line = y + 8
    drawn = [
        _text(12, line + 4, iso(step.at, digits=3)[11:23], "small"),
        _text(MIDDLE, y + 2, safe(step.name, NAME_FITS), "middle quiet" if step.is_quiet else "middle name"),
        f'<path class="arrow{" answer" if step.is_answer else ""}{tone}" d="M{start} {line}H{end - tip}"/>',
        f'<path class="{head}" d="M{end} {line}l{-tip} -4v8z"/>',
    ]
    if step.detail:
        drawn.append(_text(MIDDLE, line + 14, safe(step.detail, DETAIL_FITS), "small middle"))
    aside = [(line, each.severity) for each in step.findings for line in _words(each)]
    drawn += [_text(ASIDE, y + 6 + 14 * place, words, tone) for place, (words, tone) in enumerate(aside)]
    return drawn, max(44 if step.detail else 30, 14 * len(aside) + 16)


def _words(finding: Finding) -> list[str]:
    glyph = GLYPHS[finding.severity]
    return textwrap.wrap(
        f"{glyph} {finding.rule} {finding.side}: {safe(finding.text)}", FINDING_FITS, subsequent_indent="  "
    )


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{_xml(text)}</text>'


def _xml(text: str) -> str:
    return escape(text.translate(_UNFIT))

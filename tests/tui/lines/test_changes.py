"""What changed, as lines to read: the same for the terminal and the dashboard."""

import msgspec
from drawing import draw, judged

from matrix.comparison import Changes, Standing, compare, standing
from matrix.finding import Severity
from matrix.outcome import Outcome
from matrix.ruleset import Ruleset
from tui.lines.changes import change_lines


def stands(number: int = 1) -> Standing:
    lines = ('> [2,"%d","Heartbeat",{}]', '< [3,"%d",{"currentTime":5}]')
    return standing(judged(draw(*(line % place for place in range(number) for line in lines))))


def text(changes: Changes) -> list[str]:
    return [" " * line.indent + "".join(span.text for span in line.spans) for line in change_lines(changes)]


def test_no_change_is_said_in_a_sentence() -> None:
    lines = text(compare(stands(), stands()))

    assert lines[0] == "nothing has changed"
    assert "before and now" in lines[1]


def test_new_findings_have_their_rule_clause_place_and_words() -> None:
    after = stands()
    before = msgspec.structs.replace(after, findings=[], ruleset=Ruleset("2025.01-x", {}), cells={})

    lines = text(compare(before, after))

    assert lines[0] == "3 outcomes changed, 1 rule found something else: worse than before"
    assert lines[1].startswith("rules 2025.01-x before, 2026.11-")
    assert any(line.startswith("· not there to ≠ deviated  Heartbeat  CS001 ") for line in lines)
    assert any(line.startswith("RPC-19  violation  The payload fits the JSON schema") for line in lines)
    assert lines[-3:] == [
        "  a new rule",
        "  new 1\N{MULTIPLICATION SIGN}",
        "    the CSMS, Heartbeat, session 1, frame 3: currentTime is the number 5, not of type string /currentTime",
    ]


def test_three_findings_are_shown_and_the_rest_is_counted() -> None:
    after = stands(5)

    lines = text(compare(msgspec.structs.replace(after, findings=[]), after))

    assert "  new 5\N{MULTIPLICATION SIGN}" in lines
    assert lines[-1] == "    ... and 2 more"


def test_findings_of_another_severity_or_in_other_words_are_told_apart_from_new_ones() -> None:
    after = stands(2)
    first, second = after.findings
    earlier = [
        msgspec.structs.replace(first, severity=Severity.INFO),
        msgspec.structs.replace(second, text="other words"),
    ]

    lines = text(compare(msgspec.structs.replace(after, findings=earlier), after))

    assert "  info to violation 1\N{MULTIPLICATION SIGN}" in lines
    assert "  1\N{MULTIPLICATION SIGN} the same in other words" in lines
    assert not any(line.startswith("  new") for line in lines)


def test_words_from_the_file_come_out_as_text() -> None:
    after = stands()
    hostile = msgspec.structs.replace(after.findings[0], text="\x1b[31m", action="\x07", pointer="\u202e", rule="\x1b")
    cells = {cell._replace(vendor="\x1b[2J"): Outcome.FAILED for cell in after.cells}

    lines = text(compare(msgspec.structs.replace(after, findings=[hostile], cells=cells), after))

    assert not any(character in line for line in lines for character in "\x1b\x07\u202e")

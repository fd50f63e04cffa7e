from matrix.rule import all_rules
from matrix.rulebook import Crash
from tui.lines.line import PaneLine
from tui.screens.rule import crash_lines, rule_lines


def text_of(lines: list[PaneLine]) -> str:
    return "\n".join("".join(span.text for span in line.spans) for line in lines)


def test_every_rule_has_a_page_with_its_sentence_clause_and_explanation() -> None:
    for rule in all_rules():
        page = text_of(rule_lines(rule.code))

        assert rule.sentence in page
        assert rule.clause in page
        assert len(page.splitlines()) >= 4


def test_a_code_that_no_rule_has_is_said() -> None:
    assert text_of(rule_lines("NO-1\x1b")).startswith(r"NO-1\x1b is not a rule of this rule set")


def test_what_a_rule_said_when_it_crashed_is_shown_safely() -> None:
    page = text_of(crash_lines(Crash("ZZ-1", 1, 5, "Traceback:\n  File x\nKeyError: '\x1b[31m'\n")))

    assert page.startswith("ZZ-1 crashed on this")
    assert "\n  File x\nKeyError: '\\x1b[31m'\n" in page

from matrix.rule import all_rules
from tui.line import PaneLine
from tui.screens.rule import rule_lines


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

"""Every failure seen in the field has its drawing, and is judged as its reader expected, or the list says why not."""

import pytest
from field_cases import FIELD, drawings_of, field_cases, is_as_expected, outcomes_in, seen
from field_page import ROOT, page

from matrix.finding import Severity
from matrix.outcome import Outcome

CASES = field_cases()
HARMLESS = [number for number, case in CASES.items() if case.verdict in ("pass", "info")]


def test_the_list_has_all_75_reports() -> None:
    assert len(CASES) == 75
    assert {case.verdict for case in CASES.values()} == {"fail", "warning", "info", "pass"}
    assert {case.by for case in CASES.values()} == {"station", "csms", "both"}


@pytest.mark.parametrize("number", CASES)
def test_report_has_one_drawing_which_names_it(number: str) -> None:
    (drawing,) = drawings_of(number)

    assert drawing.read_text(encoding="utf-8").startswith(f"# {number}, ")


def test_every_drawing_is_one_of_a_report() -> None:
    assert {path.name.partition("-")[0] for path in FIELD.glob("*.session")} <= CASES.keys()


@pytest.mark.parametrize("number", CASES)
def test_judge_says_of_a_report_what_the_list_has_and_no_more(number: str) -> None:
    judgement = seen(drawings_of(number)[0])

    assert judgement.lines() == CASES[number].findings
    assert judgement.outcomes


@pytest.mark.parametrize("number", CASES)
def test_report_is_judged_as_expected_or_the_list_says_why_not(number: str) -> None:
    case = CASES[number]

    assert is_as_expected(case, seen(drawings_of(number)[0])) == (case.but is None)


@pytest.mark.parametrize("number", HARMLESS)
def test_what_is_right_does_not_fail(number: str) -> None:
    judgement = seen(drawings_of(number)[0])

    assert {severity for _, severity, _ in judgement.findings} <= {Severity.INFO}
    assert {outcome for _, outcome in judgement.outcomes} == {Outcome.PASSED}
    assert CASES[number].but is None


def test_what_is_right_in_one_version_passes_there_and_fails_in_the_other() -> None:
    case, judgement = CASES["F071"], seen(drawings_of("F071")[0])
    assert case.passes_in is not None

    assert [*outcomes_in(judgement, case.passes_in)] == [Outcome.PASSED]
    assert [*outcomes_in(judgement, "2.0.1")] == [Outcome.DEVIATED]


def test_nobody_else_is_charged_but_where_they_let_something_pass() -> None:
    charged = {
        number: [f"{rule} {side}" for rule, severity, side in seen(drawings_of(number)[0]).findings
                 if severity is Severity.VIOLATION and not case.blames(side)]
        for number, case in CASES.items()
    }  # fmt: skip

    assert {number: who for number, who in charged.items() if who and who != ["RPC-20 csms"]} == {
        "F030": ["RPC-19 station"],  # what the misspelt answer is about
        "F038": ["RPC-19 station"],  # what the CSMS should have turned down
        "F039": ["RPC-19 station"],
        "F062": ["RPC-19 csms"],  # gives way to the station
        "F092": ["RPC-05 csms"],  # at the second CSMS, as in the thread
    }


def test_field_page_is_what_the_judge_says() -> None:
    assert (ROOT / "docs/field-cases.md").read_text(encoding="utf-8") == page()

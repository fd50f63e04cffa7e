import pytest

from hub.evidence.reference import NoFindingError, Reference, meant, read_reference
from matrix.finding import Finding, Severity
from matrix.trace import Side


def found(rule: str, session: int, frame: int | None) -> Finding:
    return Finding(rule, Severity.WARNING, Side.CSMS, session, frame, "Connect", "", "")


FINDINGS = [found("HS-01", 4, None), found("TM-02", 4, 7), found("TM-02", 4, 9), found("TM-02", 5, 12)]


@pytest.mark.parametrize(
    ("typed", "number"), [("HS-01", 1), ("TM-02", 3), ("tm-02#4", 2), ("TM-02#4/9", 1), ("HS-01#4/-", 1)]
)
def test_a_reference_means_what_it_says(typed: str, number: int) -> None:
    assert len(meant(FINDINGS, read_reference(typed))) == number


@pytest.mark.parametrize("finding", FINDINGS)
def test_what_is_said_of_a_finding_means_it_again(finding: Finding) -> None:
    assert meant(FINDINGS, read_reference(str(Reference.of(finding)))) == [finding]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("TM-02#", "names no finding"),
        ("", "names no finding"),
        ("TM-02#4/8", "TM-02#4/7"),
        ("RPC-01", "found nothing"),
        ("HS-01#5", "HS-01#5 is no finding; those of HS-01 are HS-01#4/-$"),
    ],
)
def test_what_means_nothing_is_said(typed: str, said: str) -> None:
    with pytest.raises(NoFindingError, match=said):
        meant(FINDINGS, read_reference(typed))

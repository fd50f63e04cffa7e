"""Counting findings while they are made."""

from matrix.finding import Finding, Severity
from matrix.trace import Session, Side
from tui.reading.tallies import Occurrence, Tallies, TallyKey


def session(number: int, **fields: str) -> Session:
    named = {"identity": "CS-1", "csms": "acme", "chosen": "ocpp1.6"} | fields
    return Session(id=number, opened_at=0, **named)  # type: ignore[arg-type]  # all of them are text


def finding(session: int, frame: int | None, *, rule: str = "RPC-19", severity: Severity = Severity.WARNING) -> Finding:
    return Finding(rule, severity, Side.STATION, session, frame, "Heartbeat", "", "text")


def test_findings_of_one_rule_and_station_are_counted_together_with_where_they_were() -> None:
    tallies = Tallies()

    tallies.note(finding(1, 4), session(1), 10)
    tallies.note(finding(2, None), session(2), 20)
    tallies.note(finding(1, 9), session(1), 30)

    (tally,) = tallies.all()
    assert tally.key == TallyKey("CS-1", "acme", "ocpp1.6", Side.STATION, "RPC-19", Severity.WARNING)
    assert [tally[place] for place in range(len(tally))] == [
        Occurrence(1, 4, 10),
        Occurrence(2, None, 20),
        Occurrence(1, 9, 30),
    ]
    assert tally[-1].at == 30
    assert tally.session_ids == {1, 2}


def test_another_rule_severity_station_csms_or_version_is_counted_apart() -> None:
    tallies = Tallies()

    tallies.note(finding(1, 1), session(1), 0)
    tallies.note(finding(1, 1, rule="RPC-20"), session(1), 0)
    tallies.note(finding(1, 1, severity=Severity.INFO), session(1), 0)
    for other in (session(1, identity="CS-2"), session(1, csms="borealis"), session(1, chosen="ocpp2.1")):
        tallies.note(finding(1, 1), other, 0)

    assert [len(tally) for tally in tallies.all()] == [1] * 6
    assert tallies.count == 6

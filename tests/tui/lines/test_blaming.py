from matrix.blaming.deviations import Deviation
from matrix.blaming.errata import Candidate, Sighting
from matrix.finding import Blame, Confidence, Finding, Ground, Severity
from matrix.trace import Side
from tui.lines.blaming import blame_words, errata_lines, ground_lines, witness_lines

SURE = Ground(Confidence.CERTAIN, "it was sent")


def test_blame_names_a_side_both_or_nobody() -> None:
    sides: list[tuple[Side, ...]] = [(Side.STATION,), (Side.CSMS, Side.STATION), ()]

    words = [blame_words(Blame(each, SURE)) for each in sides]

    assert words == ["the station, certain: it was sent", "both sides, certain: it was sent", "certain: it was sent"]


def test_what_is_only_worth_knowing_has_no_line_of_blame() -> None:
    remark = Finding("RPC-07", Severity.INFO, Side.STATION, 1, 7, "Heartbeat", "", "a retry", SURE)

    assert ground_lines(remark) == []


def test_names_of_peers_are_escaped_wherever_they_are_told() -> None:
    evil = "\x1b[31m\u202e"
    deviation = Deviation("RPC-19", evil, Side.STATION, f"/{evil}")
    sighting = Sighting(evil, (evil,), 1, 7, f"/{evil}", evil)
    candidate = Candidate(deviation, "1.6", "It holds", "§1", 3, (sighting,))

    text = "".join(line.text for line in [*errata_lines([candidate]), *witness_lines([evil])])

    assert not {"\x1b", "\u202e"} & {*text}
    assert text.count(r"\x1b") == 7

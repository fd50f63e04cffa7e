"""What to fix first: whose it is, what comes before what, and what a filter leaves of it."""

from dataclasses import replace

import pytest
from drawing import Pen, judged
from plugfest_floor import ACCEPTED, NUMBER, Floor

from matrix.blaming.errata import candidates
from matrix.boards.pair import BoardView, PairKey
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.policy import AS_WRITTEN, read_policy
from matrix.report import deviations_of
from matrix.rulebook import Crash
from matrix.trace import Opened, Side, Traffic
from tui.fixing import Crashed, Entry, Graded, Group, Heading, Question, Vendor, Wanted, entries, sentence_of, vendors
from tui.reading.tallies import Tallies, Tally

BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"%s","chargePointModel":"One"}]'
BOOTED = '< [3,"b",{"currentTime":"$NOW","interval":300,"status":"Accepted"}]'
WRONG_TIME = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":5}]')
WRONG_KEY = ('> [2,"h","Heartbeat",{"x":1}]', '< [4,"h","FormationViolation","",{}]')


@pytest.fixture
def event() -> list[Traffic]:
    """Alder breaks a rule at two CSMSes; acme breaks one with two stations; borealis with none."""
    pen = Pen()
    return [
        item
        for identity, vendor, csms, lines in (
            ("A1", "Alder", "acme", WRONG_KEY),
            ("A2", "Alder", "borealis", WRONG_KEY),
            ("A1", "Alder", "acme", WRONG_TIME),
            ("B1", "Birch", "acme", WRONG_TIME),
            ("B1", "Birch", "acme", WRONG_TIME),
        )
        for item in pen.session(
            [BOOT % vendor, BOOTED, *lines], identity=identity, csms=csms, offered=("ocpp1.6",), chosen="ocpp1.6"
        )
    ]


def counted(traffic: list[Traffic]) -> tuple[list[Tally], BoardView, Judge]:
    judge, tallies = judged(traffic), Tallies()
    sessions = {item.session.id: item.session for item in traffic if isinstance(item, Opened)}
    for number, finding in enumerate(judge.findings):
        tallies.note(finding, sessions[finding.session], number)
    return tallies.all(), judge.board.view(), judge


def listed(traffic: list[Traffic], **wanted: str) -> list[Entry]:
    tallies, board, _ = counted(traffic)
    return entries(tallies, board, AS_WRITTEN, Wanted(**wanted))  # type: ignore[arg-type]  # none of them is a pair


def in_words(listed: list[Entry]) -> list[str]:
    return [_in_words(entry) for entry in listed]


def _in_words(entry: Entry) -> str:
    match entry:
        case Heading():
            return f"{entry.vendor.label}: {entry.pairs}"
        case Group():
            return f"{entry.rule} {entry.severity}: {len(entry.pairs)} {entry.count} {entry.sessions}"
        case Question():
            return f"{entry.rule} is a question of {entry.candidate.vendors} vendors"
        case Graded():
            return entry.regrade.rule
        case Crashed():
            return entry.in_words


def test_findings_are_grouped_by_who_is_to_blame_and_by_rule(event: list[Traffic]) -> None:
    assert in_words(listed(event, text="rpc-19")) == [
        "Alder (station): 2",
        "RPC-19 violation: 2 2 2",
        "acme (CSMS): 2",
        "RPC-19 violation: 2 3 3",
    ]


def test_who_breaks_more_pairs_comes_first_and_then_who_breaks_more_rules(event: list[Traffic]) -> None:
    headings = [entry for entry in listed(event) if isinstance(entry, Heading)]

    order = [(-heading.pairs, -heading.counts[Severity.VIOLATION]) for heading in headings]
    assert order == sorted(order)


def test_violations_come_before_warnings_however_few_pairs_they_break(event: list[Traffic]) -> None:
    groups = [entry for entry in listed(event) if isinstance(entry, Group) and entry.vendor.name == "acme"]

    weights = [["violation", "warning", "info"].index(group.severity) for group in groups]
    assert weights == sorted(weights)


def test_times_and_the_latest_are_those_of_the_findings(event: list[Traffic]) -> None:
    tallies, board, judge = counted(event)

    (group,) = [
        entry
        for entry in entries(tallies, board, AS_WRITTEN, Wanted(text="RPC-19"))
        if isinstance(entry, Group) and entry.vendor == Vendor("acme", Side.CSMS)
    ]

    places = [number for number, found in enumerate(judge.findings) if _is_acmes(found)]
    assert (group.first_at, group.last_at) == (places[0], places[-1])
    assert group.latest.session == 5


def _is_acmes(finding: Finding) -> bool:
    return finding.rule == "RPC-19" and finding.side is Side.CSMS


def test_questions_come_after_the_vendors_and_only_where_everyone_is_wanted() -> None:
    floor = Floor()
    for product in ("Alpha One", "Beta Two", "Gamma Three"):
        floor.meet(product, "acme", NUMBER, ACCEPTED)
    tallies, board, judge = counted(floor.traffic)
    asked = candidates(deviations_of(judge), board)

    last = [
        in_words(entries(tallies, board, AS_WRITTEN, wanted, asked))[-1:]
        for wanted in (Wanted(), Wanted(text="beta"), Wanted(text="zzz"), Wanted(severity="violation"))
    ]

    question = "RPC-19 is a question of 3 vendors"
    assert last[:3] == [[question], [question], []]
    assert question not in last[3]


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ({"text": "alder"}, {"Alder (station)"}),
        ({"vendor": "acme (CSMS)"}, {"acme (CSMS)"}),
        ({"severity": "violation", "text": "schema"}, {"Alder (station)", "acme (CSMS)"}),
        ({"text": "no such thing"}, set()),
    ],
)
def test_filter_leaves_what_contains_it(event: list[Traffic], wanted: dict[str, str], labels: set[str]) -> None:
    assert {entry.vendor.label for entry in listed(event, **wanted) if isinstance(entry, Heading)} == labels


def test_one_pair_has_only_its_own_findings(event: list[Traffic]) -> None:
    tallies, board, _ = counted(event)
    key = next(pair.key for pair in board.pairs if pair.csms == "borealis")

    found = [entry for entry in entries(tallies, board, AS_WRITTEN, Wanted(pair=key)) if isinstance(entry, Group)]

    assert {group.pairs for group in found} == {frozenset({key})}
    assert not entries(tallies, board, AS_WRITTEN, Wanted(pair=PairKey("", "", "")))


def test_vendors_to_choose_from_are_those_of_whom_something_is_left(event: list[Traffic]) -> None:
    tallies, board, _ = counted(event)

    chosen = vendors(tallies, board, replace(Wanted(text="RPC-19"), vendor="acme (CSMS)"))

    assert chosen == ["Alder (station)", "acme (CSMS)"]


def test_what_the_event_regraded_stands_at_the_end_under_any_filter(event: list[Traffic]) -> None:
    tallies, board, _ = counted(event)
    policy = read_policy({"RPC-19": {"severity": "off", "reason": "x"}})

    last = entries(tallies, board, policy, Wanted(text="no such thing"))

    assert last == [Graded(policy["RPC-19"])]


def test_station_that_never_said_who_it_is_goes_by_its_identity_and_hostile_names_are_safe() -> None:
    pen = Pen()
    traffic = pen.session([*WRONG_KEY], identity="\x1b[31m", csms="\u202e", offered=("ocpp1.6",), chosen="ocpp1.6")
    traffic += Pen().session([*WRONG_TIME], identity="", csms="", offered=("ocpp1.6",), chosen="ocpp1.6")

    labels = {entry.vendor.label for entry in listed(traffic) if isinstance(entry, Heading)}

    assert not any("\x1b" in label or "\u202e" in label for label in labels)


def test_rule_that_this_rule_set_does_not_have_is_said_not_to_be_one() -> None:
    assert sentence_of("NO-1") == "not a rule of this rule set"


def test_rules_that_crashed_are_listed_once_each_with_how_often_and_where_first(event: list[Traffic]) -> None:
    tallies, board, _ = counted(event)
    crashes = [Crash("ZZ-2", 3, 30, "why"), Crash("ZZ-1", 2, None, "why"), Crash("ZZ-2", 1, 9, "why")]

    listed = entries(tallies, board, AS_WRITTEN, Wanted(), (), crashes)

    assert in_words(listed)[-2:] == [
        "rule ZZ-1 crashed once on session 2, the handshake; that is inconclusive",
        "rule ZZ-2 crashed 2 times, first on session 1, frame 9; that is inconclusive",
    ]

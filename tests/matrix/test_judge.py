"""The judge as a whole: outcomes, evidence, time, logs; what must hold whatever the traffic: test_judge_properties."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from drawing import codes, draw, judged

from matrix.exchange import Exchange
from matrix.finding import Remark, Severity, info
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.rule import Question, Reading, Rule, Watch, all_rules, on_called, on_handshake, on_misformed
from matrix.rulebook import Rulebook
from matrix.trace import Clock, Closed, Ending, Opened, Side, Traffic

NOW = "2026-11-01T10:00:00Z"
BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"1.0"}]'
BOOTED = f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":300}}]'
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'


def outcome_of(judge: Judge, action: str) -> Outcome:
    return judge.board.view().pairs[0].row(action).outcome


def named(judge: Judge) -> tuple[str, str, str]:
    pair = judge.board.view().pairs[0]
    return pair.station.label, pair.csms, pair.version


def test_who_refuses_what_a_rule_says_has_to_be_taken_has_failed() -> None:
    stop = '> [2,"s","StopTransaction",{"transactionId":5,"meterStop":10,"timestamp":"$NOW"}]'

    evidence = (
        judged(draw(stop, '< [4,"s","NotSupported","",{}]')).board.view().pairs[0].row("StopTransaction").evidence
    )

    assert evidence is not None
    assert evidence.text.startswith("answered NotSupported to a StopTransaction that fits its schema")
    assert evidence.blame is not None
    assert evidence.blame.sides == (Side.CSMS,)


def words(judge: Judge, action: str) -> str:
    evidence = judge.board.view().pairs[0].row(action).evidence
    assert evidence is not None
    return evidence.text


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((HEARTBEAT, BEAT), "passed"),
        ((HEARTBEAT, "+40s", BEAT), "remarked"),
        ((HEARTBEAT, '< [3,"h",{}]'), "deviated"),
        ((HEARTBEAT, '< [4,"h","InternalError","",{}]'), "failed"),
        ((HEARTBEAT, '< [4,"h","NotImplemented","",{}]'), "refused"),
        ((HEARTBEAT, '< [4,"h","NotSupported","",{}]'), "refused"),
        ((HEARTBEAT, '< [4,"h","NotSupported","",null]'), "refused"),
        ((HEARTBEAT,), "unanswered"),
        ((HEARTBEAT, "+40s", "> ping x"), "unanswered"),
        ((HEARTBEAT, "< close 1002"), "failed"),
        ((HEARTBEAT, "< close 1000"), "unanswered"),
        ((HEARTBEAT, BEAT, "> close 1007"), "failed"),
        ((HEARTBEAT, BEAT, "+3s", "> close 1007"), "passed"),
        ((HEARTBEAT, "< unread not recorded: disk full"), "inconclusive"),
        ((HEARTBEAT, "< unread not recorded: disk full", "+40s", "> ping x"), "inconclusive"),
        ((HEARTBEAT, '< [3,"h",{"currentTime":'), "failed"),
    ],
)
def test_outcome_of_an_exchange_is_as_the_table_says(lines: tuple[str, ...], outcome: str) -> None:
    judge = judged(draw(*lines))

    assert outcome_of(judge, "Heartbeat") == outcome
    assert judge.crashes == []


def test_call_cut_off_by_the_hub_is_nobodys_failure() -> None:
    judge = judged(draw(HEARTBEAT, ending=Ending.HUB, closed_by=None, fault="the hub was killed"))

    assert outcome_of(judge, "Heartbeat") == "inconclusive"
    assert words(judge, "Heartbeat") == "the hub was killed"


def test_call_of_a_session_that_is_still_open_has_no_outcome_before_its_time() -> None:
    judge = judged(draw(HEARTBEAT, ending=None))

    early = outcome_of(judge, "Heartbeat")
    judge.advance(judge.now + 31_000_000_000)

    assert early == "untested"
    assert outcome_of(judge, "Heartbeat") == "unanswered"


def test_call_that_was_presumed_unanswered_and_then_answered_in_time_has_passed() -> None:
    judge = Judge()

    for item in draw(HEARTBEAT, BEAT, "+31s", "> ping x"):
        judge.advance(judge.now + 31_000_000_000)
        judge.feed(item)

    assert outcome_of(judge, "Heartbeat") == "passed"
    assert judge.findings == []


def test_gap_in_what_the_answerer_said_is_no_silence_of_its() -> None:
    judge = judged(draw(HEARTBEAT, "< unread not recorded: disk full", "+40s", "> ping x"))

    assert codes(judge) == []


def test_what_a_viewer_presumes_is_replaced_by_what_traffic_says() -> None:
    traffic = draw(HEARTBEAT, "+40s", BEAT)
    live, later = Judge(), judged(traffic)
    for item in traffic:
        live.feed(item)
        live.advance(live.now + 35_000_000_000)

    assert live.findings == later.findings
    assert live.board.view().pairs[0].rows == later.board.view().pairs[0].rows


def test_call_that_a_viewer_presumed_unanswered_is_inconclusive_once_the_hub_is_known_to_have_been_killed() -> None:
    *traffic, closed = draw(HEARTBEAT, ending=Ending.HUB, closed_by=None, fault="the hub was killed")
    judge = judged(traffic)

    judge.advance(judge.now + 60_000_000_000)
    presumed = outcome_of(judge, "Heartbeat")
    judge.feed(closed)

    assert presumed == "unanswered"
    assert outcome_of(judge, "Heartbeat") == "inconclusive"
    assert judge.board.view().pairs[0].row("Heartbeat").total == 1
    assert codes(judge) == []


def test_answerer_is_not_blamed_for_a_caller_that_uses_an_id_for_two_calls_at_once() -> None:
    status = '> [2,"h","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'
    judge = judged(draw(HEARTBEAT, "+11s", status, BEAT, '< [3,"h",{}]'))

    assert {finding.side for finding in judge.findings} == {Side.STATION}
    assert outcome_of(judge, "Heartbeat") == outcome_of(judge, "StatusNotification") == "inconclusive"


@pytest.mark.parametrize(
    ("line", "ending", "outcome"),
    [
        ("< close 1008", Ending.CLOSED, "failed"),
        ("< close 1000", Ending.CLOSED, "failed"),
        ("< ping x", Ending.DROPPED, "failed"),
        ("< close 1012", Ending.CLOSED, "passed"),
    ],
)
def test_csms_that_ends_a_session_before_a_word_is_said_has_turned_the_station_away(
    line: str, ending: Ending, outcome: str
) -> None:
    judge = judged(draw(line, ending=ending, closed_by=Side.CSMS))

    assert outcome_of(judge, "Connect") == outcome


def test_csms_that_drops_a_station_that_has_long_had_nothing_to_say_has_not_turned_it_away() -> None:
    judge = judged(draw("+1m", ending=Ending.DROPPED, closed_by=Side.CSMS))

    assert outcome_of(judge, "Connect") == "passed"


def test_station_that_leaves_without_a_word_has_not_been_turned_away() -> None:
    assert outcome_of(judged(draw("> close 1000")), "Connect") == "passed"


def test_signed_message_that_is_answered_is_not_a_pass_because_nothing_was_checked() -> None:
    judge = judged(draw('> [2,"a","Heartbeat-Signed",{}]', '< [3,"a",{}]', version="2.0.1"))

    assert outcome_of(judge, "Heartbeat-Signed") == "inconclusive"
    assert codes(judge) == []


def test_unanswered_calls_without_end_are_let_go_of() -> None:
    calls = [line for number in range(1200) for line in (f'> [2,"{number}","Heartbeat",{{}}]', "+11s")]

    judge = judged(draw(*calls, f'< [3,"0",{{"currentTime":"{NOW}"}}]'))

    assert set(codes(judge)) == {"RPC-11"}
    assert judge.board.view().pairs[0].row("Heartbeat").total == 1200


def test_late_answer_counts_in_the_latencies() -> None:
    row = judged(draw(HEARTBEAT, "+40s", BEAT)).board.view().pairs[0].row("Heartbeat")

    assert row.p95_ms == pytest.approx(40_000, rel=0.05)


def test_evidence_of_a_failure_names_the_frame_that_shows_it() -> None:
    judge = judged(draw(HEARTBEAT, '< [4,"h","InternalError","no\\u001b[31m clock",{}]'))

    evidence = judge.board.view().pairs[0].row("Heartbeat").evidence

    assert evidence is not None
    assert (evidence.session, evidence.frame) == (1, 3)
    assert evidence.text == "the CSMS answered InternalError no\\x1b[31m clock"


def test_error_to_an_invalid_call_fails_and_names_the_callers_breach_first() -> None:
    judge = judged(draw('> [2,"h","Heartbeat",{"x":1}]', '< [4,"h","FormationViolation","",{}]'))

    assert outcome_of(judge, "Heartbeat") == "failed"
    assert words(judge, "Heartbeat").startswith("the payload has a field that does not exist: x")


@pytest.mark.parametrize(
    ("status", "fault", "ending", "pair", "outcome", "text"),
    [
        (401, None, Ending.REFUSED, "unreachable", "failed", "the CSMS refused the upgrade: 401 Unauthorized"),
        (502, "acme cannot be reached", Ending.UNREACHABLE, "inconclusive", "inconclusive", "acme cannot be reached"),
        (None, None, Ending.ABANDONED, "inconclusive", "inconclusive", "the station left before the CSMS answered"),
    ],
)
def test_pair_that_never_opened_a_session_says_whose_refusal_it_was(
    status: int | None, fault: str | None, ending: Ending, pair: str, outcome: str, text: str
) -> None:
    judge = judged(draw(status=status, reason="Unauthorized" if status == 401 else "", fault=fault, ending=ending))

    assert judge.board.view().pairs[0].outcome == pair
    assert outcome_of(judge, "Connect") == outcome
    assert words(judge, "Connect") == text


def test_versions_that_have_nothing_in_common_are_a_refusal_not_a_pass() -> None:
    judge = judged(draw("< close 1002", version="2.0.1", chosen=None, closed_by=Side.CSMS))

    assert named(judge) == ("CS001", "acme", "2.0.1")
    assert outcome_of(judge, "Connect") == "refused"
    assert words(judge, "Connect") == "no common version: the station offered ocpp2.0.1, and the CSMS selected none"


def test_version_that_was_not_negotiated_is_taken_from_the_boot() -> None:
    boot = '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"W","model":"N"}}]'
    older = judged(draw(BOOT, BOOTED, offered=(), chosen=None))
    newer = judged(draw(boot, BOOTED, offered=(), chosen=None))

    assert named(older) == ("V M", "acme", "1.6")
    assert named(newer) == ("W N", "acme", "2.0.1")
    assert outcome_of(newer, "BootNotification") == "passed"


def test_version_without_schemas_is_inconclusive() -> None:
    unknown = judged(draw(HEARTBEAT, BEAT, offered=("ocpp1.5",), chosen="ocpp1.5"))
    first_edition = judged(draw(HEARTBEAT, BEAT, version="2.0"))

    assert outcome_of(unknown, "Heartbeat") == "inconclusive"
    assert outcome_of(first_edition, "Heartbeat") == "inconclusive"


def test_rule_that_crashes_makes_its_exchange_inconclusive_and_nothing_else() -> None:
    def broken(_event: Exchange, _known: object) -> Iterator[Remark]:
        raise ZeroDivisionError
        yield

    crashing = Rule("X-1", "", "", Severity.INFO, frozenset({"1.6"}), (on_called("Heartbeat"),), broken)

    judge = judged(draw(BOOT, BOOTED, HEARTBEAT, BEAT), rules=[*all_rules(), crashing])
    refused = judged(draw(HEARTBEAT, '< [4,"h","InternalError","",{}]'), rules=[*all_rules(), crashing])

    assert outcome_of(judge, "Heartbeat") == outcome_of(refused, "Heartbeat") == "inconclusive"
    assert outcome_of(judge, "BootNotification") == "passed"
    assert judge.crashes[0].rule == "X-1"
    assert "ZeroDivisionError" in judge.crashes[0].traceback
    assert words(judge, "Heartbeat") == "a rule crashed on it: X-1"


def test_crashes_of_one_kind_keep_one_traceback_and_what_it_quotes_of_a_peer_is_safe() -> None:
    def broken(exchange: Exchange, _known: object) -> Iterator[Remark]:
        raise KeyError(exchange.request["errorCode"])
        yield

    crashing = Rule("X-1", "", "", Severity.INFO, frozenset({"1.6"}), (on_called("StatusNotification"),), broken)
    lines = [f'> [2,"s{n}","StatusNotification",{{"errorCode":"\\u202e{n}"}}]' for n in range(3)]

    crashes = judged(draw(*lines), rules=[crashing]).crashes

    assert len(crashes) == 3
    assert len({id(crash.traceback) for crash in crashes}) == 1
    assert crashes[0].lines[0] == "Traceback (most recent call last):"
    assert "\u202e" not in "".join(crashes[2].lines)


def test_question_that_crashes_costs_the_rules_that_ask_it_and_no_others() -> None:
    def speaking(_event: Exchange, _known: object) -> Iterator[Remark]:
        yield info(Side.STATION, "heard")

    def asked(code: str, when: Question | None) -> Rule:
        return Rule(code, "", "", Severity.INFO, frozenset({"1.6"}), (on_called("Heartbeat"),), speaking, when=when)

    rules = [
        asked("X-1", lambda _event, _known: 1 // 0),
        asked("X-2", lambda _event, _known: False),
        asked("X-3", None),
    ]
    crashed, silent = judged(draw(HEARTBEAT, BEAT), rules=rules), judged(draw(HEARTBEAT, BEAT), rules=rules[1:2])

    assert [crash.rule for crash in crashed.crashes] == ["X-1"]
    assert outcome_of(crashed, "Heartbeat") == "inconclusive"
    assert (codes(crashed), codes(silent)) == (["X-3"], [])


def test_reading_that_crashes_makes_its_exchange_inconclusive() -> None:
    def broken(_exchange: Exchange) -> object:
        raise ZeroDivisionError

    told: list[Exchange] = []
    judged(draw(HEARTBEAT), on_exchange=told.append)
    rulebook = Rulebook()

    rulebook.read(told[0], Reading("x.broken", frozenset({"1.6"}), (on_called("Heartbeat"),), broken))

    assert [crash.rule for crash in rulebook.crashes] == ["x.broken"]
    assert (told[0].crashed, told[0].reading) == ("x.broken", None)


def test_who_watches_odd_messages_is_asked_about_those_alone() -> None:
    def speaking(exchange: Exchange, _known: object) -> Iterator[Remark]:
        yield info(Side.STATION, exchange.id)

    rules = [*all_rules(), Rule("X-1", "", "", Severity.INFO, frozenset({"2.0.1"}), (on_called(odd=True),), speaking)]
    boot = '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]'
    event = '"eventData":[],"generatedAt":"%s","seqNo":0'
    lines = [
        boot, BOOTED,
        '> [2,"usual","Heartbeat",{}]', '< [3,"usual",{"currentTime":"$NOW"}]',
        f'> [2,"unfit","NotifyEvent",{{{event % "$NOW"}}}]', '< [3,"unfit",{}]',
        '> [2,"usual","Heartbeat",{}]', '> [2,"open","Heartbeat",{}]',
    ]  # fmt: skip

    judge = judged(draw(*lines, version="2.0.1"), rules=rules)

    assert [each.text for each in judge.findings if each.rule == "X-1"] == ["b", "unfit", "usual", "open"]


@pytest.mark.parametrize("levels", [40, 254, 300, 1000, 2000, 100_000])
def test_payload_of_any_depth_is_judged_or_said_to_be_beyond_judging(levels: int) -> None:
    deep = '{"a":' * levels + "1" + "}" * levels
    call = f'> [2,"d","DataTransfer",{{"vendorId":"x","data":{deep}}}]'

    judge = judged(draw(call, call, '< [3,"d",{"status":"Accepted"}]'))

    assert judge.crashes == []
    assert judge.board.view().pairs[0].outcome in ("failed", "deviated", "inconclusive")


@pytest.mark.parametrize(("watch", "row"), [(on_handshake(), "Connect"), (on_misformed(), "Framing")])
def test_rule_about_connection_or_framing_that_crashes_makes_its_row_inconclusive(watch: Watch, row: str) -> None:
    def broken(_event: object, _known: object) -> Iterator[Remark]:
        raise ZeroDivisionError
        yield

    crashing = Rule("X-1", "", "", Severity.INFO, frozenset({"1.6"}), (watch,), broken)

    judge = judged(draw('> [2,"h","Heartbeat",{},1]', BEAT), rules=[crashing])

    assert judge.board.view().pairs[0].row(row).counts["inconclusive"] == 1  # type: ignore[index]  # a StrEnum's value


def test_strange_actions_cannot_fill_the_matrix() -> None:
    lines = [f'> [2,"{i}","Strange{i}",{{}}]' for i in range(200)]

    judge = judged(draw(*lines))

    assert len(judge.board.view().pairs[0].rows) < 100
    assert judge.board.view().pairs[0].row("(other)").total == 150


def test_exchanges_are_told_when_they_open_and_when_they_settle() -> None:
    told: list[tuple[int, int | None, Outcome | None]] = []

    judged(
        draw(HEARTBEAT, BEAT), on_exchange=lambda each: told.append((each.call_frame, each.answer_frame, each.outcome))
    )

    assert told == [(2, None, None), (2, 3, Outcome.PASSED)]


def test_fragments_of_a_message_are_judged_as_one() -> None:
    judge = judged(draw('> part [2,"h","Hea', "> next rtbeat", '> last ",{}]', BEAT))

    assert outcome_of(judge, "Heartbeat") == "passed"
    assert judge.findings == []


def imported(*lines: str, version: str = "1.6", clock: Clock | None = None) -> list[Traffic]:
    """Return drawn traffic as a log would hold it: messages alone."""
    unseen: dict[str, Any] = {"status": None, "request": (), "offered": (), "origin": "x.log", "clock": clock}
    return [
        msgspec.structs.replace(item, session=msgspec.structs.replace(item.session, **unseen))
        if isinstance(item, Opened | Closed)
        else item
        for item in draw(*lines, version=version, ending=Ending.UNSEEN, closed_by=None)
    ]


@pytest.mark.parametrize(
    ("lines", "version"),
    [
        ([BOOT, BOOTED.replace("300", "10"), "+600s", HEARTBEAT, BEAT.replace(NOW, "$NOW")], "1.6"),
        (['> [2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'], "1.6"),
        (['< [3,"before",{}]'], "2.0.1"),
        ([], "2.1"),
    ],
)
def test_what_no_log_holds_is_held_against_nobody(lines: list[str], version: str) -> None:
    judge = judged(imported(*lines, version=version))

    assert [each for each in judge.findings if each.severity is not Severity.INFO and each.rule != "BT-07"] == []
    assert outcome_of(judge, "Connect") is Outcome.UNTESTED


def test_log_without_times_accuses_only_by_what_one_message_proves() -> None:
    lines = [
        BOOT,
        BOOTED,
        '> [2,"x","StopTransaction",{"transactionId":5,"meterStop":1,"timestamp":"$NOW"}]',
        '< [3,"x",{}]',
    ]
    odd = '> [2,"y","Heartbeat",{"x":1}]'

    timeless, timed = judged(imported(*lines, odd, clock=Clock.NONE)), judged(imported(*lines, odd))

    assert codes(timeless) == codes(timed)
    proven = {each.rule for each in timeless.findings if each.severity is not Severity.INFO}
    assert proven == {rule.code for rule in all_rules() if rule.stands_alone} & {*codes(timed)}


def test_time_that_a_csms_tells_is_not_compared_with_a_log_whose_zone_was_taken_from_it() -> None:
    late = BOOTED.replace(NOW, "2026-11-01T09:00:00Z")

    assert "TM-04" in codes(judged(imported(BOOT, late)))
    assert "TM-04" not in codes(judged(imported(BOOT, late, clock=Clock.DERIVED)))


def test_call_from_before_the_version_showed_is_judged_by_that_version() -> None:
    asked, answered = '< [2,"g","GetConfiguration",{"key":["A"]}]', '> [3,"g",{}]'

    judge = judged(draw(asked, BOOT, BOOTED, answered, offered=(), chosen=None))

    assert "CF16-01" in codes(judge)

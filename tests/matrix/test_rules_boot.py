"""BT: one session that keeps the rule and one that breaks it, each, and where nobody may be accused."""

from typing import Any, Final

import msgspec
import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.judge import Judge
from matrix.trace import Ending, Frame, Side, Traffic, session_of

BOOT: Final = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
BOOT_AGAIN: Final = BOOT.replace('"b"', '"b2"')
STATUS: Final = '> [2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'
STATUS_0: Final = STATUS.replace('"s"', '"s0"').replace('"connectorId":1', '"connectorId":0')
NOTED: Final = '< [3,"s",{}]'
HEARTBEAT: Final = '> [2,"h","Heartbeat",{}]'
BEAT: Final = '< [3,"h",{"currentTime":"$NOW"}]'
REFUSED: Final = '< [4,"h","SecurityError","",{}]'
TRIGGER: Final = '< [2,"t","TriggerMessage",{"requestedMessage":"%s"}]'
TRIGGERED: Final = '> [3,"t",{"status":"Accepted"}]'
CONFIGURATION: Final = '< [2,"g","GetConfiguration",{}]'
CONFIGURED: Final = '> [3,"g",{}]'
RESET: Final = ('< [2,"r","Reset",{"type":"Hard"}]', '> [3,"r",{"status":"Accepted"}]')

VARIABLES: Final = '< [2,"g","GetVariables",{"getVariableData":[{"component":{"name":"C"},"variable":{"name":"V"}}]}]'
STATUS_2X: Final = (
    '> [2,"s","StatusNotification",{"timestamp":"$NOW","connectorStatus":"Available","evseId":1,"connectorId":1}]'
)
EVENT: Final = (
    '> [2,"s","NotifyEvent",{"generatedAt":"$NOW","seqNo":0,"eventData":[{"eventId":1,"timestamp":"$NOW",'
    '"trigger":"Delta","actualValue":"Available","eventNotificationType":"HardWiredNotification",'
    '"component":{"name":"Connector"},"variable":{"name":"AvailabilityState"}}]}]'
)
RESET_2X: Final = ('< [2,"r","Reset",{"type":"Immediate"}]', '> [3,"r",{"status":"Accepted"}]')


def boot_2x(reason: str = "PowerUp", message_id: str = "b") -> str:
    station = '{"vendorName":"V","model":"M"}'
    return f'> [2,"{message_id}","BootNotification",{{"reason":"{reason}","chargingStation":{station}}}]'


def answered(status: str, interval: int = 60, message_id: str = "b") -> str:
    return f'< [3,"{message_id}",{{"status":"{status}","currentTime":"$NOW","interval":{interval}}}]'


def on_16(*lines: str, **fields: Any) -> list[Traffic]:
    return draw(*lines, **fields)


def on_2x(*lines: str, version: str = "2.0.1", **fields: Any) -> list[Traffic]:
    return draw(*lines, version=version, **fields)


def sessions(*drawings: tuple[str, ...], version: str = "1.6", **fields: Any) -> list[Traffic]:
    pen, offered = Pen(), (f"ocpp{version}",)
    traffic = [pen.session(lines, offered=offered, chosen=offered[0], **fields) for lines in drawings]
    return [item for session in traffic for item in session]


def told(judge: Judge, family: str = "BT") -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.side) for each in judge.findings if each.rule.startswith(family)]


ACCEPTED_16: Final = (BOOT, answered("Accepted"))
PENDING_16: Final = (BOOT, answered("Pending"), "+5s")
REJECTED_16: Final = (BOOT, answered("Rejected"), "+5s")
ACCEPTED_2X: Final = (boot_2x(), answered("Accepted"))
PENDING_2X: Final = (boot_2x(), answered("Pending"), "+5s")
REJECTED_2X: Final = (boot_2x(), answered("Rejected"), "+5s")
BEATS: Final = tuple(
    line
    for number in range(8)
    for line in ("+50s", f'> [2,"h{number}","Heartbeat",{{}}]', f'< [3,"h{number}",{{"currentTime":"$NOW"}}]')
)

CASES: Final = {
    "BT-01": Case(
        sessions((*ACCEPTED_16, *RESET), (STATUS, NOTED, BOOT_AGAIN)),
        sessions((*ACCEPTED_16, *RESET), (BOOT_AGAIN, answered("Accepted", message_id="b2"), STATUS, NOTED)),
        by=Side.STATION,
    ),
    "BT-02": Case(on_16(*REJECTED_16, HEARTBEAT), on_16(*REJECTED_16, "+60s", BOOT_AGAIN), by=Side.STATION),
    "BT-03": Case(
        on_16(*PENDING_16, STATUS),
        on_16(*PENDING_16, TRIGGER % "StatusNotification", TRIGGERED, STATUS),
        by=Side.STATION,
    ),
    "BT-04": Case(on_16(*PENDING_16, BOOT_AGAIN), on_16(*PENDING_16, "+55s", BOOT_AGAIN), by=Side.STATION),
    "BT-05": Case(on_16(*PENDING_16, HEARTBEAT, BEAT), on_16(*PENDING_16, HEARTBEAT, REFUSED), by=Side.CSMS),
    "BT-06": Case(on_16(*REJECTED_16, CONFIGURATION), on_16(*PENDING_16, CONFIGURATION, CONFIGURED), by=Side.CSMS),
    "BT-07": Case(
        on_16(*ACCEPTED_16, "+59s", HEARTBEAT, BEAT, "+5s", "> ping x"),
        on_16(*ACCEPTED_16, STATUS_0, NOTED.replace("s", "s0"), STATUS, NOTED, *BEATS),
        by=Side.STATION,
    ),
    "BT-08": Case(
        on_2x(*PENDING_2X, STATUS_2X),
        on_2x(*PENDING_2X, TRIGGER % "StatusNotification", TRIGGERED, STATUS_2X),
        by=Side.STATION,
    ),
    "BT-09": Case(on_2x(*PENDING_2X, HEARTBEAT, BEAT), on_2x(*PENDING_2X, HEARTBEAT, REFUSED), by=Side.CSMS),
    "BT-10": Case(on_2x(*REJECTED_2X, VARIABLES), on_2x(*PENDING_2X, VARIABLES), by=Side.CSMS),
    "BT-11": Case(
        on_2x(*PENDING_2X, boot_2x(message_id="c")),
        on_2x(*PENDING_2X, "+55s", boot_2x(message_id="c")),
        by=Side.STATION,
    ),
    "BT-12": Case(
        on_2x(*PENDING_2X, "< close 1000", closed_by=Side.CSMS),
        on_2x(*PENDING_2X, ending=Ending.DROPPED),
        by=Side.CSMS,
    ),
    "BT-13": Case(on_2x(*ACCEPTED_2X, *BEATS), on_2x(*ACCEPTED_2X, STATUS_2X, NOTED, *BEATS), by=Side.STATION),
    "BT-14": Case(
        on_2x(*ACCEPTED_2X, *BEATS, version="2.1"),
        on_2x(*ACCEPTED_2X, EVENT, NOTED, *BEATS, version="2.1"),
        by=Side.STATION,
    ),
    "BT-15": Case(
        sessions((*ACCEPTED_2X, *RESET_2X), (boot_2x("PowerUp", "c"),), version="2.0.1"),
        sessions((*ACCEPTED_2X, *RESET_2X), (boot_2x("RemoteReset", "c"),), version="2.0.1"),
        by=Side.STATION,
    ),
}


@pytest.mark.parametrize("drawing", [(STATUS, NOTED), (STATUS, NOTED, BOOT, answered("Accepted"))])
def test_station_that_begins_with_a_status_and_was_never_seen_to_boot_is_a_warning_once(
    drawing: tuple[str, ...],
) -> None:
    judge = judged(sessions(drawing, drawing))

    assert told(judge) == [("BT-01", "warning", "station")]


def test_connecting_again_without_a_boot_is_legal() -> None:
    judge = judged(sessions((*ACCEPTED_16, STATUS, NOTED), (STATUS.replace('"s"', '"x"'),)))

    assert told(judge) == []


def test_other_csms_has_yet_to_see_a_boot_of_its_own() -> None:
    pen, fields = Pen(), {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
    here = pen.session((*PENDING_16,), csms="acme", **fields)  # type: ignore[arg-type]  # one dict for both
    there = pen.session((HEARTBEAT, BEAT), csms="volt", **fields)  # type: ignore[arg-type]  # one dict for both

    assert told(judged(here, there)) == []


def test_request_that_may_have_crossed_the_answer_is_let_pass() -> None:
    judge = judged(on_16(BOOT, answered("Pending"), STATUS))

    assert told(judge) == []


def test_request_between_boot_and_its_answer_is_a_warning_where_no_start_is_certain() -> None:
    judge = judged(on_16(BOOT, STATUS, answered("Accepted"), NOTED))

    assert told(judge) == [("BT-01", "warning", "station")]


@pytest.mark.parametrize(("reason", "severity"), [("PowerUp", "violation"), ("Triggered", "warning")])
def test_boot_reason_says_whether_a_start_is_certain(reason: str, severity: str) -> None:
    judge = judged(on_2x(boot_2x(reason), "+11s", STATUS_2X, answered("Accepted"), NOTED))

    assert told(judge) == [("BT-08", severity, "station")]


def test_a_callerror_to_the_boot_is_not_called_silence() -> None:
    refused = '< [4,"b","InternalError","",{}]'

    silent, erring = (judged(on_2x(boot_2x(), *answer, "+11s", STATUS_2X, NOTED)) for answer in ([], [refused]))

    assert told(silent) == told(erring) == [("BT-08", "violation", "station")]
    assert silent.findings[0].text == "StatusNotification was sent before the BootNotification (frame 2) was answered"
    assert erring.findings[0].text == (
        "StatusNotification was sent after the BootNotification (frame 2) got only a CALLERROR"
    )


def test_request_before_a_boot_of_the_same_session_shows_that_it_was_sent_too_early() -> None:
    judge = judged(on_2x(HEARTBEAT, BEAT, boot_2x(), answered("Accepted")))

    assert told(judge) == [("BT-08", "violation", "station")]
    assert "the first in frame 2" in judge.findings[0].text


def test_boot_in_the_middle_of_a_session_says_nothing_about_what_came_long_before() -> None:
    judge = judged(on_2x(HEARTBEAT, BEAT, "+3m", boot_2x("ApplicationReset"), answered("Accepted")))

    assert told(judge) == []


@pytest.mark.parametrize("noise", ["< unread not recorded: disk full", "< [3,"])
def test_nobody_is_accused_where_the_acceptance_may_have_been_lost(noise: str) -> None:
    later = "+5s"
    judge = judged(on_16(*PENDING_16, noise, later, STATUS, NOTED, CONFIGURATION))

    assert told(judge) == []


def test_nobody_is_accused_after_the_hub_was_stopped() -> None:
    pen, fields = Pen(), {"offered": ("ocpp2.0.1",), "chosen": "ocpp2.0.1"}
    before = pen.session(PENDING_2X, ending=Ending.HUB, closed_by=None, **fields)  # type: ignore[arg-type]  # one dict
    after = pen.session(("+1m", STATUS_2X, NOTED), **fields)  # type: ignore[arg-type]  # one dict for both

    assert told(judged(before, after)) == []


def test_pending_outlasts_a_reconnect() -> None:
    judge = judged(sessions(PENDING_16, (STATUS, NOTED)))

    assert told(judge) == [("BT-03", "violation", "station"), ("BT-05", "warning", "csms")]


def test_answer_of_a_rejected_station_breaks_bt_02() -> None:
    judge = judged(on_16(*REJECTED_16, CONFIGURATION, CONFIGURED))

    assert told(judge) == [("BT-06", "warning", "csms"), ("BT-02", "violation", "station")]


@pytest.mark.parametrize("wait", ["+5s", "+90s"])
def test_boot_that_was_asked_for_is_never_too_early(wait: str) -> None:
    judge = judged(on_2x(*PENDING_2X, TRIGGER % "BootNotification", TRIGGERED, wait, boot_2x("Triggered", "c")))

    assert told(judge) == []


def test_interval_of_zero_leaves_the_wait_to_the_station() -> None:
    judge = judged(on_2x(boot_2x(), answered("Rejected", 0), "+5s", boot_2x(message_id="c")))

    assert told(judge) == []


def test_boot_after_a_new_connection_may_be_that_of_a_station_that_was_switched_off() -> None:
    judge = judged(sessions(REJECTED_2X, (boot_2x(message_id="c"),), version="2.0.1"))

    assert told(judge) == [("BT-11", "warning", "station")]


def test_gap_may_hold_the_boot_or_its_answer() -> None:
    lost_boot = on_16("> unread not recorded: disk full", STATUS)
    lost_answer = on_16(BOOT, "< unread not recorded: disk full", CONFIGURATION)

    assert told(judged(lost_boot)) == told(judged(lost_answer)) == []


def test_boot_that_is_repeated_though_accepted_is_a_warning() -> None:
    judge = judged(on_16(*ACCEPTED_16, STATUS, NOTED, "+60s", BOOT, answered("Accepted")))

    assert told(judge) == [("BT-04", "warning", "station")]


def test_boot_that_is_sent_again_under_its_id_may_not_have_got_its_answer() -> None:
    judge = judged(on_16(*ACCEPTED_16, "+60s", BOOT, answered("Pending"), "+1s", STATUS, NOTED))

    assert told(judge) == []


def test_csms_that_asks_before_it_has_answered_the_first_boot_is_a_warning() -> None:
    judge = judged(on_16(BOOT, CONFIGURATION, answered("Accepted")))

    assert told(judge) == [("BT-06", "warning", "csms")]


def test_remote_start_is_not_for_a_pending_station() -> None:
    judge = judged(on_16(*PENDING_16, '< [2,"x","RemoteStartTransaction",{"idTag":"A"}]'))

    assert told(judge) == [("BT-06", "warning", "csms")]


def test_other_error_code_than_security_error_is_a_warning() -> None:
    judge = judged(on_2x(*PENDING_2X, HEARTBEAT, '< [4,"h","InternalError","",{}]'))

    assert told(judge) == [("BT-08", "violation", "station"), ("BT-09", "warning", "csms")]


def test_station_that_answers_the_csms_which_rejected_it_is_blamed_beside_it() -> None:
    result = '> [3,"g",{"getVariableResult":[]}]'

    judge = judged(on_2x(*REJECTED_2X, VARIABLES, result))

    assert told(judge) == [("BT-10", "violation", "csms"), ("BT-10", "violation", "station")]


def test_pending_station_that_was_reset_has_to_close() -> None:
    judge = judged(on_2x(*PENDING_2X, *RESET_2X, "> close 1000"))

    assert told(judge) == []


@pytest.mark.parametrize(("connectors", "found"), [("1", 0), ("2", 1)])
def test_connectors_are_counted_where_the_station_said_how_many_it_has(connectors: str, found: int) -> None:
    key = f'{{"key":"NumberOfConnectors","readonly":true,"value":"{connectors}"}}'
    configured = f'> [3,"g",{{"configurationKey":[{key}]}}]'
    states = (STATUS_0, '< [3,"s0",{}]', STATUS, NOTED)

    judge = judged(on_16(*ACCEPTED_16, CONFIGURATION, configured, *states, *BEATS))

    assert len(told(judge)) == found


def test_state_that_does_not_come_counts_against_the_boot() -> None:
    judge = judged(on_2x(*ACCEPTED_2X, *BEATS))

    assert told(judge) == [("BT-13", "warning", "station"), ("BT-13", "violation", "station")]
    assert judge.board.view().pairs[0].row("BootNotification").counts == {"deviated": 1}


def test_station_that_has_left_is_not_waited_for() -> None:
    judge = judged(sessions((*ACCEPTED_2X, "+10s"), ("+10m", HEARTBEAT, BEAT), version="2.0.1"))

    assert told(judge) == []


@pytest.mark.parametrize(
    ("reason", "found"),
    [("Watchdog", ["warning"]), ("ScheduledReset", []), ("Unknown", []), ("FirmwareUpdate", [])],
)
def test_reason_after_a_reset(reason: str, found: list[str]) -> None:
    judge = judged(sessions((*ACCEPTED_2X, *RESET_2X), (boot_2x(reason, "c"),), version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "BT-15"] == found


def test_reset_of_an_evse_is_no_boot() -> None:
    evse = ('< [2,"r","Reset",{"type":"Immediate","evseId":1}]', RESET_2X[1])

    assert told(judged(sessions((*ACCEPTED_2X, *evse), (boot_2x("PowerUp", "c"),), version="2.0.1"))) == []


def test_boot_that_the_csms_sends_is_no_boot_of_the_station() -> None:
    judge = judged(on_16(*PENDING_16, BOOT_AGAIN.replace(">", "<"), '> [3,"b2",{}]'))

    assert "BT-04" not in codes(judge)
    assert judge.crashes == []


SET_PASSWORD: Final = (
    '< [2,"p","SetVariables",{"setVariableData":[{"component":{"name":"SecurityCtrlr"},'
    '"variable":{"name":"BasicAuthPassword"},"attributeValue":"a password of 20 ch"}]}]',
    '> [3,"p",{"setVariableResult":[{"attributeStatus":"Accepted","component":{"name":"SecurityCtrlr"},'
    '"variable":{"name":"BasicAuthPassword"}}]}]',
)


def test_station_that_closes_while_pending_may_not_have_been_told() -> None:
    judge = judged(on_2x(*PENDING_2X, "> close 1000"))

    assert ("BT-12", "warning", "station") in told(judge)


@pytest.mark.parametrize(
    ("version", "accepted", "pending"), [("1.6", ACCEPTED_16, PENDING_16), ("2.0.1", ACCEPTED_2X, PENDING_2X)]
)
def test_what_an_older_connection_still_delivers_was_sent_before_the_boot(
    version: str, accepted: tuple[str, ...], pending: tuple[str, ...]
) -> None:
    both = sessions(accepted, pending, (HEARTBEAT, BEAT), version=version, ending=None)
    older, newer, late = ([item for item in both if session_of(item) == number] for number in (1, 2, 3))
    delivered = [msgspec.structs.replace(item, session=1) for item in late if isinstance(item, Frame)]

    assert told(judged(older, newer, delivered)) == []


@pytest.mark.parametrize(("waited", "expected"), [("+1s", ["BT-12"]), ("+10s", [])])
def test_side_that_gets_no_answer_may_give_a_connection_up_while_pending(waited: str, expected: list[str]) -> None:
    judge = judged(on_2x(*PENDING_2X, "+55s", boot_2x(), waited, "> close 1000"))

    assert [code for code in codes(judge) if code == "BT-12"] == expected


@pytest.mark.parametrize(("side", "expected"), [(">", []), ("<", ["BT-12"])])
def test_pending_station_may_come_back_with_the_password_that_it_was_given(side: str, expected: list[str]) -> None:
    closer = Side.STATION if side == ">" else Side.CSMS
    judge = judged(on_2x(*PENDING_2X, *SET_PASSWORD, f"{side} close 1000", closed_by=closer))

    assert [code for code in codes(judge) if code == "BT-12"] == expected


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_boot_that_is_repeated_in_its_session_is_no_new_start(version: str) -> None:
    boot, status = (BOOT, STATUS) if version == "1.6" else (boot_2x(), STATUS_2X)
    again = boot.replace('"b"', '"b2"').replace("PowerUp", "Triggered")
    repeated = (TRIGGER % "BootNotification", TRIGGERED, again, answered("Accepted", message_id="b2"))
    lines = (boot, answered("Accepted"), status, NOTED, STATUS_0 if version == "1.6" else "+1s", *repeated, *BEATS)

    judge = judged(draw(*lines, version=version))

    assert not {"BT-07", "BT-13"} & set(codes(judge))


def test_station_that_is_cut_off_after_its_boot_is_not_accused() -> None:
    last_words = ('> [2,"h","Heartbeat",{}]', BEAT)

    judge = judged(on_2x(*ACCEPTED_2X, "+1s", *last_words, "+9m", CONFIGURATION, ending=Ending.DROPPED))

    assert "BT-13" not in codes(judge)


@pytest.mark.parametrize(
    ("late", "then", "expected"),
    [("+31s", "+1s", []), ("+31s", "+20s", []), ("+31s", "+35s", ["BT-11"]), ("+1s", "+1s", ["BT-11"])],
)
def test_boot_that_may_have_been_sent_before_a_late_answer_came_is_not_too_early(
    late: str, then: str, expected: list[str]
) -> None:
    judge = judged(on_2x(boot_2x(), late, answered("Pending"), then, boot_2x(message_id="b2")))

    assert [code for code in codes(judge) if code == "BT-11"] == expected


def test_power_may_fail_before_a_reset_that_was_put_off() -> None:
    put_off = RESET_2X[1].replace("Accepted", "Scheduled")
    judge = judged(sessions((*ACCEPTED_2X, RESET_2X[0], put_off), (boot_2x(), answered("Accepted")), version="2.0.1"))

    assert [(each.rule, each.severity) for each in judge.findings if each.rule == "BT-15"] == [("BT-15", "warning")]


def test_answer_to_an_earlier_boot_that_comes_later_and_says_otherwise_leaves_open_what_counts() -> None:
    late = (boot_2x(), "+60s", boot_2x(message_id="b2"), answered("Accepted", message_id="b2"), answered("Pending"))

    assert told(judged(on_2x(*late, STATUS_2X, NOTED))) == []
    assert told(judged(on_2x(boot_2x(), answered("Pending"), STATUS_2X, NOTED))) != []


@pytest.mark.parametrize(("paused", "expected"), [("+80s", []), ("+60s", ["BT-11"])])
def test_boot_may_have_been_held_up_for_longer_than_the_next_one_waits(paused: str, expected: list[str]) -> None:
    judge = judged(
        on_2x(
            boot_2x(), answered("Pending"), paused, boot_2x(message_id="b2"), answered("Pending", message_id="b2"),
            "+15s", boot_2x(message_id="b3"),
        )
    )  # fmt: skip

    assert [code for code in codes(judge) if code == "BT-11"] == expected


@pytest.mark.parametrize(
    ("ending", "severity"),
    [
        (Ending.CLOSED, "violation"),
        (Ending.DROPPED, "violation"),
        (Ending.RESET, "warning"),
    ],
)
def test_power_may_fail_right_after_a_reset_was_accepted(ending: Ending, severity: str) -> None:
    judge = judged(sessions((*ACCEPTED_2X, *RESET_2X), (boot_2x("PowerUp", "c"),), version="2.0.1", ending=ending))

    assert [(each.rule, each.severity) for each in judge.findings if each.rule == "BT-15"] == [("BT-15", severity)]

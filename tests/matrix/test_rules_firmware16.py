"""FW16: one session that keeps the rule and one that breaks it, each; what may be from before the recording."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case
from said16 import ask, exchange

from matrix.judge import Judge
from matrix.trace import Side

LOCATION: Final = {"location": "ftp://example.com/fw", "retrieveDate": "2026-11-01T10:00:00Z"}
UPDATE: Final = exchange("<", "UpdateFirmware", LOCATION, {})
UPLOAD: Final = exchange("<", "GetDiagnostics", {"location": "ftp://example.com/"}, {"fileName": "log.zip"})


def says(what: str, *statuses: str, answer: Any = None, **more: Any) -> list[str]:
    action = f"{what}StatusNotification"
    reply = {} if answer is None else answer
    return [line for status in statuses for line in exchange(">", action, {"status": status} | more, reply)]


def get_log(request_id: int) -> list[str]:
    log = {"remoteLocation": "ftp://example.com/"}
    return ask("GetLog", logType="SecurityLog", requestId=request_id, log=log)


TRIGGER: Final = ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
KEPT: Final = draw(
    *UPDATE, *says("Firmware", "Downloading", "DownloadFailed", "Downloading", "Downloaded", "Installing", "Installed"),
    *TRIGGER, *says("Firmware", "Idle"), *UPLOAD, *says("Diagnostics", "Uploading", "Uploaded"),
    *ask("TriggerMessage", requestedMessage="DiagnosticsStatusNotification"), *says("Diagnostics", "Idle"),
    *get_log(4), *says("Log", "Uploading", "Uploaded", requestId=4), *says("Log", "Idle"),
)  # fmt: skip

CASES: Final = {
    "FW16-01": Case(draw(*UPDATE, *says("Firmware", "Installed")), KEPT, by=Side.STATION),
    "FW16-02": Case(draw(*says("Diagnostics", "Idle")), KEPT, by=Side.STATION),
    "FW16-03": Case(draw(*get_log(4), *says("Log", "Uploading", requestId=1)), KEPT, by=Side.STATION),
    "FW16-04": Case(draw(*UPDATE, *says("Firmware", "Downloading", answer="NotSupported")), KEPT, by=Side.CSMS),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [finding.severity for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_updates_and_uploads_that_go_well_break_no_rule(rule: str) -> None:
    assert rule not in codes(judged(KEPT))


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["Downloading", "Downloading", "Downloaded", "Installing", "InstallationFailed"], 0),
        (["Downloading", "Installed"], 1),
        (["Downloading", "Downloaded", "Downloading"], 1),
        (["Downloading", "Nonsense"], 0),
    ],
)
def test_steps_of_an_update_are_not_left_out(statuses: Sequence[str], expected: int) -> None:
    assert len(found(judged(draw(*UPDATE, *says("Firmware", *statuses))), "FW16-01")) == expected


def test_second_update_begins_anew() -> None:
    steps = says("Firmware", "Downloading", "Downloaded")

    assert "FW16-01" not in codes(judged(draw(*UPDATE, *steps, *UPDATE, *steps)))


def test_steps_of_the_time_between_two_sessions_are_lost() -> None:
    pen, offered = Pen(), ("ocpp1.6",)
    traffic = pen.session(UPDATE, offered=offered, chosen=offered[0])
    again = says("Firmware", "Installing", "Downloading")

    judge = judged(traffic, pen.session(again, offered=offered, chosen=offered[0]))

    assert [each.text for each in judge.findings if each.rule == "FW16-01"] == [
        "Downloading after Installing: steps are left out, or go back"
    ]


def test_update_that_is_asked_for_again_may_go_on() -> None:
    begun = [*UPDATE, *says("Firmware", "Downloading"), *UPDATE]

    assert "FW16-01" not in codes(judged(draw(*begun, *says("Firmware", "Downloaded"))))
    assert "FW16-01" in codes(judged(draw(*begun, *says("Firmware", "Installed"))))


def test_work_that_began_before_the_recording_is_an_info() -> None:
    judge = judged(draw(*says("Firmware", "Installed"), *says("Diagnostics", "Uploaded"), *says("Log", "Uploaded")))

    assert [(each.rule, each.severity) for each in judge.findings] == [("FW16-01", "info"), ("FW16-02", "info")]


def test_gap_may_hold_the_trigger_and_the_steps() -> None:
    judge = judged(draw(*UPDATE, "< unread too long", *says("Firmware", "Idle", "Installed")))

    assert "FW16-01" not in codes(judge)


def test_idle_is_said_when_triggered_lately() -> None:
    assert "FW16-01" not in codes(judged(draw(*TRIGGER, *says("Firmware", "Idle"))))
    assert found(judged(draw(*TRIGGER, "+6m", *says("Firmware", "Idle"))), "FW16-01") == ["warning"]


def test_upload_that_is_done_had_begun() -> None:
    assert found(judged(draw(*UPLOAD, *says("Diagnostics", "Uploaded"))), "FW16-02") == ["warning"]


def test_request_id_is_left_out_by_idle_alone() -> None:
    assert found(judged(draw(*get_log(4), *says("Log", "Uploading"))), "FW16-03") == ["warning"]


@pytest.mark.parametrize(("code", "expected"), [("NotSupported", "warning"), ("InternalError", "violation")])
def test_csms_without_the_profile_may_say_so(code: str, expected: str) -> None:
    assert found(judged(draw(*says("Firmware", "Downloading", answer=code))), "FW16-04") == [expected]


@pytest.mark.parametrize("wrong", [None, "x", 1, True, [], {}])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    told = [line for what in ("Firmware", "Diagnostics", "Log") for line in says(what, wrong, requestId=wrong)]
    asked = ask("TriggerMessage", requestedMessage=wrong) + get_log(wrong)

    assert judged(draw(*UPDATE, *UPLOAD, *asked, *told)).crashes == []


def test_step_that_is_sent_again_after_the_next_update_is_that_of_the_one_before() -> None:
    steps = ("Downloading", "Downloaded", "Installing")

    judge = judged(draw(*UPDATE, *says("Firmware", *steps), *UPDATE, *says("Firmware", "Installing")))

    assert "FW16-01" not in codes(judge)


def test_beginning_of_an_upload_may_have_been_lost_with_the_connection() -> None:
    pen, offered = Pen(), ("ocpp1.6",)
    asked = pen.session(UPLOAD, offered=offered, chosen=offered[0])
    uploaded = pen.session(says("Diagnostics", "Uploaded"), offered=offered, chosen=offered[0])

    assert "FW16-02" not in codes(judged(asked, uploaded))

"""FW20: one session that keeps the rule and one that breaks it, each; retries, reconnects, what was triggered."""

from typing import Any, Final

import msgspec
import pytest
from drawing import Pen, codes, judged
from rule_cases import Case
from said2x import ask, beats, drawn, tell, trigger

from matrix.judge import Judge
from matrix.trace import Frame, Side

OFFER: Final[dict[str, Any]] = {"offered": ("ocpp2.0.1",), "chosen": "ocpp2.0.1"}
PLAIN: Final = {"location": "https://example.com/fw", "retrieveDateTime": "2026-11-01T10:00:00Z"}
SIGNED: Final = PLAIN | {"signingCertificate": "MIIB", "signature": "c2ln"}
STEPS: Final = ("DownloadScheduled", "Downloading", "DownloadPaused", "Downloading", "Downloaded")


def update(request_id: Any = 7, status: str = "Accepted", firmware: Any = SIGNED) -> list[str]:
    return ask("UpdateFirmware", status, requestId=request_id, firmware=firmware)


def get_log(request_id: Any = 3) -> list[str]:
    return ask("GetLog", requestId=request_id, logType="SecurityLog", log={"remoteLocation": "https://example.com"})


def says(what: str, *statuses: Any, **more: Any) -> list[str]:
    return [line for status in statuses for line in tell(f"{what}StatusNotification", status=status, **more)]


def goes(*statuses: Any, request_id: Any = 7) -> list[str]:
    return says("Firmware", *statuses, requestId=request_id)


def event(kind: str = "FirmwareUpdated") -> list[str]:
    return tell("SecurityEventNotification", type=kind, timestamp="$NOW")


KEPT: Final = drawn(
    *update(), *goes(*STEPS, "SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting", "Installed"),
    *event(), *trigger("FirmwareStatusNotification"), *says("Firmware", "Idle"),
    *get_log(), *says("Log", "Uploading", "UploadFailure", "Uploading", "Uploaded", requestId=3),
    *trigger("LogStatusNotification"), *says("Log", "Idle"), *beats(7),
)  # fmt: skip
WHOLE: Final = (*update(), *goes("Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"))

CASES: Final = {
    "FW20-01": Case(drawn(*says("Firmware", "Downloading")), KEPT, by=Side.STATION),
    "FW20-02": Case(drawn(*update(), *goes("Downloading", "Installed")), KEPT, by=Side.STATION),
    "FW20-03": Case(drawn(*WHOLE, *beats(7)), KEPT, by=Side.STATION),
    "FW20-04": Case(drawn(*get_log(), *says("Log", "Uploaded", requestId=3)), KEPT, by=Side.STATION),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [each.severity for each in judge.findings if each.rule == rule]


def test_updates_and_uploads_that_go_well_break_no_rule() -> None:
    assert codes(judged(KEPT)) == []


@pytest.mark.parametrize(("what", "rule"), [("Firmware", "FW20-01"), ("Log", "FW20-04")])
def test_idle_is_said_when_triggered_lately(what: str, rule: str) -> None:
    asked = trigger(f"{what}StatusNotification")

    assert found(judged(drawn(*asked, *says(what, "Idle"))), rule) == []
    assert len(found(judged(drawn(*asked, "+6m", *says(what, "Idle"))), rule)) == 1
    assert found(judged(drawn("> unread too long", *says(what, "Idle"))), rule) == []


def test_progress_of_before_the_recording_may_be_at_any_step() -> None:
    steps = [*goes("Installing", "Installed"), *says("Log", "Uploaded", requestId=3)]

    assert codes(judged(drawn(*steps))) == []


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["Downloading", "Downloading", "Downloaded", "Installed"], 0),
        (["Downloading", "Downloaded", "SignatureVerified", "InstallRebooting", "Installed"], 0),
        (["Downloading", "Downloaded", "Installing", "InstallVerificationFailed"], 0),
        (["DownloadFailed"], 0),
        (["Installing"], 1),
        (["Downloading", "SignatureVerified"], 1),
        (["Downloading", "Downloaded", "Downloading"], 1),
        (["Downloading", "DownloadFailed", "Downloading"], 1),
        (["Downloading", "Downloaded", "InvalidSignature", "Installing"], 1),
        (["Downloading", "Nonsense", "Downloaded"], 0),
    ],
)
def test_steps_of_an_update_are_not_left_out(statuses: list[str], expected: int) -> None:
    assert len(found(judged(drawn(*update(), *goes(*statuses))), "FW20-02")) == expected


def test_same_request_id_for_another_update_begins_anew() -> None:
    again = ["Downloading", "Downloaded", "Installing"]

    assert found(judged(drawn(*update(), *goes(*again, "Installed"), *update(), *goes(*again))), "FW20-02") == []


def test_two_updates_are_kept_apart() -> None:
    both = [*update(7), *goes("Downloading"), *update(8, "AcceptedCanceled"), *goes("Downloading", request_id=8)]

    assert found(judged(drawn(*both, *goes("DownloadFailed"), *goes("Downloaded", request_id=8))), "FW20-02") == []


@pytest.mark.parametrize(("statuses", "expected"), [(["Downloading"], 0), (["Downloading", "DownloadFailed"], 1)])
def test_steps_may_be_lost_with_a_connection_but_an_end_stays_one(statuses: list[str], expected: int) -> None:
    pen = Pen()
    first = pen.session([*update(), *goes(*statuses)], **OFFER)

    judge = judged(first, pen.session(goes("Installing"), **OFFER))

    assert len(found(judge, "FW20-02")) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*update(firmware=PLAIN), *goes("Downloading", "Downloaded", "Installed")], 0),
        ([*update(), *event(), *goes("Downloading", "Downloaded", "Installed")], 0),
        ([*event(), *update(), *goes("Downloading", "Downloaded", "Installed")], 1),
        ([*goes("Installed")], 0),
        ([*update(), *goes("Downloading", "Downloaded", "InvalidSignature")], 1),
        ([*update(), *goes("Downloading", "InvalidSignature"), *event("InvalidFirmwareSignature")], 0),
        ([*update(status="InvalidCertificate")], 1),
        ([*update(status="InvalidCertificate"), *event("InvalidFirmwareSigningCertificate")], 0),
    ],
)
def test_signed_update_is_told_as_a_security_event(lines: list[str], expected: int) -> None:
    assert len(found(judged(drawn(*lines, *beats(7))), "FW20-03")) == expected


def test_event_of_a_station_that_reboots_is_not_missed() -> None:
    pen = Pen()

    assert found(judged(pen.session(WHOLE, **OFFER), pen.session(beats(7), **OFFER)), "FW20-03") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (says("Log", "Uploading"), 1),
        ([*trigger("LogStatusNotification"), *says("Log", "Uploading")], 0),
        ([*get_log(), *says("Log", "NotSupportedOperation", requestId=3)], 0),
        ([*get_log(), *says("Log", "Uploading", "Uploaded", "Uploading", requestId=3)], 1),
        ([*get_log(), *says("Log", "Uploading", "Uploaded", requestId=3), *get_log(3)], 0),
    ],
)
def test_upload_has_a_request_id_and_ends_once(lines: list[str], expected: int) -> None:
    assert len(found(judged(drawn(*lines)), "FW20-04")) == expected


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1.5, 10**40])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    said = [*goes(wrong, "Installed", request_id=wrong), *says("Log", wrong, "Uploaded", requestId=wrong), *goes(wrong)]
    asked = [*update(wrong, firmware=wrong), *update(7, wrong), *get_log(wrong), *trigger(wrong)]

    assert judged(drawn(*asked, *said, *tell("SecurityEventNotification", type=wrong), *beats(7))).crashes == []


def test_step_that_an_older_connection_delivers_late_is_let_be() -> None:
    pen = Pen()
    first = pen.session([*update(), *goes("Downloading", "Downloaded")], **OFFER, ending=None)
    second = pen.session(goes("Installing", "Installed"), **OFFER, ending=None)
    late = [
        msgspec.structs.replace(item, session=1)
        for item in pen.session(goes("Installing"), **OFFER)
        if isinstance(item, Frame)
    ]

    assert found(judged(first, second, late), "FW20-02") == []

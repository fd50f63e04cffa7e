"""FW16: the progress of firmware updates and of uploads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import integer, said, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_error, rule
from matrix.rules.boot_story import is_right_to_refuse
from matrix.rules.silence import MINUTE_NS
from matrix.secrets import told
from matrix.soundness import is_sound
from matrix.trace import Side
from matrix.wire import CallError

FIRMWARE: Final = "FirmwareStatusNotification"
DIAGNOSTICS: Final = "DiagnosticsStatusNotification"
SIGNED_FIRMWARE: Final = "SignedFirmwareStatusNotification"
LOG: Final = "LogStatusNotification"
ASKED_BY: Final = {
    "UpdateFirmware": FIRMWARE,
    "GetDiagnostics": DIAGNOSTICS,
    "SignedUpdateFirmware": SIGNED_FIRMWARE,
    "GetLog": LOG,
}
"""Which notifications a request is followed by."""
TRIGGER_NS: Final = 5 * MINUTE_NS
REQUESTS_REMEMBERED: Final = 64

MAY_FOLLOW: Final = {
    None: {"Downloading", "DownloadFailed"},
    "Downloading": {"Downloaded", "DownloadFailed"},
    "Downloaded": {"Installing", "InstallationFailed"},
    "DownloadFailed": {"Downloading"},
    "Installing": {"Installed", "InstallationFailed"},
    "InstallationFailed": {"Downloading", "Installing"},
    "Installed": {"Downloading"},
}
"""Statuses of a firmware update by the one before; None: an update was asked for, and nothing came yet. Failures may
be followed by another attempt (UpdateFirmware has `retries`)."""


@dataclass(slots=True)
class Progress:
    """By notification: when its work was asked for, the latest status since, when it was triggered, and request ids.

    `earlier` is the status of a work that had begun when it was asked for again, and may go on. `sessions` are those
    in which the work was last spoken of: what a station would have said without one is lost.
    """

    asked_at: dict[str, int] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, str | None] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    triggered_at: dict[str, int] = field(default_factory=dict)
    request_ids: Recent[tuple[str, int], int] = field(default_factory=lambda: Recent(REQUESTS_REMEMBERED))


@note(on_called(*ASKED_BY), versions={V16})
def remember_asked(exchange: Exchange, known: Known) -> None:
    """Remember that an update or an upload was asked for."""
    if exchange.is_misdirected:
        return
    story, notification = known.story(Progress), ASKED_BY[exchange.action]
    story.asked_at[notification], story.sessions[notification] = exchange.at, exchange.session
    story.earlier[notification] = story.status.pop(notification, None)
    request_id = integer(exchange.request, "requestId")
    if request_id is not None:
        story.request_ids[notification, request_id] = exchange.at
    elif notification in (SIGNED_FIRMWARE, LOG):  # what they will carry is not known
        del story.asked_at[notification]


@note(on_called("TriggerMessage", "ExtendedTriggerMessage"), versions={V16})
def remember_trigger(exchange: Exchange, known: Known) -> None:
    """Remember that a notification was asked for."""
    asked = text(exchange.request, "requestedMessage")
    if asked not in (FIRMWARE, DIAGNOSTICS, LOG) or exchange.is_misdirected:
        return
    story = known.story(Progress)
    if asked == FIRMWARE and exchange.action == "ExtendedTriggerMessage":
        story.triggered_at[SIGNED_FIRMWARE] = exchange.at
    story.triggered_at[asked] = exchange.at


@note(on_called(FIRMWARE, DIAGNOSTICS), versions={V16})
def remember_progress(exchange: Exchange, known: Known) -> None:
    """Remember how far the work has come."""
    status = text(exchange.request, "status")
    if status not in (None, "Idle") and not exchange.is_misdirected:
        story = known.story(Progress)
        story.status[exchange.action], story.sessions[exchange.action] = status or "", exchange.session


def _may_follow(status: str, before: str | None, story: Progress) -> bool:
    """Tell whether a status may come now: as the first of an update, also where an earlier one still goes on."""
    if status in MAY_FOLLOW.get(before, MAY_FOLLOW):
        return True
    earlier = story.earlier.get(FIRMWARE)
    return before is None and (status == earlier or status in MAY_FOLLOW.get(earlier, MAY_FOLLOW))


def _is_idle_unasked(exchange: Exchange, known: Known) -> bool:
    """Tell whether the station says Idle though nobody has triggered it lately."""
    if text(exchange.request, "status") != "Idle" or exchange.is_misdirected or exchange.is_repeat:
        return False
    opened_at = exchange.conversation.session.opened_at
    triggered_at = known.story(Progress).triggered_at.get(exchange.action)
    was_triggered = triggered_at is not None and exchange.at - triggered_at < TRIGGER_NS
    return known.has_all_since(opened_at) and not was_triggered


@rule(
    "FW16-01",
    "A firmware update goes Downloading, Downloaded, Installing, Installed; Idle is said when triggered",
    clause="OCPP 1.6 §4.5, §5.19; errata 2025-04 §3.12, §3.47",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called(FIRMWARE),
)
def update_out_of_order(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report steps of an update that are left out or go back, and Idle that no TriggerMessage asked for of late.

    The same status again is let be, so is another attempt after a failure, and what is told first after a reconnect,
    for what came before it may have been lost. A status without an UpdateFirmware is an
    info: it may be from before the recording.

    Breach: UpdateFirmware, then Installed.
    Correct: Downloading, Downloaded, Installing, Installed.
    """
    status, story = text(exchange.request, "status"), known.story(Progress)
    asked_at = story.asked_at.get(FIRMWARE)
    if _is_idle_unasked(exchange, known):
        yield warning(Side.STATION, "says Idle, and no TriggerMessage asked for it", pointer="/status")
    if exchange.is_misdirected or status is None or status not in MAY_FOLLOW:
        return
    if asked_at is None:
        yield info(Side.STATION, f"{status}, and the recording has no UpdateFirmware", pointer="/status")
        return
    before = story.status.get(FIRMWARE)
    is_whole = known.has_all_since(asked_at) and story.sessions.get(FIRMWARE) == exchange.session
    if is_whole and status != before and not _may_follow(status, before, story):
        after = f"after {before}" if before else "as the first status of an update"
        yield warning(Side.STATION, f"{status} {after}: steps are left out, or go back", pointer="/status")


def _is_first_here(exchange: Exchange, story: Progress) -> bool:
    """Tell whether no status came before in the session in which the upload was asked for."""
    return DIAGNOSTICS not in story.status and story.sessions.get(DIAGNOSTICS) == exchange.session


@rule(
    "FW16-02",
    "An upload of diagnostics goes Uploading, then Uploaded or UploadFailed; Idle is said only when triggered",
    clause="OCPP 1.6 §4.4, §5.9; errata 2025-04 §3.31",
    versions={V16},
    on=on_called(DIAGNOSTICS),
)
def upload_out_of_order(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report Idle that no TriggerMessage asked for of late; what ends an upload that never began is a warning.

    A status without a GetDiagnostics is an info: it may be from before the recording. What may have been lost with a
    connection is let be.

    Breach: a DiagnosticsStatusNotification with `Idle` after each boot.
    Correct: `Idle` in answer to a TriggerMessage.
    """
    status, story = text(exchange.request, "status"), known.story(Progress)
    asked_at = story.asked_at.get(DIAGNOSTICS)
    if _is_idle_unasked(exchange, known):
        yield violation(Side.STATION, "says Idle, and no TriggerMessage asked for it", pointer="/status")
    if exchange.is_misdirected or status not in ("Uploading", "Uploaded", "UploadFailed"):
        return
    if asked_at is None:
        yield info(Side.STATION, f"{status}, and the recording has no GetDiagnostics", pointer="/status")
    elif status == "Uploaded" and _is_first_here(exchange, story) and known.has_all_since(asked_at):
        yield warning(Side.STATION, "Uploaded, and never Uploading", pointer="/status")


@rule(
    "FW16-03",
    "The notifications of a signed update or of a log carry the requestId of their request",
    clause="Improved security for OCPP 1.6-J, L01 and N01",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called(SIGNED_FIRMWARE, LOG),
)
def unknown_request_id(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a requestId that no request of this recording had, where it had some; and a missing one, but for Idle.

    Breach: GetLog with `"requestId":4`, then a LogStatusNotification with `"requestId":1`.
    Correct: `"requestId":4`.
    """
    story, request_id = known.story(Progress), integer(exchange.request, "requestId")
    asked_at, status = story.asked_at.get(exchange.action), text(exchange.request, "status")
    if exchange.is_misdirected or not known.has_all_since(asked_at):
        return
    if request_id is None:
        if "requestId" not in exchange.request and status not in (None, "Idle"):
            yield warning(Side.STATION, f"{said(status)} without the requestId of its request", pointer="/requestId")
    elif (exchange.action, request_id) not in story.request_ids:
        text_of = f"the requestId {said(request_id)} is that of no request since the recording began"
        yield warning(Side.STATION, text_of, pointer="/requestId")


@rule(
    "FW16-04",
    "The CSMS answers FirmwareStatusNotification and DiagnosticsStatusNotification",
    clause="OCPP 1.6 §4.4, §4.5",
    versions={V16},
    on=on_error(FIRMWARE, DIAGNOSTICS),
)
def progress_turned_down(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a CALLERROR in answer to a status that fits its schema.

    NotImplemented and NotSupported are a warning where the CSMS has asked for no update or upload: it may do without
    the profile. A SecurityError to a station that was not accepted is right.

    Breach: UpdateFirmware, then a FirmwareStatusNotification answered `[4,"a","NotSupported","",{}]`.
    Correct: answered `[3,"a",{}]`.
    """
    is_fit = exchange.has_schema and is_sound(exchange) and not is_right_to_refuse(exchange, known)
    if exchange.is_misdirected or not is_fit or not isinstance(exchange.answer, CallError):
        return
    code = exchange.answer.code
    has_asked = exchange.action in known.story(Progress).asked_at
    report = violation if has_asked or code not in ("NotImplemented", "NotSupported") else warning
    yield report(Side.CSMS, f"answered {told(code, 60)} to a {exchange.action} that fits its schema")

"""FW20: the progress of firmware updates and of log uploads, as a 2.x station tells it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.exchange import Exchange
from matrix.fields import integer, said, text
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.asked20 import FIRMWARE, LOG, RESULT_TIME_NS, VERSIONS, Asked, Results
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.trace import Side

EVENT_DUE: Final = "firmware20.event"
WORKS_REMEMBERED: Final = 64
EVENTS_REMEMBERED: Final = 64

_INSTALLATION: Final = {"Installing", "InstallRebooting", "InstallScheduled", "Installed"}
_INSTALLATION_FAILS: Final = {"InstallationFailed", "InstallVerificationFailed"}
_VERIFIED: Final = _INSTALLATION | _INSTALLATION_FAILS
MAY_FOLLOW: Final = {
    "DownloadScheduled": {"Downloading", "DownloadPaused", "DownloadFailed"},
    "Downloading": {"Downloaded", "DownloadPaused", "DownloadScheduled", "DownloadFailed"},
    "DownloadPaused": {"Downloading", "Downloaded", "DownloadScheduled", "DownloadFailed"},
    "Downloaded": {"SignatureVerified", "InvalidSignature"} | _VERIFIED,
    "SignatureVerified": _VERIFIED,
    "InstallScheduled": _VERIFIED,
    "InstallRebooting": _VERIFIED,
    "Installing": _VERIFIED,
    "DownloadFailed": set[str](),
    "InvalidSignature": set[str](),
    "InstallationFailed": set[str](),
    "InstallVerificationFailed": set[str](),
    "Installed": set[str](),
}
"""Statuses of one update by the one before. Installing may be left out (L01.FR.23), an installed firmware may have to
wait or to reboot before it is activated (L01.FR.32, L01.FR.33)."""
ENDS: Final = frozenset(status for status, following in MAY_FOLLOW.items() if not following)
FIRST: Final = frozenset({"Downloading", "DownloadScheduled", "DownloadPaused", "DownloadFailed", "InstallationFailed"})
"""With what an update begins: also with the failure that is its being cancelled (L01.FR.24)."""

BY_STATUS: Final = {
    "Installed": ("FirmwareUpdated",),
    "InvalidSignature": ("InvalidFirmwareSignature", "InvalidFirmwareSigning"),
    "InvalidCertificate": ("InvalidFirmwareSigningCertificate",),
}
"""Security events that a status asks for; L01.FR.03 and the appendix spell one of them differently."""


@dataclass(slots=True)
class Step:
    """The latest status of one update or upload, and the session in which it was told."""

    status: str
    session: int
    at: int


@dataclass(slots=True)
class Works:
    """By message and requestId, how far the work has come; by type, when a security event was told."""

    steps: Recent[tuple[str, int], Step] = field(default_factory=lambda: Recent(WORKS_REMEMBERED))
    events: Recent[str, int] = field(default_factory=lambda: Recent(EVENTS_REMEMBERED))


@note(on_called(FIRMWARE, LOG), versions=VERSIONS)
def remember_step(exchange: Exchange, known: Known) -> None:
    """Remember how far the work has come; wait for the security event that a signed update asks for."""
    status, request_id = text(exchange.request, "status"), integer(exchange.request, "requestId")
    if exchange.side is not Side.STATION or status is None or request_id is None:
        return
    story, key = known.story(Works), (exchange.action, request_id)
    before = story.steps.pop(key, None)
    if before is not None and exchange.session < before.session:
        story.steps[key] = before  # an older connection still delivers what was sent before
        return
    story.steps[key] = Step(status, exchange.session, exchange.at)
    asked = known.story(Results).of(exchange)
    is_new = before is None or before.status != status
    if exchange.action == FIRMWARE and status in BY_STATUS and asked is not None and asked.is_secure and is_new:
        about = (status, asked.at)
        exchange.conversation.wake(
            EVENT_DUE, exchange.at, RESULT_TIME_NS, exchange=exchange, about=about, by=Side.STATION
        )


@note(on_called("UpdateFirmware", "GetLog"), versions=VERSIONS)
def forget_steps(exchange: Exchange, known: Known) -> None:
    """Begin anew: the requestId of earlier work is used again."""
    request_id = integer(exchange.request, "requestId")
    if exchange.side is Side.CSMS and request_id is not None:
        known.story(Works).steps.pop((FIRMWARE if exchange.action == "UpdateFirmware" else LOG, request_id), None)


@note(on_result("UpdateFirmware"), versions=VERSIONS)
def remember_certificate(exchange: Exchange, _known: Known) -> None:
    """Wait for the security event that an invalid certificate asks for."""
    if exchange.side is Side.CSMS and text(exchange.response, "status") == "InvalidCertificate":
        since, about = exchange.answered_at or exchange.at, ("InvalidCertificate", exchange.at)
        exchange.conversation.wake(EVENT_DUE, since, RESULT_TIME_NS, exchange=exchange, about=about, by=Side.STATION)


@note(on_called("SecurityEventNotification"), versions=VERSIONS)
def remember_event(exchange: Exchange, known: Known) -> None:
    """Remember which security events were told."""
    kind = text(exchange.request, "type")
    if exchange.side is Side.STATION and kind is not None:
        known.story(Works).events[kind] = exchange.at


def _is_idle_unasked(exchange: Exchange, known: Known) -> bool:
    """Tell whether the station says Idle though nobody has triggered it lately, in a session that is known whole."""
    is_idle = text(exchange.request, "status") == "Idle" and not exchange.is_repeat
    is_whole = known.has_all_since(exchange.conversation.session.opened_at)
    return is_idle and is_whole and not known.story(Results).was_triggered(exchange)


def _has_no_request_id(exchange: Exchange) -> bool:
    status = text(exchange.request, "status")
    return "requestId" not in exchange.request and status not in (None, "Idle")


@rule(
    "FW20-01",
    "A FirmwareStatusNotification carries a requestId, unless it says Idle, as it does only when triggered",
    clause="Part 2 L01.FR.20, L02.FR.14, FirmwareStatusEnumType",
    versions=VERSIONS,
    on=on_called(FIRMWARE),
)
def progress_without_request_id(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a status other than Idle without a requestId, and Idle that no TriggerMessage of late has asked for.

    Breach: `{"status":"Downloading"}`.
    Correct: `{"status":"Downloading","requestId":7}`.
    """
    if exchange.side is not Side.STATION:
        return
    if _has_no_request_id(exchange):
        yield violation(Side.STATION, f"{said(text(exchange.request, 'status'))} without a requestId")
    elif _is_idle_unasked(exchange, known):
        yield violation(Side.STATION, "says Idle, and no TriggerMessage asked for it", pointer="/status")


@rule(
    "FW20-02",
    "An update goes Downloading, Downloaded, SignatureVerified, Installing, Installed, and ends with that or a failure",
    clause="Part 2 L01.FR.01, figure 118 (firmware status transitions), FirmwareStatusEnumType",
    severity=Severity.WARNING,
    versions=VERSIONS,
    on=on_called(FIRMWARE),
)
def update_out_of_order(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report statuses of one update (by its requestId) that leave out a step, go back, or follow its end.

    The same status again is let be, and so is what may have been lost with a connection, or comes late over an older
    one. Installing may be left out; so may SignatureVerified, which only a signed update has.

    Breach: Downloading, then Installed.
    Correct: Downloading, Downloaded, Installing, Installed.
    """
    status, request_id = text(exchange.request, "status"), integer(exchange.request, "requestId")
    if exchange.side is not Side.STATION or request_id is None or status not in MAY_FOLLOW or exchange.is_repeat:
        return
    step = known.story(Works).steps.get((FIRMWARE, request_id))
    if step is not None and exchange.session < step.session:
        return
    if step is None:
        yield from _first(exchange, status, known)
    elif step.status != status and step.status in MAY_FOLLOW and known.has_all_since(step.at):
        is_lost = step.session != exchange.session and step.status not in ENDS
        if status not in MAY_FOLLOW[step.status] and not is_lost:
            why = "which is the end of an update" if step.status in ENDS else "steps are left out, or go back"
            yield warning(Side.STATION, f"{status} after {step.status}: {why}", pointer="/status")


def _is_asked_here(exchange: Exchange, asked: Asked | None, known: Known) -> bool:
    """Tell whether the work was asked for in this session, and nothing since is missing."""
    is_its_own = asked is not None and asked.session == exchange.session and not asked.is_reused
    return is_its_own and known.has_all_since(asked.at if asked is not None else None)


def _first(exchange: Exchange, status: str, known: Known) -> Iterator[Remark]:
    """Yield a first status with which no update begins, where its request was seen in this session."""
    if status not in FIRST and _is_asked_here(exchange, known.story(Results).of(exchange), known):
        yield warning(Side.STATION, f"{status} as the first status of an update", pointer="/status")


@rule(
    "FW20-03",
    "A signed update that is installed, or that is not for its signature or certificate, is told as a security event",
    clause="Part 2 L01.FR.02, L01.FR.03, L01.FR.31",
    versions=VERSIONS,
    on=on_alarm(EVENT_DUE),
)
def no_security_event(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report that no SecurityEventNotification of that type came between the request and five minutes after.

    This is asked of updates with a signingCertificate only (L01, not L02), in the session of the status: the event of
    a station that reboots at once is not missed.

    Breach: Installed, and no SecurityEventNotification with `FirmwareUpdated`.
    Correct: the SecurityEventNotification shortly before or after it.
    """
    about = alarm.about
    if not isinstance(about, tuple) or not is_station_silent_about_it(alarm, known):
        return
    status, asked_at = about
    told = known.story(Works).events
    kinds = BY_STATUS[status]
    if known.has_all_since(asked_at) and not any(told.get(kind, 0) > asked_at for kind in kinds):
        minutes = (alarm.at - alarm.since) // MINUTE_NS
        yield violation(Side.STATION, f"{status}, and no security event {kinds[0]} within {minutes} minutes")


@rule(
    "FW20-04",
    "An upload of a log goes Uploading, then Uploaded or a failure, under the requestId of its GetLog",
    clause="Part 2 N01.FR.08 to FR.10, N01.FR.13, UploadLogStatusEnumType",
    severity=Severity.WARNING,
    versions=VERSIONS,
    on=on_called(LOG),
)
def upload_out_of_order(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a missing requestId, Idle that was not asked for, Uploaded that never was Uploading, and what follows it.

    A requestId may be missing where a TriggerMessage asked for the status. Another attempt after a failure is let be.

    Breach: GetLog accepted, then `{"status":"Uploaded","requestId":3}`.
    Correct: `{"status":"Uploading","requestId":3}` before it.
    """
    status = text(exchange.request, "status")
    if exchange.side is not Side.STATION or exchange.is_repeat:
        return
    if _is_idle_unasked(exchange, known):
        yield warning(Side.STATION, "says Idle, and no TriggerMessage asked for it", pointer="/status")
    if _has_no_request_id(exchange) and not known.story(Results).was_triggered(exchange):
        yield warning(Side.STATION, f"{said(status)} without a requestId")
    yield from _upload_step(exchange, status, known)


def _upload_step(exchange: Exchange, status: str | None, known: Known) -> Iterator[Remark]:
    request_id, asked = integer(exchange.request, "requestId"), known.story(Results).of(exchange)
    if request_id is None or status is None:
        return
    step = known.story(Works).steps.get((LOG, request_id))
    if step is not None:
        is_over = step.status == "Uploaded" and status not in ("Uploaded", "Idle")
        if is_over and known.has_all_since(step.at):
            yield warning(Side.STATION, f"{said(status)} after Uploaded, which ends an upload", pointer="/status")
    elif status == "Uploaded" and _is_asked_here(exchange, asked, known):
        yield warning(Side.STATION, "Uploaded, and never Uploading", pointer="/status")

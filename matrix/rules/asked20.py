"""What the CSMS of 2.x has asked for whose result comes in messages of its own: reports, uploads, updates. No rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.dialect import V21, V201
from matrix.exchange import Exchange
from matrix.fields import integer, text
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_answered, on_called
from matrix.rules.silence import MINUTE_NS
from matrix.trace import Side

VERSIONS: Final = (V201, V21)
REPORT: Final = "NotifyReport"
MONITORING: Final = "NotifyMonitoringReport"
PROFILES: Final = "ReportChargingProfiles"
CUSTOMER: Final = "NotifyCustomerInformation"
LOG: Final = "LogStatusNotification"
FIRMWARE: Final = "FirmwareStatusNotification"
PROGRESS: Final = (LOG, FIRMWARE)
"""Messages that tell how a work goes, rather than bring a result in parts."""
RESULT_OF: Final = {
    "GetBaseReport": REPORT,
    "GetReport": REPORT,
    "GetMonitoringReport": MONITORING,
    "GetChargingProfiles": PROFILES,
    "CustomerInformation": CUSTOMER,
    "GetLog": LOG,
    "UpdateFirmware": FIRMWARE,
}
"""Which messages bring the result of which request; Part 2, generic requirement FR.05."""
NOTHING_CAME: Final = "asked20.nothing"
BROKEN_OFF: Final = "asked20.rest"
RESULT_TIME_NS: Final = 5 * MINUTE_NS
"""No version says how long a result may take; this is ours."""
TRIGGER_NS: Final = 5 * MINUTE_NS
REQUESTS_REMEMBERED: Final = 64


@dataclass(slots=True)
class Asked:
    """One request, and what came of it so far.

    `status` is None while it has no answer, "" where it got no usable one. `is_reused` says that an earlier request
    that may not be done with had the same requestId, so that a message may belong to either, or that this one does not
    fit its schema. `next_seq` is the seqNo
    that comes next, None where that is not known; `last_*` tells of the latest part.
    """

    action: str
    session: int
    frame: int
    message_id: str
    at: int
    is_report_wanted: bool = True
    is_secure: bool = False
    is_reused: bool = False
    status: str | None = None
    answered_at: int | None = None
    parts: int = 0
    next_seq: int | None = 0
    last_at: int = 0
    last_session: int = 0
    last_content: int = 0
    is_complete: bool = False

    def is_open(self, exchange: Exchange) -> bool:
        """Tell whether the request still has no answer, in the session of `exchange`."""
        call = exchange.conversation.voices[Side.CSMS].open_calls.get(self.message_id)
        return call is not None and call.call_frame == self.frame


@dataclass(slots=True)
class Results:
    """Requests by the message that brings their result and by their requestId, and when messages were triggered."""

    asked: Recent[tuple[str, int], Asked] = field(default_factory=lambda: Recent(REQUESTS_REMEMBERED))
    triggered_at: dict[str, int] = field(default_factory=dict)

    def of(self, exchange: Exchange) -> Asked | None:
        """Return the request that a message of the station is the result of, by its requestId."""
        request_id = integer(exchange.request, "requestId")
        return None if request_id is None else self.asked.get((exchange.action, request_id))

    def waiting(self, action: str, known: Known) -> Iterator[Asked]:
        """Yield the accepted requests whose results come by that message and of which nothing is missing."""
        for (name, _), asked in self.asked.items():
            if name == action and asked.status == "Accepted" and known.has_all_since(asked.at):
                yield asked

    def was_triggered(self, exchange: Exchange) -> bool:
        """Tell whether a TriggerMessage has asked for this message lately."""
        at = self.triggered_at.get(exchange.action)
        return at is not None and exchange.at - at < TRIGGER_NS


@note(on_called(*RESULT_OF), versions=VERSIONS)
def remember_request(exchange: Exchange, known: Known) -> None:
    """Remember what was asked for, under which requestId."""
    request_id = integer(exchange.request, "requestId")
    if exchange.side is not Side.CSMS or request_id is None:
        return
    story, key = known.story(Results), (RESULT_OF[exchange.action], request_id)
    asked = Asked(exchange.action, exchange.session, exchange.call_frame, exchange.id, exchange.at)
    before = story.asked.pop(key, None)
    if before is not None:
        asked.is_reused = not before.is_complete or key[0] in PROGRESS
        asked.last_content = before.last_content
    asked.is_report_wanted = exchange.action != "CustomerInformation" or exchange.request.get("report") is True
    if exchange.request_breaches:  # it may have been read otherwise: nothing is promised, and nothing forbidden
        asked.is_reused, asked.is_report_wanted = True, False
    asked.is_secure = text(exchange.request, "firmware", "signingCertificate") is not None
    story.asked[key] = asked


@note(on_answered(*RESULT_OF), versions=VERSIONS)
def remember_answer(exchange: Exchange, known: Known) -> None:
    """Remember whether the station has promised a result, and wait for it."""
    request_id = integer(exchange.request, "requestId")
    if exchange.side is not Side.CSMS or request_id is None:
        return
    key = (RESULT_OF[exchange.action], request_id)
    asked = known.story(Results).asked.get(key)
    if asked is None or asked.frame != exchange.call_frame:
        return
    asked.status, asked.answered_at = text(exchange.response, "status") or "", exchange.answered_at
    if asked.status == "Accepted" and asked.is_report_wanted and exchange.answered_at is not None:
        since = exchange.answered_at
        exchange.conversation.wake(NOTHING_CAME, since, RESULT_TIME_NS, exchange=exchange, about=key, by=Side.STATION)


@note(on_called(*dict.fromkeys(RESULT_OF.values())), versions=VERSIONS)
def remember_part(exchange: Exchange, known: Known) -> None:
    """Remember how far a result has come, and wait for its rest."""
    asked = known.story(Results).of(exchange)
    if asked is None or exchange.side is not Side.STATION or exchange.is_repeat:
        return
    seq_no = integer(exchange.request, "seqNo")
    asked.next_seq = None if seq_no is None else seq_no + 1
    asked.parts += 1
    asked.last_at, asked.last_session, asked.last_content = exchange.at, exchange.session, exchange.content
    asked.is_complete = exchange.request.get("tbc") is not True
    if not asked.is_complete and exchange.action not in PROGRESS:
        key = (exchange.action, integer(exchange.request, "requestId"))
        exchange.conversation.wake(
            BROKEN_OFF, exchange.at, RESULT_TIME_NS, exchange=exchange, about=key, by=Side.STATION
        )


@note(on_called("TriggerMessage"), versions=VERSIONS)
def remember_trigger(exchange: Exchange, known: Known) -> None:
    """Remember that a message was asked for, out of turn."""
    wanted = text(exchange.request, "requestedMessage")
    if exchange.side is Side.CSMS and wanted in PROGRESS:
        known.story(Results).triggered_at[wanted] = exchange.at

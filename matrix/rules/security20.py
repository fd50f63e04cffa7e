"""SE20 and CE20: a password that is changed, and a certificate that is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V21, V201
from matrix.exchange import Exchange
from matrix.fields import objects, text
from matrix.finding import Remark, Severity, info, violation
from matrix.known import Known
from matrix.rule import note, on_alarm, on_called, on_error, on_result, rule
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.secrets import told
from matrix.trace import Side
from matrix.wire import CallError

VERSIONS: Final = (V201, V21)
STILL_HERE: Final = "security20.password"
NOT_SIGNED: Final = "security20.certificate"
RECONNECT_NS: Final = 5 * MINUTE_NS
SIGNING_NS: Final = 10 * MINUTE_NS
"""No version says how long either may take; these are ours."""
UNABLE: Final = frozenset({"InternalError", "GenericError"})


@note(on_result("SetVariables"), versions=VERSIONS)
def await_reconnect(exchange: Exchange, _known: Known) -> None:
    """Wait for the station to come back with the password that it has accepted."""
    results = objects(exchange.response, "setVariableResult")
    taken = [text(each, "variable", "name") for each in results if text(each, "attributeStatus") == "Accepted"]
    if exchange.side is Side.CSMS and "BasicAuthPassword" in taken and exchange.answered_at is not None:
        exchange.conversation.wake(STILL_HERE, exchange.answered_at, RECONNECT_NS, exchange=exchange, by=Side.STATION)


@rule(
    "SE20-01",
    "A station that has accepted a new password disconnects, and connects with it",
    clause="Part 2 A01, scenario 3 and 4",
    severity=Severity.INFO,
    versions=VERSIONS,
    on=on_alarm(STILL_HERE),
)
def still_connected(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Tell of a session that goes on for five minutes after the password was changed in it.

    The scenario asks for it, no requirement does, and stations are known that wait for a reset: an info. Whether the
    old password is let in later, AU-08 tells.

    Breach: SetVariables of BasicAuthPassword, `Accepted`, and the same connection for five minutes.
    Correct: the station closes the connection, and opens another.
    """
    if is_station_silent_about_it(alarm, known):
        minutes = (alarm.at - alarm.since) // MINUTE_NS
        yield info(Side.STATION, f"still connected {minutes} minutes after it accepted a new password")


@dataclass(slots=True)
class Signing:
    """What certificates a station has asked for, by type ("" where it named none), and when it was turned down.

    `asked_at` are requests that were accepted, and for which no certificate came yet.
    """

    asked_at: dict[str, int] = field(default_factory=dict)
    rejected_at: int | None = None


KINDS: Final = frozenset({"", "ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"})


def _kind(exchange: Exchange) -> str | None:
    """Return the type of certificate that is meant, "" where none is named; None where it is none of them."""
    kind = exchange.request.get("certificateType", "")
    return kind if isinstance(kind, str) and kind in KINDS else None


@note(on_result("SignCertificate"), versions=VERSIONS)
def remember_signing(exchange: Exchange, known: Known) -> None:
    """Remember what the CSMS said, and wait for the certificate that it accepted to get signed."""
    kind, status = _kind(exchange), text(exchange.response, "status")
    if exchange.side is not Side.STATION or kind is None or exchange.answered_at is None:
        return
    story = known.story(Signing)
    if status == "Accepted":
        story.asked_at[kind], story.rejected_at = exchange.answered_at, None
        exchange.conversation.wake(NOT_SIGNED, exchange.answered_at, SIGNING_NS, exchange=exchange, about=kind)
    elif status == "Rejected" and not story.asked_at:
        story.rejected_at = exchange.answered_at


@note(on_called("CertificateSigned"), versions=VERSIONS)
def remember_signed(exchange: Exchange, known: Known) -> None:
    """Remember that a certificate came; one of no named type is for every use."""
    kind, story = _kind(exchange), known.story(Signing)
    if exchange.side is Side.CSMS:
        story.rejected_at = None
        if not kind or "" in story.asked_at:
            story.asked_at.clear()
        else:
            story.asked_at.pop(kind, None)


@rule(
    "CE20-01",
    "SignCertificate is accepted or rejected; where it was accepted, CertificateSigned follows",
    clause="Part 2 A02.FR.11, A02.FR.12, A02.FR.14; A03",
    versions=VERSIONS,
    on=(on_error("SignCertificate"), on_called("CertificateSigned"), on_alarm(NOT_SIGNED)),
)
def certificate_not_signed(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a SignCertificate that fits its schema and is answered InternalError or GenericError instead of Rejected.

    A certificate of another type than was asked for, or after `Rejected`, is an info: it may have been asked for before
    the recording. So is one that has not come after ten minutes: the authority may be away, or have turned it down.

    Breach: SignCertificate answered `[4,"a","InternalError","",{}]`.
    Correct: answered `[3,"a",{"status":"Rejected"}]`, or `Accepted` and then CertificateSigned.
    """
    if isinstance(subject, Alarm):
        yield from _not_signed(subject, known)
    elif subject.action == "SignCertificate":
        yield from _turned_down(subject)
    elif subject.side is Side.CSMS and not subject.is_repeat:
        yield from _signed_unasked(subject, known.story(Signing), known)


def _turned_down(exchange: Exchange) -> Iterator[Remark]:
    is_fit = exchange.has_schema and not exchange.request_breaches and not exchange.defects
    if exchange.side is Side.STATION and is_fit and isinstance(exchange.answer, CallError):
        code = exchange.answer.code
        if code in UNABLE:
            yield violation(Side.CSMS, f"answered {told(code, 60)} to a SignCertificate that fits, instead of Rejected")


def _signed_unasked(exchange: Exchange, story: Signing, known: Known) -> Iterator[Remark]:
    kind = _kind(exchange)
    if story.rejected_at is not None and known.has_all_since(story.rejected_at):
        yield info(Side.CSMS, "a certificate is sent, and the SignCertificate before it was rejected")
    elif kind and story.asked_at and not story.asked_at.keys() & {"", kind}:
        asked = ", ".join(sorted(story.asked_at))
        yield info(Side.CSMS, f"a {kind} is sent, {asked} was asked for", pointer="/certificateType")


def _not_signed(alarm: Alarm, known: Known) -> Iterator[Remark]:
    asked_at = known.story(Signing).asked_at.get(alarm.about) if isinstance(alarm.about, str) else None
    if alarm.conversation.is_open and asked_at == alarm.since and known.has_all_since(alarm.since):
        minutes = (alarm.at - alarm.since) // MINUTE_NS
        yield info(Side.CSMS, f"no CertificateSigned within {minutes} minutes of accepting this SignCertificate")

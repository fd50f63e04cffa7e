"""BT-07, BT-13 to BT-15: what follows an accepted BootNotification, and what it says about a Reset before it."""

from collections.abc import Iterator
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V16, V21, V201
from matrix.exchange import Exchange
from matrix.fields import said, text
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.boot_story import BOOT, SECOND_NS, BootStory, story_of
from matrix.rules.silence import is_station_silent_about_it
from matrix.trace import Side

SOON: Final = "boot.status soon"
LATE: Final = "boot.status late"
SOON_NS: Final = 60 * SECOND_NS
LATE_NS: Final = 300 * SECOND_NS
"""No version says how long a station may take; these are ours, and the first is a warning only."""
BY_RESET: Final = frozenset({"RemoteReset", "ScheduledReset", "FirmwareUpdate", "Unknown"})
"""Boot reasons that a Reset of the CSMS explains, or that explain nothing."""


@note(on_result(BOOT, by=Side.STATION))
def wait_for_status(exchange: Exchange, _known: Known) -> None:
    """Wait for the states of the connectors after Accepted."""
    if text(exchange.response, "status") == "Accepted":
        since = exchange.answered_at or exchange.at
        exchange.conversation.wake(SOON, since, SOON_NS, exchange=exchange, by=Side.STATION)
        exchange.conversation.wake(LATE, since, LATE_NS, exchange=exchange, by=Side.STATION)


def _is_still_waiting(alarm: Alarm, known: Known, story: BootStory) -> bool:
    """Tell whether the station was accepted after a start, has told nothing of that kind since, and could have."""
    is_its_answer = story.answered_at == alarm.since and story.is_accepted_anew
    return is_its_answer and is_station_silent_about_it(alarm, known)


@rule(
    "BT-07",
    "After it was accepted, a station sends StatusNotification for connector 0 and for every connector",
    clause="OCPP 1.6 errata 2025-04 §3.22",
    versions={V16},
    severity=Severity.WARNING,
    on=on_alarm(SOON),
)
def no_status_after_boot(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report connectors whose status was not sent within a minute of the accepted BootNotification.

    How many connectors there are is known from NumberOfConnectors, where GetConfiguration told it. Firmware from before
    the errata may not know of connector 0.

    Breach: `Accepted`, and only `Heartbeat` for a minute.
    Correct: `Accepted`, then `StatusNotification` for the connectors 0 and 1.
    """
    story = story_of(known)
    if not _is_still_waiting(alarm, known, story):
        return
    if not story.reported:
        yield warning(Side.STATION, "no StatusNotification within 60 s of being accepted")
        return
    missing = [number for number in range((story.connectors or 0) + 1) if number not in story.reported]
    if missing:
        names = ", ".join(map(str, missing[:10]))
        yield warning(Side.STATION, f"no StatusNotification for connector {names} within 60 s of being accepted")


def _silence(alarm: Alarm, known: Known) -> Iterator[Remark]:
    story = story_of(known)
    if not _is_still_waiting(alarm, known, story) or story.reported or story.is_availability_reported:
        return
    is_late = alarm.name == LATE
    seconds = (LATE_NS if is_late else SOON_NS) // SECOND_NS
    report = violation if is_late else warning
    yield report(Side.STATION, f"no state of a connector was sent within {seconds} s of being accepted")


@rule(
    "BT-13",
    "After it was accepted, a station sends the state of every connector",
    clause="Part 2 (2.0.1) B01.FR.05",
    versions={V201},
    on=on_alarm(SOON, LATE),
)
def no_state_after_boot(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a station that sends no state of any connector: within a minute a warning, within five a violation.

    A StatusNotification counts, and a NotifyEvent about AvailabilityState.

    Breach: `Accepted`, and only `Heartbeat` for five minutes.
    Correct: `Accepted`, then `StatusNotification` for each connector.
    """
    yield from _silence(alarm, known)


@rule(
    "BT-14",
    "After it was accepted, a station sends the state of every connector",
    clause="Part 2 (2.1) B01.FR.05",
    versions={V21},
    on=on_alarm(SOON, LATE),
)
def no_state_after_boot_in_21(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a station that sends no state of any connector: within a minute a warning, within five a violation.

    A NotifyEvent about AvailabilityState counts, and a StatusNotification, which 2.1 deprecates and allows.

    Breach: `Accepted`, and only `Heartbeat` for five minutes.
    Correct: `Accepted`, then `NotifyEvent` with AvailabilityState for each connector.
    """
    yield from _silence(alarm, known)


@rule(
    "BT-15",
    "A BootNotification says why the station started: after a Reset, that it was the Reset",
    clause="Part 2 B01.FR.03, B01.FR.09, BootReasonEnumType",
    versions={V201, V21},
    on=on_called(BOOT, by=Side.STATION),
)
def wrong_reason(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report the first BootNotification after an accepted Reset whose reason is another.

    `PowerUp` is a violation where the station has ended the session itself after `Accepted`: with a close frame, or by
    closing its TCP connection. Else it is a warning, for the power may have failed first, and so it is after
    `Scheduled`. So are other reasons (a Reset may have been carried out by a watchdog); FirmwareUpdate and Unknown are
    let pass. Whether a station boots at all after a Reset, RS20-01 judges.

    Breach: `Reset` accepted, a new connection, `BootNotification` with reason `PowerUp`.
    Correct: reason `RemoteReset`, or `ScheduledReset` where the Reset had to wait.
    """
    story = story_of(known)
    reset, reason = story.reset_before(exchange, known), exchange.request.get("reason")
    if reset is None or BOOT in story.instructed:
        return
    if isinstance(reason, str) and reason not in BY_RESET:
        is_proven = reason == "PowerUp" and reset.is_begun and not reset.is_scheduled
        report = violation if is_proven else warning
        answer = "put off" if reset.is_scheduled else "accepted"
        text_of = f"the reason is {said(reason)}, after a Reset that was {answer} (frame {reset.frame})"
        yield report(Side.STATION, text_of, pointer="/reason")

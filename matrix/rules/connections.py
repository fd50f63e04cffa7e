"""CN: how a station keeps its connection, and how it comes back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from matrix.dialect import V21, V201
from matrix.exchange import DATED, Conversation, Exchange, Spoken
from matrix.fields import text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_called, on_closed, on_first_words, on_handshake, on_result, rule
from matrix.rules.silence import MINUTE_NS
from matrix.trace import Ending, Session, Side

NORMAL_CLOSE: Final = 1000
IN_A_ROW: Final = 3
BACK_NS: Final = 10 * MINUTE_NS
"""A station that is back this soon has not been taken out of service."""
SOON_NS: Final = 2 * SECOND_NS
"""What happens this soon after an answer may well have come of it."""
ACTIONS_REMEMBERED: Final = 16
ORDERS: Final = (
    "CertificateSigned",
    "InstallCertificate",
    "Reset",
    "SetNetworkProfile",
    "SetVariables",
    "UpdateFirmware",
)
"""What a station may have to end its connection for, once it has answered."""
REBOOTED: Final = frozenset({None, "Unknown", "Triggered"})
"""Reasons of a BootNotification (2.x) that do not tell of a reboot; 1.6 has none."""


@dataclass(slots=True)
class Connections:
    """`closes` counts sessions in a row that the station closed by itself, `closed_at` is when it closed the last.

    `said_last` is the content of the last CALL that it was answered there.

    `booted_in` is the session of its latest BootNotification; `boots` counts sessions in a row that began with the
    same one, whose digest is `boot`. `was_reset` says that one of ORDERS was answered since. `failed` are the latest
    attempts to connect that failed, in a row. `dropped` counts, by action, the answers in a row after which the station
    was gone.
    """

    closes: int = 0
    closed_at: int = 0
    said_last: int | None = None
    booted_in: int | None = None
    boots: int = 0
    boot: int | None = None
    was_reset: bool = False
    failed: list[int] = field(default_factory=list)
    dropped: Recent[str, int] = field(default_factory=lambda: Recent(ACTIONS_REMEMBERED))


@note(on_closed())
def remember_close(conversation: Conversation, known: Known) -> None:
    """Remember whether the station ended the session without need."""
    story, session = known.story(Connections), conversation.session
    story.closes = _closes_in_a_row(conversation, story)
    story.closed_at = session.closed_at or 0
    voice = conversation.voices[Side.STATION]
    last = voice.ids.used(voice.answered[-1].id) if voice.answered else None
    story.said_last = last.content if last is not None else None
    for survived in _outlived(conversation) & story.dropped.keys():
        del story.dropped[survived]
    if (action := _gone_after(conversation)) is not None:
        story.dropped[action] = story.dropped.get(action, 0) + 1


@note(on_first_words())
def remember_retry(spoken: Spoken, known: Known) -> None:
    """Take back that the station closed without need, where it says again what it was answered: it waited in vain."""
    story, exchange = known.story(Connections), spoken.exchange
    if spoken.side is not Side.STATION or exchange is None or exchange.request.keys().isdisjoint(DATED):
        return
    if exchange.content == story.said_last:
        story.closes = 0


def _closes_in_a_row(conversation: Conversation, story: Connections) -> int:
    """Return how many sessions in a row, with this one, the station has closed by itself and come back soon."""
    session = conversation.session
    by_itself = session.closed_by is Side.STATION and session.ending is Ending.CLOSED
    is_idle = not any(voice.open_calls for voice in conversation.voices.values())
    if not (by_itself and is_idle and session.station_close == NORMAL_CLOSE) or story.was_reset:
        return 0
    is_return = session.opened_at - story.closed_at < BACK_NS and story.booted_in != session.id
    return story.closes + 1 if story.closes and is_return else 1


def _gone_after(conversation: Conversation) -> str | None:
    """Return what the station had called, where it was gone without a close frame right after the answer."""
    session, voice = conversation.session, conversation.voices[Side.STATION]
    is_gone = session.closed_by is Side.STATION and session.ending in (Ending.DROPPED, Ending.RESET)
    if not is_gone or not voice.answered or session.closed_at is None:
        return None
    return voice.answered[-1].row if session.closed_at - voice.answered[-1].at < SOON_NS else None


def _outlived(conversation: Conversation) -> set[str]:
    """Return what the station had called, was answered, and stayed connected after."""
    closed_at, answered = conversation.session.closed_at or 0, conversation.voices[Side.STATION].answered
    return {each.row for each in answered if closed_at - (each.at or closed_at) >= SOON_NS}


@note(on_called("BootNotification"))
def remember_boot(exchange: Exchange, known: Known) -> None:
    """Remember the BootNotification that a session began with."""
    if exchange.is_misdirected:
        return
    story = known.story(Connections)
    story.boots = _boots_in_a_row(exchange, story)
    story.booted_in, story.boot, story.was_reset = exchange.session, exchange.content, False


def _boots_in_a_row(exchange: Exchange, story: Connections) -> int:
    """Return how many sessions in a row, with this one, began with the same BootNotification, for no known reason."""
    is_again = story.boot == exchange.content and not story.was_reset
    if not is_again or text(exchange.request, "reason") not in REBOOTED:
        return 1
    return story.boots + (story.booted_in != exchange.session)


@note(on_result(*ORDERS))
def remember_reason(exchange: Exchange, known: Known) -> None:
    """Remember that the station has reason to come back."""
    if not exchange.is_misdirected:
        known.story(Connections).was_reset = True


@note(on_handshake())
def remember_attempt(session: Session, known: Known) -> None:
    """Remember attempts to connect that failed; one that succeeds ends the row."""
    failed = known.story(Connections).failed
    if session.upgraded:
        failed.clear()
    else:
        failed.append(session.opened_at)
        del failed[:-IN_A_ROW]


@rule(
    "CN-01",
    "The station keeps its connection open all the time",
    clause="Part 4 §3.1, §5.3",
    versions={V201, V21},
    on=on_closed(),
)
def closes_without_need(conversation: Conversation, known: Known) -> Iterator[Remark]:
    """Report a station that closes with 1000 and comes back, three times in a row, without a reboot or an order.

    One such close tells nothing: it may be taken out of service. Nothing is reported where a session began with a
    BootNotification, came later than 10 min after the one before, or where a Reset, a SetVariables or a
    SetNetworkProfile was answered before. A station that begins by what it was answered last before it closed, has not
    got that answer.

    Breach: a connection for each message, closed with 1000 after the answer.
    Correct: one connection for hours, kept alive by pings.
    """
    count = _closes_in_a_row(conversation, known.story(Connections))
    if count == IN_A_ROW:
        yield violation(Side.STATION, f"closed {count} idle connections in a row by itself, and came back each time")


@rule(
    "CN-02",
    "A station that cannot connect waits longer each time",
    clause="Part 4 (2.0.1) §5.3; errata 2025-09 Part 4 §4.12",
    severity=Severity.WARNING,
    versions={V201, V21},
    on=on_handshake(),
)
def reconnects_too_fast(session: Session, known: Known) -> Iterator[Remark]:
    """Report more than one attempt to connect a second, four in a row, after attempts that failed.

    The times are configured (RetryBackOffWaitMinimum and others) and not known to the hub, so longer ones are let be.

    Breach: refused four times within two seconds.
    Correct: refused, again after 10 s, after 20 s, after 40 s.
    """
    attempts = [*known.story(Connections).failed, session.opened_at]
    if len(attempts) > IN_A_ROW and all(later - earlier < SECOND_NS for earlier, later in pairwise(attempts)):
        seconds = (attempts[-1] - attempts[0]) / SECOND_NS
        yield warning(Side.STATION, f"{len(attempts)} attempts to connect within {seconds:.1f} s")


@rule(
    "CN-03",
    "A station that reconnects sends no BootNotification unless its content has changed",
    clause="OCPP-J 1.6 §5.4; Part 4 §5.3",
    severity=Severity.INFO,
    on=on_called("BootNotification"),
)
def boots_on_each_reconnect(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report the third session in a row that begins with the same BootNotification. Always an info: "should not".

    The hub cannot see whether the station has rebooted; in 2.x its reason tells, and an accepted Reset in any version.
    Vendors disagree, and a CSMS has to bear both.

    Breach: three connections, each with the same BootNotification.
    Correct: one BootNotification after power-up; after a reconnect, a StatusNotification where something changed.
    """
    story = known.story(Connections)
    if exchange.is_misdirected or story.booted_in == exchange.session:
        return
    if _boots_in_a_row(exchange, story) == IN_A_ROW:
        yield info(Side.STATION, f"the same BootNotification began {IN_A_ROW} sessions in a row")


@rule(
    "CN-04",
    "A station does not break its connection off when it is answered",
    clause="RFC 6455 §7.3 (clients SHOULD NOT close the connection arbitrarily)",
    severity=Severity.WARNING,
    on=on_closed(),
)
def breaks_off_when_answered(conversation: Conversation, known: Known) -> Iterator[Remark]:
    """Report three times in a row that a station is gone without a close frame within 2 s of the answer to an action.

    Once or twice, the network may have failed. The row ends where the station was given such an answer and stayed, and
    nothing is reported after an accepted Reset. The time is the hub's.

    Breach: StartTransaction, its answer, and 0.8 s later the TCP connection is gone; and so the next two times.
    Correct: the station stays connected.
    """
    story, action = known.story(Connections), _gone_after(conversation)
    if action is None or story.was_reset or action in _outlived(conversation):
        return
    if story.dropped.get(action, 0) + 1 == IN_A_ROW:
        text_of = f"gone without a close frame within 2 s of the answer to {action}, {IN_A_ROW} times in a row"
        yield warning(Side.STATION, text_of)

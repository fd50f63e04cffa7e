"""What should have come by now and did not: when that can be held against a station. No rules of its own."""

from typing import Final

from matrix.alarms import NEVER, Alarm
from matrix.exchange import Conversation, Exchange, Voice
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.trace import Side

MINUTE_NS: Final = 60 * SECOND_NS
PATIENCE_NS: Final = 5 * MINUTE_NS
"""How long a station may wait for an answer. Its timeout is its own affair (Part 4 §4.1.1); this is generous."""
QUEUE_NS: Final = 60 * MINUTE_NS
"""How long what waits behind a message about a transaction may wait: it is sent again, ever later, before the next one
(1.6 §3.7.1, TransactionMessageAttempts; 2.x E13.FR.02 to FR.04, MessageAttempts); ten times at 60 s take 45 minutes."""
QUEUED: Final = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
BOOT: Final = "BootNotification"


def is_held_up(conversation: Conversation, at: int) -> bool:
    """Tell whether the station may wait for an answer itself at that time (ns): what is due may wait behind that.

    It has given up where it has been answered to a later CALL, or can have waited no longer.
    """
    voice = conversation.voices[Side.STATION]
    return any(_may_await(each, voice, at) for each in voice.open_calls.values())


def _may_await(exchange: Exchange, voice: Voice, at: int) -> bool:
    return not _has_gone_on(exchange, voice) and exchange.at + _patience_ns(exchange) > at


def _has_gone_on(exchange: Exchange, voice: Voice) -> bool:
    """Tell whether the station has been answered since to what it does not send before it has given up on this."""
    if exchange.action in QUEUED:
        return any(each.row in QUEUED and each.call_frame > exchange.call_frame for each in voice.answered)
    return voice.has_gone_on(exchange)


def _patience_ns(exchange: Exchange) -> int:
    if exchange.action == BOOT:
        return NEVER
    return QUEUE_NS if exchange.action in QUEUED or exchange.repeats else PATIENCE_NS


def is_station_free(alarm: Alarm) -> bool:
    """Tell whether the station is still connected, and could have said what was due from the beginning."""
    return alarm.conversation.is_open and not is_held_up(alarm.conversation, alarm.since)


def is_station_silent_about_it(alarm: Alarm, known: Known) -> bool:
    """Tell whether the station could have sent what is waited for: connected, alive, not waiting for an answer itself.

    It is taken to be alive where it has said anything since the wait began, a ping or a pong included, and says
    something again when the wait is over: see `Alarm.by`.
    """
    has_spoken = alarm.conversation.voices[Side.STATION].spoke_at > alarm.since
    return is_station_free(alarm) and has_spoken and known.has_all_since(alarm.since)

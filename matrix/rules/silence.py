"""What should have come by now and did not: when that can be held against a station. No rules of its own."""

from matrix.alarms import Alarm
from matrix.exchange import Conversation
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.trace import Side

MINUTE_NS = 60 * SECOND_NS


def is_held_up(conversation: Conversation) -> bool:
    """Tell whether the station waits for an answer itself: what is due may have to wait behind that."""
    return bool(conversation.voices[Side.STATION].open_calls)


def is_station_free(alarm: Alarm) -> bool:
    """Tell whether the station is still connected, and could say what is due."""
    return alarm.conversation.is_open and not is_held_up(alarm.conversation)


def is_station_silent_about_it(alarm: Alarm, known: Known) -> bool:
    """Tell whether the station could have sent what is waited for: connected, alive, not waiting for an answer itself.

    It is taken to be alive where it has said anything since the wait began, a ping or a pong included, and says
    something again when the wait is over: see `Alarm.by`.
    """
    has_spoken = alarm.conversation.voices[Side.STATION].spoke_at > alarm.since
    return is_station_free(alarm) and has_spoken and known.has_all_since(alarm.since)

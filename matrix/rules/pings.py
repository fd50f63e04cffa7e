"""PG and RELAY: pings, which cross the hub as they are, and what is asked of the hub itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V21, V201
from matrix.exchange import CROSSING_NS, ControlFrame, Conversation
from matrix.finding import Remark, Severity, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.rule import note, on_alarm, on_closed, on_control, rule, undecidable
from matrix.trace import Opcode, Side

NO_PONG: Final = "pings.pong"
PONG_TIME_NS: Final = 30 * SECOND_NS
"""RFC 6455 asks for a pong as soon as is practical; this is ours."""


@dataclass(slots=True)
class Pings:
    """By session and side, when its first ping was sent that has no pong yet; sides that were told of, and closes."""

    sent_at: dict[tuple[int, Side], int] = field(default_factory=dict)
    done: set[tuple[int, Side]] = field(default_factory=set)


@note(on_control())
def remember_ping(control: ControlFrame, known: Known) -> None:
    """Follow pings and pongs: a pong may answer all pings before it; after a close frame, none is due."""
    story, side = known.story(Pings), control.frame.side
    session = control.conversation.session.id
    key, answered = (session, side), (session, side.other)
    match control.frame.opcode:
        case Opcode.PING if key not in story.done:
            _await_pong(control, story.sent_at.setdefault(key, control.frame.at))
        case Opcode.PONG:
            story.sent_at.pop(answered, None)
        case Opcode.CLOSE:
            story.done |= {key, answered}


def _await_pong(control: ControlFrame, first_at: int) -> None:
    """Wait after the first ping, and again after one that is sent when that wait is over."""
    frame = control.frame
    if frame.at == first_at or frame.at - first_at > PONG_TIME_NS:
        waited = frame.at - first_at
        control.conversation.wake(NO_PONG, first_at, waited + PONG_TIME_NS, frame=frame.id, about=frame.side)


def _is_unanswered(alarm: Alarm, known: Known) -> bool:
    """Tell whether no pong came though the other side has said something since, which did not cross the ping."""
    side, conversation = alarm.about, alarm.conversation
    if not isinstance(side, Side) or not conversation.is_open or not known.has_all_since(alarm.since):
        return False
    story, key = known.story(Pings), (conversation.session.id, side)
    is_alive = conversation.voices[side.other].spoke_at > alarm.since + CROSSING_NS
    return is_alive and story.sent_at.get(key) == alarm.since and key not in story.done


@note(on_alarm(NO_PONG))
def remember_told(alarm: Alarm, known: Known) -> None:
    """Tell of a side once a session only."""
    if isinstance(alarm.about, Side) and _is_unanswered(alarm, known):
        known.story(Pings).done.add((alarm.conversation.session.id, alarm.about))


@note(on_closed())
def forget_pings(conversation: Conversation, known: Known) -> None:
    """Forget a session that is over."""
    story = known.story(Pings)
    for side in Side:
        story.sent_at.pop((conversation.session.id, side), None)
        story.done.discard((conversation.session.id, side))


@rule(
    "PG-01",
    "A ping is answered by a pong",
    clause="RFC 6455 §5.5.2, §5.5.3; OCPP-J 1.6 §5.3",
    severity=Severity.WARNING,
    on=on_alarm(NO_PONG),
)
def no_pong(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a side that says other things and sends no pong within 30 s of a ping; once a session.

    What it says within 2 s of the ping may have crossed it, and shows nothing: the line may be stalled since.

    The hub answers no ping itself: what one side sends, the other is given. A pong may answer several pings.

    Breach: the CSMS sends a ping, and the station sends Heartbeats for half a minute, and no pong.
    Correct: a pong within 30 s.
    """
    if isinstance(alarm.about, Side) and _is_unanswered(alarm, known):
        seconds = (alarm.at - alarm.since) // SECOND_NS
        yield warning(alarm.about.other, f"no pong within {seconds} s of a ping of {alarm.about.label}")


@undecidable(
    "RELAY-01",
    "A relay shows the CSMS the station's URL, has one WebSocket for each station, and closes one leg with the other",
    clause="Part 4 (2.0.1) §6.1 to §6.4; errata 2025-09, Part 4 §4.13",
    versions={V201, V21},
    severity=Severity.INFO,
    why="it is about the hub itself, whose own recording cannot accuse it; its tests hold it to this",
)
def hub_as_local_controller() -> None:
    """Ask of the hub what Part 4 asks of a local controller. It sends no message of its own, so that no id collides.

    Breach: a station's connection is lost, and the hub keeps the one to the CSMS open.
    Correct: the hub closes it.
    """

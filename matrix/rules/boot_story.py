"""What is remembered of a station's boots at one CSMS: what it was answered, and what it was told to send."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.exchange import CROSSING_NS, Conversation, Exchange, Spoken
from matrix.fields import integer, objects, seconds_as_ns, text
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_closed, on_error, on_first_words, on_opened, on_result
from matrix.trace import Ending, Side
from matrix.wire import Call, CallError

SECOND_NS: Final = 1_000_000_000
BOOT: Final = "BootNotification"
BARRED: Final = frozenset({"Pending", "Rejected"})
MOST_CONNECTORS: Final = 256
RESET_TIME_NS: Final = 600 * SECOND_NS
"""A boot later than this after a Reset was accepted may have another reason."""

INSTRUCTIONS: Final = {
    "GetBaseReport": ("NotifyReport",),
    "GetReport": ("NotifyReport",),
    "GetMonitoringReport": ("NotifyMonitoringReport",),
    "CustomerInformation": ("NotifyCustomerInformation",),
    "GetDiagnostics": ("DiagnosticsStatusNotification",),
    "GetLog": ("LogStatusNotification",),
    "UpdateFirmware": ("FirmwareStatusNotification", "SecurityEventNotification"),
    "SignedUpdateFirmware": ("SignedFirmwareStatusNotification", "SecurityEventNotification"),
}
"""What a station may send because the CSMS asked for something that leads to it. Part 2 B02.FR.02 names the first two;
the others are let pass, because the CSMS has asked for them too."""
TRIGGERS: Final = ("TriggerMessage", "ExtendedTriggerMessage")


@dataclass(slots=True)
class Reset:
    """A Reset of the whole station that it accepted or put off, and that no boot has followed yet.

    `is_begun` says that the station has ended the session itself since, as nobody does whose power fails.
    """

    at: int
    session: int
    frame: int
    is_scheduled: bool = False
    is_begun: bool = False


@dataclass(slots=True)
class BootStory:
    """The latest answer to a BootNotification, and what bears upon it. None is not known.

    `status` holds across sessions, until the next answer. `is_accepted_anew` says that the latest did not merely
    repeat an Accepted of the same session, in which the station cannot have started again. `asked_*` is a
    BootNotification that no status has answered yet, `asked_after_ns` the pause that it ended; `is_asked_in_vain` where
    a CALLERROR has. `answered_call` is the newest that has an answer. `instructed` are
    actions that the CSMS has asked for since it was last answered Accepted. `early_*` is the first CALL of a session
    that began with another CALL. `reported` are the connectors whose status was sent since `answered_at`;
    `connectors` how many there are, where the station said so.
    """

    sessions: int = 0
    status: str | None = None
    answered_at: int | None = None
    answer_frame: int = 0
    answer_session: int = 0
    answered_call: int = 0
    interval_ns: int = 0
    is_accepted_anew: bool = False
    boots: int = 0
    asked_frame: int = 0
    asked_at: int = 0
    asked_session: int = 0
    asked_reason: str | None = None
    asked_after_reset: bool = False
    asked_after_ns: int = 0
    is_asked_in_vain: bool = False
    early_frame: int = 0
    early_session: int = 0
    reset: Reset | None = None
    connectors: int | None = None
    reported: set[int] = field(default_factory=set)
    is_availability_reported: bool = False
    instructed: Recent[str, int] = field(default_factory=lambda: Recent(32))

    @property
    def is_quiet(self) -> bool:
        """True where nothing restrains what is sent: accepted, and no BootNotification open. The common case."""
        return self.status == "Accepted" and not self.asked_frame

    @property
    def before_its_answer(self) -> str:
        """What to say of something that comes while a BootNotification is open."""
        boot = f"the BootNotification (frame {self.asked_frame})"
        return f"after {boot} got only a CALLERROR" if self.is_asked_in_vain else f"before {boot} was answered"

    def is_barred(self, known: Known) -> bool:
        """Tell whether the station is certainly not accepted: Pending or Rejected, and nothing missing since."""
        return self.status in BARRED and known.has_all_since(self.answered_at)

    def is_asking_in(self, session: int) -> bool:
        """Tell whether a BootNotification of this session has no answer yet."""
        return self.asked_frame != 0 and self.asked_session == session

    def reset_before(self, exchange: Exchange, known: Known) -> Reset | None:
        """Return the accepted Reset that a boot in this later session would carry out; None where that is uncertain."""
        reset = self.reset
        if reset is None or reset.session == exchange.session or not known.has_all_since(reset.at):
            return None
        return reset if exchange.at - reset.at <= RESET_TIME_NS else None


def story_of(known: Known) -> BootStory:
    """Return the story of a station's boots."""
    return known.story(BootStory)


def is_restrained(exchange: Exchange, known: Known) -> bool:
    """Ask whether anything restrains what is sent: the station is not accepted, or this is about its boot."""
    return known.is_restrained or exchange.action == BOOT


def _note_restraint(story: BootStory, known: Known) -> None:
    known.is_restrained = not story.is_quiet


def is_right_to_refuse(exchange: Exchange, known: Known) -> bool:
    """Tell whether a CALL was answered SecurityError, and its station is not known to have been accepted."""
    answer = exchange.answer
    return isinstance(answer, CallError) and answer.code == "SecurityError" and not story_of(known).is_quiet


def asked_for(exchange: Exchange) -> Iterator[str]:
    """Yield the actions that a CALL of the CSMS asks the station to send."""
    yield from INSTRUCTIONS.get(exchange.action, ())
    if exchange.action in TRIGGERS:
        wanted = text(exchange.request, "requestedMessage") or ""
        is_certificate = wanted.startswith("Sign") and wanted.endswith("Certificate")
        yield "SignCertificate" if is_certificate else wanted


@note(on_opened())
def remember_session(_conversation: Conversation, known: Known) -> None:
    """Count sessions; a BootNotification of an earlier one is not answered any more."""
    story = story_of(known)
    story.sessions += 1
    story.asked_frame = 0
    _note_restraint(story, known)


@note(on_first_words())
def remember_first_words(spoken: Spoken, known: Known) -> None:
    """Remember the first CALL of a session that is no BootNotification."""
    if spoken.side is Side.STATION and isinstance(spoken.message, Call) and spoken.message.action != BOOT:
        story = story_of(known)
        story.early_frame, story.early_session = spoken.frame, spoken.conversation.session.id


@note(on_called(BOOT, by=Side.STATION))
def remember_boot(exchange: Exchange, known: Known) -> None:
    """Remember that the station asks; a boot in a later session than the Reset is the boot that was due."""
    story = story_of(known)
    story.boots += 1
    story.asked_frame, story.asked_session, story.asked_at = exchange.call_frame, exchange.session, exchange.at
    _note_restraint(story, known)
    story.asked_reason, story.is_asked_in_vain = text(exchange.request, "reason"), False
    story.asked_after_reset = story.reset_before(exchange, known) is not None
    voice = exchange.conversation.voices[exchange.side]
    story.asked_after_ns = voice.paused_ns if exchange.at - voice.resumed_at <= CROSSING_NS else 0
    if story.reset is not None and story.reset.session != exchange.session:
        story.reset = None


@note(on_result(BOOT, by=Side.STATION))
def remember_answer(exchange: Exchange, known: Known) -> None:
    """Remember what the station was answered; what it was told to send before is done with."""
    story = story_of(known)
    if exchange.call_frame < story.answered_call:
        _note_late_answer(exchange, known, story)
        return
    is_in_doubt = _is_taken_back(exchange, story)
    story.answered_call = exchange.call_frame
    story.is_accepted_anew = story.status != "Accepted" or story.answer_session != exchange.session
    story.status, story.answered_at = text(exchange.response, "status"), exchange.answered_at
    story.answer_frame, story.answer_session = exchange.answer_frame or 0, exchange.session
    story.interval_ns = seconds_as_ns(exchange.response, "interval")
    story.asked_frame = 0
    if is_in_doubt:
        story.status = None
    _note_restraint(story, known)
    story.instructed.pop(BOOT, None)
    story.reported.clear()
    story.is_availability_reported = False
    if story.status == "Accepted":
        story.instructed.clear()


def _note_late_answer(exchange: Exchange, known: Known, story: BootStory) -> None:
    """Forget the status where a later BootNotification got another before: by which the station goes, nobody knows."""
    if exchange.session == story.answer_session and text(exchange.response, "status") != story.status:
        story.status = None
        _note_restraint(story, known)


def _is_taken_back(exchange: Exchange, story: BootStory) -> bool:
    """Tell whether a retry, under the same id, is not accepted as the first was: the station takes what comes first."""
    before = exchange.used_before
    is_retry = exchange.is_repeat and before is not None and before.frame == story.answered_call
    return is_retry and story.status == "Accepted" != text(exchange.response, "status")


@note(on_error(BOOT, by=Side.STATION))
def remember_refusal(exchange: Exchange, known: Known) -> None:
    """Remember that the station was answered, and that the answer says nothing of its acceptance."""
    story = story_of(known)
    story.is_asked_in_vain = story.asked_frame == exchange.call_frame


@note(on_called(*TRIGGERS, *INSTRUCTIONS, by=Side.CSMS))
def remember_instruction(exchange: Exchange, known: Known) -> None:
    """Remember what the CSMS asked for."""
    for action in asked_for(exchange):
        story_of(known).instructed[action] = exchange.at


@note(on_result("Reset", by=Side.CSMS))
def remember_reset(exchange: Exchange, known: Known) -> None:
    """Remember a Reset of the whole station that it will carry out."""
    status = text(exchange.response, "status")
    if status in ("Accepted", "Scheduled") and "evseId" not in exchange.request:
        at = exchange.answered_at or exchange.at
        story_of(known).reset = Reset(at, exchange.session, exchange.call_frame, status == "Scheduled")


@note(on_closed())
def remember_end(conversation: Conversation, known: Known) -> None:
    """Remember that a station has left in good order after it had agreed to be reset."""
    reset, session = story_of(known).reset, conversation.session
    is_its_own = session.closed_by is Side.STATION and session.ending in (Ending.CLOSED, Ending.DROPPED)
    if reset is not None and reset.session == session.id and is_its_own:
        reset.is_begun = True


@note(on_called("StatusNotification", by=Side.STATION))
def remember_status(exchange: Exchange, known: Known) -> None:
    """Remember which connectors were reported."""
    story, connector = story_of(known), integer(exchange.request, "connectorId")
    if connector is not None and len(story.reported) < MOST_CONNECTORS:
        story.reported.add(connector)


@note(on_called("NotifyEvent", by=Side.STATION))
def remember_event(exchange: Exchange, known: Known) -> None:
    """Remember that availability was reported the other way that 2.x has."""
    events = objects(exchange.request, "eventData")
    if any(text(event, "variable", "name") == "AvailabilityState" for event in events):
        story_of(known).is_availability_reported = True


@note(on_result("GetConfiguration", by=Side.CSMS))
def remember_connectors(exchange: Exchange, known: Known) -> None:
    """Remember how many connectors the station says it has (1.6)."""
    for entry in objects(exchange.response, "configurationKey"):
        value = text(entry, "value") or ""
        if text(entry, "key") == "NumberOfConnectors" and value.isascii() and value.isdigit() and len(value) < 4:
            story_of(known).connectors = int(value)

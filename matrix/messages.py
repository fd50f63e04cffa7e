"""Messages to exchanges, findings and outcomes: what the judge does with each text that a side says."""

from collections.abc import Iterable
from typing import Any, Final

from matrix import schemas, verdict
from matrix.alarms import ALARMS_PER_SESSION, BACKLOG_NS, Alarm
from matrix.blaming import blame
from matrix.boards.ledger import Ledger
from matrix.boards.pair import CONNECT, FRAMING, Evidence
from matrix.dialect import UNKNOWN, UNREADABLE_ID, dialect
from matrix.exchange import (
    CROSSING_NS,
    PAUSE_NS,
    QUIET_NS,
    Conversation,
    Exchange,
    Silence,
    Spoken,
    Voice,
    digest,
)
from matrix.finding import Finding, Severity
from matrix.index import Form, Topic
from matrix.known import UsedId
from matrix.outcome import Outcome
from matrix.recognise import station_of, version_shown_by
from matrix.rule import Event
from matrix.rulebook import Rulebook
from matrix.schemas import Breach
from matrix.secrets import told
from matrix.trace import Frame, Opcode, Side
from matrix.waiting import ANSWER_TIME_NS, Waiting
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Message, Send, read

BOOT: Final = "BootNotification"
SILENCE: Final = "Heartbeat"
"""The row for what should have been heard: it is there for that."""


class Messages:
    """Judges messages, in the order of recording; `waiting` are the CALLs that are to be answered."""

    def __init__(self, rulebook: Rulebook, ledger: Ledger) -> None:
        self.waiting = Waiting()
        self._rulebook = rulebook
        self._ledger = ledger

    def take(
        self, conversation: Conversation, frame: Frame, text: str | bytes, framing: Iterable[Finding] = ()
    ) -> None:
        """Judge one message; `framing` is what was found about the frames that it came in."""
        board, voice = self._ledger.board, conversation.voices[frame.side]
        board.messages += 1
        if voice.awaited:
            self._ring_awaited(voice, frame.at, text)
        paused_ns, voice.spoke_at = frame.at - voice.spoke_at, frame.at
        if paused_ns >= PAUSE_NS:
            voice.resumed_at, voice.paused_ns = frame.at, paused_ns
            if paused_ns >= QUIET_NS:
                self._end_silence(conversation, voice, frame)
        message = read(text, conversation.dialect.message_types)
        if conversation.version == UNKNOWN:
            self._recognise(conversation, message)
        exchange: Exchange | None
        if type(message) is Call:
            exchange = self._begin(conversation, voice, frame, message)
        elif type(message) is CallResult:
            exchange = conversation.answer(conversation.voices[frame.side.other], message, frame.id, frame.at)
        else:
            exchange = self._find(conversation, voice, frame, message)
        if exchange is None or message.defects or framing or not voice.has_spoken:
            voice.has_spoken, is_first = True, not voice.has_spoken
            spoken = Spoken(conversation, frame.side, message, frame.id, frame.at, exchange, frame.masked)
            self._take_oddly(spoken, frame, framing, is_first=is_first)
            return
        if type(message) is Call:
            self._call(exchange, voice, frame)
        elif type(message) is CallResult:
            self._result(exchange, message, frame)
        else:
            self._understand(exchange, message, frame)
        board.passed(frame.session, FRAMING, frame.at)

    def _take_oddly(self, spoken: Spoken, frame: Frame, framing: Iterable[Finding], *, is_first: bool) -> None:
        """Judge a message that is the first of its side, or none of a kind that passes without a word."""
        conversation, message, exchange = spoken.conversation, spoken.message, spoken.exchange
        if is_first:
            self._first_words(spoken)
        crashes = len(self._rulebook.crashes)
        findings = [*framing]
        if findings:
            _note_worst(exchange, findings)
        if message.defects:
            findings += self._rulebook.run(Event.MISFORMED, spoken, conversation, frame.id, FRAMING)
            _note_worst(exchange, findings)
        crashed = self._rulebook.crashed_since(crashes)
        if exchange is not None:
            self._understand(exchange, message, frame)
        else:
            findings += self._take_alone(spoken, frame)
            crashed = self._rulebook.crashed_since(crashes)
        self._settle_framing(spoken, frame, findings, crashed=crashed)

    def hear(self, conversation: Conversation, frame: Frame) -> None:
        """Note that a side says something; judge its silence before, if it was one. Who says goodbye says no more."""
        voice = conversation.voices[frame.side]
        if voice.awaited and frame.opcode != Opcode.CLOSE:
            self._ring_awaited(voice, frame.at)
        paused_ns, voice.spoke_at = frame.at - voice.spoke_at, frame.at
        if paused_ns >= PAUSE_NS:
            voice.resumed_at, voice.paused_ns = frame.at, paused_ns
            if paused_ns >= QUIET_NS:
                self._end_silence(conversation, voice, frame)

    def _end_silence(self, conversation: Conversation, voice: Voice, frame: Frame) -> None:
        """Judge a long pause of a side; what comes before its first message is none, and counts from the opening on."""
        since = frame.at - voice.paused_ns
        if not since:
            paused_ns = frame.at - conversation.session.opened_at
            voice.resumed_at, voice.paused_ns = (frame.at, paused_ns) if paused_ns >= PAUSE_NS else (0, 0)
            return
        concern = self._rulebook.watching(Event.HEARD_AGAIN, conversation, frame.side)
        if concern.groups or concern.notes:
            silence = Silence(conversation, frame.side, since, frame.at)
            findings = self._rulebook.ask(concern, silence, conversation, frame.id, SILENCE, None)
            if findings:
                self._ledger.worsen_row(SILENCE, findings, frame.at)

    def _settle_framing(self, spoken: Spoken, frame: Frame, findings: list[Finding], *, crashed: str) -> None:
        outcome, evidence = verdict.PASSED
        if findings or crashed or spoken.message.defects:
            outcome, evidence = verdict.framing(frame, spoken.message, findings, crashed=crashed)
        self._ledger.board.settle(frame.session, FRAMING, outcome, at=frame.at, evidence=evidence)

    def _understand(self, exchange: Exchange, message: Message, frame: Frame) -> None:
        """Judge a message by what it is to its exchange."""
        if type(message) is Call:
            self._call(exchange, exchange.conversation.voices[frame.side], frame)
        elif type(message) is CallResult:
            self._result(exchange, message, frame)
        elif type(message) is CallError:
            self._error(exchange, frame)
        elif type(message) is Send:
            self._send(exchange)
        elif type(message) is CallResultError:
            self._result_error(exchange, message, frame)

    def _take_alone(self, spoken: Spoken, frame: Frame) -> list[Finding]:
        """Judge a message that belongs to no exchange; return what is found about its form only now."""
        match spoken.message:
            case CallResult() | CallError():
                return self._unmatched(spoken)
            case Garbled() as garbled:
                self._garbled(spoken.conversation, frame, garbled)
            case CallResultError():
                self._rulebook.run(Event.RESULT_ERROR, spoken, spoken.conversation, spoken.frame, FRAMING)
        return []

    def _find(self, conversation: Conversation, voice: Voice, frame: Frame, message: Message) -> Exchange | None:
        """Find or make the exchange that a message of a rare kind belongs to; None where there is none."""
        if type(message) is CallError:
            return conversation.answer(conversation.voices[frame.side.other], message, frame.id, frame.at)
        if type(message) is Send:
            exchange = self._begin(conversation, voice, frame, message)
            exchange.is_send = True
            return exchange
        if type(message) is CallResultError:
            return conversation.take_result_error(frame.side, message)
        return None

    def _begin(self, conversation: Conversation, voice: Voice, frame: Frame, message: Call | Send) -> Exchange:
        action, payload, side = message.action, message.payload, frame.side
        topic = voice.topics.get(action) or self._topic(conversation, voice, side, action)
        action = row = topic.action or action  # one string for all messages of an action
        if not topic.is_known:
            row = conversation.strange_row(action)
        exchange = Exchange(
            conversation, frame.session, side, side.other, message.id, action, row, frame.id, frame.at, topic,
            payload or {}, used_before=voice.ids.used(message.id), content=digest(message),
        )  # fmt: skip
        if message.defects or exchange.used_before is not None or voice.open_calls:
            exchange.is_odd, exchange.defects = True, message.defects
        is_usual = _is_usual(topic.request, payload) if payload else payload is None or topic.request.takes_empty
        if not is_usual and payload is not None:
            exchange.request_breaches = self._look_closely(exchange, topic.request, payload)
        if topic.reading is not None:
            self._rulebook.read(exchange, topic.reading)
        return exchange

    def _look_closely(self, exchange: Exchange, form: Form, payload: dict[str, Any]) -> tuple[Breach, ...]:
        """Return where an odd payload does not fit its schema; note whether it has one."""
        exchange.is_odd = True
        breaches = schemas.check(exchange.conversation.version, exchange.action, form.part, payload)
        exchange.has_schema &= breaches is not None
        return breaches or ()

    def _topic(self, conversation: Conversation, voice: Voice, side: Side, action: str) -> Topic:
        voice.topics = self._rulebook.topics(conversation.version, side)
        return self._rulebook.topic(conversation.version, action, side)

    def _call(self, exchange: Exchange, voice: Voice, frame: Frame) -> None:
        message_id, use = exchange.id, exchange.used_before
        if use is not None:
            exchange.is_repeat = use.content == exchange.content
            answered = voice.answered_under(message_id) if exchange.is_repeat else None
            exchange.repeats = answered.repeats if answered is not None else 0  # those are still to be answered, too
        conversation, form = exchange.conversation, exchange.topic.request
        concern = form.odd_concern if exchange.is_odd or conversation.known.is_restrained else form.concern
        findings = self._rulebook.ask(concern, exchange, conversation, frame.id, exchange.row, exchange)
        if findings or exchange.request_breaches:
            self._note_findings(findings, exchange, frame.id)
        voice.ids.note(message_id, UsedId(exchange.content, frame.id, frame.session))
        already = voice.open_calls.get(message_id)
        if already is not None:
            if already.content == exchange.content:
                already.repeats += 1
                _note_worst(already, [exchange.worst] if exchange.worst else [])
                return
            voice.replace(already, exchange)
        voice.open(exchange)
        if already is not None:
            text = f"{frame.side.label} used the message id again before an answer came"
            self._ledger.settle(already, Outcome.INCONCLUSIVE, Evidence(frame.session, frame.id, text))
        self.waiting.add(exchange)
        self._ledger.tell(exchange)
        if exchange.action == BOOT:
            self._identify(exchange)

    def _send(self, exchange: Exchange) -> None:
        self._judge_exchange(Event.SENT, exchange, exchange.call_frame)
        exchange.conversation.sent(exchange)
        self._ledger.settle(exchange, *verdict.answered(exchange))

    def _result(self, exchange: Exchange, message: CallResult, frame: Frame) -> None:
        form, payload = exchange.topic.response, message.payload
        if exchange.is_ambiguous:
            self._doubt(exchange, frame)
        else:
            is_usual = _is_usual(form, payload) if payload else payload is None or form.takes_empty
            if not is_usual and payload is not None:
                exchange.response_breaches = self._look_closely(exchange, form, payload)
            conversation = exchange.conversation
            concern = form.odd_concern if exchange.is_odd or conversation.known.is_restrained else form.concern
            findings = self._rulebook.ask(concern, exchange, conversation, frame.id, exchange.row, exchange)
            if findings or exchange.response_breaches:
                self._note_findings(findings, exchange, frame.id)
        self._ledger.settle_answered(exchange)
        exchange.conversation.remember(exchange, frame.id, frame.at)
        self.waiting.settled()

    def _error(self, exchange: Exchange, frame: Frame) -> None:
        if exchange.is_ambiguous:
            self._doubt(exchange, frame)
        else:
            self._judge_exchange(Event.ERROR, exchange, frame.id)
        self._ledger.settle_answered(exchange)
        exchange.conversation.remember(exchange, frame.id, frame.at)
        self.waiting.settled()

    def _doubt(self, exchange: Exchange, frame: Frame) -> None:
        """Note that an answer may be meant for another CALL with the same id."""
        exchange.has_schema = False
        exchange.conversation.known.note_gap(frame.at)

    def _unmatched(self, spoken: Spoken) -> list[Finding]:
        conversation, asker = spoken.conversation, spoken.conversation.voices[spoken.side.other]
        message = spoken.message
        assert isinstance(message, CallResult | CallError)
        earlier = asker.answered_under(message.id)
        if earlier is not None and earlier.repeats:
            earlier.repeats -= 1
            return []
        if asker.holed or asker.has_forgotten or _answers_garble(asker, message, is_2x=conversation.dialect.is_2x):
            return []
        findings = self._rulebook.run(Event.UNMATCHED, spoken, conversation, spoken.frame, FRAMING)
        sent = asker.sends.get(message.id)
        if sent is not None:
            _note_worst(sent, findings)
            self._ledger.settle(sent, *verdict.answered(sent))
        return findings

    def _result_error(self, exchange: Exchange, message: CallResultError, frame: Frame) -> None:
        spoken = Spoken(exchange.conversation, frame.side, message, frame.id, frame.at, exchange)
        self._rulebook.run(Event.RESULT_ERROR, spoken, spoken.conversation, frame.id, exchange.row)
        if frame.side is exchange.conversation.session.played:
            return  # it said so of the answer that it was given then
        why = f"{told(message.code, 60)} {told(message.description, 200)}".strip()
        text = f"{frame.side.label} could not use the answer: {why}"
        evidence = Evidence(exchange.session, frame.id, text, blame.for_result_error(exchange))
        self._ledger.settle(exchange, Outcome.FAILED, evidence)

    def _garbled(self, conversation: Conversation, frame: Frame, message: Garbled) -> None:
        """Charge text that nobody can read to the CALL that it seems to answer; else whoever heard it may object."""
        exchange = None
        conversation.known.note_gap(frame.at)  # whoever it was meant for may have understood it
        if message.answers is not None:
            exchange = conversation.answer_garbled(frame.side, message.answers, frame.id, frame.at)
        if exchange is None:
            conversation.voices[frame.side].garbled += 1
            return
        text = f"{frame.side.label} answered what cannot be read: {message.defects[0].text}"
        evidence = Evidence(frame.session, frame.id, text, blame.for_garble(frame.side))
        self._ledger.settle(exchange, Outcome.FAILED, evidence, is_timed=True)

    def overdue(self, exchange: Exchange) -> None:
        """Judge a CALL whose time to be answered is over, by traffic."""
        exchange.is_presumed = False
        if not exchange.conversation.voices[exchange.answerer].holed:
            self._judge_exchange(Event.OVERDUE, exchange, exchange.call_frame)
        self._ledger.settle(exchange, *verdict.overdue(exchange, ANSWER_TIME_NS))

    def ring(self, alarm: Alarm) -> None:
        """Judge what a time that has come shows; where a side is waited for, when that side is heard of."""
        if alarm.by is None or not alarm.conversation.is_open:
            self._ring(alarm)
            return
        voice = alarm.conversation.voices[alarm.by]
        if len(voice.awaited) < ALARMS_PER_SESSION:  # who stays silent for days is not waited for by ever more
            voice.awaited.append(alarm)

    def _ring_awaited(self, voice: Voice, heard_at: int, text: str | bytes = "") -> None:
        """Judge what has waited until a side was heard of again: first what is suspected, later what is confirmed."""
        has_waited = _says_again(voice, text)
        awaited, voice.awaited = voice.awaited, []
        if has_waited:
            voice.waited_at = heard_at
        for alarm in awaited:
            is_behind = has_waited and heard_at < alarm.at + BACKLOG_NS
            suspects = self._rulebook.suspect(alarm) if alarm.suspects is None else alarm.suspects
            if suspects and is_behind:
                voice.awaited.append(alarm._replace(suspects=suspects, asked_again_at=heard_at + BACKLOG_NS))
            elif suspects and alarm.suspects is None:
                voice.awaited.append(alarm.suspected(suspects, heard_at))
            elif suspects and (voice.spoke_at < alarm.asked_again_at or _may_be_held_up(voice, alarm, heard_at)):
                voice.awaited.append(alarm)
            else:
                self._ring(alarm)

    def confirm(self, voice: Voice) -> None:
        """Judge what is suspected of a side that says no more: it is about to close its session.

        One that had waited for answers in vain may leave for that, with more to say.
        """
        suspicions = [alarm for alarm in voice.awaited if alarm.suspects is not None]
        voice.awaited = [alarm for alarm in voice.awaited if alarm.suspects is None]
        has_given_up = voice.waited_at > voice.spoke_at - BACKLOG_NS
        for alarm in suspicions:
            if not has_given_up:
                self._ring(alarm)

    def give_up(self, conversation: Conversation) -> None:
        """Judge what still waits for the sides of a session that is over."""
        for voice in conversation.voices.values():
            awaited, voice.awaited = voice.awaited, []
            for alarm in awaited:
                self._ring(alarm)

    def _ring(self, alarm: Alarm) -> None:
        """Judge what a time that has come shows; the exchange that it is about may be settled by now."""
        conversation, exchange = alarm.conversation, alarm.exchange
        findings = self._rulebook.ring(alarm)
        if exchange is None:
            self._worsen(conversation, alarm.row, findings, alarm.at)
        elif findings and exchange.answer is not None:
            _note_worst(exchange, findings)
            self._ledger.settle(exchange, *verdict.answered(exchange))

    def _worsen(self, conversation: Conversation, row: str, findings: list[Finding], at: int) -> None:
        if row == CONNECT:
            self._ledger.worsen_connect(conversation, findings, at)
        else:
            self._ledger.worsen_row(row, findings, at)

    def _first_words(self, spoken: Spoken) -> None:
        conversation, exchange = spoken.conversation, spoken.exchange
        findings = self._rulebook.run(Event.FIRST_WORDS, spoken, conversation, spoken.frame, CONNECT)
        self._ledger.worsen_connect(conversation, findings, spoken.at)
        if exchange is not None and any(each.severity is Severity.VIOLATION for each in findings):
            exchange.violators |= {spoken.side} & {exchange.side}  # what is broken off then, is broken off for that

    def _recognise(self, conversation: Conversation, message: Message) -> None:
        """Settle the version by what is said, where no subprotocol was negotiated."""
        version = version_shown_by(message)
        if version != UNKNOWN:
            conversation.settle_on(dialect(version))
            self._ledger.board.set_version(conversation.session.id, version)
            for exchange in conversation.remembered_exchanges():
                exchange.topic = self._rulebook.topic(version, exchange.action, exchange.side)
                if exchange.topic.reading is not None:
                    self._rulebook.read(exchange, exchange.topic.reading)

    def _identify(self, exchange: Exchange) -> None:
        """Note which product a station is, by its BootNotification."""
        session = exchange.conversation.session
        station = station_of(session.identity, exchange.request)
        if station.is_known and exchange.side is Side.STATION:
            self._ledger.board.identify(session.id, station)

    def _judge_exchange(self, event: Event, exchange: Exchange, frame: int) -> None:
        findings = self._rulebook.run_exchange(event, exchange, frame)
        if event is Event.OVERDUE:
            _note_worst(exchange, findings)
        else:
            self._note_findings(findings, exchange, frame)

    def _note_findings(self, findings: list[Finding], exchange: Exchange, frame: int) -> None:
        """Let what was found about a message count, and what its payload has in it that does not fit."""
        if exchange.latest_breaches:
            findings += self._rulebook.run_exchange(Event.UNFIT, exchange, frame)
        _note_worst(exchange, findings)


def _is_usual(form: Form, payload: dict[str, Any]) -> bool:
    try:
        return form.is_usual(payload)
    except ValueError:  # `schemas.check` says what that means
        return False


def _may_be_held_up(voice: Voice, alarm: Alarm, heard_at: int) -> bool:
    """Tell whether a side speaks without rest, as a line does that has stalled, and has not done so for long.

    It has no rest while it waits for an answer: what it says right after that has waited with it.
    """
    answered_at = voice.answered[-1].at if voice.answered else 0
    is_at_once = heard_at - max(voice.spoke_at, answered_at) < CROSSING_NS
    return is_at_once and voice.spoke_at < max(alarm.asked_again_at, voice.resumed_at) + BACKLOG_NS


def _says_again(voice: Voice, text: str | bytes) -> bool:
    """Tell whether a side says again what it was answered last: that answer has not reached it, and it has waited."""
    message = read(text, voice.awaited[0].conversation.dialect.message_types)
    return type(message) is Call and voice.says_again(message)


def _note_worst(exchange: Exchange | None, findings: list[Finding]) -> None:
    if exchange is not None and findings:
        exchange.worst = verdict.worst([exchange.worst, *findings])
        exchange.violators |= {each.side for each in findings if each.severity is Severity.VIOLATION}


def _answers_garble(asker: Voice, message: CallResult | CallError, *, is_2x: bool) -> bool:
    """Tell whether an answer to no open CALL may answer a message that nobody could read."""
    if not isinstance(message, CallError):
        return False
    if asker.garbled:
        asker.garbled -= 1
        return True
    return is_2x and message.id == UNREADABLE_ID

"""Recorded traffic in, findings and the board out: a fold over what `hub.recording.Recording.traffic` returns.

The judge reads no clock. Time passes with the traffic's own time stamps, or by `advance` where a live viewer wants to
see a CALL go unanswered before the next frame comes. The same traffic gives the same findings, live or later.
"""

import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec

from matrix import schemas, verdict
from matrix.board import CONNECT, FRAMING, Board, Evidence
from matrix.dialect import UNKNOWN, UNREADABLE_ID, dialect
from matrix.exchange import Conversation, Exchange, Spoken, Voice, digest, join, oddities
from matrix.finding import Finding, Remark, Severity
from matrix.known import Acquaintance, UsedId
from matrix.outcome import Outcome
from matrix.recognise import station_of, version_of, version_shown_by
from matrix.rule import Event, Index, Rule
from matrix.safe import safe
from matrix.schemas import Part
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Frame, Opcode, Opened, Session, Side, Traffic
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Message, Send, read

ANSWER_TIME_NS: Final = 30_000_000_000
"""After this a CALL counts as unanswered: the start value that Part 2 §3.2 suggests; no version fixes one."""

BREAK_TIME_NS: Final = 2_000_000_000
"""An accusing close this soon after an answer is taken to be about that answer."""

ACCUSING_CLOSES: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1010, 1011})
"""Close codes (RFC 6455 §7.4.1) by which a side says that what it was sent is the reason."""

LONGEST_MESSAGE: Final = 64 * 2**20

_WELL_FRAMED: Final = (Outcome.PASSED, None)


class Crash(msgspec.Struct, frozen=True):
    """A rule that raised: our mistake, which makes what it judged inconclusive and nothing else."""

    rule: str
    session: int
    frame: int | None
    traceback: str


class Judge:
    """Feed it traffic in the order of recording; read `findings`, `board` and `crashes`.

    `on_exchange` is called with each exchange when it is opened and whenever its outcome changes.
    """

    def __init__(
        self, rules: Iterable[Rule] | None = None, *, on_exchange: Callable[[Exchange], None] | None = None
    ) -> None:
        self.board = Board()
        self.findings: list[Finding] = []
        self.crashes: list[Crash] = []
        self.now = 0
        self._index = Index(rules)
        self._acquaintance = Acquaintance()
        self._conversations: dict[int, Conversation] = {}
        self._waiting: deque[Exchange] = deque()
        self._presumable: deque[Exchange] = deque()
        self._tell = on_exchange or (lambda _exchange: None)

    def feed(self, item: Traffic) -> None:
        """Judge the next item of a recording. Whatever a peer sent, this does not raise."""
        match item:
            case Frame():
                self._pass_time(item.at)
                self._frame(item)
            case Opened():
                self._pass_time(item.session.answered_at or item.session.opened_at)
                self._opened(item.session)
            case Closed():
                self._pass_time(item.session.closed_at or 0)
                self._closed(item.session)

    def advance(self, at: int) -> None:
        """Presume that time has passed up to `at`: what was not answered within ANSWER_TIME_NS shows as unanswered.

        Only outcomes change, and only until traffic confirms or replaces them: findings are made by traffic alone.
        """
        for exchange in _overdue_at(at, self._presumable):
            if exchange.outcome is None:
                exchange.is_presumed = True
                self._settle(exchange, *verdict.overdue(exchange, ANSWER_TIME_NS))

    def _pass_time(self, at: int) -> None:
        if at > self.now:
            self.now = at
        if self._waiting and self._waiting[0].at < self.now - ANSWER_TIME_NS:
            self._expire()

    def _expire(self) -> None:
        for exchange in _overdue_at(self.now, self._waiting):
            if exchange.outcome is None or exchange.is_presumed:
                self._overdue(exchange)
        if len(self._presumable) > 2 * len(self._waiting):
            self._presumable = deque(exchange for exchange in self._waiting if exchange.outcome is None)

    # -- sessions -----------------------------------------------------------------------------------------------------

    def _opened(self, session: Session) -> None:
        known = self._acquaintance.of(session)
        known.note_handshake(session)
        conversation = Conversation(session, dialect(version_of(session)), known)
        self.board.open(session, conversation.version)
        if session.upgraded:
            self._conversations[session.id] = conversation
        crashes = len(self.crashes)
        findings = self._run(Event.HANDSHAKE, session, conversation, None, CONNECT)
        self._settle_connect(conversation, *verdict.handshake(session, findings, crashed=len(self.crashes) > crashes))

    def _settle_connect(self, conversation: Conversation, outcome: Outcome, evidence: Evidence | None) -> None:
        before, conversation.connect_outcome = conversation.connect_outcome, outcome
        session = conversation.session.id
        self.board.settle(session, CONNECT, outcome, at=self.now, evidence=evidence, instead_of=before)

    def _closed(self, session: Session) -> None:
        conversation = self._conversations.pop(session.id, None)
        self.board.close(session.id)
        if conversation is None:
            return
        conversation.known.note_end(session)
        self._settle_break(conversation)
        turned_away = verdict.turned_away(conversation, session)
        if turned_away is not None:
            self._settle_connect(conversation, Outcome.FAILED, turned_away)
        for exchange in conversation.open_exchanges():
            if exchange.outcome is None or exchange.is_presumed:
                self._settle(exchange, *verdict.cut_short(conversation, exchange, session))

    def _settle_break(self, conversation: Conversation) -> None:
        """Charge an accusing close that followed an answer to that answer's exchange, if nothing else was open."""
        for side, voice in conversation.voices.items():
            exchange = voice.heard_exchange
            if voice.error_close is None or exchange is None or conversation.voices[side.other].open_calls:
                continue
            code, frame, at = voice.error_close
            if at - voice.heard_at <= BREAK_TIME_NS and exchange.outcome is not Outcome.FAILED:
                text = f"{side.label} closed with {code} on being given this answer"
                self._settle(exchange, Outcome.FAILED, Evidence(conversation.session.id, frame, text))

    # -- frames -------------------------------------------------------------------------------------------------------

    def _frame(self, frame: Frame) -> None:
        conversation = self._conversations.get(frame.session)
        if conversation is None:
            return
        if frame.opcode == Opcode.TEXT and frame.fin and not frame.rsv and type(frame.payload) is str:
            self._text(conversation, frame, frame.payload)
        elif frame.unread is not None or frame.opcode == Opcode.UNREAD:
            self._hole(conversation, frame)
        elif frame.opcode >= FIRST_CONTROL_OPCODE:
            self._control(conversation, frame)
        else:
            self._uncommon(conversation, frame)

    def _hole(self, conversation: Conversation, frame: Frame) -> None:
        voice = conversation.voices[frame.side]
        voice.fragments.clear()
        if voice.holed and frame.opcode == Opcode.UNREAD:
            return
        voice.holed = True
        text = f"what {frame.side.label} said here could not be read: {frame.unread}"
        evidence = Evidence(frame.session, frame.id, text)
        self.board.settle(frame.session, FRAMING, Outcome.INCONCLUSIVE, at=frame.at, evidence=evidence)

    def _control(self, conversation: Conversation, frame: Frame) -> None:
        payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
        if frame.opcode == Opcode.CLOSE and len(payload) >= 2:
            code = int.from_bytes(payload[:2])
            if code in ACCUSING_CLOSES:
                conversation.voices[frame.side].error_close = (code, frame.id, frame.at)

    def _uncommon(self, conversation: Conversation, frame: Frame) -> None:
        """Judge a frame that is a fragment, binary, not UTF-8, or has reserved bits set."""
        findings: list[Finding] = []
        for odd in oddities(conversation, frame):
            findings += self._run(Event.ODD_FRAME, odd, conversation, frame.id, FRAMING)
        voice = conversation.voices[frame.side]
        if frame.opcode != Opcode.CONTINUATION:
            voice.fragments.clear()
        voice.fragments.append(frame.payload)
        if sum(map(len, voice.fragments)) > LONGEST_MESSAGE:
            self._hole(conversation, msgspec.structs.replace(frame, unread="the message is longer than 64 MiB"))
        elif frame.fin:
            text = join(voice.fragments)
            voice.fragments.clear()
            self._text(conversation, frame, text, findings)

    # -- messages -----------------------------------------------------------------------------------------------------

    def _text(
        self, conversation: Conversation, frame: Frame, text: str | bytes, framing: Iterable[Finding] = ()
    ) -> None:
        self.board.messages += 1
        message = read(text, conversation.dialect.message_types)
        if conversation.version == UNKNOWN:
            self._recognise(conversation, message)
        exchange = self._take(conversation, frame, message)
        spoken = Spoken(conversation, frame.side, message, frame.id, frame.at, exchange)
        voice = conversation.voices[frame.side]
        if not voice.has_spoken:
            voice.has_spoken = True
            self._first_words(spoken)
        crashes = len(self.crashes)
        findings = [*framing]
        if message.defects:
            findings += self._run(Event.MISFORMED, spoken, conversation, frame.id, FRAMING)
            _note_worst(exchange, findings)
        crashed = len(self.crashes) > crashes
        findings += self._understand(spoken, frame)
        if exchange is None:
            crashed = len(self.crashes) > crashes
        self._settle_framing(spoken, frame, findings, crashed=crashed)

    def _settle_framing(self, spoken: Spoken, frame: Frame, findings: list[Finding], *, crashed: bool) -> None:
        outcome, evidence = _WELL_FRAMED
        if findings or crashed or spoken.message.defects:
            outcome, evidence = verdict.framing(frame, spoken.message, findings, crashed=crashed)
        self.board.settle(frame.session, FRAMING, outcome, at=frame.at, evidence=evidence)

    def _understand(self, spoken: Spoken, frame: Frame) -> list[Finding]:
        """Judge a message by what it is; return what is found about its form only now."""
        match spoken.message:
            case Call():
                self._call(spoken.exchange, frame)
            case CallResult() | CallError():
                return self._answer(spoken)
            case Garbled() as garbled:
                self._garbled(spoken.conversation, frame, garbled)
            case Send():
                self._send(spoken.exchange)
            case CallResultError():
                self._result_error(spoken)
        return []

    def _take(self, conversation: Conversation, frame: Frame, message: Message) -> Exchange | None:
        """Find or make the exchange that a message belongs to; None where there is none."""
        match message:
            case Call() | Send():
                return self._begin(conversation, frame, message)
            case CallResult() | CallError():
                return conversation.answer(frame.side, message, frame.id, frame.at)
            case CallResultError():
                return conversation.take_result_error(frame.side, message)
            case _:
                return None

    def _begin(self, conversation: Conversation, frame: Frame, message: Call | Send) -> Exchange:
        exchange = Exchange(conversation, frame.side, message, frame.id, frame.at)
        version, action = conversation.version, message.action
        exchange.row = conversation.row(action)
        if message.payload is not None:
            breaches = schemas.check(version, action, Part.REQUEST, message.payload)
            exchange.has_schema = breaches is not None
            exchange.request_breaches = breaches or ()
        exchange.content = digest(message)
        return exchange

    def _call(self, exchange: Exchange | None, frame: Frame) -> None:
        assert exchange is not None
        conversation, call = exchange.conversation, exchange.call
        self._judge_exchange(Event.CALLED, exchange, frame.id)
        conversation.known.note_id(frame.side, call.id, UsedId(exchange.content, frame.id, frame.session))
        already = conversation.voices[frame.side].open_calls.get(call.id)
        if already is not None and already.content == exchange.content:
            already.repeats += 1
            _note_worst(already, [exchange.worst] if exchange.worst else [])
            return
        replaced = conversation.open(exchange)
        if replaced is not None:
            text = f"{frame.side.label} used the message id again before an answer came"
            self._settle(replaced, Outcome.INCONCLUSIVE, Evidence(frame.session, frame.id, text))
        self._waiting.append(exchange)
        self._presumable.append(exchange)
        self._tell(exchange)
        self._identify(exchange)

    def _send(self, exchange: Exchange | None) -> None:
        assert exchange is not None
        self._judge_exchange(Event.SENT, exchange, exchange.call_frame)
        exchange.conversation.sent(exchange)
        self._settle(exchange, *verdict.answered(exchange))

    def _answer(self, spoken: Spoken) -> list[Finding]:
        exchange = spoken.exchange
        if exchange is None:
            return self._unmatched(spoken)
        message = spoken.message
        if exchange.is_ambiguous:
            exchange.has_schema = False
            self._settle(exchange, *verdict.answered(exchange), is_timed=True)
            return []
        if isinstance(message, CallResult) and message.payload is not None:
            version, action = spoken.conversation.version, exchange.action
            breaches = schemas.check(version, action, Part.RESPONSE, message.payload)
            exchange.has_schema &= breaches is not None
            exchange.response_breaches = breaches or ()
        event = Event.RESULT if isinstance(message, CallResult) else Event.ERROR
        self._judge_exchange(event, exchange, spoken.frame)
        self._settle(exchange, *verdict.answered(exchange), is_timed=True)
        return []

    def _unmatched(self, spoken: Spoken) -> list[Finding]:
        conversation, asker = spoken.conversation, spoken.conversation.voices[spoken.side.other]
        message = spoken.message
        assert isinstance(message, CallResult | CallError)
        earlier = asker.answered.get(message.id)
        if earlier is not None and earlier.repeats:
            earlier.repeats -= 1
            return []
        if asker.holed or asker.has_forgotten or _answers_garble(asker, message, is_2x=conversation.dialect.is_2x):
            return []
        findings = self._run(Event.UNMATCHED, spoken, conversation, spoken.frame, FRAMING)
        sent = asker.sends.get(message.id)
        if sent is not None:
            _note_worst(sent, findings)
            self._settle(sent, *verdict.answered(sent))
        return findings

    def _result_error(self, spoken: Spoken) -> None:
        exchange, message = spoken.exchange, spoken.message
        assert isinstance(message, CallResultError)
        row = exchange.row if exchange else FRAMING
        self._run(Event.RESULT_ERROR, spoken, spoken.conversation, spoken.frame, row)
        if exchange is not None:
            why = f"{safe(message.code, 60)} {safe(message.description, 200)}".strip()
            text = f"{spoken.side.label} could not use the answer: {why}"
            self._settle(exchange, Outcome.FAILED, Evidence(exchange.session, spoken.frame, text))

    def _garbled(self, conversation: Conversation, frame: Frame, message: Garbled) -> None:
        """Charge text that nobody can read to the CALL that it seems to answer; else whoever heard it may object."""
        exchange = None
        if message.answers is not None:
            exchange = conversation.answer_garbled(frame.side, message.answers, frame.id, frame.at)
        if exchange is None:
            conversation.voices[frame.side].garbled += 1
            return
        text = f"{frame.side.label} answered what cannot be read: {message.defects[0].text}"
        self._settle(exchange, Outcome.FAILED, Evidence(frame.session, frame.id, text), is_timed=True)

    def _overdue(self, exchange: Exchange) -> None:
        exchange.is_presumed = False
        if not exchange.conversation.voices[exchange.answerer].holed:
            self._judge_exchange(Event.OVERDUE, exchange, exchange.call_frame)
        self._settle(exchange, *verdict.overdue(exchange, ANSWER_TIME_NS))

    def _first_words(self, spoken: Spoken) -> None:
        conversation = spoken.conversation
        gravest = verdict.worst(self._run(Event.FIRST_WORDS, spoken, conversation, spoken.frame, CONNECT))
        if gravest is not None and conversation.connect_outcome is not Outcome.DEVIATED:
            self._settle_connect(conversation, verdict.conformity(gravest), verdict.evidence_of(gravest))

    # -- what messages tell about their sender ------------------------------------------------------------------------

    def _recognise(self, conversation: Conversation, message: Message) -> None:
        """Settle the version by what is said, where no subprotocol was negotiated."""
        version = version_shown_by(message)
        if version != UNKNOWN:
            conversation.settle_on(dialect(version))
            self.board.set_version(conversation.session.id, version)

    def _identify(self, exchange: Exchange) -> None:
        if exchange.action != "BootNotification" or exchange.side is not Side.STATION:
            return
        session = exchange.conversation.session
        station = station_of(session.identity, exchange.call.payload or {})
        if station.is_known:
            self.board.identify(session.id, station)

    # -- rules and outcomes -------------------------------------------------------------------------------------------

    def _judge_exchange(self, event: Event, exchange: Exchange, frame: int) -> None:
        findings = self._run(event, exchange, exchange.conversation, frame, exchange.row, exchange)
        _note_worst(exchange, findings)

    def _run(
        self,
        event: Event,
        subject: Any,
        conversation: Conversation,
        frame: int | None,
        row: str,
        exchange: Exchange | None = None,
    ) -> list[Finding]:
        """Run the rules that watch an event; the one place where a rule's crash is caught."""
        action = exchange.action if exchange and exchange.action in conversation.dialect.actions else ""
        found: list[Finding] = []
        for rule in self._index.watching(conversation.version, event, action):
            try:
                remarks = [*rule.check(subject, conversation.known)]
            except Exception:  # the boundary: a rule's crash costs its own verdict and no other
                self.crashes.append(Crash(rule.code, conversation.session.id, frame, traceback.format_exc()))
                if exchange is not None:
                    exchange.crashed = True
                continue
            found += map(partial(_finding, rule, conversation, frame, row), remarks)
        self.findings += found
        return found

    def _settle(
        self, exchange: Exchange, outcome: Outcome, evidence: Evidence | None, *, is_timed: bool = False
    ) -> None:
        """Count an exchange with its outcome, instead of the one before; `is_timed` when its answer has just come."""
        before, exchange.outcome = exchange.outcome, outcome
        latency = exchange.answered_at - exchange.at if is_timed and exchange.answered_at is not None else 0
        self.board.settle(
            exchange.session,
            exchange.row,
            outcome,
            at=exchange.answered_at or exchange.at,
            evidence=evidence,
            latency_ns=latency,
            instead_of=before,
        )
        self._tell(exchange)


def _finding(rule: Rule, conversation: Conversation, frame: int | None, row: str, remark: Remark) -> Finding:
    severity, text = remark.severity, remark.text
    if conversation.dialect.is_extrapolated and severity is Severity.VIOLATION:
        severity, text = Severity.WARNING, f"{text} (as in 2.0.1; the text of 2.0 was not at hand)"
    session = conversation.session.id
    return Finding(rule.code, severity, remark.side, session, remark.frame or frame, row, remark.pointer, text)


def _overdue_at(now: int, exchanges: deque[Exchange]) -> Iterator[Exchange]:
    """Take those from a queue whose time to be answered is over."""
    while exchanges and exchanges[0].at < now - ANSWER_TIME_NS:
        yield exchanges.popleft()


def _note_worst(exchange: Exchange | None, findings: list[Finding]) -> None:
    if exchange is not None and findings:
        exchange.worst = verdict.worst([exchange.worst, *findings])


def _answers_garble(asker: Voice, message: CallResult | CallError, *, is_2x: bool) -> bool:
    """Tell whether an answer to no open CALL may answer a message that nobody could read."""
    if not isinstance(message, CallError):
        return False
    if asker.garbled:
        asker.garbled -= 1
        return True
    return is_2x and message.id == UNREADABLE_ID

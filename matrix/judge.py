"""Recorded traffic in, findings and the board out: a fold over what `hub.recording.reading.Recording.traffic` returns.

The judge reads no clock. Time passes with the traffic's own time stamps, or by `advance` where a live viewer wants to
see a CALL go unanswered before the next frame comes. The same traffic gives the same findings, live or later.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from matrix import verdict
from matrix.blaming import blame
from matrix.blaming.reactions import Reaction
from matrix.boards.board import Board
from matrix.boards.ledger import Ledger
from matrix.boards.pair import CONNECT, FRAMING, Evidence
from matrix.dialect import dialect
from matrix.disturbed.disturbances import Disturbances
from matrix.disturbed.resilience import Resilience
from matrix.exchange import ControlFrame, Conversation, Exchange, join, oddities
from matrix.finding import Finding
from matrix.known import Acquaintance
from matrix.messages import Messages
from matrix.outcome import Outcome
from matrix.policy import AS_WRITTEN, Policy
from matrix.recognise import version_of
from matrix.rule import Event, Rule
from matrix.rulebook import Crash, Rulebook
from matrix.trace import (
    FIRST_CONTROL_OPCODE,
    UNTOLD,
    Closed,
    Disturbed,
    Ending,
    Frame,
    Opcode,
    Opened,
    Session,
    Traffic,
)
from matrix.waiting import ANSWER_TIME_NS

BREAK_TIME_NS: Final = 2_000_000_000
"""An accusing close this soon after an answer is taken to be about that answer."""

ACCUSING_CLOSES: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1010, 1011})
"""Close codes (RFC 6455 §7.4.1) by which a side says that what it was sent is the reason."""

LONGEST_MESSAGE: Final = 64 * 2**20

TEXT: Final = int(Opcode.TEXT)
"""Asked of every frame: to look it up in its enum takes ten times as long."""


class Judge:
    """Feed it traffic in the order of recording; read `findings`, `board` and `crashes`.

    `policy` is what the event makes of the rules. `on_exchange` is called with each exchange when it is opened and
    whenever its outcome changes. `board` is where outcomes are entered.
    """

    def __init__(
        self,
        rules: Iterable[Rule] | None = None,
        *,
        policy: Policy = AS_WRITTEN,
        on_exchange: Callable[[Exchange], None] | None = None,
        board: Board | None = None,
    ) -> None:
        self.now = 0
        self.policy = policy
        self._disturbances = Disturbances()
        self._rulebook = Rulebook(rules, policy, self._disturbances)
        self._ledger = Ledger(Board() if board is None else board, on_exchange, self._disturbances)
        self._messages = Messages(self._rulebook, self._ledger)
        self._waiting = self._messages.waiting
        self._acquaintance = Acquaintance()
        self._alarms = self._acquaintance.alarms
        self._conversations: dict[int, Conversation] = {}

    @property
    def board(self) -> Board:
        return self._ledger.board

    @property
    def findings(self) -> list[Finding]:
        return self._rulebook.findings

    @property
    def reactions(self) -> list[Reaction]:
        """How messages that something was found about were taken: for `matrix.blaming.witness`."""
        return self._ledger.reactions

    @property
    def crashes(self) -> list[Crash]:
        return self._rulebook.crashes

    @property
    def disturbances(self) -> list[Resilience]:
        """What the organizer did to sessions on purpose, and what came of it, in the order in which it began."""
        return self._disturbances.results

    @property
    def is_disturbed(self) -> bool:
        """True once the organizer has done something to a session on purpose."""
        return self._disturbances.are_any

    def feed(self, item: Traffic) -> None:
        """Judge the next item of a recording. Whatever a peer sent, this does not raise."""
        if not isinstance(item, Frame):
            self._feed_step(item)
            return
        if item.at > self.now:
            self.now = self._disturbances.now = self._waiting.now = item.at
        if self._waiting.due_at < self.now or self._alarms.next_at < self.now:
            self._ring()
        conversation = self._conversations.get(item.session)
        if conversation is None:
            return
        if item.opcode == TEXT and item.fin and not item.rsv and type(item.payload) is str:
            self._messages.take(conversation, item, item.payload)
        else:
            self._odd_frame(conversation, item)

    def _feed_step(self, item: Opened | Closed | Disturbed) -> None:
        match item:
            case Opened():
                self._pass_time(item.session.answered_at or item.session.opened_at)
                self._opened(item.session)
            case Closed():
                self._pass_time(item.session.closed_at or 0)
                self._closed(item.session)
            case Disturbed():
                self._pass_time(item.at)
                self._disturbed(item)

    def advance(self, at: int) -> None:
        """Presume that time has passed up to `at`: what was not answered within ANSWER_TIME_NS shows as unanswered.

        Only outcomes change, and only until traffic confirms or replaces them: findings are made by traffic alone.
        """
        for exchange in self._waiting.presumable(at):
            self._ledger.settle(exchange, *verdict.overdue(exchange, ANSWER_TIME_NS))
            exchange.is_presumed = True

    def pass_time(self, at: int) -> None:
        """Let time pass up to `at`, as traffic does that is judged elsewhere (docs/adr/0016)."""
        self._pass_time(at)

    def _pass_time(self, at: int) -> None:
        if at > self.now:
            self.now = self._disturbances.now = self._waiting.now = at
        self._ring()

    def _ring(self) -> None:
        if self._waiting.due_at < self.now:
            for exchange in self._waiting.overdue(self.now):
                self._messages.overdue(exchange)
        if self._alarms.next_at < self.now:
            for alarm in self._alarms.due(self.now):
                self._messages.ring(alarm)

    # -- sessions -----------------------------------------------------------------------------------------------------

    def _opened(self, session: Session) -> None:
        known = self._acquaintance.of(session)
        known.note_handshake(session)
        if session.origin is not None:
            known.note_gap(session.opened_at)  # it may have been open for long
        conversation = Conversation(session, dialect(version_of(session)), known)
        self._disturbances.opened(session)
        self.board.open(session, conversation.version)
        crashes = len(self.crashes)
        findings = self._rulebook.run(Event.HANDSHAKE, session, conversation, None, CONNECT)
        if session.upgraded:
            self._conversations[session.id] = conversation
            findings += self._rulebook.run(Event.OPENED, conversation, conversation, None, CONNECT)
        if session.origin is None:
            verdict_of = verdict.handshake(session, findings, crashed=self._rulebook.crashed_since(crashes))
            self._ledger.settle_connect(conversation, *verdict_of, session.answered_at or session.opened_at)

    def _closed(self, session: Session) -> None:
        conversation = self._conversations.pop(session.id, None)
        self.board.close(session.id)
        if conversation is not None:
            self._conclude(conversation, session)
        self._disturbances.closed(session)

    def _conclude(self, conversation: Conversation, session: Session) -> None:
        """Settle what a session leaves open at its end."""
        conversation.known.note_end(session)
        conversation.session = session
        if session.ending is Ending.CLOSED and session.closed_by is not None:
            self._messages.confirm(
                conversation.voices[session.closed_by]
            )  # whoever is cut off may have had more to say
        conversation.is_open = False
        self._messages.give_up(conversation)
        if session.ending in UNTOLD:
            conversation.known.note_gap(self.now)
        findings = self._rulebook.run(Event.CLOSED, conversation, conversation, None, CONNECT)
        self._ledger.worsen_connect(conversation, findings, session.closed_at or self.now)
        self._settle_break(conversation)
        turned_away = verdict.turned_away(conversation, session)
        if turned_away is not None:
            self._ledger.settle_connect(conversation, Outcome.FAILED, turned_away, session.closed_at or self.now)
        for exchange in conversation.open_exchanges():
            if exchange.outcome is None or exchange.is_presumed:
                self._ledger.settle(exchange, *verdict.cut_short(conversation, exchange, session))

    def _settle_break(self, conversation: Conversation) -> None:
        """Charge an accusing close that followed an answer to that answer's exchange, if nothing else was open.

        A replay closes as its recording did, whatever it is answered: that accuses nobody.
        """
        for side, voice in conversation.voices.items():
            if voice.error_close is None or not voice.answered or conversation.voices[side.other].open_calls:
                continue
            if side is conversation.session.played:
                continue
            code, frame, at = voice.error_close
            exchange = conversation.recall(side, voice.answered[-1])
            if at - voice.answered[-1].at <= BREAK_TIME_NS and exchange.outcome is not Outcome.FAILED:
                text = f"{side.label} closed with {code} on being given this answer"
                whose = blame.for_close(exchange, side, is_unfit=bool(exchange.response_breaches))
                self._ledger.settle(exchange, Outcome.FAILED, Evidence(conversation.session.id, frame, text, whose))

    def _disturbed(self, step: Disturbed) -> None:
        conversation = self._conversations.get(step.session)
        self._disturbances.note(step, conversation.session if conversation else None)
        if conversation is not None:
            conversation.known.note_gap(step.at)

    # -- frames -------------------------------------------------------------------------------------------------------

    def _odd_frame(self, conversation: Conversation, frame: Frame) -> None:
        """Judge a frame that is no message by itself."""
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            self._hole(conversation, frame)
        elif frame.opcode >= FIRST_CONTROL_OPCODE:
            self._control(conversation, frame)
        else:
            self._uncommon(conversation, frame)

    def _hole(self, conversation: Conversation, frame: Frame) -> None:
        voice = conversation.voices[frame.side]
        voice.fragments.clear()
        conversation.known.note_gap(frame.at)
        if voice.holed and frame.opcode == Opcode.UNREAD:
            return
        voice.holed = True
        text = f"what {frame.side.label} said here could not be read: {frame.unread}"
        evidence = Evidence(frame.session, frame.id, text)
        self.board.settle(frame.session, FRAMING, Outcome.INCONCLUSIVE, at=frame.at, evidence=evidence)

    def _control(self, conversation: Conversation, frame: Frame) -> None:
        payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
        code = int.from_bytes(payload[:2]) if frame.opcode == Opcode.CLOSE and len(payload) >= 2 else None
        self._messages.hear(conversation, frame)
        if code in ACCUSING_CLOSES:
            conversation.voices[frame.side].error_close = (code, frame.id, frame.at)
        control = ControlFrame(conversation, frame, code)
        findings = self._rulebook.run(Event.CONTROL, control, conversation, frame.id, CONNECT)
        self._ledger.worsen_connect(conversation, findings, frame.at)

    def _uncommon(self, conversation: Conversation, frame: Frame) -> None:
        """Judge a frame that is a fragment, binary, not UTF-8, or has reserved bits set."""
        findings: list[Finding] = []
        for odd in oddities(conversation, frame):
            findings += self._rulebook.run(Event.ODD_FRAME, odd, conversation, frame.id, FRAMING)
        voice = conversation.voices[frame.side]
        if frame.opcode != Opcode.CONTINUATION:
            voice.fragments.clear()
        voice.fragments.append(frame.payload)
        if sum(map(len, voice.fragments)) > LONGEST_MESSAGE:
            self._hole(conversation, msgspec.structs.replace(frame, unread="the message is longer than 64 MiB"))
        elif frame.fin:
            text = join(voice.fragments)
            voice.fragments.clear()
            self._messages.take(conversation, frame, text, findings)

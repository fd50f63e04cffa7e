"""Pairing calls with their answers: one table of open calls per direction of a session.

Calls that cross are legal: what the station asks and what the CSMS asks are two tables. The hub stands between the two,
so an answer that it recorded before the next call may have reached the caller after it; the other way round cannot be,
which is why the order of recording never makes a caller look hastier than it was.
"""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson

from matrix.alarms import Alarm
from matrix.boards.pair import CONNECT, Evidence
from matrix.dialect import CALLRESULTERROR, Dialect
from matrix.finding import Finding
from matrix.known import Known, UsedId, UsedIds
from matrix.outcome import Outcome
from matrix.recent import Recent
from matrix.schemas import Breach
from matrix.secrets import told
from matrix.trace import RSV1, Frame, Opcode, Session, Side
from matrix.wire import Call, CallError, CallResult, CallResultError, Defects, Message, Send

if TYPE_CHECKING:
    from matrix.index import Topic

OPEN_REMEMBERED: Final = 1_024
"""Unanswered CALLs that each direction remembers; what is let go of is long unanswered."""
REMEMBERED: Final = 64
"""Answered exchanges that each direction remembers, for a second answer or a CALLRESULTERROR."""


CROSSING_NS: Final = 2_000_000_000
"""What a side sends this soon after it was told something may have been sent before that arrived."""

PAUSE_NS: Final = 5_000_000_000
"""From how long on a side's saying nothing is a pause: long enough for its timer to run out while its line stalls."""

QUIET_NS: Final = 30_000_000_000
"""From how long on a side's saying nothing is a silence."""

DATED: Final = frozenset({"timestamp", "meterValue"})
"""Fields that hold a time: a message that has one, and says the same as another, is that message once more."""

STRANGE_ACTIONS: Final = 50
"""Rows that actions which do not exist may open in one session; the rest share a row."""
OTHER_ACTIONS: Final = "(other)"

NO_TOPICS: Final[Mapping[str, "Topic"]] = {}
NOBODY: Final[frozenset[Side]] = frozenset()

EXTENSIONS: Final = "Sec-WebSocket-Extensions"


class Exchange(msgspec.Struct, eq=False):
    """A CALL (or SEND) with whatever answered it, or with nothing.

    `id` and `defects` are those of the CALL (`is_send`: of the SEND). `side` is the caller; `topic` is what is known of
    its action, `row` the row of the matrix that it counts in.
    `request` and `response` are the payloads of the CALL and its CALLRESULT, {} where that is no JSON object, or has
    not come; their fields may have any type (see matrix.fields). `is_odd` says that one of them does not fit its
    schema, or has a timestamp that is not written as 2.x asks for, that the id of the CALL was used before, or that it
    came while another one of its side was open. `reading` is what a family of rules has read in the
    CALL (`matrix.rule.reading`). `request_breaches` and `response_breaches` are where payloads do not fit their
    schemas; `has_schema` is False where there is none to judge them by. `content` is a digest of
    action and payload, `repeats` counts how often the same CALL was sent again while it was open. `is_ambiguous` says
    that its id was in use when it was sent, so that an answer may be meant for another CALL; `used_before` is the CALL
    that had its id before, and `is_repeat` says that it was the same message (a retry, even after a reconnect);
    `is_presumed` that its outcome is a viewer's guess, which traffic has yet to confirm; `is_awaited` that an alarm is
    about it. `worst` is the gravest finding
    about either message so far, `violators` are the sides that broke a rule by one. `outcome` is None while it is open,
    `evidence` is what shows it where it has to be shown. `crashed` names the rule that crashed on it, if one did.
    """

    conversation: "Conversation"
    session: int
    side: Side
    answerer: Side
    id: str
    action: str
    row: str
    call_frame: int
    at: int
    topic: "Topic"
    request: dict[str, Any]
    response: dict[str, Any] = {}
    is_odd: bool = False
    reading: Any = None
    is_send: bool = False
    defects: Defects = ()
    answer: CallResult | CallError | None = None
    answer_frame: int | None = None
    answered_at: int | None = None
    outcome: Outcome | None = None
    crashed: str = ""
    has_schema: bool = True
    request_breaches: tuple[Breach, ...] = ()
    response_breaches: tuple[Breach, ...] = ()
    content: int = 0
    repeats: int = 0
    is_ambiguous: bool = False
    is_repeat: bool = False
    is_presumed: bool = False
    is_awaited: bool = False
    used_before: UsedId | None = None
    worst: Finding | None = None
    violators: frozenset[Side] = NOBODY
    evidence: Evidence | None = None

    @property
    def latest_breaches(self) -> tuple[Breach, ...]:
        """Where the payload that came last does not fit its schema."""
        return self.request_breaches if self.answer is None else self.response_breaches

    @property
    def is_misdirected(self) -> bool:
        """True where the version does not let this side initiate the action, or does not have it."""
        return self.topic.is_misdirected

    @property
    def is_plain(self) -> bool:
        """True where it passed without a word about it, and nothing waits that may yet add one."""
        is_clean = self.outcome is Outcome.PASSED and self.worst is None and not self.violators
        return is_clean and not self.is_odd and not self.is_awaited


class Answered(msgspec.Struct, gc=False):
    """What is remembered of an exchange that was answered.

    `id` is that of its CALL, which came at `called_at`, and `row` its action; `repeats` is how many more answers are
    due; `frame` is that of the answer, `at` when it came. The exchange itself is kept only where it was not plain, by
    `Voice.blemished`: a payload that is let go of with its answer is still in the processor's cache.
    """

    id: str
    row: str
    call_frame: int
    called_at: int
    frame: int
    at: int
    repeats: int


class Voice:
    """What one side of a session has said so far, as far as answers to it depend on it."""

    __slots__ = (
        "answered", "awaited", "blemished", "error_close", "fragments", "garbled", "has_forgotten", "has_spoken",
        "holed", "ids", "open_calls", "paused_ns", "resumed_at", "sends", "spoke_at", "topics", "waited_at",
    )  # fmt: skip

    def __init__(self, ids: UsedIds) -> None:
        self.ids = ids  # which message ids it has used, also in earlier sessions
        self.open_calls: dict[str, Exchange] = {}
        self.answered: deque[Answered] = deque(maxlen=REMEMBERED)  # latest last; looked through only where in doubt
        # by the frames of their answers; as many as can be answered before and after one, while it is among `answered`
        self.blemished: Recent[int, Exchange] = Recent(2 * REMEMBERED)
        self.sends: dict[str, Exchange] = {}
        self.fragments: list[str | bytes] = []
        self.garbled = 0  # messages of this side that nobody could read, and that may be answered all the same
        self.holed = False  # some of what it said is missing from the recording
        self.has_forgotten = False  # so many of its CALLs are open that the oldest were let go of
        self.has_spoken = False
        self.awaited: list[Alarm] = []  # those whose time is over, and that wait until this side is heard of
        self.error_close: tuple[int, int, int] | None = None  # a close code that accuses, its frame, when
        self.paused_ns = 0  # how long its last pause was
        self.resumed_at = 0  # when it last said something after a pause: what comes at once may have been held up
        self.spoke_at = 0  # when its latest message, ping or pong came
        self.waited_at = 0  # when it last said again what it had been answered, while something was suspected of it
        self.topics: Mapping[str, Topic] = NO_TOPICS  # of the actions that it has called, in the session's version

    def open(self, exchange: Exchange) -> None:
        """Enter a CALL; none with its id is open."""
        calls = self.open_calls
        calls[exchange.id] = exchange
        if len(calls) > OPEN_REMEMBERED:
            del calls[next(iter(calls))]
            self.has_forgotten = True

    def answered_under(self, message_id: str) -> Answered | None:
        """Return the latest CALL with that id that was answered, as far as is remembered."""
        return next((each for each in reversed(self.answered) if each.id == message_id), None)

    def has_gone_on(self, exchange: Exchange) -> bool:
        """Tell whether it has been answered to a later CALL than this one."""
        return bool(self.answered) and self.answered[-1].call_frame > exchange.call_frame

    def says_again(self, message: Call | Send) -> bool:
        """Tell whether a message with a time in it says the same as the CALL that was answered last."""
        if not self.answered or not message.payload or message.payload.keys().isdisjoint(DATED):
            return False
        use = self.ids.used(self.answered[-1].id)
        return use is not None and use.content == digest(message)

    def replace(self, replaced: Exchange, exchange: Exchange) -> None:
        """Let a CALL take the place of another one with the same id."""
        del self.open_calls[replaced.id]
        exchange.is_ambiguous = True
        exchange.repeats = replaced.repeats + 1


class Conversation:
    """One session as the judge follows it: its dialect and the two voices."""

    __slots__ = (
        "connect_outcome",
        "dialect",
        "is_open",
        "known",
        "legal_rsv",
        "may_return_answers",
        "session",
        "strange_actions",
        "version",
        "voices",
    )

    def __init__(self, session: Session, dialect: Dialect, known: Known) -> None:
        self.session = session
        self.dialect = dialect
        self.version = dialect.version
        self.may_return_answers = CALLRESULTERROR in dialect.message_types
        self.known = known
        self.legal_rsv = RSV1 if "permessage-deflate" in (session.header(EXTENSIONS, of=Side.CSMS) or "") else 0
        self.voices = {side: Voice(ids) for side, ids in known.ids.items()}
        self.strange_actions: set[str] = set()
        self.connect_outcome: Outcome | None = None
        self.is_open = True

    def wake(
        self,
        name: str,
        since: int,
        after_ns: int,
        *,
        row: str = CONNECT,
        frame: int | None = None,
        exchange: "Exchange | None" = None,
        about: Hashable = None,
        by: Side | None = None,
    ) -> None:
        """Set an alarm for `after_ns` after `since`; one of the same name and `about` in this session is moved.

        `by` is the side that is waited for: the alarm comes when it is heard of after that time. With an `exchange`,
        findings of the alarm's rules count in its row and may change its outcome.
        """
        if exchange is not None:
            row, frame = exchange.row, frame or exchange.call_frame
            exchange.is_awaited = True
        alarm = Alarm(name, since, since + after_ns, self, row, frame, exchange, about, by)
        self.known.alarms.set(alarm)

    def settle_on(self, dialect: Dialect) -> None:
        """Take up the dialect that the first messages showed, where the handshake had left it open."""
        self.dialect = dialect
        self.version = dialect.version
        self.may_return_answers = CALLRESULTERROR in dialect.message_types
        for voice in self.voices.values():
            voice.topics = NO_TOPICS

    def strange_row(self, action: str) -> str:
        """Return the row for an action that the version does not have; such rows cannot fill the matrix."""
        if action not in self.strange_actions and len(self.strange_actions) >= STRANGE_ACTIONS:
            return OTHER_ACTIONS
        self.strange_actions.add(action)
        return told(action, 50) or '""'

    def sent(self, exchange: Exchange) -> None:
        """Remember a SEND, which nobody may answer."""
        sends = self.voices[exchange.side].sends
        sends[exchange.id] = exchange
        if len(sends) > REMEMBERED:
            del sends[next(iter(sends))]

    def answer(self, asker: Voice, message: CallResult | CallError, frame: int, at: int) -> Exchange | None:
        """Pair an answer with its CALL; None where no CALL of the side that is answered is open under that id."""
        exchange = asker.open_calls.pop(message.id, None)
        if exchange is None:
            return None
        exchange.answer, exchange.answer_frame, exchange.answered_at = message, frame, at
        if type(message) is CallResult and message.payload:
            exchange.response = message.payload
        return exchange

    def remember(self, exchange: Exchange, frame: int, at: int) -> None:
        """Remember an exchange that was answered and judged, as far as something may yet be said about it."""
        voice = self.voices[exchange.side]
        if not exchange.is_plain:
            if not self.may_return_answers:
                voice.blemished.clear()  # only a close can accuse it, and only the last one
            voice.blemished[frame] = exchange
        voice.answered.append(
            Answered(exchange.id, exchange.row, exchange.call_frame, exchange.at, frame, at, exchange.repeats)
        )

    def recall(self, side: Side, answered: Answered) -> Exchange:
        """Return an exchange of `side` that was answered; of a plain one, all but what was said."""
        voice, action, message_id = self.voices[side], answered.row, answered.id
        kept = voice.blemished.get(answered.frame)
        if kept is None:
            kept = voice.blemished[answered.frame] = Exchange(
                self, self.session.id, side, side.other, message_id, action, action, answered.call_frame,
                answered.called_at, voice.topics[action], {}, answer=CallResult(message_id, {}),
                answer_frame=answered.frame, answered_at=answered.at, outcome=Outcome.PASSED,
            )  # fmt: skip
        return kept

    def answer_garbled(self, side: Side, message_id: str, frame: int, at: int) -> Exchange | None:
        """Pair text that begins like an answer of `side` with its CALL, which nobody can use."""
        exchange = self.voices[side.other].open_calls.pop(message_id, None)
        if exchange is not None:
            exchange.answer_frame, exchange.answered_at = frame, at
        return exchange

    def take_result_error(self, side: Side, message: CallResultError) -> Exchange | None:
        """Return the exchange of `side` whose CALLRESULT it says it cannot use; None where there is none."""
        answered = self.voices[side].answered_under(message.id) if self.may_return_answers else None
        return self.recall(side, answered) if answered is not None else None

    def open_exchanges(self) -> list[Exchange]:
        """Return what is still open, oldest first."""
        both = [*self.voices[Side.STATION].open_calls.values(), *self.voices[Side.CSMS].open_calls.values()]
        return sorted(both, key=lambda exchange: exchange.call_frame)

    def remembered_exchanges(self) -> Iterator[Exchange]:
        """Yield those that something may yet be said about."""
        for voice in self.voices.values():
            yield from voice.open_calls.values()
            yield from voice.blemished.values()
            yield from voice.sends.values()


class Spoken(msgspec.Struct, frozen=True, eq=False):
    """One message in its place: what a rule about form is given. `masked` is that of its last frame."""

    conversation: Conversation
    side: Side
    message: Message
    frame: int
    at: int
    exchange: Exchange | None
    masked: bool = False


class ControlFrame(NamedTuple):
    """A ping, a pong or a close frame in its session; `code` is that of a close frame, if it has one."""

    conversation: Conversation
    frame: Frame
    code: int | None


class Silence(msgspec.Struct, frozen=True, eq=False):
    """A side that had said nothing since `since`, and says something `at`: no message, ping or pong in between."""

    conversation: Conversation
    side: Side
    since: int
    at: int


class Oddity(StrEnum):
    """In which way a frame is none that OCPP-J text comes in."""

    BINARY = "binary"
    NOT_UTF8 = "not UTF-8"
    RESERVED_BITS = "reserved bits"


class OddFrame(NamedTuple):
    """A frame that OCPP-J text does not come in."""

    conversation: Conversation
    frame: Frame
    oddity: Oddity


def oddities(conversation: Conversation, frame: Frame) -> Iterator[OddFrame]:
    """Yield in which ways a data frame is none that OCPP-J text comes in; nothing for one that is."""
    if frame.rsv & ~conversation.legal_rsv:
        yield OddFrame(conversation, frame, Oddity.RESERVED_BITS)
    elif frame.opcode == Opcode.BINARY:
        yield OddFrame(conversation, frame, Oddity.BINARY)
    elif frame.opcode == Opcode.TEXT and frame.fin and isinstance(frame.payload, bytes):
        yield OddFrame(conversation, frame, Oddity.NOT_UTF8)


def join(fragments: list[str | bytes]) -> str | bytes:
    """Put the fragments of a message together."""
    if len(fragments) == 1:
        return fragments[0]
    return b"".join(part.encode() if isinstance(part, str) else part for part in fragments)


def digest(message: Call | Send) -> int:
    """Return a number that is the same for the same action and payload, within one run of the judge.

    Payloads too deep to be written again all count as the same: a retry rather than a breach.
    """
    if not message.payload:
        return hash((message.action, message.payload is None))
    try:
        return hash(orjson.dumps((message.action, message.payload), option=orjson.OPT_SORT_KEYS))
    except orjson.JSONEncodeError:
        return hash(message.action)

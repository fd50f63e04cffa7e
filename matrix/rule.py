"""Rules and notes: what they are, what they watch, and how a family registers them.

A rule is a function that is given one event and what is known so far, and yields remarks. It opens nothing, logs
nothing, stores nothing. Its docstring is what users read (docs/rules.md, `plugfest rules CODE`). A note is the other
half of a family that has to remember something: it is given the same event after all rules, and changes what is known.
"""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, auto
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import Any, Final

from matrix.dialect import JUDGED
from matrix.finding import Remark, Severity
from matrix.trace import Side

RULESET: Final = "2026.11"
"""The version of the rules; findings made by different rule sets are not compared."""


class Event(IntEnum):
    """What a rule can watch, and what its function is given."""

    HANDSHAKE = auto()  # matrix.trace.Session: the upgrade was answered
    OPENED = auto()  # Conversation: a session has begun, its upgrade answered by 101
    CLOSED = auto()  # Conversation: a session has ended, `session` says how
    FIRST_WORDS = auto()  # Spoken: the first message of a side in a session
    ODD_FRAME = auto()  # OddFrame: a frame that an OCPP-J message does not come in
    CONTROL = auto()  # ControlFrame: a ping, a pong or a close frame
    MISFORMED = auto()  # Spoken: a message with defects
    CALLED = auto()  # Exchange: a CALL
    SENT = auto()  # Exchange: a SEND
    RESULT = auto()  # Exchange: answered by a CALLRESULT
    ERROR = auto()  # Exchange: answered by a CALLERROR
    UNFIT = auto()  # Exchange: the payload that came last does not fit its schema
    OVERDUE = auto()  # Exchange: no answer in time
    UNMATCHED = auto()  # Spoken: an answer to no open CALL
    RESULT_ERROR = auto()  # Spoken: a CALLRESULTERROR, with the exchange that it is about, if any
    HEARD_AGAIN = auto()  # Silence: a side says something after it has said nothing for a while
    ALARM = auto()  # Alarm: a time that a note waited for has come
    NEVER = auto()  # registered, but not decidable from traffic


@dataclass(frozen=True, slots=True)
class Watch:
    """Some events, the actions they are watched for (none means all of them), and by whom: the side that calls.

    `misplaced` leaves only actions that the version does not have, or does not let that side send. `odd` leaves only
    what few messages have: an exchange that something is odd about (`Exchange.is_odd`), or something that restrains
    what may be sent (`Known.is_restrained`). Who is about nothing else watches these, and is spared all others.
    """

    events: frozenset[Event]
    actions: frozenset[str] = frozenset()
    by: Side | None = None
    misplaced: bool = False
    odd: bool = False


def _watch(
    *events: Event, actions: Iterable[str] = (), by: Side | None = None, misplaced: bool = False, odd: bool = False
) -> Watch:
    return Watch(frozenset(events), frozenset(actions), by, misplaced, odd)


def on_handshake() -> Watch:
    """Watch every answered upgrade; the rule is given the Session."""
    return _watch(Event.HANDSHAKE)


def on_opened() -> Watch:
    """Watch sessions that begin (after their handshake's rules); the rule is given the Conversation."""
    return _watch(Event.OPENED)


def on_closed() -> Watch:
    """Watch sessions that end, before their open CALLs are settled; the rule is given the Conversation."""
    return _watch(Event.CLOSED)


def on_control() -> Watch:
    """Watch pings, pongs and close frames; the rule is given a ControlFrame."""
    return _watch(Event.CONTROL)


def on_heard_again(*, by: Side | None = None) -> Watch:
    """Watch silences of a side (no message, ping or pong) of QUIET_NS or more, when they end: given the Silence."""
    return _watch(Event.HEARD_AGAIN, by=by)


def on_alarm(*names: str) -> Watch:
    """Watch alarms of these names, which a note has set (`Conversation.wake`); the rule is given the Alarm."""
    return _watch(Event.ALARM, actions=names)


def on_first_words() -> Watch:
    """Watch the first message of each side of a session; the rule is given a Spoken."""
    return _watch(Event.FIRST_WORDS)


def on_odd_frame() -> Watch:
    """Watch frames that an OCPP-J message does not come in; the rule is given an OddFrame."""
    return _watch(Event.ODD_FRAME)


def on_misformed() -> Watch:
    """Watch messages whose form has defects; the rule is given a Spoken."""
    return _watch(Event.MISFORMED)


def on_called(*actions: str, by: Side | None = None, misplaced: bool = False, odd: bool = False) -> Watch:
    """Watch CALLs of these actions, or all (of one side, misplaced or odd ones); given the open Exchange."""
    return _watch(Event.CALLED, actions=actions, by=by, misplaced=misplaced, odd=odd)


def on_sent(*actions: str, by: Side | None = None, misplaced: bool = False, odd: bool = False) -> Watch:
    """Watch SENDs of these actions, or all (of one side, misplaced or odd ones); given the Exchange."""
    return _watch(Event.SENT, actions=actions, by=by, misplaced=misplaced, odd=odd)


def on_result(*actions: str, by: Side | None = None, odd: bool = False) -> Watch:
    """Watch CALLRESULTs to CALLs of these actions, or all (by one side, or odd ones); given the answered Exchange."""
    return _watch(Event.RESULT, actions=actions, by=by, odd=odd)


def on_unfit() -> Watch:
    """Watch payloads that do not fit their schema; the rule is given the Exchange, answered or not."""
    return _watch(Event.UNFIT)


def on_error(*actions: str, by: Side | None = None) -> Watch:
    """Watch CALLERRORs to CALLs of these actions, or all (by one side); given the Exchange with its answer."""
    return _watch(Event.ERROR, actions=actions, by=by)


def on_answered(*actions: str, by: Side | None = None, odd: bool = False) -> Watch:
    """Watch both kinds of answer to CALLs of these actions, or all (by one side, or odd ones): see `on_result`."""
    return _watch(Event.RESULT, Event.ERROR, actions=actions, by=by, odd=odd)


def on_overdue(*actions: str) -> Watch:
    """Watch CALLs that were not answered in time; the rule is given the Exchange."""
    return _watch(Event.OVERDUE, actions=actions)


def on_unmatched() -> Watch:
    """Watch answers to no open CALL; the rule is given a Spoken."""
    return _watch(Event.UNMATCHED)


def on_result_error() -> Watch:
    """Watch CALLRESULTERRORs; the rule is given a Spoken with the exchange that it is about, if any."""
    return _watch(Event.RESULT_ERROR)


Check = Callable[[Any, Any], Iterable[Remark]]
"""A rule's function: the event's object and matrix.known.Known in, remarks out."""


Question = Callable[[Any, Any], object]
"""What is asked before a rule is: the same two in, something true out where the rule may have to speak."""


Read = Callable[[Any], Any]
"""Reads what a CALL says: its Exchange in, what rules find in `Exchange.reading` out. It remembers nothing."""


Update = Callable[[Any, Any], None]
"""A note's function: the event's object and matrix.known.Known in; it changes its family's story there."""


@dataclass(frozen=True, slots=True)
class Note:
    """How a family remembers: run after all rules that watch the same event.

    `when` is a quick question, asked before the rules are run: a note that asks the same as a rule costs nothing more.
    """

    name: str
    versions: frozenset[str]
    watches: tuple[Watch, ...]
    update: Update = field(compare=False)
    when: Question | None = field(compare=False, default=None)


@dataclass(frozen=True, slots=True)
class Rule:
    """What the standard asks, and how it is checked.

    `sentence` is true when the rule is kept. `severity` is that of its gravest remark. `undecidable` says why traffic
    alone cannot decide it, where it cannot; such a rule never finds anything. `stands_alone` says that the message
    (or handshake) that it is about proves a breach, whatever became of other messages on their way: only such a rule
    accuses anybody while the organizer has the path disturbed. `when` is a quick question that spares the check most of
    what it has nothing to say about: the check is run only after a yes, and need not ask the same again. Rules with the
    same one ask it once for all.
    """

    code: str
    sentence: str
    clause: str
    severity: Severity
    versions: frozenset[str]
    watches: tuple[Watch, ...]
    check: Check = field(compare=False)
    undecidable: str | None = None
    stands_alone: bool = False
    when: Question | None = field(compare=False, default=None)

    @property
    def explanation(self) -> str:
        """The docstring of the rule's function, for users."""
        return cleandoc(self.check.__doc__ or "")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the CALLs of an action are read, once for all rules and notes that watch it or its answer."""

    name: str
    versions: frozenset[str]
    watches: tuple[Watch, ...]
    read: Read = field(compare=False)


_RULES: Final[dict[str, Rule]] = {}
_NOTES: Final[dict[str, Note]] = {}
_READINGS: Final[list[Reading]] = []


def reading(on: Watch, *, versions: Iterable[str] = JUDGED) -> Callable[[Read], Read]:
    """Register a function that reads CALLs; what it returns is their `Exchange.reading`. One function an action."""

    def register(read: Read) -> Read:
        _READINGS.append(Reading(_name_of(read), frozenset(versions), (on,), read))
        return read

    return register


def _name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def note(
    on: Watch | tuple[Watch, ...], *, versions: Iterable[str] = JUDGED, when: Question | None = None
) -> Callable[[Update], Update]:
    """Register a function that remembers what an event tells; the one place where a family's story changes."""
    watches = on if isinstance(on, tuple) else (on,)

    def register(update: Update) -> Update:
        name = _name_of(update)
        if name in _NOTES:
            raise ValueError(f"there are two notes {name!r}")
        _NOTES[name] = Note(name, frozenset(versions), watches, update, when)
        return update

    return register


def rule(
    code: str,
    sentence: str,
    *,
    clause: str,
    on: Watch | tuple[Watch, ...],
    versions: Iterable[str] = JUDGED,
    severity: Severity = Severity.VIOLATION,
    undecidable: str | None = None,
    stands_alone: bool = False,
    when: Question | None = None,
) -> Callable[[Check], Check]:
    """Register a rule.

    Raises:
        ValueError: two rules have the same code.
    """
    watches = on if isinstance(on, tuple) else (on,)

    def register(check: Check) -> Check:
        if code in _RULES:
            raise ValueError(f"there are two rules {code!r}")
        _RULES[code] = Rule(
            code, sentence, clause, severity, frozenset(versions), watches, check, undecidable, stands_alone, when
        )
        return check

    return register


def undecidable(
    code: str, sentence: str, *, clause: str, why: str, versions: Iterable[str] = JUDGED, severity: Severity
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a rule that traffic alone cannot decide; `why` is shown wherever the rule is."""

    def register(page: Callable[[], None]) -> Callable[[], None]:
        def never(_event: object, _known: object) -> Iterator[Remark]:
            yield from ()

        never.__doc__ = page.__doc__
        rule(
            code,
            sentence,
            clause=clause,
            on=_watch(Event.NEVER),
            versions=versions,
            severity=severity,
            undecidable=why,
        )(never)
        return page

    return register


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code. Rules live in matrix/rules/, one file per family, found by being there."""
    _import_families()
    return tuple(sorted(_RULES.values(), key=lambda each: each.code))


@cache
def all_notes() -> tuple[Note, ...]:
    """Return every note, sorted by name."""
    _import_families()
    return tuple(sorted(_NOTES.values(), key=lambda each: each.name))


@cache
def all_readings() -> tuple[Reading, ...]:
    """Return every function that reads CALLs."""
    _import_families()
    return tuple(_READINGS)


@cache
def _import_families() -> None:
    package = import_module("matrix.rules")
    for module in pkgutil.iter_modules(package.__path__, "matrix.rules."):
        import_module(module.name)


def rule_named(code: str) -> Rule:
    """Return the rule with that code, in any case of letters.

    Raises:
        KeyError: there is no such rule.
    """
    all_rules()
    return _RULES[code.upper()]

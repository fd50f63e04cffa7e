"""Rules and where they are found: by the version, the event and the action that they watch.

A rule is a function that is given one event and what is known so far, and yields remarks. It opens nothing, logs
nothing, stores nothing. Its docstring is what users read (docs/rules.md, `plugfest rules CODE`).
"""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import Any, Final

from matrix.dialect import JUDGED
from matrix.finding import Remark, Severity

RULESET: Final = "2026.11"
"""The version of the rules; findings made by different rule sets are not compared."""


class Event(Enum):
    """What a rule can watch, and what its function is given."""

    HANDSHAKE = auto()  # matrix.trace.Session: the upgrade was answered
    FIRST_WORDS = auto()  # Spoken: the first message of a side in a session
    ODD_FRAME = auto()  # OddFrame: a frame that an OCPP-J message does not come in
    MISFORMED = auto()  # Spoken: a message with defects
    CALLED = auto()  # Exchange: a CALL
    SENT = auto()  # Exchange: a SEND
    RESULT = auto()  # Exchange: answered by a CALLRESULT
    ERROR = auto()  # Exchange: answered by a CALLERROR
    OVERDUE = auto()  # Exchange: no answer in time
    UNMATCHED = auto()  # Spoken: an answer to no open CALL
    RESULT_ERROR = auto()  # Spoken: a CALLRESULTERROR, with the exchange that it is about, if any
    NEVER = auto()  # registered, but not decidable from traffic


@dataclass(frozen=True, slots=True)
class Watch:
    """Some events, and the actions they are watched for; none means all of them."""

    events: frozenset[Event]
    actions: frozenset[str] = frozenset()


def _watch(*events: Event, actions: Iterable[str] = ()) -> Watch:
    return Watch(frozenset(events), frozenset(actions))


def on_handshake() -> Watch:
    """Watch every answered upgrade; the rule is given the Session."""
    return _watch(Event.HANDSHAKE)


def on_first_words() -> Watch:
    """Watch the first message of each side of a session; the rule is given a Spoken."""
    return _watch(Event.FIRST_WORDS)


def on_odd_frame() -> Watch:
    """Watch frames that an OCPP-J message does not come in; the rule is given an OddFrame."""
    return _watch(Event.ODD_FRAME)


def on_misformed() -> Watch:
    """Watch messages whose form has defects; the rule is given a Spoken."""
    return _watch(Event.MISFORMED)


def on_called(*actions: str) -> Watch:
    """Watch CALLs of these actions, or all; the rule is given the open Exchange."""
    return _watch(Event.CALLED, actions=actions)


def on_sent(*actions: str) -> Watch:
    """Watch SENDs of these actions, or all; the rule is given the Exchange."""
    return _watch(Event.SENT, actions=actions)


def on_result(*actions: str) -> Watch:
    """Watch CALLRESULTs to CALLs of these actions, or all; the rule is given the Exchange with its answer."""
    return _watch(Event.RESULT, actions=actions)


def on_error(*actions: str) -> Watch:
    """Watch CALLERRORs to CALLs of these actions, or all; the rule is given the Exchange with its answer."""
    return _watch(Event.ERROR, actions=actions)


def on_answered(*actions: str) -> Watch:
    """Watch both kinds of answer to CALLs of these actions, or all; the rule is given the Exchange with its answer."""
    return _watch(Event.RESULT, Event.ERROR, actions=actions)


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


@dataclass(frozen=True, slots=True)
class Rule:
    """What the standard asks, and how it is checked.

    `sentence` is true when the rule is kept. `severity` is that of its gravest remark. `undecidable` says why traffic
    alone cannot decide it, where it cannot; such a rule never finds anything.
    """

    code: str
    sentence: str
    clause: str
    severity: Severity
    versions: frozenset[str]
    watches: tuple[Watch, ...]
    check: Check = field(compare=False)
    undecidable: str | None = None

    @property
    def explanation(self) -> str:
        """The docstring of the rule's function, for users."""
        return cleandoc(self.check.__doc__ or "")


_RULES: Final[dict[str, Rule]] = {}


def rule(
    code: str,
    sentence: str,
    *,
    clause: str,
    on: Watch | tuple[Watch, ...],
    versions: Iterable[str] = JUDGED,
    severity: Severity = Severity.VIOLATION,
    undecidable: str | None = None,
) -> Callable[[Check], Check]:
    """Register a rule.

    Raises:
        ValueError: two rules have the same code.
    """
    watches = on if isinstance(on, tuple) else (on,)

    def register(check: Check) -> Check:
        if code in _RULES:
            raise ValueError(f"there are two rules {code!r}")
        _RULES[code] = Rule(code, sentence, clause, severity, frozenset(versions), watches, check, undecidable)
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
    package = import_module("matrix.rules")
    for module in pkgutil.iter_modules(package.__path__, "matrix.rules."):
        import_module(module.name)
    return tuple(sorted(_RULES.values(), key=lambda each: each.code))


def rule_named(code: str) -> Rule:
    """Return the rule with that code, in any case of letters.

    Raises:
        KeyError: there is no such rule.
    """
    all_rules()
    return _RULES[code.upper()]


class Index:
    """Finds the rules of an event fast: a message runs only those that concern it."""

    def __init__(self, rules: Iterable[Rule] | None = None) -> None:
        self._rules = tuple(all_rules() if rules is None else rules)
        self._found: dict[tuple[str, Event, str], tuple[Rule, ...]] = {}

    def watching(self, version: str, event: Event, action: str = "") -> tuple[Rule, ...]:
        """Return the rules of a version that watch an event (of an action)."""
        key = (version, event, action)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(self._search(version, event, action))
        return found

    def _search(self, version: str, event: Event, action: str) -> Iterator[Rule]:
        for each in self._rules:
            if _applies(each, version) and _watches(each, event, action):
                yield each


def _applies(each: Rule, version: str) -> bool:
    """Tell whether a rule concerns a version; one that is not known is judged by what all versions have in common."""
    return version in each.versions if version in JUDGED else each.versions.issuperset(JUDGED)


def _watches(each: Rule, event: Event, action: str) -> bool:
    return any(event in w.events and (not w.actions or action in w.actions) for w in each.watches)

"""Where rules and notes are found: by the version, the event and the action that they watch."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

import msgspec

from matrix.dialect import JUDGED, dialect
from matrix.exchange import Exchange
from matrix.rule import Event, Note, Question, Reading, Rule, Watch, all_notes, all_readings, all_rules
from matrix.schemas import Part
from matrix.stamps import Tree, tree_of, usual
from matrix.trace import Side

Group = tuple[Question, tuple[Rule, ...], tuple[Note, ...]]
"""Rules and notes that ask the same question first; `always` asks nothing."""


class Concern(msgspec.Struct, frozen=True):
    """What an event concerns: groups by their questions, and the notes that ask none."""

    groups: tuple[Group, ...]
    questions: tuple[Question, ...]
    notes: tuple[Note, ...]


class Form(msgspec.Struct, frozen=True):
    """What one kind of message of a topic is like, and who watches it.

    `is_usual` tells at once that a payload fits its schema, and in 2.x that its timestamps are written as asked for;
    where it does not, or raises, `schemas.check` and `stamps.odd_stamps` tell why. `takes_empty` is what it says of
    `{}`. `stamps` is where its payload holds timestamps. `concern` are those who watch it, `odd_concern` those who do
    where something is odd (`rule.Watch`).
    """

    part: Part
    is_usual: Callable[[Any], bool]
    takes_empty: bool
    stamps: Tree
    concern: Concern
    odd_concern: Concern


class Topic(msgspec.Struct, frozen=True):
    """An action as one side of a version calls it: all that its messages have in common, looked up once.

    `action` is its name, "" of those that a version does not have: they are one topic. `request` is the CALL,
    `response` the CALLRESULT; `reading` is how its CALLs are read, if rules have them read.
    """

    action: str
    is_known: bool
    is_misdirected: bool
    request: Form
    response: Form
    reading: Reading | None


Topics = dict[str, Topic]
"""Topics by action, of one side of one version, as far as they have come up."""

T = TypeVar("T", Rule, Note)
_Key = tuple[str, str, Side | None, bool]
"""A version, the name of an action or an alarm, who calls it, and whether something is odd."""


class Index:
    """Finds the rules and notes of an event fast: a message runs only those that concern it."""

    def __init__(self, rules: Iterable[Rule] | None = None) -> None:
        self._rules = _by_event(all_rules() if rules is None else rules)
        self._found: dict[Event, dict[_Key, Concern]] = {event: {} for event in Event}
        self._topics: dict[tuple[str, Side], Topics] = {}

    def topics(self, version: str, by: Side) -> Topics:
        """Return the topics that have come up so far; `topic` adds to them."""
        return self._topics.setdefault((version, by), {})

    def topic(self, version: str, action: str, by: Side) -> Topic:
        """Return the topic of an action."""
        by_whom = dialect(version).actions.get(action)
        is_known = by_whom is not None
        name = action if is_known else ""
        topics = self.topics(version, by)
        found = topics.get(name)
        if found is None:
            request = self._form(version, name, Part.REQUEST, by, Event.CALLED)
            response = self._form(version, name, Part.RESPONSE, by, Event.RESULT)
            key = version, name, by, False
            reading = next((each for each in all_readings() if _concerns(each, Event.CALLED, key)), None)
            found = topics[name] = Topic(name, is_known, by_whom not in (by, "both"), request, response, reading)
        return found

    def _form(self, version: str, name: str, part: Part, by: Side, event: Event) -> Form:
        is_usual = usual(version, name, part)
        stamps = tree_of(version, name, part) if name else {}
        concern, odd_concern = (self.watching(version, event, name, by, is_odd=each) for each in (False, True))
        return Form(part, is_usual, is_usual({}), stamps, concern, odd_concern)

    def watching(
        self, version: str, event: Event, name: str = "", by: Side | None = None, *, is_odd: bool = False
    ) -> Concern:
        """Return the rules and notes of a version that watch an event (of an action, of a CALL by that side)."""
        key = version, name, by, is_odd
        found = self._found[event].get(key)
        return self._look_up(event, key) if found is None else found

    def watching_exchange(self, event: Event, exchange: Exchange) -> Concern:
        """Return those that watch an event of an exchange; all actions that its version does not have are one."""
        conversation = exchange.conversation
        action = exchange.action if exchange.action in conversation.dialect.actions else ""
        is_odd = exchange.is_odd or conversation.known.is_restrained
        return self.watching(conversation.version, event, action, exchange.side, is_odd=is_odd)

    def _look_up(self, event: Event, key: _Key) -> Concern:
        rules = [each for each in self._rules[event] if _concerns(each, event, key)]
        notes = tuple(each for each in _notes()[event] if _concerns(each, event, key))
        groups = _grouped(rules, [each for each in notes if each.when is not None])
        always_taken = tuple(each for each in notes if each.when is None)
        found = Concern(groups, tuple(when for when, _, _ in groups), always_taken)
        self._found[event][key] = found
        return found


@cache
def _notes() -> dict[Event, list[Note]]:
    return _by_event(all_notes())


def _by_event(each_of: Iterable[T]) -> dict[Event, list[T]]:
    found: dict[Event, list[T]] = {event: [] for event in Event}
    for each in each_of:
        for event in {event for watch in each.watches for event in watch.events}:
            found[event].append(each)
    return found


def always(_subject: object, _known: object) -> bool:
    """Ask nothing."""
    return True


def _grouped(rules: Iterable[Rule], notes: Iterable[Note]) -> tuple[Group, ...]:
    """Put together what asks the same question, each group where its first rule stands."""
    groups: dict[Question, tuple[list[Rule], list[Note]]] = {}
    for rule in rules:
        groups.setdefault(rule.when or always, ([], []))[0].append(rule)
    for note in notes:
        groups.setdefault(note.when or always, ([], []))[1].append(note)
    return tuple((when, tuple(asking), tuple(more)) for when, (asking, more) in groups.items())


def _concerns(each: Rule | Note | Reading, event: Event, key: _Key) -> bool:
    return _applies(each, key[0]) and any(_watches(watch, event, key) for watch in each.watches)


def _applies(each: Rule | Note | Reading, version: str) -> bool:
    """Tell whether a rule concerns a version; one that is not known is judged by what all versions have in common."""
    return version in each.versions if version in JUDGED else each.versions.issuperset(JUDGED)


def _watches(watch: Watch, event: Event, key: _Key) -> bool:
    version, name, by, is_odd = key
    is_meant = not watch.actions or name in watch.actions
    is_placed = not watch.misplaced or dialect(version).actions.get(name) not in (by, "both")
    is_so = event in watch.events and is_meant and is_placed and (watch.by is None or watch.by is by)
    return is_so and (is_odd or not watch.odd)

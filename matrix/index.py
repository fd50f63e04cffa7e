"""Where rules and notes are found: by the version, the event and the action that they watch."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

import msgspec

from matrix.dialect import JUDGED, dialect
from matrix.exchange import Exchange
from matrix.rule import Event, Note, Question, Rule, Watch, all_notes, all_rules
from matrix.schemas import Part, fitting
from matrix.stamps import Tree, tree_of
from matrix.trace import Side

Group = tuple[Question, tuple[Rule, ...], tuple[Note, ...]]
"""Rules and notes that ask the same question first; `always` asks nothing."""


class Concern(msgspec.Struct, frozen=True):
    """What an event concerns: groups by their questions, and the notes that ask none."""

    groups: tuple[Group, ...]
    questions: tuple[Question, ...]
    notes: tuple[Note, ...]


class Topic(msgspec.Struct, frozen=True):
    """An action as one side of a version calls it: all that its messages have in common, looked up once.

    `called` and `result` are who watches its CALL and its CALLRESULT; `fits_request` and `fits_response` say whether
    payloads fit their schemas, `takes_empty_...` whether `{}` does, `..._stamps` where they hold timestamps. All
    actions that a version does not have are one topic.
    """

    is_known: bool
    is_misdirected: bool
    called: Concern
    result: Concern
    fits_request: Callable[[Any], bool]
    fits_response: Callable[[Any], bool]
    takes_empty_request: bool
    takes_empty_response: bool
    request_stamps: Tree
    response_stamps: Tree


Topics = dict[str, Topic]
"""Topics by action, of one side of one version, as far as they have come up."""

T = TypeVar("T", Rule, Note)
_Key = tuple[str, str, Side | None]


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
            fits_request, fits_response = fitting(version, name, Part.REQUEST), fitting(version, name, Part.RESPONSE)
            found = topics[name] = Topic(
                is_known,
                by_whom not in (by, "both"),
                self.watching(version, Event.CALLED, name, by),
                self.watching(version, Event.RESULT, name, by),
                fits_request,
                fits_response,
                fits_request({}),
                fits_response({}),
                tree_of(version, name, Part.REQUEST) if is_known else {},
                tree_of(version, name, Part.RESPONSE) if is_known else {},
            )
        return found

    def watching(self, version: str, event: Event, name: str = "", by: Side | None = None) -> Concern:
        """Return the rules and notes of a version that watch an event (of an action, of a CALL by that side)."""
        found = self._found[event].get((version, name, by))
        return self._look_up(version, event, name, by) if found is None else found

    def watching_exchange(self, event: Event, exchange: Exchange) -> Concern:
        """Return those that watch an event of an exchange; all actions that its version does not have are one."""
        conversation = exchange.conversation
        action = exchange.action if exchange.action in conversation.dialect.actions else ""
        return self.watching(conversation.version, event, action, exchange.side)

    def _look_up(self, version: str, event: Event, name: str, by: Side | None) -> Concern:
        rules = [each for each in self._rules[event] if _concerns(each, version, event, name, by)]
        notes = tuple(each for each in _notes()[event] if _concerns(each, version, event, name, by))
        groups = _grouped(rules, [each for each in notes if each.when is not None])
        always_taken = tuple(each for each in notes if each.when is None)
        found = Concern(groups, tuple(when for when, _, _ in groups), always_taken)
        self._found[event][version, name, by] = found
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


def _concerns(each: Rule | Note, version: str, event: Event, name: str, by: Side | None) -> bool:
    return _applies(each, version) and any(_watches(watch, version, event, name, by) for watch in each.watches)


def _applies(each: Rule | Note, version: str) -> bool:
    """Tell whether a rule concerns a version; one that is not known is judged by what all versions have in common."""
    return version in each.versions if version in JUDGED else each.versions.issuperset(JUDGED)


def _watches(watch: Watch, version: str, event: Event, name: str, by: Side | None) -> bool:
    is_meant = not watch.actions or name in watch.actions
    is_placed = not watch.misplaced or dialect(version).actions.get(name) not in (by, "both")
    return event in watch.events and is_meant and is_placed and (watch.by is None or watch.by is by)

"""Whether an entry is what a query asks for. What the index finds is held against this, so there is one meaning."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from hub.search.comparing import compare, holds
from hub.search.entry import Entry, Kind, NoOpinion, Opinion
from hub.search.operands import DAY_NS
from hub.search.query import All, Either, Fact, Inside, Not, Op, Quantity, Query, When, Words, fold
from matrix.finding import Finding
from matrix.rule import rule_named
from matrix.wire import NotJsonError, parse_json

ANY: Final = "*"
NOBODY: Final = NoOpinion()
_PAYLOAD_AT: Final = {
    Kind.CALL: 3, Kind.SEND: 3, Kind.CALLRESULT: 2, Kind.CALLERROR: 4, Kind.CALLRESULTERROR: 4,
}  # fmt: skip

_INNER: Final = frozenset((dict, list))

_FACTS: Final[dict[str, Callable[[Entry], str]]] = {
    "action": lambda entry: entry.action,
    "id": lambda entry: entry.message_id,
    "identity": lambda entry: entry.about.identity,
    "csms": lambda entry: entry.about.csms,
    "version": lambda entry: entry.about.version,
    "vendor": lambda entry: entry.about.vendor,
    "model": lambda entry: entry.about.model,
    "firmware": lambda entry: entry.about.firmware,
    "side": lambda entry: entry.side or "",
    "type": lambda entry: entry.kind,
}
_QUANTITIES: Final[dict[str, Callable[[Entry], int | None]]] = {
    "session": lambda entry: entry.about.id,
    "frame": lambda entry: None if entry.kind is Kind.HANDSHAKE else entry.mark,
    "size": lambda entry: entry.size,
    "latency": lambda entry: entry.latency_ns,
}


def matches(query: Query, entry: Entry, opinion: Opinion = NOBODY) -> bool:
    """Tell whether an entry is what a query asks for; never raises, whatever the entry holds."""
    match query:
        case Words(text):
            return text in haystack(entry) or any(text in said_of(each) for each in _findings(entry, opinion))
        case Fact():
            return _fact(query, entry, opinion)
        case Quantity(field, op, value):
            return compare(op, _QUANTITIES[field](entry), value)
        case When():
            return is_then(query, entry.at)
        case Inside():
            return any(holds(query.op, value, query.value) for value in _values(query, entry))
        case Not(inner):
            return not matches(inner, entry, opinion)
        case All(queries):
            return all(matches(each, entry, opinion) for each in queries)
        case Either(queries):
            return any(matches(each, entry, opinion) for each in queries)


def haystack(entry: Entry) -> str:
    """Return what free words are looked for in, folded: a message as it is shown, its strings unescaped, its id."""
    text = entry.text
    if "\\" in text:
        text = "\n".join((text, *_strings(_parsed(text))))
    text, message_id = fold(text), fold(entry.message_id)
    return text if message_id in text else f"{text}\n{message_id}"


def said_of(finding: Finding) -> str:
    """Return what free words are looked for in of a finding, folded: its rule, its clause, and what was seen."""
    return fold(f"{finding.rule} {_clause(finding.rule)} {finding.text}")


@cache
def _clause(code: str) -> str:
    try:
        return rule_named(code).clause
    except KeyError:
        return ""


def _findings(entry: Entry, opinion: Opinion) -> Sequence[Finding]:
    return opinion.findings(entry.about.id, None if entry.kind is Kind.HANDSHAKE else entry.mark)


def _fact(query: Fact, entry: Entry, opinion: Opinion) -> bool:
    match query.field:
        case "outcome":
            return opinion.outcome(entry.about.id, entry.mark) == query.value
        case "rule":
            return any(says(query, each.rule) for each in _findings(entry, opinion))
        case "severity":
            return any(each.severity == query.value for each in _findings(entry, opinion))
        case field:
            return says(query, _FACTS[field](entry))


def says(query: Fact, text: str) -> bool:
    """Tell whether the text of a field is what is asked for."""
    folded = fold(text)
    return query.value in folded if query.op is Op.HAS else query.value == folded


def is_then(query: When, at: int) -> bool:
    """Tell whether a moment, in nanoseconds since the epoch, is when a query asks for."""
    at = at % DAY_NS if query.daily else at
    match query.op:
        case Op.ABOVE:
            return at > query.since
        case Op.AT_LEAST:
            return at >= query.since
        case Op.BELOW:
            return at < query.since
        case Op.AT_MOST:
            return at < query.until
        case _:
            return query.since <= at < query.until


# -- values in messages -----------------------------------------------------------------------------------------------


def _values(query: Inside, entry: Entry) -> Iterator[Any]:
    array = _parsed(entry.text)
    if query.anywhere:
        return _named(array, query.steps[0])
    place = _PAYLOAD_AT.get(entry.kind, 0)
    payload = array[place] if isinstance(array, list) and len(array) > place else None
    return _pointed_to([payload], query.steps)


def _pointed_to(values: list[Any], steps: Sequence[str]) -> Iterator[Any]:
    for step in steps:
        values = [inner for value in values for inner in _step(value, step)]
    yield from values


def _step(value: Any, step: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if step == ANY:
            yield from value.values()
        elif step in value:
            yield value[step]
    elif isinstance(value, list):
        if step == ANY:
            yield from value
        elif step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
            yield value[int(step)]


def _named(value: Any, name: str) -> Iterator[Any]:
    """Yield the values of a name in objects, however deep; names are compared as they are written, but for case."""
    folded = fold(name)
    for inner in _containers(value):
        if isinstance(inner, dict):
            for key, each in inner.items():
                if key == name or ((len(key) == len(folded) or not key.isascii()) and fold(key) == folded):
                    yield each


def _strings(value: Any) -> Iterator[str]:
    for inner in _containers(value):
        if isinstance(inner, dict):
            yield from inner
        yield from (each for each in (inner.values() if isinstance(inner, dict) else inner) if isinstance(each, str))


def _containers(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    found = [value] if isinstance(value, dict | list) else []
    for inner in found:  # which grows meanwhile
        yield inner
        found += [each for each in (inner.values() if isinstance(inner, dict) else inner) if type(each) in _INNER]


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except NotJsonError:
        return None

"""VA20 and LL20: variables of the device model, and the version of the local list."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from matrix.exchange import Exchange
from matrix.fields import dig, integer, objects, said, text
from matrix.finding import Remark, violation
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result, rule
from matrix.rules.transactions20 import VERSIONS
from matrix.soundness import is_sound
from matrix.trace import Side

WRITE_ONLY_REMEMBERED: Final = 256
LONGEST_NAME: Final = 50


class Name(NamedTuple):
    """What names an attribute of a variable; names are case-insensitive, and an empty instance is none."""

    component: str
    component_instance: str
    evse: int | None
    connector: int | None
    variable: str
    variable_instance: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.component}.{self.variable} ({self.attribute})"


PASSWORD: Final = Name("securityctrlr", "", None, None, "basicauthpassword", "", "Actual")


@dataclass(slots=True)
class WriteOnly:
    """The attributes that the station reports as WriteOnly."""

    names: Recent[Name, int] = field(default_factory=lambda: Recent(WRITE_ONLY_REMEMBERED))


def name_of(entry: Any, attribute: str = "attributeType") -> Name | None:
    """Return which attribute an entry names (Actual, where it does not say); None where it is not of that form."""
    component, variable = text(entry, "component", "name"), text(entry, "variable", "name")
    kind = entry.get(attribute, "Actual")
    if component is None or variable is None or not isinstance(kind, str):
        return None
    return Name(
        component.casefold(),
        (text(entry, "component", "instance") or "").casefold(),
        integer(entry, "component", "evse", "id"),
        integer(entry, "component", "evse", "connectorId"),
        variable.casefold(),
        (text(entry, "variable", "instance") or "").casefold(),
        kind,
    )


def names_in(payload: Any, path: str) -> list[Name] | None:
    """Return the attributes that an array names; None where it is no array, or an entry is not of that form."""
    entries = dig(payload, path)
    names = [name_of(entry) for entry in objects(payload, path)]
    if not isinstance(entries, list) or len(names) != len(entries) or None in names:
        return None
    return [name for name in names if name is not None]


@note(on_called("NotifyReport"), versions=VERSIONS)
def remember_write_only(exchange: Exchange, known: Known) -> None:
    """Remember what the station reports as WriteOnly."""
    for entry in objects(exchange.request, "reportData"):
        for attribute in objects(entry, "variableAttribute"):
            name = name_of({**entry, "type": attribute.get("type", "Actual")}, "type")
            if name is None or max(len(name.component), len(name.variable)) > LONGEST_NAME:
                continue
            if text(attribute, "mutability") == "WriteOnly":
                known.story(WriteOnly).names[name] = exchange.call_frame
            else:
                known.story(WriteOnly).names.pop(name, None)


@rule(
    "VA20-01",
    "The answer to GetVariables or SetVariables has one result for each variable that was asked for",
    clause="Part 2 B05.FR.01 to B05.FR.03, B05.FR.12, B06.FR.01 to B06.FR.03, B06.FR.11",
    versions=VERSIONS,
    on=on_result("GetVariables", "SetVariables"),
)
def other_results(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report results that are missing, and results for what nobody asked for.

    The order is free. A request that breaks a rule itself has no answer that would fit it.
    An attributeType that is left out means Actual, on either side, as its schema says.

    Breach: two variables asked for, and one result.
    Correct: two results, for the same two variables.
    """
    lists = ("getVariableData", "getVariableResult")
    if exchange.action == "SetVariables":
        lists = ("setVariableData", "setVariableResult")
    asked, told = names_in(exchange.request, lists[0]), names_in(exchange.response, lists[1])
    if asked is None or told is None or exchange.is_misdirected or exchange.is_ambiguous or not is_sound(exchange):
        return
    missing, extra = Counter(asked) - Counter(told), Counter(told) - Counter(asked)
    where = f"/{lists[1]}"
    if missing:
        yield violation(Side.STATION, f"there is no result for {said(str(next(iter(missing))))}", pointer=where)
    if extra:
        text_of = f"a result more than was asked for, for {said(str(next(iter(extra))))}"
        yield violation(Side.STATION, text_of, pointer=where)


@rule(
    "VA20-02",
    "A SetVariables sets each attribute of a variable once",
    clause="Part 2 B05.FR.13",
    versions=VERSIONS,
    on=on_called("SetVariables"),
    stands_alone=True,
)
def set_twice(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a component, variable and attributeType that stands twice in one SetVariables.

    Breach: HeartbeatInterval set to 60 and to 300 in one message.
    Correct: once; or its Actual and its Target.
    """
    names = names_in(exchange.request, "setVariableData") or []
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice and not exchange.is_misdirected:
        yield violation(Side.CSMS, f"{said(str(twice[0]))} is set twice", pointer="/setVariableData")


@rule(
    "VA20-03",
    "The value of a variable that is WriteOnly is not told",
    clause="Part 2 B06.FR.09",
    versions=VERSIONS,
    on=on_result("GetVariables"),
)
def write_only_told(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report `Accepted` for a variable that is WriteOnly: BasicAuthPassword, and what the station has reported as such.

    Breach: GetVariables of SecurityCtrlr.BasicAuthPassword answered `Accepted`.
    Correct: answered `Rejected`.
    """
    if exchange.is_misdirected:
        return
    secret = known.story(WriteOnly).names
    for entry in objects(exchange.response, "getVariableResult"):
        name = name_of(entry)
        if name is not None and (name == PASSWORD or name in secret) and text(entry, "attributeStatus") == "Accepted":
            text_of = f"{said(str(name))} is WriteOnly, and was answered Accepted"
            yield violation(Side.STATION, text_of, pointer="/getVariableResult")


@rule(
    "LL20-01",
    "The version of a local list is above 0",
    clause="Part 2 D01.FR.18",
    versions=VERSIONS,
    on=on_called("SendLocalList"),
    stands_alone=True,
)
def special_list_version(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a SendLocalList with a version that means "no list" (0) in GetLocalListVersion, or one below 0.

    Breach: `{"versionNumber":0,"updateType":"Full"}`.
    Correct: `{"versionNumber":1,"updateType":"Full"}`.
    """
    version = integer(exchange.request, "versionNumber")
    if version is not None and version <= 0 and not exchange.is_misdirected:
        yield violation(Side.CSMS, f"the version is {said(version)}, and has to be above 0", pointer="/versionNumber")

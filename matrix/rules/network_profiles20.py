"""NP20: network profiles that a 2.x station has to turn down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matrix.dialect import V21, V201
from matrix.exchange import Exchange
from matrix.fields import Payload, integer, objects, said, text
from matrix.finding import Remark, violation, warning
from matrix.known import Known
from matrix.rule import note, on_called, on_result, rule
from matrix.trace import Side

VERSIONS: Final = (V201, V21)
UNSECURED: Final = 1
"""The security profile to which a station never goes back (B09.FR.31, errata 2025-09 §2.12)."""
SLOTS_REMEMBERED: Final = 64


@dataclass(slots=True)
class Network:
    """What a station has told of its SecurityProfile, of its slots, and of whether it may be downgraded; and when."""

    security_profile: int | None = None
    profile_at: int | None = None
    slots: frozenset[int] = frozenset()
    slots_at: int | None = None
    is_downgrade_barred: bool = False


def _number(value: str | None) -> int | None:
    is_number = value is not None and value.isascii() and value.isdigit() and len(value) < 10
    return int(value) if value is not None and is_number else None


def _actual(attributes: Sequence[Payload]) -> str | None:
    """Return the value of the attribute Actual, which is meant where no type is named."""
    found = (text(each, "value") for each in attributes if each.get("type", "Actual") == "Actual")
    return next(found, None)


def _take(story: Network, entry: Payload, value: str | None, at: int) -> None:
    name = text(entry, "variable", "name")
    if text(entry, "component", "name") != "SecurityCtrlr":  # 2.1 has a SecurityProfile of each slot, too
        return
    if name == "SecurityProfile":
        story.security_profile, story.profile_at = _number(value), at
    elif name == "AllowSecurityProfileDowngrade":
        story.is_downgrade_barred = (value or "").lower() == "false"


@note(on_called("NotifyReport"), versions=VERSIONS)
def remember_report(exchange: Exchange, known: Known) -> None:
    """Remember what a report tells."""
    if exchange.side is not Side.STATION:
        return
    story = known.story(Network)
    for entry in objects(exchange.request, "reportData"):
        _take(story, entry, _actual(objects(entry, "variableAttribute")), exchange.at)
        values = text(entry, "variableCharacteristics", "valuesList")
        if text(entry, "variable", "name") == "NetworkConfigurationPriority" and values:
            slots = [_number(each.strip()) for each in values.split(",")[:SLOTS_REMEMBERED]]
            is_whole = None not in slots and len(slots) < SLOTS_REMEMBERED
            story.slots = frozenset(each for each in slots if each is not None) if is_whole else frozenset()
            story.slots_at = exchange.at


@note(on_result("GetVariables"), versions=VERSIONS)
def remember_variables(exchange: Exchange, known: Known) -> None:
    """Remember what variables were read."""
    if exchange.side is not Side.CSMS:
        return
    for entry in objects(exchange.response, "getVariableResult"):
        if text(entry, "attributeStatus") == "Accepted" and entry.get("attributeType", "Actual") == "Actual":
            at = exchange.answered_at or exchange.at
            _take(known.story(Network), entry, text(entry, "attributeValue"), at)


@note(on_result("SetVariables"), versions=VERSIONS)
def forget_variables(exchange: Exchange, known: Known) -> None:
    """Forget what a change may have made untrue."""
    names = [text(each, "variable", "name") for each in objects(exchange.request, "setVariableData")]
    if "AllowSecurityProfileDowngrade" in names:
        known.story(Network).is_downgrade_barred = False
    if "SecurityProfile" in names:
        known.story(Network).profile_at = None


@rule(
    "NP20-01",
    "A network profile with a lower security profile, or for a slot that does not exist, is rejected",
    clause="Part 2 B09.FR.04, B09.FR.05, B09.FR.31; errata 2025-09",
    versions=VERSIONS,
    on=on_result("SetNetworkProfile"),
)
def profile_taken(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report such a profile that is accepted, where the station has told its SecurityProfile in this session, or slots.

    The slots are those of the valuesList of NetworkConfigurationPriority in a NotifyReport. From 3 down to 2 is a
    warning unless AllowSecurityProfileDowngrade is known to be false.

    Breach: SecurityProfile 2, and SetNetworkProfile with `"securityProfile":1` answered `Accepted`.
    Correct: answered `Rejected`.
    """
    if exchange.side is not Side.CSMS or text(exchange.response, "status") != "Accepted":
        return
    yield from _lower(exchange, known.story(Network), known)
    yield from _no_slot(exchange, known.story(Network), known)


def _lower(exchange: Exchange, story: Network, known: Known) -> Iterator[Remark]:
    wanted, has = integer(exchange.request, "connectionData", "securityProfile"), story.security_profile
    opened_at = exchange.conversation.session.opened_at
    if wanted is None or has is None or wanted >= has or not known.has_all_since(story.profile_at):
        return
    if story.profile_at is not None and opened_at <= story.profile_at:
        is_certain = wanted <= UNSECURED or story.is_downgrade_barred
        report = violation if is_certain else warning
        text_of = f"accepted the security profile {said(wanted)}, lower than its own, {has}"
        yield report(Side.STATION, text_of)


def _no_slot(exchange: Exchange, story: Network, known: Known) -> Iterator[Remark]:
    slot = integer(exchange.request, "configurationSlot")
    if slot is not None and story.slots and slot not in story.slots and known.has_all_since(story.slots_at):
        slots = ", ".join(map(str, sorted(story.slots)))
        yield violation(Side.STATION, f"accepted the slot {said(slot)}; it has {slots}")

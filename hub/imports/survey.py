"""What the beginning of a log tells about all of it: its format, who wrote it, its time zone, the OCPP version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.imports.directions import LATER, Head, head_of, initiator, is_answer, is_call
from hub.imports.entries import ImportLogError, LineError, Said, Way
from hub.imports.formats import SURE, Format, Reader
from hub.imports.stamps import QUARTER_NS, Zone, shifted
from matrix.dialect import CALL, CALLRESULT
from matrix.fields import objects
from matrix.moments import SECOND_NS, moment
from matrix.trace import Clock, Side

OFF_NS: Final = 60 * SECOND_NS
"""By how much a CSMS's clock may differ from the log's, where the log's time zone is taken from it."""
BOOT: Final = "BootNotification"
FARTHEST_NS: Final = 56 * QUARTER_NS


@dataclass(frozen=True, slots=True)
class Survey:
    """`writer` is the side that wrote the log; `trusts_ways` is False where its words for directions contradict it.

    `zone` and `clock` say what to make of times without a time zone. `versions` are what stations showed to speak, as
    `Head.shows` has it.
    """

    writer: Side | None
    trusts_ways: bool
    zone: Zone | None
    clock: Clock | None
    versions: dict[str, str]


def survey(lines: Iterable[str], read: Reader, format_: Format, name: str) -> Survey:
    """Look through the beginning of a log.

    Raises:
        ImportLogError: several stations speak in it, and it does not say which of them does.
    """
    said = [*_messages(lines, read)]
    _check_one_station(said, name)
    writer = Side.CSMS if format_ is Format.STEVE else _writer(said)
    has_times = any(each.at is not None for each, _ in said)
    has_zone = any(each.at is not None and each.at.has_zone for each, _ in said)
    offset_ns = None if has_zone or not has_times else _offset_ns(said)
    clock = None if has_zone else Clock.NONE if not has_times else Clock.LOCAL if offset_ns is None else Clock.DERIVED
    return Survey(
        writer=writer,
        trusts_ways=format_ in SURE or _is_consistent(said),
        zone=None if offset_ns is None else shifted(offset_ns),
        clock=clock,
        versions=_versions(said),
    )


def _check_one_station(said: list[tuple[Said, Head]], name: str) -> None:
    """Refuse a log that mixes what several stations say: what one of them asked, another would seem to answer."""
    plates = {_plate(each.text) for each, head in said if head.action == BOOT and not each.identity and not each.link}
    if len(plates) > 1:
        shown = " and ".join(sorted(plates)[:3])
        raise ImportLogError(
            f"several stations speak in {name!r} ({shown}), and its lines do not say which: import each by itself"
        )


def _plate(text: str) -> str:
    """Return what a BootNotification says that its station is, without what an update changes."""
    message: list[Any] = orjson.loads(text)
    payload = message[-1] if isinstance(message[-1], dict) else {}
    station = payload.get("chargingStation")
    fields = station if isinstance(station, dict) else payload
    names = ("chargePointVendor", "vendorName", "chargePointModel", "model", "chargePointSerialNumber", "serialNumber")
    return " ".join(str(fields[name])[:40] for name in names if name in fields)


def _messages(lines: Iterable[str], read: Reader) -> Iterator[tuple[Said, Head]]:
    for line in lines:
        try:
            entry = read(line)
            if isinstance(entry, Said):
                yield entry, head_of(entry.text)
        except LineError:
            continue


def _versions(said: list[tuple[Said, Head]]) -> dict[str, str]:
    versions: dict[str, str] = {}
    for each, head in said:
        if head.shows:
            versions[each.identity] = head.shows if versions.get(each.identity, head.shows) == head.shows else LATER
    return versions


def _writer(said: list[tuple[Said, Head]]) -> Side | None:
    """Return who wrote the log, by the CALLs that one side alone may send; None where they do not tell.

    BootNotifications count for more than all others: nobody sends one who is not a station. Others have to agree.
    """
    boots, others = set[Side](), set[Side]()
    for each, head in said:
        sender = initiator(head.action) if is_call(head) else None
        if each.way is not None and sender is not None:
            votes = boots if head.action == BOOT else others
            votes.add(sender if each.way is Way.OUT else sender.other)
    votes = boots or others
    return votes.pop() if len(votes) == 1 else None


def _is_consistent(said: list[tuple[Said, Head]]) -> bool:
    """Tell whether answers went the other way than their CALLs, nine times out of ten."""
    called: dict[tuple[str, str], Way | Side | None] = {}
    right = wrong = 0
    for each, head in said:
        way = each.side or each.way
        if is_call(head):
            called[each.identity, head.id] = way
        elif is_answer(head) and way is not None and (asked := called.pop((each.identity, head.id), None)) is not None:
            right, wrong = right + (asked is not way), wrong + (asked is way)
    return wrong * 9 <= right


def _offset_ns(said: list[tuple[Said, Head]]) -> int | None:
    """Return what the log's clock is ahead of UTC; None where that cannot be told.

    The times that the CSMS told stations show it; where there are none, those of what stations report as it happens.
    """
    for kind, name in ((CALLRESULT, "currentTime"), (CALL, "timestamp")):
        differences = [
            each.at.ns - told
            for each, head in said
            if head.kind == kind and each.at is not None and (told := _told_ns(each.text, name)) is not None
        ]
        if differences:
            return _agreed(differences)
    return None


def _agreed(differences: list[int]) -> int | None:
    """Return the quarter of an hour that all differences are near to; None where they are not."""
    offset = round(differences[0] / QUARTER_NS) * QUARTER_NS
    is_agreed = all(abs(each - offset) <= OFF_NS for each in differences)
    return offset if is_agreed and abs(offset) <= FARTHEST_NS else None


def _told_ns(text: str, name: str) -> int | None:
    """Return the moment that a field of a message's payload names."""
    message: list[Any] = orjson.loads(text)
    payload = message[-1] if len(message) > 2 else None
    if not isinstance(payload, dict):
        return None
    samples = objects(payload, "meterValue")
    told = samples[-1].get(name) if samples else payload.get(name)
    read = moment(told) if isinstance(told, str) else None
    return read.ns if read is not None and read.has_offset else None

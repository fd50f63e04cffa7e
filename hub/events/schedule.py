"""A round-robin plan: every station product meets every CSMS that it has a version in common with, in few rounds.

A round is a matching: nobody meets two at a time. With bipartite sides, as many rounds suffice as the busiest product
has meetings (König 1916); the colouring by alternating paths finds them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.events.event import EventFile, Round

Pair = tuple[str, str]
"""A station product and a CSMS, by their names."""


def meetings(event: EventFile, *, with_own: bool = True) -> list[Pair]:
    """Return the pairs that can meet: both present, with a version in common; `with_own` also of one participant."""
    return [
        (station.name, csms.name)
        for station in event.stations.values()
        for csms in event.csmses.values()
        if event.is_present(station.participant)
        and event.is_present(csms.participant)
        and set(station.versions) & set(csms.versions)
        and (with_own or station.participant != csms.participant)
    ]


def rounds_of(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Split pairs into rounds in which nobody meets two; as few as there can be, the fullest first."""
    colours: dict[Pair, int] = {}
    stations: dict[str, dict[int, Pair]] = {}
    csmses: dict[str, dict[int, Pair]] = {}
    for pair in dict.fromkeys(pairs):
        at_station, at_csms = stations.setdefault(pair[0], {}), csmses.setdefault(pair[1], {})
        ours, theirs = _free(at_station), _free(at_csms)
        if ours != theirs:
            _swap_path(pair[1], ours, theirs, stations, csmses, colours)
        _paint(pair, ours, stations, csmses, colours)
    rounds: dict[int, list[Pair]] = {}
    for pair, colour in colours.items():
        rounds.setdefault(colour, []).append(pair)
    return sorted((sorted(each) for each in rounds.values()), key=lambda each: (-len(each), each))


def _free(used: dict[int, Pair]) -> int:
    """Return the first colour that is not used."""
    return next(colour for colour in range(len(used) + 1) if colour not in used)


def _paint(
    pair: Pair,
    colour: int,
    stations: dict[str, dict[int, Pair]],
    csmses: dict[str, dict[int, Pair]],
    colours: dict[Pair, int],
) -> None:
    colours[pair] = colour
    stations[pair[0]][colour] = csmses[pair[1]][colour] = pair


def _swap_path(
    csms: str,
    wanted: int,
    other: int,
    stations: dict[str, dict[int, Pair]],
    csmses: dict[str, dict[int, Pair]],
    colours: dict[Pair, int],
) -> None:
    """Free the colour `wanted` at a CSMS: along the path from it whose colours alternate, the two change places."""
    path: list[Pair] = []
    is_at_csms, name, colour = True, csms, wanted
    while pair := (csmses if is_at_csms else stations)[name].get(colour):
        path.append(pair)
        is_at_csms, name = not is_at_csms, pair[0] if is_at_csms else pair[1]
        colour = other if colour == wanted else wanted
    for pair in path:
        for used in (stations[pair[0]], csmses[pair[1]]):
            if used.get(colours[pair]) == pair:
                del used[colours[pair]]
    for pair in path:
        _paint(pair, other if colours[pair] == wanted else wanted, stations, csmses, colours)


def timed(
    rounds: Iterable[Iterable[Pair]], starts: datetime, lasts: timedelta, pause: timedelta = timedelta()
) -> tuple[Round, ...]:
    """Give rounds their times, one after the other, with a pause between."""
    return tuple(
        Round(starts=starts + number * (lasts + pause), lasts=lasts, pairs=tuple(pairs))
        for number, pairs in enumerate(rounds)
    )


def as_toml(rounds: Iterable[Round]) -> str:
    """Return rounds as an event file has them."""
    return "\n".join(
        f"[[rounds]]\nstarts = {each.starts.isoformat()}\nminutes = {each.lasts // timedelta(minutes=1)}\n"
        f"pairs = [{', '.join(f'[{_quoted(station)}, {_quoted(csms)}]' for station, csms in each.pairs)}]\n"
        for each in rounds
    )


def _quoted(name: str) -> str:
    """Return a basic string of TOML: as JSON writes it, control characters escaped (TOML 1.0, String)."""
    escaped = "".join(
        f"\\u{ord(each):04X}" if ord(each) < 32 or ord(each) == 127 else f"\\{each}" if each in '"\\' else each
        for each in name
    )
    return f'"{escaped}"'

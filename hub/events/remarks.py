"""What an event file or its tokens may say, and nobody may have meant: no mistake, but worth a look."""

import difflib
from collections.abc import Iterable, Iterator

from hub.access.tokens import Token
from hub.events.event import EventFile
from hub.toml_lines import Lines, Place
from hub.toml_table import Mistake, shown_place
from matrix.safe import safe


def remarks(event: EventFile) -> list[str]:
    """Return a line for each remark, `FILE:LINE: what is odd`, in the order of the file."""
    lines = event.lines or Lines("")
    found = [
        Mistake(lines.of(place), f"{shown_place(place)} {sentence}") for place, sentence in _places_and_sentences(event)
    ]
    return [f"{event.path}:{each.line}: {each.text}" for each in sorted(found)]


def remarks_on_tokens(tokens: Iterable[Token], event: EventFile, others: Iterable[str] = ()) -> Iterator[str]:
    """Yield a sentence for each name in a token that the event does not have; `others` are CSMSes beside its own."""
    tunnelled = [*(csms.name for csms in event.csmses.values() if csms.url is None), *others]
    for token in tokens:
        if token.is_revoked:
            continue
        if token.participant and token.participant not in event.participants:
            missing = f"there is no [participants.{safe(token.participant, 60)}] in {event.path}"
            yield f"the token {token.name!r}: {missing}{_meant(token.participant, event.participants)}"
        for csms in token.csmses:
            if csms not in tunnelled:
                missing = f"there is no [csmses.{csms}] with tunnel = true in {event.path}"
                yield f"the token {token.name!r}: {missing}{_meant(csms, tunnelled)}"


def _meant(name: str, known: Iterable[str]) -> str:
    names = [*known]
    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {safe(', '.join(names), 300) or 'none'}"


def _places_and_sentences(event: EventFile) -> Iterator[tuple[Place, str]]:
    yield from _of_passwords(event)
    yield from _of_stations(event)
    yield from _of_rounds(event)


def remark_on_pair(event: EventFile, identity: str, csms: str) -> str:
    """Return why a station and the CSMS that it is moved to will hardly understand each other; "" where they may."""
    product, other = event.product_of(identity), event.csmses.get(csms)
    if product is None or other is None or {*product.versions} & {*other.versions}:
        return ""
    speak = f"{identity!r} speaks {', '.join(product.versions)}, and {csms} speaks {', '.join(other.versions)}"
    return f"they have no version in common: {speak}"


def _of_passwords(event: EventFile) -> Iterator[tuple[Place, str]]:
    known = {identity for each in event.stations.values() for identity in each.identities}
    for csms in event.csmses.values():
        for identity in csms.passwords:
            if identity not in known:
                yield ("csmses", csms.name, "passwords", identity), "is for an identity that no station here has"


def _of_stations(event: EventFile) -> Iterator[tuple[Place, str]]:
    for station in event.stations.values():
        for number, identity in enumerate(station.identities):
            if identity.startswith("-"):
                place = "stations", station.name, "identities", number
                yield place, "begins as the hub's own paths do: it is not reached as ws://HUB/IDENTITY"
        if station.csms is not None and (why := _why_not(event, station.name, station.csms)):
            yield ("stations", station.name, "csms"), why


def _of_rounds(event: EventFile) -> Iterator[tuple[Place, str]]:
    for number, each in enumerate(event.rounds):
        if not each.pairs:
            yield ("rounds", number), "has no pairs: nobody meets"
        for index, (station, csms) in enumerate(each.pairs):
            if why := _why_not(event, station, csms):
                yield ("rounds", number, "pairs", index), why


def _why_not(event: EventFile, station: str, csms: str) -> str | None:
    """Say why a station and a CSMS will hardly meet."""
    for owner in (event.stations[station].participant, event.csmses[csms].participant):
        if not event.is_present(owner):
            return f"is with {safe(event.participants[owner].vendor, 60)}, who is absent"
    if not {*event.stations[station].versions} & {*event.csmses[csms].versions}:
        return f"is of {safe(station, 60)} and {csms}, which have no version in common"
    return None

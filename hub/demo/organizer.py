"""The event file of the demo: who takes part, what everybody may see, and rounds in which second units meet CSMSes."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hub.demo.products import CSMSES, STATIONS, StationProduct
from hub.events.desk import EventDesk
from hub.events.file import parse_event, read_event
from hub.events.schedule import as_toml, meetings, rounds_of, timed
from hub.tls.contexts import TlsPolicy
from matrix.dialect import V16

NAME: Final = "Demo plugfest"
ROUND: Final = timedelta(minutes=1)
TIMES: Final = 15
"""How often everybody meets everybody: for an hour, in rounds of a minute."""
VIEWING: Final = '[viewing]\nparticipants = "outcomes"\nhall = "outcomes"\nnames = "real"\n'


def key(product: StationProduct) -> str:
    """Return the name that a product, and its vendor as a participant, has in the event file."""
    return product.vendor.lower().replace(" ", "-")


def desk_in(folder: Path, csmses: Mapping[str, str]) -> EventDesk:
    """Write the event file into a folder, and return the desk that runs it; CSMSes not among `csmses` are tunnelled."""
    path = folder / "event.toml"
    text = event_text(csmses)
    path.write_text(text + rounds_text(text, path, datetime.now(UTC).replace(microsecond=0)), encoding="utf-8")
    return EventDesk(read_event(path), TlsPolicy())


def event_text(csmses: Mapping[str, str]) -> str:
    """Return the event file but for its rounds; `csmses` are the URLs of those that can be dialled."""
    return "".join([f'[event]\nname = "{NAME}"\n', VIEWING, *_csms_tables(csmses), *_station_tables()])


def rounds_text(text: str, path: Path, starts: datetime) -> str:
    """Return the rounds of an event file: products with a second unit meet each CSMS that speaks 1.6, in turn."""
    roving = {key(each) for each in STATIONS if each.units > 1}
    able = {each.name for each in CSMSES if V16 in each.versions}
    pairs = [pair for pair in meetings(parse_event(text, path)) if pair[0] in roving and pair[1] in able]
    return as_toml(timed(rounds_of(pairs) * TIMES, starts, ROUND))


def _csms_tables(csmses: Mapping[str, str]) -> Iterator[str]:
    for each in CSMSES:
        where = f'url = "{csmses[each.name]}"' if each.name in csmses else "tunnel = true"
        yield f'[participants.{each.name}]\n[csmses.{each.name}]\nparticipant = "{each.name}"\n{where}\n'
        yield f"versions = {_listed(each.versions)}\n"


def _station_tables() -> Iterator[str]:
    for each in STATIONS:
        yield f'[participants.{key(each)}]\nvendor = "{each.vendor}"\n'
        yield f'[stations.{key(each)}]\nparticipant = "{key(each)}"\nidentities = {_listed(each.identities())}\n'
        yield f"versions = {_listed(each.versions or (V16,))}\n"


def _listed(words: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(word: str) -> str:
    return f'"{word}"'

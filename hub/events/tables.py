"""The tables of an event file, each by itself: what it may say, and what it may refer to.

What is wrong in a table is noted there (`hub.toml_table`); what is returned then is not used.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from hub.access.scope import Shown, ViewingPolicy
from hub.events.event import CsmsProduct, Participant, Round, StationProduct
from hub.handshake.switchboard import TUNNEL, SwitchboardError, checked_csms
from hub.limits import LimitError, Limits, limits_of
from hub.tls.contexts import KeyPair, TlsError, check_ca, check_pair
from hub.toml_table import Table, shown_value
from matrix.dialect import JUDGED
from matrix.policy import AS_WRITTEN, Policy, PolicyError, read_policy

ROUND_MINUTES: Final = 30
LONGEST_ROUND: Final = 7 * 24 * 60
"""In minutes."""
ANONYMOUS: Final = "anonymous"


def read_participant(key: str, table: Table) -> Participant:
    """Return who takes part."""
    found = Participant(
        key=key, vendor=table.text("vendor", key), contact=table.text("contact"), is_absent=table.flag("absent")
    )
    table.finish()
    return found


def read_csms(name: str, table: Table, participants: Collection[str], folder: Path) -> CsmsProduct:
    """Return a CSMS; `folder` is where the files lie that it names."""
    url = _url(name, table)
    files = {key: table.text(key) for key in ("ca", "server_name", "certificate", "key")}
    for key, given in files.items():
        if given and not url.startswith("wss:"):
            table.note(key, "is of use only where the url begins with wss://")
    ca, pair = _file(table, folder, "ca", files["ca"]), _pair(table, folder, files["certificate"], files["key"])
    secrets = table.table("passwords")
    found = CsmsProduct(
        name=name,
        participant=_owner(table, participants),
        versions=_versions(table),
        url=url or None,
        ca=ca,
        server_name=files["server_name"] or None,
        certificate=pair.certificate if pair else None,
        key=pair.key if pair else None,
        passwords={identity: secrets.text(identity) for identity in secrets.keys},
    )
    table.finish()
    return found


def read_station(name: str, table: Table, participants: Collection[str], csmses: Collection[str]) -> StationProduct:
    """Return a station product."""
    csms = table.text("csms") or None
    if csms is not None and csms not in csmses:
        table.note("csms", f"names {csms!r}; there is no [csmses.{csms}]")
    found = StationProduct(
        name=name,
        participant=_owner(table, participants),
        versions=_versions(table),
        identities=table.texts("identities", is_needed=True),
        csms=csms,
    )
    table.finish()
    return found


def read_round(table: Table, stations: Collection[str], csmses: Collection[str]) -> Round | None:
    """Return a round; None where it has no beginning."""
    starts = table.moment("starts")
    if starts is None and "starts" not in table.keys:
        table.note(None, "lacks 'starts', a date and time such as 2026-11-23T09:00:00+01:00")
    minutes = table.number("minutes", ROUND_MINUTES, least=1, most=LONGEST_ROUND)
    pairs = table.pairs("pairs")
    _check_pairs(table, pairs, stations, csmses)
    table.finish()
    return Round(starts=starts, lasts=timedelta(minutes=minutes), pairs=pairs) if starts is not None else None


def _check_pairs(
    table: Table, pairs: Iterable[tuple[str, str]], stations: Collection[str], csmses: Collection[str]
) -> None:
    seen: set[tuple[int, str]] = set()
    for pair in pairs:
        if pair[0] not in stations:
            missing = f"{shown_value(pair[0])}; there is no such table in [stations]"
            table.note_item("pairs", [*pair], f"names the station {missing}")
        if pair[1] not in csmses:
            table.note_item("pairs", [*pair], f"names the CSMS {shown_value(pair[1])}; there is no such table")
        for each in enumerate(pair):
            if each in seen:
                sentence = f"has {shown_value(each[1])} once more: one product meets one at a time"
                table.note_item("pairs", [*pair], sentence)
            seen.add(each)


def read_rules(root: Table) -> Policy:
    """Return what the event makes of the rules."""
    table = root.table("rules")
    found = dict(AS_WRITTEN)
    for code, entry in table.raw.items():
        try:
            found |= read_policy({code: entry})
        except PolicyError as exc:
            table.note(code, f"cannot be used: {str(exc).removeprefix(f'rules.{code}: ')}")
    return found


def read_limits(root: Table) -> Limits:
    """Return what peers may cost."""
    table = root.table("limits")
    found: dict[str, float] = {}
    for name, value in table.raw.items():
        try:
            limits_of({name: value})
        except (LimitError, TypeError) as exc:
            table.note(name, f"cannot be used: {exc}")
        else:
            found[name] = value
    return limits_of(found)


def read_viewing(root: Table) -> ViewingPolicy:
    """Return who is shown what."""
    table = root.table("viewing")
    participants = Shown(table.choice("participants", (Shown.NOTHING, Shown.OUTCOMES)))
    hall = Shown(table.choice("hall", (Shown.OUTCOMES, Shown.NOTHING, Shown.EVERYTHING)))
    names = table.choice("names", (ANONYMOUS, "real"))
    if hall is Shown.EVERYTHING and names == ANONYMOUS and "names" in table.keys:
        table.note("names", "cannot be anonymous where the hall is shown everything: what was said has names in it")
    table.finish()
    return ViewingPolicy(participants=participants, hall=hall, is_anonymous=names == ANONYMOUS)


def _owner(table: Table, participants: Collection[str]) -> str:
    owner = table.text("participant", is_needed=True)
    if owner and owner not in participants:
        table.note("participant", f"names {owner!r}; there is no [participants.{owner}]")
    return owner


def _versions(table: Table) -> tuple[str, ...]:
    versions = table.texts("versions", is_needed=True)
    for each in versions:
        if each not in JUDGED:
            table.note_item("versions", each, f"is {shown_value(each)}; OCPP has {', '.join(JUDGED)}")
    return versions


def _url(name: str, table: Table) -> str:
    """Return where a CSMS is, "" for one that comes through a tunnel; check its name, too."""
    is_tunnelled, url = table.flag("tunnel"), table.text("url")
    if is_tunnelled == bool(url):
        table.note(None, f"has to have either a url or tunnel = true, {'not both' if url else 'and has neither'}")
    try:
        checked_csms(name, TUNNEL)
    except SwitchboardError as exc:
        table.note(None, f"cannot be used: {exc}")
        return url
    try:
        checked_csms(name, url or TUNNEL)
    except SwitchboardError as exc:
        table.note("url", f"cannot be used: {exc}")
    return url


def _file(table: Table, folder: Path, key: str, name: str) -> Path | None:
    """Return a file beside the event file; None where none is named, or there is none."""
    if not name:
        return None
    path = folder / name
    if not path.is_file():
        table.note(key, f"names {shown_value(name)}, and there is no such file beside the event file")
        return None
    try:
        if key == "ca":
            check_ca(path)
    except TlsError as exc:
        table.note(key, f"is of no use: {exc}")
    return path


def _pair(table: Table, folder: Path, certificate: str, key: str) -> KeyPair | None:
    """Return a certificate with its key; None where there is none, or it is of no use."""
    if key and not certificate:
        table.note("key", "has no certificate beside it")
    found, its_key = _file(table, folder, "certificate", certificate), _file(table, folder, "key", key)
    if found is None or (key and its_key is None):
        return None
    try:
        check_pair(KeyPair(found, its_key))
    except TlsError as exc:
        table.note("certificate", f"is of no use: {exc}")
    return KeyPair(found, its_key)

"""`plugfest serve`: the hub in the foreground, one log line per session."""

import logging
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hub.disturbing.disturber import Disturber
from hub.doors import Door
from hub.events.desk import EventDesk, log_remarks, reachable
from hub.events.event import EventFile
from hub.events.file import read_event
from hub.handshake.admission import Duplicates
from hub.handshake.switchboard import TUNNEL
from hub.limits import limits_from_options
from hub.recording.writable import Durability
from hub.server import Hub, HubSettings
from tui.best_loop import run_on_best_loop
from tui.commands.hub_app import PAGE_HALL, PAGE_HERE, PAGE_OFF, PAGES, hub_app, page_url
from tui.commands.own_address import for_others
from tui.commands.qr import page_link
from tui.commands.secure_options import SecureOptions
from tui.garbage import collect_seldom
from tui.typed.values import OptionError, host_and_port, names_and_urls, origin_of

DEFAULT_LISTEN: Final = "127.0.0.1:9000"
FILES_OF_A_SESSION: Final = 2
FILES_BESIDE: Final = 50
"""What a hub keeps open beside its sessions: the recording, its listeners, viewers of the feed."""
FEW_SESSIONS: Final = 1000
"""A hub that cannot hold more than these says so when it starts."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Guard:
    """The options by which the hub keeps things out, as they were given."""

    duplicates: str
    origins: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Custody:
    """The options for how safe what is forwarded is to be in the recording, as they were given."""

    durability: str = "kill"
    is_strict: bool = False


def run_serve(
    event: Path | None,
    listen: Sequence[str],
    csmses: Iterable[str],
    recording: Path,
    answer_timeout_s: float,
    guard: Guard,
    custody: Custody,
    secure: SecureOptions,
    *,
    may_disturb: bool = False,
    tokens: Path | None = None,
    page: str = PAGE_HERE,
) -> None:
    """Run a hub until Ctrl-C or SIGTERM, with an event file or without.

    `may_disturb` lets programs on this machine disturb its sessions. `tokens` is the file of those who may bring a
    tunnel. `page` says who is shown what by its web page.

    Raises:
        HubError: it cannot run like that.
    """
    if page == PAGE_HALL and event is None:
        raise OptionError("--page hall shows what an event file lets the hall see, and there is none")
    first, *others = _doors(listen, secure)
    names = names_and_urls(csmses)
    if tokens is None:
        _check_no_tunnels(names)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO, stream=sys.stderr)
    desk = _desk(event, names, guard, secure, takes_tunnels=tokens is not None)
    settings = HubSettings(
        recording=recording,
        csmses=names,
        host=first.host,
        port=first.port,
        tls=first.tls,
        more_doors=others,
        csms_tls=secure.upstreams(names),
        authentication=secure.authentication(),
        answer_timeout_s=answer_timeout_s,
        limits=desk.limits if desk else limits_from_options(guard.limits),
        duplicates=Duplicates(guard.duplicates),
        allowed_origins=tuple(map(origin_of, guard.origins)),
        tokens=tokens,
        durability=Durability(custody.durability),
        is_strict=custody.is_strict,
    )
    allow_many_sessions()
    if desk:
        log_remarks(desk.event)
    secure.warn()
    run_on_best_loop(_serve(settings, Disturber() if may_disturb else None, desk, page))


def _desk(
    path: Path | None, names: Iterable[str], guard: Guard, secure: SecureOptions, *, takes_tunnels: bool
) -> EventDesk | None:
    if path is None:
        if not names:
            raise OptionError("there is no --csms NAME=URL, and no event file; `plugfest event init` writes one")
        return None
    check = partial(_check_beside_options, {*names}, takes_tunnels=takes_tunnels)
    return EventDesk(read_event(path), secure.policy, partial(limits_from_options, guard.limits), check)


def _check_beside_options(names: Set[str], event: EventFile, *, takes_tunnels: bool) -> None:
    """Look whether an event, also as it is edited while the hub runs, goes with the options."""
    if twice := sorted(event.csmses.keys() & names):
        raise OptionError(f"--csms names {twice[0]!r}, which {str(event.path)!r} has, too")
    if not takes_tunnels:
        _check_no_tunnels(reachable(event))


def _check_no_tunnels(csmses: Mapping[str, str]) -> None:
    if tunnelled := [name for name, url in csmses.items() if url == TUNNEL]:
        sentence = f"the CSMS {tunnelled[0]!r} comes through a tunnel, and nobody may bring one without --tokens FILE"
        raise OptionError(f"{sentence}: `plugfest tokens add` makes it")


def _doors(listen: Sequence[str], secure: SecureOptions) -> list[Door]:
    tls = secure.listening()
    plain = listen or ([] if secure.listen_tls else [DEFAULT_LISTEN])
    return [
        *(Door(*host_and_port(each)) for each in plain),
        *(Door(*host_and_port(each, "--listen-tls"), tls) for each in secure.listen_tls),
    ]


async def _serve(settings: HubSettings, disturber: Disturber | None, desk: EventDesk | None, page: str) -> None:
    app = hub_app(settings.recording, PAGES[page], disturber, desk)
    async with Hub(settings, app=app, disturber=disturber, desk=desk) as hub:
        collect_seldom()
        await hub.run_until_signalled(ready=lambda: _announce(hub, page))


def allow_many_sessions() -> None:
    """Raise the soft limit on open files to the hard one; say so where that leaves room for few sessions."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS calls the hard limit unlimited, and then refuses that
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if sentence := why_few_sessions(soft):
        log.warning(sentence)


def why_few_sessions(files: int) -> str | None:
    """Return a sentence where so many open files leave room for few sessions only."""
    sessions = max(files - FILES_BESIDE, 0) // FILES_OF_A_SESSION
    if files == resource.RLIM_INFINITY or sessions >= FEW_SESSIONS:
        return None
    return f"there is room for about {sessions} sessions: this system lets the hub open {files} files (`ulimit -Hn`)"


def _announce(hub: Hub, page: str) -> None:
    for name, url in hub.csmses.items():
        there = f"what `plugfest tunnel csms {name}` brings" if url == TUNNEL else f"{url.rstrip('/')}/IDENTITY"
        for door in hub.urls:
            print(f"{door}/{name}/IDENTITY  reaches  {there}")  # noqa: T201 - what a person needs
    if hint := for_others(hub.urls):
        print(hint)  # noqa: T201 - likewise
    if hub.desk:
        for door in hub.urls:
            print(f"{door}/IDENTITY  reaches  the CSMS that the station is paired with")  # noqa: T201 - likewise
        print(f"move one: plugfest event move {hub.settings.recording} STATION CSMS")  # noqa: T201 - likewise
    if hub.disturber:
        print(f"disturb a session: plugfest disturb {hub.settings.recording} SESSION WHAT")  # noqa: T201 - likewise
    for line in _pages(hub, page):
        print(line)  # noqa: T201 - likewise
    print(f"watch it: plugfest watch {hub.settings.recording}", flush=True)  # noqa: T201 - what a person needs


def _pages(hub: Hub, page: str) -> Iterator[str]:
    """Say where the page is, and who is shown what by it."""
    url, has_tokens = page_url(hub.url), hub.settings.tokens is not None
    if page not in (PAGE_OFF, PAGE_HERE):
        what = "what the event shows the hall" if page == PAGE_HALL else page
        yield f"its page: {url}  (everybody sees {what}{'; with a token, more' if has_tokens else ''})"
    if page in (PAGE_HERE, PAGE_HALL):
        others = "who comes from elsewhere shows a token" if has_tokens else "nobody else sees it"
        whom = f"; {others}" if page == PAGE_HERE else ""
        link = page_link(url, hub.badge.secret)
        yield f"its page: {link}  (this link shows everything, on this machine{whom})"

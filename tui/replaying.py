"""`plugfest replay`: what the options come to, the replay itself, and what is told of it."""

import asyncio
import os
import signal
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec
import orjson

from hub.doors import Door
from hub.recorder import Recorder
from hub.replay.house import House
from hub.replay.plan import Plan, Told
from hub.replay.repertoire import Choice, scripts_of
from hub.replay.station import PASSWORD_HINT, Target
from hub.replay.tour import tour
from hub.switchboard import SwitchboardError, checked_csms
from hub.tls import KeyPair, TlsPolicy, UpstreamTls, csms_context, station_context
from matrix.replay.acts import SECOND, Tempo
from matrix.replay.report import Departure, SessionReport, What
from matrix.replay.script import Script
from matrix.safe import safe, safe_json
from matrix.trace import Side
from tui.damaged import readable
from tui.garbage import collect_seldom
from tui.serving import OptionError, host_and_port, run_on_best_loop

PASSWORD: Final = "PLUGFEST_PASSWORD"  # noqa: S105 - the name of a variable
CLEAN: Final = 0
DEPARTED: Final = 1
UNUSABLE: Final = 2
STOPPED: Final = 130
Play = Callable[[Plan, Recorder, Told], Coroutine[None, None, None]]
"""Plays what is planned into a recording."""

TOLD: Final = 50
"""Departures that are told of one session; --json has more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options of the command, as they were typed."""

    recording: Path
    sessions: tuple[int, ...]
    role: str
    url: str | None
    listen: str | None
    listen_tls: str | None
    output: Path
    speed: str
    since: str | None
    until: str | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    deadline: float
    repeat: int
    clones: int
    template: str | None
    wait: float | None
    password_file: Path | None
    ca: Path | None
    sni: str | None
    cert: Path | None
    key: Path | None
    as_json: bool

    @property
    def side(self) -> Side:
        return Side(self.role)

    @property
    def choice(self) -> Choice:
        return Choice(
            sessions=self.sessions, side=self.side, since=self.since, until=self.until, only=self.only, skip=self.skip
        )

    @property
    def tempo(self) -> Tempo:
        return Tempo(_speed(self.speed), int(self.deadline * SECOND))


def run_replay(wishes: Wishes) -> int:
    """Play what is asked for, and tell what came of it; return the exit code.

    Raises:
        HubError: it cannot be done.
    """
    _check(wishes)
    tempo, names = wishes.tempo, _names(wishes)
    play = _station(wishes) if wishes.side is Side.STATION else _csms(wishes)
    with readable(wishes.recording) as whole:
        scripts = scripts_of(whole, wishes.choice)
    _warn(scripts, wishes)
    collect_seldom()
    plan = Plan(
        recording=wishes.recording, scripts=scripts, tempo=tempo, speed=wishes.speed, seed=str(uuid.uuid4()),
        clones=wishes.clones, repeat=wishes.repeat, name_of=names,
    )  # fmt: skip
    reports: list[SessionReport] = []

    def told(report: SessionReport) -> None:
        reports.append(report)
        if not wishes.as_json:
            _tell_session(report)

    stopped = asyncio.Event()
    run_on_best_loop(_until_stopped(play, plan, wishes.output, told, stopped))
    _tell(wishes, reports)
    return STOPPED if stopped.is_set() else exit_code(reports)


def _station(wishes: Wishes) -> Play:
    target = _target(wishes)

    async def play(plan: Plan, recorder: Recorder, told: Told) -> None:
        await tour(plan, target, recorder, told)

    return play


def _csms(wishes: Wishes) -> Play:
    doors = _doors(wishes)

    async def play(plan: Plan, recorder: Recorder, told: Told) -> None:
        async with House(plan, doors, recorder, told) as house:
            for url in house.urls:
                _say(f"a recorded CSMS is played at {url}/IDENTITY")
            await house.until_played(wishes.wait)

    return play


async def _until_stopped(play: Play, plan: Plan, output: Path, told: Told, stopped: asyncio.Event) -> None:
    """Play into a recording, until the end or until Ctrl-C, which sets `stopped`."""
    recorder = Recorder.open(output)
    try:
        playing = asyncio.ensure_future(play(plan, recorder, told))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, _stop, playing, stopped)
        with suppress(asyncio.CancelledError):
            await playing
    finally:
        await recorder.close()


def _stop(playing: "asyncio.Future[None]", stopped: asyncio.Event) -> None:
    stopped.set()
    playing.cancel()


def exit_code(reports: Sequence[SessionReport]) -> int:
    """Return 0 where all went as recorded, 2 where no session could be opened, else 1."""
    if not any(report.session for report in reports):
        return UNUSABLE
    return CLEAN if all(report.went_as_recorded for report in reports) else DEPARTED


_OF_ROLE: Final[Mapping[Side, Sequence[str]]] = {
    Side.STATION: ("url", "clones", "template", "password_file", "sni"),
    Side.CSMS: ("listen", "listen_tls", "wait"),
}
"""Options that make sense for one role only."""
_SPELLED: Final = {"url": "--to", "template": "--identity"}

# -- options ----------------------------------------------------------------------------------------------------------


def _check(wishes: Wishes) -> None:
    for name in _OF_ROLE[wishes.side.other]:
        if getattr(wishes, name) not in (None, 1):
            option = _SPELLED.get(name, f"--{name.replace('_', '-')}")
            raise OptionError(f"{option} is for --as {wishes.side.other}")
    if wishes.side is Side.STATION and not wishes.url:
        raise OptionError("--as station wants the live CSMS: --to ws://HOST:PORT/PATH")
    if wishes.side is Side.CSMS and not (wishes.listen or wishes.listen_tls):
        raise OptionError("--as csms wants to know where stations connect: --listen HOST:PORT")
    if wishes.output.exists() and wishes.recording.exists() and wishes.output.samefile(wishes.recording):
        raise OptionError(f"-o {str(wishes.output)!r} is the recording that is played; give the replay one of its own")


def _speed(text: str) -> float:
    with suppress(ValueError):
        speed = float("inf") if text == "max" else float(text)
        if 0.01 <= speed <= 10_000 or text == "max":
            return speed
    raise OptionError(f"--speed wants a number such as 1, 10 or 0.5, or max, got {text!r}")


def _target(wishes: Wishes) -> Target:
    try:
        csms = checked_csms("live", wishes.url or "")
    except SwitchboardError as exc:
        raise OptionError(f"--to wants the URL of a CSMS, ws://HOST:PORT/PATH: {exc}") from exc
    for option, value in (("--ca", wishes.ca), ("--sni", wishes.sni), ("--cert", wishes.cert)):
        if value and not csms.is_tls:
            raise OptionError(f"{option} is for a CSMS at wss://, and this one is at {wishes.url!r}")
    if not csms.is_tls:
        return Target(csms, None, _password(wishes))
    pair = KeyPair(wishes.cert, wishes.key) if wishes.cert else None
    context = csms_context(TlsPolicy(), ca=wishes.ca, pair=pair)
    return Target(csms, UpstreamTls(context, wishes.sni), _password(wishes))


def _doors(wishes: Wishes) -> list[Door]:
    if bool(wishes.listen_tls) != bool(wishes.cert):
        raise OptionError("--listen-tls and --cert go together; `plugfest certs FOLDER` makes a certificate")
    doors = [Door(*host_and_port(wishes.listen))] if wishes.listen else []
    if wishes.listen_tls and wishes.cert:
        tls = station_context([KeyPair(wishes.cert, wishes.key)], TlsPolicy(), client_ca=wishes.ca)
        doors.append(Door(*host_and_port(wishes.listen_tls, "--listen-tls"), tls))
    return doors


def _password(wishes: Wishes) -> str | None:
    """Return what stations log in with: the first line of a file, or the environment's."""
    if wishes.password_file is None:
        return os.environ.get(PASSWORD)
    try:
        with wishes.password_file.open(encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().rstrip("\r\n")
    except OSError as exc:
        raise OptionError(f"--password-file {str(wishes.password_file)!r} cannot be read: {exc.strerror}") from exc


def _names(wishes: Wishes) -> "_Names":
    template = wishes.template or ("{identity}-{n}" if wishes.clones > 1 else "{identity}")
    names = _Names(template)
    if wishes.clones > 1 and names("x", 0) == names("x", 1):
        raise OptionError(f"--identity {template!r} calls all clones the same: put {{n}} into it")
    return names


class _Names:
    """What clones are called; they are counted from 1."""

    def __init__(self, template: str) -> None:
        self._template = template
        try:
            self("x", 0)
        except (LookupError, ValueError, AttributeError) as exc:
            raise OptionError(f"--identity may hold {{identity}} and {{n}} (or {{n:04}}), got {template!r}") from exc

    def __call__(self, identity: str, clone: int) -> str:
        return self._template.format(identity=identity, n=clone + 1)


def _warn(scripts: Sequence[Script], wishes: Wishes) -> None:
    """Say what a user may not expect."""
    has_login = any(script.session.header("Authorization") for script in scripts)
    if wishes.side is Side.STATION and has_login and not wishes.password_file and PASSWORD not in os.environ:
        _say(f"the recorded station logged in, and the recording does not hold its password: {PASSWORD_HINT}")
    unread = sum(script.unread for script in scripts)
    if unread:
        _say(f"{unread} frames of {wishes.side.label} could not be read when they were recorded, and are not played")


def _say(sentence: str) -> None:
    click.echo(f"plugfest: {safe(sentence)}", err=True)


# -- what came of it --------------------------------------------------------------------------------------------------


def _tell(wishes: Wishes, reports: Sequence[SessionReport]) -> None:
    if wishes.as_json:
        report = {
            "recording": str(wishes.recording), "output": str(wishes.output), "as": wishes.role, "speed": wishes.speed,
            "as_recorded": exit_code(reports) == CLEAN, "sessions": msgspec.to_builtins(reports),
        }  # fmt: skip
        sys.stdout.write(safe_json(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()) + "\n")
        return
    _tell_all(wishes, reports)


def _tell_session(report: SessionReport) -> None:
    head = f"{safe(report.identity)} (session {report.origin} -> {report.session or 'none'})"
    if report.trouble:
        click.echo(f"{head}: {safe(report.trouble, 2_000)}")
        return
    click.echo(f"{head}: {_counted(report.counts)}")
    for departure in report.departures[:TOLD]:
        click.echo(f"  {_line(departure)}")
    more = len(report.departures) - TOLD + report.untold
    if more > 0:
        click.echo(f"  and {more} more; --json names up to a thousand")


def _line(departure: Departure) -> str:
    about = f" {departure.action}" if departure.action else ""
    where = f" (frame {departure.frame})" if departure.frame else ""
    return f"{departure.what}:{about}{where}: {departure.text}"


def _counted(counts: dict[str, int]) -> str:
    known = [(what.value, counts[what]) for what in What if counts.get(what)]
    return ", ".join(f"{number} {what}" for what, number in known) or "nothing happened"


def _tell_all(wishes: Wishes, reports: Sequence[SessionReport]) -> None:
    if len(reports) > 1:
        total: Counter[str] = Counter()
        for report in reports:
            total.update(report.counts)
        good = sum(report.went_as_recorded for report in reports)
        click.echo(f"{good} of {len(reports)} sessions went as recorded: {_counted(total)}")
    timings = [report.timing for report in reports if report.timing]
    if timings:
        worst = max(timings, key=lambda timing: timing.p95_ms)
        click.echo(
            f"sent on time: 95 % within {worst.p95_ms} ms, all within {max(each.most_ms for each in timings)} ms"
        )
    click.echo(f"recorded in {safe(str(wishes.output))}: plugfest judge {safe(str(wishes.output))}")

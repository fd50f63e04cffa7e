"""The options of `plugfest replay`: what they come to, and which make no sense together."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.doors import Door
from hub.handshake.switchboard import Csms, checked_url
from hub.replay.repertoire import Choice, is_time
from hub.replay.station import Target
from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls, csms_context, station_context
from matrix.replay.acts import SECOND, Tempo
from matrix.trace import Side
from tui.typed.values import OptionError, host_and_port

PASSWORD: Final = "PLUGFEST_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options of the command, as they were typed."""

    recording: Path
    sessions: tuple[int, ...]
    role: str
    to: tuple[str, ...]
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
            sessions=self.sessions, side=self.side, since=self.since, until=self.end, only=self.only, skip=self.skip
        )

    @property
    def url(self) -> str | None:
        """The live CSMS; a time that stands in its place is none."""
        return next((each for each in self.to if not is_time(each)), None)

    @property
    def end(self) -> str | None:
        """Until when is played: what `--until` says, or a time after `--to`."""
        return self.until if self.until is not None else next((each for each in self.to if is_time(each)), None)

    @property
    def tempo(self) -> Tempo:
        return Tempo(speed_of(self.speed), int(self.deadline * SECOND))


_OF_ROLE: Final[Mapping[Side, Sequence[str]]] = {
    Side.STATION: ("url", "clones", "template", "password_file", "sni"),
    Side.CSMS: ("listen", "listen_tls", "wait"),
}
"""Options that make sense for one role only."""
_SPELLED: Final = {"url": "--to", "template": "--identity"}


def check(wishes: Wishes) -> None:
    """See to it that the options make sense together.

    Raises:
        OptionError: they do not.
    """
    for name in _OF_ROLE[wishes.side.other]:
        if getattr(wishes, name) not in (None, 1):
            option = _SPELLED.get(name, f"--{name.replace('_', '-')}")
            raise OptionError(f"{option} is for --as {wishes.side.other}")
    if len([each for each in wishes.to if not is_time(each)]) > 1:
        raise OptionError(f"--to names more than one CSMS: {', '.join(map(repr, wishes.to))}")
    if len([each for each in wishes.to if is_time(each)]) + (wishes.until is not None) > 1:
        raise OptionError("--until, or a time after --to, says once when the part that is played ends")
    if wishes.side is Side.STATION and not wishes.url:
        raise OptionError("--as station wants the live CSMS: --to ws://HOST:PORT/PATH")
    if wishes.side is Side.CSMS and not (wishes.listen or wishes.listen_tls):
        raise OptionError("--as csms wants to know where stations connect: --listen HOST:PORT")
    if wishes.output.exists() and wishes.recording.exists() and wishes.output.samefile(wishes.recording):
        raise OptionError(f"-o {str(wishes.output)!r} is the recording that is played; give the replay one of its own")


def speed_of(text: str) -> float:
    """Return how fast is played, `inf` for max.

    Raises:
        OptionError: it is no speed.
    """
    with suppress(ValueError):
        speed = float("inf") if text == "max" else float(text)
        if 0.01 <= speed <= 10_000 or text == "max":
            return speed
    raise OptionError(f"--speed wants a number such as 1, 10 or 0.5, or max, got {text!r}")


def target_of(wishes: Wishes) -> Target:
    """Return the live CSMS.

    Raises:
        HubError: it is none, or a file that it needs cannot be read.
    """
    csms = Csms("live", checked_url(wishes.url or "", "the URL after --to"))
    for option, value in (("--ca", wishes.ca), ("--sni", wishes.sni), ("--cert", wishes.cert)):
        if value and not csms.is_tls:
            raise OptionError(f"{option} is for a CSMS at wss://, and this one is at {wishes.url!r}")
    if not csms.is_tls:
        return Target(csms, None, _password(wishes))
    pair = KeyPair(wishes.cert, wishes.key) if wishes.cert else None
    context = csms_context(TlsPolicy(), ca=wishes.ca, pair=pair)
    return Target(csms, UpstreamTls(context, wishes.sni), _password(wishes))


def doors_of(wishes: Wishes) -> list[Door]:
    """Return where live stations may connect.

    Raises:
        HubError: an address is none, or a certificate cannot be read.
    """
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


def names_of(wishes: Wishes) -> "Names":
    """Return what the played stations are called.

    Raises:
        OptionError: the template makes no names, or the same for all clones.
    """
    template = wishes.template or ("{identity}-{n}" if wishes.clones > 1 else "{identity}")
    names = Names(template)
    if wishes.clones > 1 and names("x", 0) == names("x", 1):
        raise OptionError(f"--identity {template!r} calls all clones the same: put {{n}} into it")
    return names


class Names:
    """What clones are called; they are counted from 1."""

    def __init__(self, template: str) -> None:
        self._template = template
        try:
            self("x", 0)
        except (LookupError, ValueError, AttributeError) as exc:
            raise OptionError(f"--identity may hold {{identity}} and {{n}} (or {{n:04}}), got {template!r}") from exc

    def __call__(self, identity: str, clone: int) -> str:
        return self._template.format(identity=identity, n=clone + 1)

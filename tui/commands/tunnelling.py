"""`plugfest tunnel`: an agent in the foreground."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from hub.access.tokens import MOVES_PREFIX
from hub.doors import Door
from hub.handshake.switchboard import Csms, checked_csms
from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls, csms_context, station_context
from hub.tunnel.agent import Agent, AgentError
from hub.tunnel.agent_events import GaveUp
from hub.tunnel.agent_streams import AgentSettings
from hub.tunnel.outbound import WayOut
from hub.tunnel.words import Timing
from matrix.safe import safe
from tui.best_loop import run_on_best_loop
from tui.commands.tunnel_status import Lines, json_teller, live_status
from tui.typed.values import OptionError, host_and_port

NO_SENSE: Final = 3
"""The exit code where it makes no sense to go on: the token is wrong or revoked, or another agent has taken over."""


@dataclass(frozen=True, slots=True)
class LocalTls:
    """How the CSMS is reached by TLS: whom to trust, what name to expect, and what to show."""

    ca: Path | None = None
    server_name: str | None = None
    certificate: Path | None = None
    key: Path | None = None

    def upstream(self, csms: Csms) -> UpstreamTls | None:
        """Return what a CSMS at wss:// needs, None for one at ws://.

        Raises:
            HubError: a file cannot be used, or is of no use.
        """
        given = {"--csms-ca": self.ca, "--csms-sni": self.server_name, "--csms-cert": self.certificate}
        if not csms.is_tls:
            if useless := [option for option, value in given.items() if value is not None]:
                raise OptionError(f"{useless[0]} is for a CSMS at wss://, and this one is at {str(csms.url)!r}")
            return None
        pair = _pair(self.certificate, self.key, "--csms-cert", "--csms-key")
        return UpstreamTls(csms_context(TlsPolicy(), ca=self.ca, pair=pair), self.server_name)


def run_tunnel(
    csms: tuple[str, str] | None,
    local_tls: LocalTls,
    *,
    hub: str,
    token: str | None,
    token_file: Path | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    as_json: bool,
    listen: Sequence[str],
    listen_tls: Sequence[str],
    tls_cert: Path | None,
    tls_key: Path | None,
) -> int:
    """Run an agent until Ctrl-C or SIGTERM, or until it makes no sense any more; return the exit code.

    Raises:
        HubError: it cannot run like that.
    """
    doors = _doors(listen, listen_tls, tls_cert, tls_key)
    if csms is None and not doors:
        raise OptionError("say where stations connect: --listen HOST:PORT, or --listen-tls HOST:PORT")
    timing = Timing()
    way = WayOut.to(hub, ca=ca, pair=_pair(cert, key, "--cert", "--key"), connect_s=timing.connect_s)
    brought = [checked_csms(*csms)] if csms else []
    if brought and not brought[0].host:
        raise OptionError(f"the CSMS has to be at a URL that this machine reaches, not at {csms[1]!r}" if csms else "")
    token = _token(token, token_file)
    settings = AgentSettings(
        hub=way,
        token=token,
        csmses=brought,
        csms_tls=local_tls.upstream(brought[0]) if brought else None,
        brings_stations=bool(doors),
        timing=timing,
    )
    _check_in_clear(way, token)
    return _run(settings, doors, as_json=as_json)


def _run(settings: AgentSettings, doors: Sequence[Door], *, as_json: bool) -> int:
    console = Console(stderr=False, highlight=False)
    tell = json_teller(sys.stdout) if as_json else Lines(console)

    async def main() -> None:
        agent = Agent(settings, tell, doors=doors)
        shown: AbstractContextManager[None] = nullcontext()
        if not as_json and console.is_terminal:
            shown = live_status(console, agent)
        running = asyncio.ensure_future(agent.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        with shown, suppress(asyncio.CancelledError):
            await running

    try:
        run_on_best_loop(main())
    except AgentError as exc:
        if as_json:
            tell(GaveUp(str(exc)))
        click.echo(f"plugfest: {safe(str(exc))}", err=True)
        return NO_SENSE
    return 0


def _doors(listen: Sequence[str], listen_tls: Sequence[str], certificate: Path | None, key: Path | None) -> list[Door]:
    if bool(listen_tls) != (certificate is not None):
        raise OptionError("--listen-tls and --tls-cert go together; `plugfest certs FOLDER` makes a certificate")
    plain = [Door(*host_and_port(each)) for each in listen]
    if certificate is None:
        return plain
    tls = station_context([KeyPair(certificate, key)], TlsPolicy())
    return [*plain, *(Door(*host_and_port(each, "--listen-tls"), tls) for each in listen_tls)]


def _pair(certificate: Path | None, key: Path | None, option: str, key_option: str) -> KeyPair | None:
    if certificate is None:
        if key is not None:
            raise OptionError(f"{key_option} is of no use without {option}")
        return None
    return KeyPair(certificate, key)


def _token(given: str | None, file: Path | None) -> str:
    """Return the token that is given, or that a file holds."""
    where, token = "--token", given
    if file is not None:
        where = f"what {str(file)!r} holds"
        try:
            token = file.read_text().strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise OptionError(f"the token file {str(file)!r} cannot be read: {getattr(exc, 'strerror', exc)}") from exc
    if token is None:
        raise OptionError(
            "there is no token: put the organizer's into PLUGFEST_TOKEN, or into a file: --token-file FILE"
        )
    if not token.isascii() or not token.isprintable() or not token.strip() or " " in token:
        raise OptionError(f"{where} is not one: `plugfest tokens add` prints such as plugfest_... , in one word")
    return token


def _check_in_clear(way: WayOut, token: str) -> None:
    """Look whether the token crosses a network in clear, which is said, and that it is none to be kept from that."""
    if way.tls is None and token.startswith(MOVES_PREFIX):
        raise OptionError(f"this token moves stations, and is shown at wss:// only; {way.url} is not")
    if way.tls is None and not _is_loopback(way.host):
        click.echo(f"plugfest: the token crosses the network in clear: {way.url} is not wss://", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

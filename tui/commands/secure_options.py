"""The options of `plugfest serve` for TLS and authentication, and what they come to (docs/security.md)."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from hub.errors import HubError
from tui.typed.options import FILE

if TYPE_CHECKING:
    import ssl

    from hub.handshake.authentication import Authentication
    from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls

log = logging.getLogger(__name__)


class SecureOptionError(HubError):
    """Options that do not go together; the message names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureOptions:
    """What the options say; names are those of the options."""

    listen_tls: tuple[str, ...] = ()
    tls_cert: tuple[Path, ...] = ()
    tls_key: tuple[Path, ...] = ()
    client_ca: Path | None = None
    client_cert: str | None = None
    client_cert_identity: str = "check"
    tls_min: str = "1.2"
    tls_rsa_suites: bool = False
    tls_keylog: Path | None = None
    password_file: Path | None = None
    csms_ca: tuple[str, ...] = ()
    csms_sni: tuple[str, ...] = ()
    csms_cert: tuple[str, ...] = ()

    @property
    def policy(self) -> "TlsPolicy":
        """What holds for both legs."""
        from hub.tls.contexts import VERSIONS, TlsPolicy

        return TlsPolicy(minimum=VERSIONS[self.tls_min], with_rsa_suites=self.tls_rsa_suites, keylog=self.tls_keylog)

    def listening(self) -> "ssl.SSLContext | None":
        """Return the context of the TLS listeners; None where there are none.

        Raises:
            HubError: options do not go together, or a file cannot be used.
        """
        from hub.tls.contexts import station_context

        self._check()
        if not self.listen_tls:
            return None
        required = self.client_cert != "optional"
        return station_context(self._pairs(), self.policy, client_ca=self.client_ca, is_required=required)

    def authentication(self) -> "Authentication":
        """Return what stations have to prove.

        Raises:
            HubError: the password file cannot be used.
        """
        from hub.handshake.authentication import Checked
        from hub.handshake.passwords import Passwords

        passwords = Passwords.open(self.password_file) if self.password_file else None
        return Checked(passwords, checks_names=self.client_cert_identity == "check")

    def upstreams(self, csmses: Mapping[str, str]) -> "dict[str, UpstreamTls]":
        """Return how the wss:// CSMSes are reached.

        Raises:
            HubError: an option names an unknown CSMS, or a file cannot be used.
        """
        from hub.tls.contexts import upstreams

        cas = {name: Path(value) for name, value in _named("--csms-ca", "FILE", self.csms_ca)}
        names = dict(_named("--csms-sni", "HOST", self.csms_sni))
        pairs = {name: _pair(value) for name, value in _named("--csms-cert", "CERT[,KEY]", self.csms_cert)}
        return upstreams(csmses, self.policy, cas=cas, names=names, pairs=pairs)

    def warn(self) -> None:
        """Say in the log what an organizer must not overlook."""
        if self.tls_keylog:
            log.warning("the keys of all TLS sessions are written to %s: who has it can read them", self.tls_keylog)

    def _check(self) -> None:
        if self.listen_tls and not self.tls_cert:
            raise SecureOptionError("--listen-tls wants a --tls-cert; `plugfest certs FOLDER` makes one")
        for option, value in (("--tls-cert", self.tls_cert), ("--client-ca", self.client_ca)):
            if value and not self.listen_tls:
                raise SecureOptionError(f"{option} is for --listen-tls, and there is none")
        if self.tls_key and len(self.tls_key) != len(self.tls_cert):
            given = f"{len(self.tls_cert)} and {len(self.tls_key)}"
            raise SecureOptionError(f"every --tls-cert wants its --tls-key, in the same order: got {given}")
        if self.client_cert and not self.client_ca:
            raise SecureOptionError("--client-cert wants a --client-ca to verify certificates against")

    def _pairs(self) -> "list[KeyPair]":
        from hub.tls.contexts import KeyPair

        keys = self.tls_key or (None,) * len(self.tls_cert)
        return [KeyPair(certificate, key) for certificate, key in zip(self.tls_cert, keys, strict=True)]


def _pair(value: str) -> "KeyPair":
    from hub.tls.contexts import KeyPair

    certificate, comma, key = value.partition(",")
    return KeyPair(Path(certificate), Path(key) if comma else None)


def _named(option: str, what: str, values: Iterable[str]) -> Iterable[tuple[str, str]]:
    seen = set()
    for each in values:
        name, _, value = each.partition("=")
        if not name or not value:
            raise SecureOptionError(f"{option} wants NAME={what}, got {each!r}")
        if name in seen:
            raise SecureOptionError(f"{option} names {name!r} twice")
        seen.add(name)
        yield name, value


_OPTIONS: Final = (
    click.option(
        "--listen-tls", multiple=True, metavar="HOST:PORT", help="Where stations connect by wss://. Repeatable."
    ),
    click.option(
        "--tls-cert",
        type=FILE,
        multiple=True,
        help="The hub's certificate with its chain, PEM. Repeatable: one ECDSA, one RSA.",
    ),
    click.option("--tls-key", type=FILE, multiple=True, help="Its key, where it is not in the same file."),
    click.option("--client-ca", type=FILE, help="Ask stations for certificates of this CA (security profile 3)."),
    click.option(
        "--client-cert",
        type=click.Choice(["required", "optional"]),
        help="Whether stations without a certificate are let in.  [default: required]",
    ),
    click.option(
        "--client-cert-identity",
        type=click.Choice(["check", "ignore"]),
        default="check",
        show_default=True,
        help="Whether a certificate has to name the station's identity (CN or SAN).",
    ),
    click.option(
        "--tls-min",
        type=click.Choice(["1.2", "1.3"]),
        default="1.2",
        show_default=True,
        help="The oldest TLS, both legs.",
    ),
    click.option(
        "--tls-rsa-suites", is_flag=True, help="Allow TLS_RSA_WITH_AES_*_GCM too, which OCPP names; no forward secrecy."
    ),
    click.option("--tls-keylog", type=FILE, help="Write the keys of all TLS sessions here, for Wireshark."),
    click.option(
        "--password-file", type=FILE, help="Check Basic authentication against these lines (`plugfest password`)."
    ),
    click.option("--csms-ca", multiple=True, metavar="NAME=FILE", help="The CA of a CSMS. Repeatable."),
    click.option(
        "--csms-sni", multiple=True, metavar="NAME=HOST", help="The name a CSMS's certificate has to have. Repeatable."
    ),
    click.option(
        "--csms-cert", multiple=True, metavar="NAME=CERT[,KEY]", help="The hub's certificate for a CSMS. Repeatable."
    ),
)


SECURE_NAMES: Final = [f"--{each.name.replace('_', '-')}" for each in fields(SecureOptions)]
"""How they are written."""


def secure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it gets them as one argument, `secure`."""
    names = [each.name for each in fields(SecureOptions)]

    @wraps(command)
    def gathered(**given: Any) -> Any:
        secure = SecureOptions(**{name: given.pop(name) for name in names})
        return command(**given, secure=secure)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered

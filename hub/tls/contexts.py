"""TLS contexts for either leg, from an organizer's files. TLS 1.0 and 1.1 never, whatever OpenSSL is configured to."""

import os
import ssl
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from hub.errors import HubError

RSA_SUITES: Final = "AES128-GCM-SHA256:AES256-GCM-SHA384"
"""TLS_RSA_WITH_AES_128_GCM_SHA256 and TLS_RSA_WITH_AES_256_GCM_SHA384, by their names in OpenSSL. A CSMS has to
support these and ECDHE-ECDSA with the same ciphers (OCPP 2.0.1 part 2, A00.FR.318 and A00.FR.421). They have no
forward secrecy, so Python leaves them out."""
VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_WRONG_FILES: Final = {
    "KEY_VALUES_MISMATCH": "the private key belongs to another certificate",
    "KEY_TYPE_MISMATCH": "the private key belongs to another certificate",
    "NO_CERTIFICATE_ASSIGNED": "the private key belongs to another certificate",
    "NO_CERTIFICATE_OR_CRL_FOUND": "it holds no certificate in PEM",
    "NO_START_LINE": "it holds no certificate in PEM",
    "EE_KEY_TOO_SMALL": "its key is too short",
    "CA_KEY_TOO_SMALL": "the key of its CA is too short",
    "CA_MD_TOO_WEAK": "it is signed with a hash that is too weak",
}


class TlsError(HubError):
    """TLS cannot be set up like that; the message names the file and what is wrong with it."""


class HandshakeError(ssl.SSLError):
    """A TLS handshake failed; `alert` is what the other side is to be told. The cause is OpenSSL's own error."""

    def __init__(self, alert: bytes, exc: ssl.SSLError) -> None:
        super().__init__(*exc.args)
        self.alert = alert


class _AlertingObject(ssl.SSLObject):
    """Event loops drop a connection whose handshake failed without sending the alert that says why: keep it."""

    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as exc:
            raise HandshakeError(self.outgoing.read(), exc) from exc


class AlertingContext(ssl.SSLContext):
    """A context whose handshakes fail with `HandshakeError`."""

    sslobject_class = _AlertingObject

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **options: Any) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, *args, **options)
        assert isinstance(made, _AlertingObject)
        made.outgoing = outgoing
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPolicy:
    """What holds for both legs."""

    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    with_rsa_suites: bool = False
    keylog: Path | None = None
    """Where the keys of all sessions are written for Wireshark, if anywhere: they open what was encrypted."""

    def apply_to(self, context: ssl.SSLContext) -> None:
        """Set up a context.

        Raises:
            TlsError: the key log cannot be written to.
        """
        context.minimum_version = self.minimum
        if self.with_rsa_suites:
            names = [suite["name"] for suite in context.get_ciphers() if not suite["name"].startswith("TLS_")]
            context.set_ciphers(":".join([*names, RSA_SUITES]))
        if self.keylog:
            _log_keys(context, self.keylog)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its chain, and its key; `key` is None where one PEM file holds both."""

    certificate: Path
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How one CSMS is reached by TLS: `server_name` is sent as SNI and verified, instead of the host in its URL."""

    context: ssl.SSLContext
    server_name: str | None = None


def station_context(
    pairs: Iterable[KeyPair], policy: TlsPolicy, *, client_ca: Path | None = None, is_required: bool = True
) -> ssl.SSLContext:
    """Return the context of a listener. One certificate of each kind (ECDSA, RSA) may be given: the station chooses.

    With `client_ca`, stations are asked for a certificate (security profile 3), and those that send none are refused
    where it `is_required`.

    Raises:
        TlsError: a file cannot be used.
    """
    context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
    policy.apply_to(context)
    for pair in pairs:
        _load(context, pair)
    if client_ca:
        _trust(context, client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
    return context


def csms_context(policy: TlsPolicy, *, ca: Path | None = None, pair: KeyPair | None = None) -> ssl.SSLContext:
    """Return the context for reaching a CSMS: verified against `ca` (default: what the system trusts).

    Raises:
        TlsError: a file cannot be used.
    """
    context = AlertingContext(ssl.PROTOCOL_TLS_CLIENT)
    policy.apply_to(context)
    if ca:
        _trust(context, ca)
    else:
        context.load_default_certs()
    if pair:
        _load(context, pair)
    return context


def check_ca(ca: Path) -> None:
    """Look whether a CA can be used.

    Raises:
        TlsError: it cannot.
    """
    _trust(AlertingContext(ssl.PROTOCOL_TLS_CLIENT), ca)


def check_pair(pair: KeyPair) -> None:
    """Look whether a certificate can be used with its key.

    Raises:
        TlsError: it cannot.
    """
    _load(AlertingContext(ssl.PROTOCOL_TLS_CLIENT), pair)


def upstreams(
    csmses: Mapping[str, str],
    policy: TlsPolicy,
    *,
    cas: Mapping[str, Path],
    names: Mapping[str, str],
    pairs: Mapping[str, KeyPair],
) -> dict[str, UpstreamTls]:
    """Return how each wss:// CSMS is reached; `csmses` maps names to URLs.

    Raises:
        TlsError: a name is not that of a wss:// CSMS, or a file cannot be used.
    """
    for name in (*cas, *names, *pairs):
        if name not in csmses:
            raise TlsError(f"there is no CSMS named {name!r} to use TLS with; known: {', '.join(csmses) or 'none'}")
        if not csmses[name].startswith("wss:"):
            raise TlsError(f"the CSMS {name!r} is reached without TLS, at {csmses[name]!r}: its URL has to be wss://")
    return {
        name: UpstreamTls(csms_context(policy, ca=cas.get(name), pair=pairs.get(name)), names.get(name))
        for name, url in csmses.items()
        if url.startswith("wss:")
    }


def _load(context: ssl.SSLContext, pair: KeyPair) -> None:
    where = f"{str(pair.certificate)!r}" + (f" with the key {str(pair.key)!r}" if pair.key else "")
    with _explained(f"the certificate {where}"):
        # a password that is asked for is asked at the terminal, and the hub would wait there
        context.load_cert_chain(pair.certificate, pair.key, password=lambda: _give_up(where))


def _give_up(where: str) -> NoReturn:
    raise TlsError(f"the key of the certificate {where} is encrypted: the hub wants it without a passphrase")


def _trust(context: ssl.SSLContext, ca: Path) -> None:
    with _explained(f"the CA {str(ca)!r}"):
        context.load_verify_locations(ca)


@contextmanager
def _explained(what: str) -> Any:
    try:
        yield
    except ssl.SSLError as exc:
        why = _WRONG_FILES.get(exc.reason or "", exc.reason or "certificate or private key are missing, or not in PEM")
        raise TlsError(f"{what} cannot be used: {why}") from exc
    except OSError as exc:
        raise TlsError(f"{what} cannot be read: {exc.strerror or exc}") from exc


def _log_keys(context: ssl.SSLContext, path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600))
        context.keylog_filename = str(path)
    except OSError as exc:
        raise TlsError(f"the key log {str(path)!r} cannot be written to: {exc.strerror or exc}") from exc

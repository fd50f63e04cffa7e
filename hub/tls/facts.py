"""What TLS says, in words: who has shown which certificate, and why a handshake has failed."""

import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_SHORT_NAMES: Final = {
    "commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C",
    "localityName": "L", "stateOrProvinceName": "ST",
}  # fmt: skip

_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _HOST, _ADDRESS = 9, 10, 18, 62, 64
_UNKNOWN_ISSUERS: Final = frozenset({2, _SELF_SIGNED, 19, 20, 21})
"""Codes of X509_verify_cert(3): no issuer is known, at whatever place of the chain."""

_OF_STATIONS: Final = {
    "UNSUPPORTED_PROTOCOL": "the station offers only versions of TLS that are not allowed here",
    "VERSION_TOO_LOW": "the station offers only versions of TLS that are not allowed here",
    "NO_SHARED_CIPHER": "the station and the hub have no cipher suite in common",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "the station and the hub have no signature algorithm in common",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the station showed no certificate, and one is required (security profile 3)",
    "WRONG_VERSION_NUMBER": "what the station sent is not TLS",
    "UNEXPECTED_EOF_WHILE_READING": "the station left during the TLS handshake",
}
_OF_CSMSES: Final = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS at this port",
    "RECORD_LAYER_FAILURE": "it does not speak TLS at this port",
    "UNSUPPORTED_PROTOCOL": "it speaks only versions of TLS that are not allowed here",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it accepts no version of TLS that is allowed here",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refused the TLS handshake and does not say why: it may want a client "
    "certificate{cert} or another cipher suite{suites}",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it asks for a client certificate{cert}",
    "UNEXPECTED_EOF_WHILE_READING": "it left during the TLS handshake",
}
_ALERTS: Final = {
    "UNKNOWN_CA": "it does not know the CA",
    "BAD_CERTIFICATE": "it takes it for a bad one",
    "CERTIFICATE_EXPIRED": "it takes it for expired",
    "CERTIFICATE_REVOKED": "it takes it for revoked",
    "CERTIFICATE_UNKNOWN": "it does not say why",
    "NO_CERTIFICATE": "it got none",
    "UNSUPPORTED_CERTIFICATE": "it cannot read this kind",
}
"""What a peer may say about our certificate (RFC 8446 §6.2)."""


@dataclass(frozen=True, slots=True)
class Hints:
    """The options that may help, as they are told; "" where there is none. `client` is who has shown a certificate."""

    ca: str = ""
    name: str = ""
    cert: str = ""
    suites: str = ""
    client: str = "the hub's"


def tls_facts(tls: ssl.SSLObject) -> str:
    """Return a connection's TLS facts in one line: version, suite, and the client's certificate if it has shown one."""
    cipher = tls.cipher()
    facts = f"{tls.version()} {cipher[0] if cipher else '?'}"
    certificate, der = tls.getpeercert(), tls.getpeercert(binary_form=True)
    if not certificate or der is None:
        return facts
    return (
        f"{facts}; client certificate {_name(certificate['subject'])}, issued by {_name(certificate['issuer'])}, "
        f"serial {certificate['serialNumber']}, SHA-256 {hashlib.sha256(der).hexdigest()}"
    )


def certificate_names(tls: ssl.SSLObject) -> list[str] | None:
    """Return what a verified client certificate says its holder is called (CN, then SANs); None where there is none."""
    certificate: Any = tls.getpeercert()
    if not certificate:
        return None
    common = [value for key, value in _attributes(certificate["subject"]) if key == "commonName"]
    return [*common, *(value for _, value in certificate.get("subjectAltName", ()) if isinstance(value, str))]


def why_the_station_failed(exc: Exception) -> str:
    """Return why a TLS handshake with a station came to nothing, in a sentence."""
    tls = _tls_error(exc)
    if isinstance(exc, TimeoutError | ConnectionAbortedError):
        return "the station did not finish the TLS handshake in time"
    if tls is None:
        return "the station left during the TLS handshake"
    if (code := _verify_code(tls)) is not None:
        return f"the station's certificate does not hold: {_wrong_with_certificate(tls, code)}"
    reason = tls.reason or ""
    if said := _said_by_alert(reason):
        return f"the station does not accept the hub's certificate: {said}"
    return _OF_STATIONS.get(reason) or f"the TLS handshake failed: {_plain(tls)}"


def why_the_csms_failed(exc: Exception, name: str, host: str) -> str | None:
    """Return why TLS with a CSMS failed; None where it was not for TLS. `host` is the name that was to be verified."""
    hints = Hints(
        ca=f" (--csms-ca {name}=FILE says which to trust)",
        name=f" (--csms-sni {name}=HOST says which to expect)",
        cert=f" (--csms-cert {name}=CERT,KEY gives one)",
        suites=" (--tls-rsa-suites allows two more)",
    )
    return why_the_server_failed(exc, host, hints)


def why_the_server_failed(exc: BaseException, host: str, hints: Hints) -> str | None:
    """Return why TLS with a server failed; None where it was not for TLS. `host` is who it was to be."""
    tls = _tls_error(exc)
    if tls is None:
        return None
    if (code := _verify_code(tls)) is not None:
        if code in (_HOST, _ADDRESS):
            return f"its certificate is for another host than {host!r}{hints.name}"
        hint = hints.ca if code in _UNKNOWN_ISSUERS else ""
        return f"its certificate does not hold: {_wrong_with_certificate(tls, code)}{hint}"
    reason = tls.reason or ""
    if said := _said_by_alert(reason):
        return f"it does not accept {hints.client} client certificate: {said}"
    said = _OF_CSMSES.get(reason, f"TLS failed: {_plain(tls)}")
    return said.replace("{cert}", hints.cert).replace("{suites}", hints.suites)


def _tls_error(exc: BaseException | None) -> ssl.SSLError | None:
    """Return the OpenSSL error in a chain of causes: the innermost one knows most."""
    found = None
    while exc is not None:
        found = exc if isinstance(exc, ssl.SSLError) else found
        exc = exc.__cause__
    return found


def _verify_code(exc: ssl.SSLError) -> int | None:
    return exc.verify_code if isinstance(exc, ssl.SSLCertVerificationError) else None


def _wrong_with_certificate(exc: ssl.SSLError, code: int) -> str:
    message = getattr(exc, "verify_message", "")
    if code == _EXPIRED:
        return "it has expired"
    if code == _NOT_YET_VALID:
        return "it is not valid yet"
    if code in _UNKNOWN_ISSUERS:
        return f"its CA is not known here: {message}"
    return str(message)


def _said_by_alert(reason: str) -> str | None:
    return _ALERTS.get(reason.partition("_ALERT_")[2])


def _plain(exc: ssl.SSLError) -> str:
    return (exc.reason or str(exc)).replace("_", " ").lower()


def _name(name: Any) -> str:
    """Return a distinguished name as people write it: `CN=CS001, O=Acme`."""
    return (
        ", ".join(f"{_SHORT_NAMES.get(key, key)}={value}" for key, value in reversed([*_attributes(name)])) or "nobody"
    )


def _attributes(name: Any) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a name as `SSLObject.getpeercert` gives it: tuples of pairs."""
    for relative in name:
        yield from relative

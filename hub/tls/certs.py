"""An event's own CA, and what it issues: server certificates for the hub, client certificates for stations.

Made for people who have none: keys lie beside their certificates, readable by their owner only.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.errors import HubError
from matrix.safe import safe_file_name

RSA_BITS: Final = 2048
LONGEST_NAME: Final = 64
"""Of a common name: RFC 5280, appendix A.1."""
BEFORE: Final = timedelta(days=1)
"""Certificates are valid since yesterday: a station may not know the time before it is connected."""
ORGANISATION: Final = "plugfest"

_HOST: Final = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class CertificateError(HubError):
    """A certificate cannot be made or read; the message names the file or the name."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as files; `is_new` is False where they were there before and still serve."""

    certificate: Path
    key: Path
    is_new: bool


@dataclass(frozen=True, slots=True)
class Authority:
    """An event's CA, made or found in a folder."""

    folder: Path
    certificate: x509.Certificate
    key: Key
    is_new: bool

    @property
    def path(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def at(cls, folder: Path, *, days: int) -> "Authority":
        """Return the CA of a folder, and make it where there is none; it is RSA, which every station can verify.

        Raises:
            CertificateError: the folder cannot be used, or holds something else under the names of a CA.
        """
        files = folder / "ca.pem", folder / "ca.key"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(file.exists() for file in files):
                return cls(folder, *_read_authority(*files), is_new=False)
            key = _rsa_key()
            name = _named(f"plugfest CA {datetime.now(UTC):%Y-%m-%d %H:%M}")
            made = _builder(name, name, key, days).add_extension(
                x509.BasicConstraints(ca=True, path_length=0), critical=True
            )
            made = made.add_extension(_usage(signs=True), critical=True)
            certificate = made.sign(key, hashes.SHA256())
            _write(files, certificate, key)
        except OSError as exc:
            raise CertificateError(f"the folder {str(folder)!r} cannot be used: {exc.strerror or exc}") from exc
        return cls(folder, certificate, key, is_new=True)

    def server_pair(self, hosts: Iterable[str], *, days: int) -> list[Issued]:
        """Return the hub's certificates for these names and addresses: an ECDSA one and an RSA one.

        OCPP lets a station choose one of the two kinds. What is there and covers the names is kept.

        Raises:
            CertificateError: a name cannot be in a certificate, or a file cannot be used.
        """
        names = [_host_name(host) for host in dict.fromkeys(hosts)]
        common_name = str(names[0].value)[:LONGEST_NAME]
        return [
            self._issued(
                f"server-{kind}", common_name, names, ExtendedKeyUsageOID.SERVER_AUTH, days, is_rsa=kind == "rsa"
            )
            for kind in ("ecdsa", "rsa")
        ]

    def station(self, identity: str, *, days: int, is_rsa: bool = False) -> Issued:
        """Return a station's certificate; its common name is the identity. Its key is ECDSA, or RSA where it has to be.

        Raises:
            CertificateError: the identity cannot be a common name, or a file cannot be used.
        """
        if not 1 <= len(identity) <= LONGEST_NAME:
            raise CertificateError(f"a certificate's common name has 1 to {LONGEST_NAME} characters, not {identity!r}")
        name = f"station-{_file_name(identity)}"
        return self._issued(name, identity, [], ExtendedKeyUsageOID.CLIENT_AUTH, days, is_rsa=is_rsa)

    def _issued(
        self, file: str, name: str, sans: list[x509.GeneralName], use: x509.ObjectIdentifier, days: int, *, is_rsa: bool
    ) -> Issued:
        files = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        if self._still_serves(*files, name, sans, is_rsa=is_rsa):
            return Issued(*files, is_new=False)
        key = _rsa_key() if is_rsa else ec.generate_private_key(ec.SECP256R1())
        builder = _builder(
            _named(name), self.certificate.subject, key, days, until=self.certificate.not_valid_after_utc
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(enciphers=is_rsa), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key()),  # type: ignore[arg-type]  # of our own kinds
            critical=False,
        )
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        try:
            _write(files, builder.sign(self.key, hashes.SHA256()), key)
        except (OSError, ValueError) as exc:
            raise CertificateError(f"the certificate {str(files[0])!r} cannot be made: {exc}") from exc
        return Issued(*files, is_new=True)

    def _still_serves(self, path: Path, key: Path, name: str, sans: list[x509.GeneralName], *, is_rsa: bool) -> bool:
        """Say whether a certificate that is there is of this CA, for these names, and valid for another day."""
        if not path.exists() or not key.exists():
            return False
        found = _read_certificate(path)
        try:
            found.verify_directly_issued_by(self.certificate)
            has_key = serialization.load_pem_private_key(key.read_bytes(), None).public_key() == found.public_key()
            covered = list(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) if sans else []
        except (InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound, OSError, TypeError, ValueError):
            return False
        named = [attribute.value for attribute in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        lasts = found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)
        is_kind = isinstance(found.public_key(), rsa.RSAPublicKey) == is_rsa
        return has_key and is_kind and lasts and (set(sans) <= set(covered) if sans else named == [name])


def _read_authority(path: Path, key_path: Path) -> tuple[x509.Certificate, Key]:
    certificate = _read_certificate(path)
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise CertificateError(f"the key of the CA {str(key_path)!r} cannot be read: {_words(exc)}") from exc
    if not isinstance(key, Key) or key.public_key() != certificate.public_key():
        raise CertificateError(f"the key {str(key_path)!r} is not that of the CA {str(path)!r}")
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise CertificateError(f"the CA {str(path)!r} has expired: use another folder")
    return certificate, key


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise CertificateError(f"the certificate {str(path)!r} cannot be read: {_words(exc)}") from exc


def _words(exc: Exception) -> str:
    return exc.strerror or str(exc) if isinstance(exc, OSError) else "it is not PEM, or encrypted"


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, days: int, *, until: datetime | None = None
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = min(now + timedelta(days=days), until) if until else now + timedelta(days=days)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(common_name: str) -> x509.Name:
    parts = (NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, common_name)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _usage(*, signs: bool = False, enciphers: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=enciphers,  # what the RSA suites do
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _host_name(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(host.strip("[]")))
    if not _HOST.fullmatch(host):
        raise CertificateError(f"{host!r} is neither a host name (in ASCII) nor an address")
    return x509.DNSName(host)


def _file_name(identity: str) -> str:
    """Return a name for an identity's files: two identities that look alike as file names do not share them."""
    name = safe_file_name(identity)
    return name if name == identity else f"{name}-{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def _write(files: tuple[Path, Path], certificate: x509.Certificate, key: Key) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path, key_path = files
    # a new file each: nobody has the old key open, and no link leads elsewhere
    key_path.unlink(missing_ok=True)
    with os.fdopen(os.open(key_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pem)
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

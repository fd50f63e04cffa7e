"""An event's own CA: what it issues holds in a real TLS handshake, and nothing is lost by asking again."""

import re
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from hub.tls.certs import Authority, CertificateError, Issued


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("made"), days=30)


@pytest.fixture
def authority(made: Authority, tmp_path: Path) -> Authority:
    """Return a CA in a folder of its own: to make one takes a while."""
    shutil.copytree(made.folder, tmp_path / "certs")
    return Authority.at(tmp_path / "certs", days=30)


def certificate(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate.read_bytes())


def common_name(found: x509.Certificate) -> str:
    (attribute,) = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attribute.value)


def shake_hands(server: Issued, station: Issued, ca: Path, host: str) -> dict[str, object]:
    """Let two sides verify each other without a socket; return the station's certificate as the server sees it."""
    sides = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    sides[0].verify_mode = ssl.CERT_REQUIRED
    for context, issued in zip(sides, (server, station), strict=True):
        context.load_cert_chain(issued.certificate, issued.key)
        context.load_verify_locations(ca)
    to_server, to_station = ssl.MemoryBIO(), ssl.MemoryBIO()
    hub = sides[0].wrap_bio(to_server, to_station, server_side=True)
    peer = sides[1].wrap_bio(to_station, to_server, server_hostname=host)
    for _ in range(3):
        for side in (peer, hub):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = hub.getpeercert()
    assert shown is not None
    return dict(shown)


def test_hub_and_station_accept_each_other(authority: Authority) -> None:
    servers = authority.server_pair(["hub.example", "192.0.2.7", "2001:db8::1"], days=30)
    station = authority.station("CS001", days=30)

    subjects = [
        shake_hands(server, station, authority.path, host)["subject"]
        for server in servers
        for host in ("hub.example", "192.0.2.7", "2001:db8::1")
    ]

    assert subjects == [((("organizationName", "plugfest"),), (("commonName", "CS001"),))] * 6


def test_the_hub_has_a_certificate_of_each_kind_that_ocpp_lets_stations_choose(authority: Authority) -> None:
    keys = [certificate(each).public_key() for each in authority.server_pair(["hub.example"], days=30)]

    assert isinstance(keys[0], ec.EllipticCurvePublicKey)
    assert isinstance(keys[1], rsa.RSAPublicKey)
    assert keys[1].key_size == 2048


def test_keys_are_readable_by_their_owner_only(authority: Authority) -> None:
    authority.server_pair(["hub.example"], days=30)
    authority.station("CS001", days=30)

    modes = {path.name: path.stat().st_mode & 0o777 for path in authority.folder.glob("*.key")}

    assert modes == dict.fromkeys(("server-ecdsa.key", "server-rsa.key", "station-CS001.key"), 0o600) | {
        "ca.key": 0o600
    }


def test_a_certificate_holds_since_yesterday_and_no_longer_than_its_ca(authority: Authority) -> None:
    found = certificate(authority.station("CS001", days=3000))

    assert found.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=23)
    assert found.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_asking_again_keeps_the_ca_and_what_still_serves(authority: Authority) -> None:
    first = [*authority.server_pair(["hub.example", "other.example"], days=30), authority.station("CS001", days=30)]
    before = {path.name: path.read_bytes() for path in authority.folder.iterdir()}

    again = Authority.at(authority.folder, days=30)
    second = [*again.server_pair(["hub.example"], days=30), again.station("CS001", days=30)]

    assert [each.is_new for each in first] == [True] * 3
    assert [each.is_new for each in second] == [False] * 3
    assert {path.name: path.read_bytes() for path in authority.folder.iterdir()} == before


def test_another_host_is_a_reason_to_issue_anew(authority: Authority) -> None:
    authority.server_pair(["hub.example"], days=30)

    issued = authority.server_pair(["hub.example", "new.example"], days=30)

    assert [each.is_new for each in issued] == [True, True]


def test_a_certificate_that_is_about_to_end_is_issued_anew(authority: Authority) -> None:
    authority.station("CS001", days=1)

    assert authority.station("CS001", days=30).is_new


def test_a_certificate_whose_key_is_another_one_is_issued_anew(authority: Authority) -> None:
    first, second = authority.station("CS001", days=30), authority.station("CS002", days=30)
    shutil.copy(second.key, first.key)

    assert authority.station("CS001", days=30).is_new


def test_a_station_without_ecdsa_gets_an_rsa_key(authority: Authority) -> None:
    first = authority.station("CS001", days=30)

    second = authority.station("CS001", days=30, is_rsa=True)

    assert (first.is_new, second.is_new) == (True, True)
    assert isinstance(certificate(second).public_key(), rsa.RSAPublicKey)


@pytest.mark.parametrize("identity", ["../../etc/passwd", "CS/1", "RDAM|123", "Säule 1", ".", "CS\x1b[31m", "x" * 64])
def test_an_identity_becomes_a_file_in_the_folder_and_a_common_name_as_it_is(
    authority: Authority, identity: str
) -> None:
    issued = authority.station(identity, days=30)

    assert issued.certificate.parent == authority.folder
    assert re.fullmatch(r"station-[A-Za-z0-9._-]+\.pem", issued.certificate.name)
    assert common_name(certificate(issued)) == identity


def test_two_identities_never_share_a_file(authority: Authority) -> None:
    paths = {authority.station(identity, days=30).certificate for identity in ("CS/1", "CS|1", "CS_1")}

    assert len(paths) == 3


@pytest.mark.parametrize("identity", ["", "x" * 65])
def test_an_identity_that_no_common_name_can_hold_is_an_error(authority: Authority, identity: str) -> None:
    with pytest.raises(CertificateError, match="a certificate's common name has 1 to 64 characters, not "):
        authority.station(identity, days=30)


@pytest.mark.parametrize("host", ["", "a b", "ws://hub", "hub:9000", "hüb.example", "a..b"])
def test_what_is_no_host_is_an_error(authority: Authority, host: str) -> None:
    with pytest.raises(CertificateError) as caught:
        authority.server_pair([host], days=30)

    assert str(caught.value) == f"{host!r} is neither a host name (in ASCII) nor an address"


def test_a_ca_that_lacks_its_key_is_never_replaced(authority: Authority) -> None:
    (authority.folder / "ca.key").unlink()
    before = authority.path.read_bytes()

    with pytest.raises(CertificateError, match=r"the key of the CA '.*ca.key' cannot be read: No such file"):
        Authority.at(authority.folder, days=30)

    assert authority.path.read_bytes() == before


def test_the_key_of_another_ca_is_an_error(authority: Authority) -> None:
    shutil.copy(authority.station("CS001", days=30).key, authority.folder / "ca.key")

    with pytest.raises(CertificateError, match=r"ca.key' is not that of the CA '.*ca.pem'"):
        Authority.at(authority.folder, days=30)


def test_something_else_in_the_place_of_the_ca_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("a note")

    with pytest.raises(CertificateError, match=r"ca.pem' cannot be read: it is not PEM"):
        Authority.at(tmp_path, days=30)


def test_a_ca_that_has_expired_is_an_error(tmp_path: Path) -> None:
    Authority.at(tmp_path, days=0)

    with pytest.raises(CertificateError, match="has expired: use another folder"):
        Authority.at(tmp_path, days=30)

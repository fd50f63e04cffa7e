"""Stations that prove who they are by certificate or password, and those that come to the wrong door."""

import base64
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from raw_peers import ACCEPT, Peers, frame, masked, upgrade
from relayed import recorded
from secure_hubs import NO_POLICY, V12, secure_hub, shown_by, the_only_session
from tls_peers import client, told

from hub.handshake.authentication import Checked
from hub.handshake.passwords import Hash, Passwords
from hub.server import Hub, HubSettings
from hub.tls.certs import Authority
from hub.tls.contexts import KeyPair, TlsPolicy, station_context
from matrix.trace import Ending

# -- stations that are let in -----------------------------------------------------------------------------------------


async def test_ws_and_wss_stations_reach_the_same_csms_at_once(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    context = station_context(servers, NO_POLICY)
    async with secure_hub(tmp_path, peers.url, context) as hub:
        plain, secure = hub.ports
        trusting = client(authority.path)
        lines = [await peers.station(plain), await peers.station(secure, ssl=trusting)]
        for number, station in enumerate(lines):
            await station.say(upgrade(f"/acme/CS{number}"))
            upstream = await peers.accept()
            assert await station.head() == ACCEPT
            await station.say(masked("hello"))
            assert await upstream.hear(11)
            await upstream.say(frame("back"))
            assert await station.hear(6) == frame("back")

        in_clear, encrypted = recorded(hub)
    assert in_clear.tls is None
    assert encrypted.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384"
    assert [url[:5] for url in hub.urls] == ["ws://", "wss:/"]


@pytest.mark.parametrize("newest", [V12, ssl.TLSVersion.TLSv1_3])
async def test_the_certificate_of_a_station_is_recorded_with_its_session(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], newest: ssl.TLSVersion
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    shown = shown_by(authority, "RDAM|123")
    async with secure_hub(tmp_path, peers.url, context, authentication=Checked()) as hub:
        station = await peers.station(hub.ports[1], ssl=client(authority.path, shown, newest=newest))
        await station.say(upgrade("/acme/RDAM%7C123"))
        await peers.accept()
        assert await station.head() == ACCEPT

        session = await the_only_session(hub)
    certificate = facts(shown[0])
    assert session.tls is not None
    assert session.tls.partition("; ")[2] == (
        f"client certificate CN=RDAM|123, O=plugfest, issued by {certificate['issuer']}, "
        f"serial {certificate['serial']}, SHA-256 {certificate['sha256']}"
    )


def facts(certificate: Path) -> dict[str, str]:
    """Read a certificate with another library than the hub does."""
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    (issuer,) = found.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    serial = f"{found.serial_number:X}"
    return {
        "issuer": f"CN={issuer.value!s}, O=plugfest",
        "serial": serial.zfill(len(serial) + len(serial) % 2),
        "sha256": found.fingerprint(hashes.SHA256()).hex(),
    }


@pytest.mark.parametrize(
    "suite",
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-GCM-SHA384"],
)
async def test_every_suite_that_ocpp_names_is_spoken(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], suite: str
) -> None:
    context = station_context(servers, TlsPolicy(with_rsa_suites=True))
    async with secure_hub(tmp_path, peers.url, context) as hub:
        await told(hub.ports[1], client(authority.path, newest=V12, suites=suite), upgrade("/nobody/CS1"))

        assert (await the_only_session(hub)).tls == f"TLSv1.2 {suite}"


async def test_a_station_without_certificate_is_let_in_where_certificates_are_optional(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path, is_required=False)
    async with secure_hub(tmp_path, peers.url, context, authentication=Checked()) as hub:
        station = await peers.station(hub.ports[1], ssl=client(authority.path))
        await station.say(upgrade())
        await peers.accept()

        assert await station.head() == ACCEPT


# -- the wrong door ---------------------------------------------------------------------------------------------------


async def test_http_in_clear_at_the_door_for_tls_is_told_so(
    tmp_path: Path, peers: Peers, servers: list[KeyPair]
) -> None:
    sentence = "this port speaks TLS, and the request came without: connect to wss://, not ws://"
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY)) as hub:
        answer = await told(hub.ports[1], None, upgrade())
        to_browser = await told(hub.ports[1], None, b"GET /acme/CS1 HTTP/1.1\r\nHost: h\r\n\r\n")

        session = await the_only_session(hub)
    assert answer.startswith("HTTP/1.1 400 ")
    assert to_browser.startswith("HTTP/1.1 400 ")
    assert sentence in answer
    assert sentence in to_browser
    assert (session.fault, session.identity, session.status, session.tls) == (sentence, "CS1", 400, None)


async def test_tls_at_the_plain_door_is_told_so(tmp_path: Path, peers: Peers, authority: Authority) -> None:
    async with Hub(HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)) as hub:
        answer = await told(hub.port, client(authority.path), upgrade())

        session = await the_only_session(hub)
    assert answer == "WRONG_VERSION_NUMBER"
    assert session.fault == (
        "the station speaks TLS, and this port does not: connect to ws://, or to a port for wss://"
    )
    assert (session.status, session.ending) == (None, Ending.REFUSED)


# -- identity and password --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_checked", [True, False])
async def test_a_certificate_has_to_be_for_the_identity_unless_that_is_ignored(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], is_checked: bool
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    station_side = client(authority.path, shown_by(authority, "CS2"))
    async with secure_hub(tmp_path, peers.url, context, authentication=Checked(checks_names=is_checked)) as hub:
        station = await peers.station(hub.ports[1], ssl=station_side)
        await station.say(upgrade("/acme/CS1"))
        if not is_checked:
            await peers.accept()
        head = await station.head()

        session = await the_only_session(hub)
    if is_checked:
        assert head.startswith(b"HTTP/1.1 403 ")
        assert session.fault == "the station's certificate is for 'CS2', not for the identity 'CS1'"
        assert session.ending is Ending.REFUSED
    else:
        assert head == ACCEPT


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def basic(user: str, password: bytes) -> str:
    return f"Authorization: Basic {base64.b64encode(user.encode() + b':' + password).decode()}"


async def test_basic_authentication_reaches_the_csms_byte_for_byte_by_ws_and_wss(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    line = "aUTHORIZATION:   Basic  " + basic("CS1", b"\xff:\x00 secret").split()[-1]
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY)) as hub:
        for port, context in zip(hub.ports, (None, client(authority.path)), strict=True):
            station = await peers.station(port, ssl=context)
            await station.say(upgrade("/acme/CS1", line))
            upstream = await peers.line()

            assert f"\r\n{line}\r\n".encode() in await upstream.head()


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ("X: y", "this hub checks passwords, and the request carries no Basic authentication"),
        ("Authorization: Bearer x", "this hub checks passwords, and the request carries no Basic authentication"),
        ("Authorization: Basic %%", "this hub checks passwords, and the request carries no Basic authentication"),
        (basic("CS2", b"hunter2"), "the user name 'CS2' is not the identity 'CS1'"),
        (basic("CS1", b"hunter3"), "the hub does not know 'CS1' with this password"),
    ],
)
async def test_a_wrong_password_is_a_401_and_in_no_record(tmp_path: Path, peers: Peers, field: str, fault: str) -> None:
    checked = Checked(Passwords({"CS1": Hash.of(b"hunter2"), "CS2": Hash.of(b"hunter2")}))
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0, authentication=checked)
    async with Hub(settings) as hub:
        answer = await told(hub.port, None, upgrade("/acme/CS1", field))

        session = await the_only_session(hub)
        written = everything_in(tmp_path)
    assert answer.startswith("HTTP/1.1 401 ")
    assert "\r\nWWW-Authenticate: Basic realm=" in answer
    assert (session.fault, session.status) == (fault, 401)
    assert b"hunter" not in written


async def test_the_right_password_lets_in_again_and_again(tmp_path: Path, peers: Peers) -> None:
    checked = Checked(Passwords({"CS1": Hash.of(b"hunter2")}))
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0, authentication=checked)
    async with Hub(settings) as hub:
        for _ in range(2):
            station = await peers.station(hub.port)
            await station.say(upgrade("/acme/CS1", basic("CS1", b"hunter2")))
            await peers.accept()

            assert await station.head() == ACCEPT

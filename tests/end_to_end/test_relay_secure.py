"""Stations and CSMSes that prove who they are, or fail to: what both sides are told, and what the recording says."""

import asyncio
import base64
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from raw_peers import ACCEPT, Peers, frame, masked, raw_peers, upgrade
from tls_peers import HOST, client, told

from hub.authentication import Checked
from hub.certs import Authority
from hub.doors import Door
from hub.limits import Limits
from hub.passwords import Hash, Passwords
from hub.recording import Recording
from hub.server import Hub, HubSettings
from hub.tls import KeyPair, TlsPolicy, csms_context, station_context, upstreams
from matrix.judge import Judge
from matrix.trace import Ending, Session

NO_POLICY: Final = TlsPolicy()
V12: Final = ssl.TLSVersion.TLSv1_2


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("certs"), days=2)


@pytest.fixture(scope="module")
def servers(authority: Authority) -> list[KeyPair]:
    return [KeyPair(each.certificate, each.key) for each in authority.server_pair([HOST], days=2)]


def shown_by(authority: Authority, identity: str) -> tuple[Path, Path]:
    issued = authority.station(identity, days=2)
    return issued.certificate, issued.key


@asynccontextmanager
async def secure_hub(tmp_path: Path, url: str, context: ssl.SSLContext, **settings: Any) -> AsyncIterator[Hub]:
    """Run a hub with a plain door and one for TLS."""
    doors = [Door(HOST, 0, context)]
    everything = HubSettings(
        recording=tmp_path / "event.db", csmses={"acme": url}, port=0, more_doors=doors, **settings
    )
    async with Hub(everything) as hub:
        yield hub


def recorded(hub: Hub) -> list[Session]:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()


async def the_only_session(hub: Hub) -> Session:
    """Return the one recorded session, once it is committed."""
    await hub.recorder.committed()
    (session,) = recorded(hub)
    return session


def foreign(tmp_path: Path, ca: trustme.CA, **options: Any) -> tuple[Path, Path]:
    """Return the files of a certificate that a CA of trustme issued."""
    leaf = ca.issue_cert("cs1.example", common_name="CS1", **options)
    certificate, key = tmp_path / "foreign.pem", tmp_path / "foreign.key"
    leaf.cert_chain_pems[0].write_to_path(certificate)
    leaf.private_key_pem.write_to_path(key)
    return certificate, key


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


# -- stations that are refused in the TLS handshake -------------------------------------------------------------------


async def refused(
    tmp_path: Path, peers: Peers, context: ssl.SSLContext, station: ssl.SSLContext
) -> tuple[str, str | None]:
    """Return what a station is told, and the fault that is recorded for it."""
    async with secure_hub(tmp_path, peers.url, context) as hub:
        answer = await told(hub.ports[1], station, upgrade())
        session = await the_only_session(hub)
    assert (session.status, session.ending, session.identity, session.csms) == (None, Ending.REFUSED, "", "")
    assert session.remote.startswith(f"{HOST}:")
    assert session.closed_at is not None
    return answer, session.fault


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_1_0_and_1_1_are_refused(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], version: ssl.TLSVersion
) -> None:
    old = client(authority.path, newest=version)

    answer, fault = await refused(tmp_path, peers, station_context(servers, NO_POLICY), old)

    assert answer == "TLSV1_ALERT_PROTOCOL_VERSION"
    assert fault == "the station offers only versions of TLS that are not allowed here"


async def test_tls_1_2_is_refused_where_1_3_is_asked_for(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    context = station_context(servers, TlsPolicy(minimum=ssl.TLSVersion.TLSv1_3))

    answer, fault = await refused(tmp_path, peers, context, client(authority.path, newest=V12))

    assert answer == "TLSV1_ALERT_PROTOCOL_VERSION"
    assert fault == "the station offers only versions of TLS that are not allowed here"


async def test_the_rsa_suites_are_refused_unless_they_are_asked_for(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    station = client(authority.path, newest=V12, suites="AES128-GCM-SHA256")

    answer, fault = await refused(tmp_path, peers, station_context(servers, NO_POLICY), station)

    assert answer == "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert fault == "the station and the hub have no cipher suite in common"


@pytest.mark.parametrize(
    ("newest", "alert"),
    [(V12, "SSLV3_ALERT_HANDSHAKE_FAILURE"), (ssl.TLSVersion.TLSv1_3, "TLSV13_ALERT_CERTIFICATE_REQUIRED")],
)
async def test_a_station_without_a_certificate_is_refused(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], newest: ssl.TLSVersion, alert: str
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)

    answer, fault = await refused(tmp_path, peers, context, client(authority.path, newest=newest))

    assert answer == alert
    assert fault == "the station showed no certificate, and one is required (security profile 3)"


@pytest.mark.parametrize("newest", [V12, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_of_another_ca_is_refused(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair], newest: ssl.TLSVersion
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    station = client(authority.path, foreign(tmp_path, trustme.CA()), newest=newest)

    answer, fault = await refused(tmp_path, peers, context, station)

    assert answer == "TLSV1_ALERT_UNKNOWN_CA"
    assert fault == (
        "the station's certificate does not hold: its CA is not known here: unable to get local issuer certificate"
    )


async def test_an_expired_certificate_is_refused(tmp_path: Path, peers: Peers, servers: list[KeyPair]) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
    shown = foreign(tmp_path, ca, not_before=long_ago[0], not_after=long_ago[1])
    context = station_context(servers, NO_POLICY, client_ca=tmp_path / "ca.pem")
    station = client(servers[0].certificate.parent / "ca.pem", shown)

    answer, fault = await refused(tmp_path, peers, context, station)

    assert answer == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    assert fault == "the station's certificate does not hold: it has expired"


async def test_a_station_that_does_not_trust_the_hub_says_so_in_the_recording(
    tmp_path: Path, peers: Peers, servers: list[KeyPair]
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)

    answer, fault = await refused(tmp_path, peers, station_context(servers, NO_POLICY), client(other))

    assert answer == "CERTIFICATE_VERIFY_FAILED"
    assert fault == "the station does not accept the hub's certificate: it does not know the CA"


async def test_a_station_that_leaves_in_the_middle_is_recorded_and_one_that_says_nothing_is_not(
    tmp_path: Path, peers: Peers, servers: list[KeyPair]
) -> None:
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY)) as hub:
        with socket.create_connection((HOST, hub.ports[1])):
            pass
        silent = await peers.station(hub.ports[1])
        silent.end()
        assert await silent.rest() == b""
        cut = await peers.station(hub.ports[1])
        await cut.say(b"\x16\x03\x01\x02\x00\x01")
        cut.end()
        assert await cut.rest() == b""

        session = await the_only_session(hub)
    assert session.fault == "the station left during the TLS handshake"


async def test_a_tls_handshake_may_take_as_long_as_the_limit_says(
    tmp_path: Path, peers: Peers, servers: list[KeyPair]
) -> None:
    limits = Limits(handshake_s=0.1)
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY), limits=limits) as hub:
        slow = await peers.station(hub.ports[1])

        await slow.say(b"\x16\x03\x01\x02\x00\x01")
        await slow.rest()

        session = await the_only_session(hub)
    assert session.fault == "the station did not finish the TLS handshake in time"


async def test_a_connection_counts_before_its_tls_handshake_is_over(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    limits = Limits(sessions=1)
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY), limits=limits) as hub:
        slow = await peers.station(hub.ports[1])
        await slow.say(b"\x16\x03\x01\x02\x00\x01")

        answer = await told(hub.ports[1], client(authority.path), upgrade())

        session = await the_only_session(hub)
    assert answer.startswith("HTTP/1.1 503 ")
    assert session.fault == "the hub has 1 connections of stations, and takes no more at a time"


async def test_a_connection_to_another_door_from_the_same_port_counts_too(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    limits = Limits(sessions=1)
    async with secure_hub(tmp_path, peers.url, station_context(servers, NO_POLICY), limits=limits) as hub:
        with connected_from(0, hub.ports[1]) as slow:
            slow.sendall(b"\x16\x03\x01\x02\x00\x01")
            await told(hub.ports[1], client(authority.path), upgrade())  # which comes after it
            with connected_from(slow.getsockname()[1], hub.ports[0]) as other:
                other.sendall(upgrade())

                answer = await asyncio.to_thread(other.recv, 65_536)

    assert answer.startswith(b"HTTP/1.1 503 ")


def connected_from(own_port: int, port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, own_port))
    sock.connect((HOST, port))
    return sock


async def test_openssl_s_client_is_told_that_a_certificate_is_required(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed")
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    async with secure_hub(tmp_path, peers.url, context) as hub:
        process = await asyncio.create_subprocess_exec(
            openssl, "s_client", "-connect", f"{HOST}:{hub.ports[1]}", "-CAfile", str(authority.path), "-ign_eof",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate(upgrade())

        session = await the_only_session(hub)
    assert b"alert certificate required" in said
    assert session.fault == "the station showed no certificate, and one is required (security profile 3)"


async def test_a_flood_of_failed_handshakes_is_recorded_once_a_minute(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    async with secure_hub(tmp_path, peers.url, context) as hub:
        for _ in range(10):
            await told(hub.ports[1], client(authority.path), upgrade())

        assert (await the_only_session(hub)).ending is Ending.REFUSED


async def test_a_connection_that_was_turned_away_is_nobodys_fault_and_in_no_cell(
    tmp_path: Path, peers: Peers, authority: Authority, servers: list[KeyPair]
) -> None:
    context = station_context(servers, NO_POLICY, client_ca=authority.path)
    async with secure_hub(tmp_path, peers.url, context) as hub:
        await told(hub.ports[1], client(authority.path), upgrade())
        await the_only_session(hub)
    judged = Judge()

    with Recording.open(tmp_path / "event.db") as recording:
        for item in recording.all_traffic():
            judged.feed(item)

    assert judged.findings == []
    assert judged.board.view().pairs == ()


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


# -- CSMSes by TLS ----------------------------------------------------------------------------------------------------


async def reached(tmp_path: Path, peers: Peers, **options: Any) -> tuple[bytes, Session]:
    """Connect a station to the wss:// CSMS; return the head it gets, and its session."""
    csmses = {"acme": peers.url.replace("ws:", "wss:")}
    csms_tls = upstreams(csmses, NO_POLICY, **{"cas": {}, "names": {}, "pairs": {}, **options})
    settings = HubSettings(recording=tmp_path / "event.db", csmses=csmses, port=0, csms_tls=csms_tls)
    async with Hub(settings) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade())
        head = await station.head()
        return head, await the_only_session(hub)


def csms_side(pairs: list[KeyPair], **options: Any) -> ssl.SSLContext:
    return station_context(pairs, NO_POLICY, **options)


async def test_a_csms_of_the_given_ca_is_reached(tmp_path: Path, authority: Authority, servers: list[KeyPair]) -> None:
    async with raw_peers(ssl=csms_side(servers)) as peers:
        answering = asyncio.ensure_future(peers.accept())

        head, _ = await reached(tmp_path, peers, cas={"acme": authority.path})

        assert head == ACCEPT
        await answering


async def test_a_csms_of_an_unknown_ca_is_a_502_that_says_so(tmp_path: Path, servers: list[KeyPair]) -> None:
    async with raw_peers(ssl=csms_side(servers)) as peers:
        head, session = await reached(tmp_path, peers)

    assert head.startswith(b"HTTP/1.1 502 ")
    assert session.fault is not None
    assert "its certificate does not hold: its CA is not known here: " in session.fault
    assert session.fault.endswith("(--csms-ca acme=FILE says which to trust)")
    assert session.ending is Ending.UNREACHABLE


async def test_a_csms_whose_certificate_does_not_hold_is_told_by_an_alert(
    tmp_path: Path, servers: list[KeyPair]
) -> None:
    context = csms_side(servers)
    with socket.create_server((HOST, 0)) as listening:
        said = asyncio.create_task(asyncio.to_thread(what_the_hub_says, listening, context))
        csmses = {"acme": f"wss://{HOST}:{listening.getsockname()[1]}"}
        async with Hub(HubSettings(recording=tmp_path / "event.db", csmses=csmses, port=0)) as hub:
            await told(hub.port, None, upgrade())

            assert await said == "TLSV1_ALERT_UNKNOWN_CA"


def what_the_hub_says(listening: socket.socket, context: ssl.SSLContext) -> str:
    with listening.accept()[0] as sock, pytest.raises(ssl.SSLError) as caught:
        context.wrap_socket(sock, server_side=True)
    return str(caught.value.reason)


async def test_a_csms_with_the_name_of_another_host_is_a_502_unless_that_name_is_expected(
    tmp_path: Path,
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("csms.example").configure_cert(context)
    context.sni_callback = lambda _object, name, _context: names.append(name)
    async with raw_peers(ssl=context) as peers:
        head, session = await reached(tmp_path, peers, cas={"acme": tmp_path / "ca.pem"})
        assert head.startswith(b"HTTP/1.1 502 ")
        assert session.fault is not None
        assert session.fault.endswith(
            "its certificate is for another host than '127.0.0.1' (--csms-sni acme=HOST says which to expect)"
        )

        (tmp_path / "second").mkdir()
        answering = asyncio.ensure_future(peers.accept())
        options = {"cas": {"acme": tmp_path / "ca.pem"}, "names": {"acme": "csms.example"}}
        head, _ = await reached(tmp_path / "second", peers, **options)
        await answering
    assert head == ACCEPT
    assert names[-1] == "csms.example"


async def test_an_expired_csms_is_a_502_that_says_so(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST, not_before=long_ago[0], not_after=long_ago[1]).configure_cert(context)
    async with raw_peers(ssl=context) as peers:
        _, session = await reached(tmp_path, peers, cas={"acme": tmp_path / "ca.pem"})

    assert session.status == 502
    assert session.fault is not None
    assert session.fault.endswith(": its certificate does not hold: it has expired")


@pytest.mark.parametrize("newest", [V12, ssl.TLSVersion.TLSv1_3])
async def test_a_csms_that_wants_a_certificate_gets_the_one_for_it(
    tmp_path: Path, authority: Authority, servers: list[KeyPair], newest: ssl.TLSVersion
) -> None:
    context = csms_side(servers, client_ca=authority.path)
    context.maximum_version = newest
    hub_side = KeyPair(*shown_by(authority, "hub"))
    async with raw_peers(ssl=context) as peers:
        _, refused_session = await reached(tmp_path, peers, cas={"acme": authority.path})

        (tmp_path / "second").mkdir()
        answering = asyncio.ensure_future(peers.accept())
        options = {"cas": {"acme": authority.path}, "pairs": {"acme": hub_side}}
        head, _ = await reached(tmp_path / "second", peers, **options)
        upstream = await answering
        shown = upstream.writer.get_extra_info("peercert")
    assert head == ACCEPT
    assert (("commonName", "hub"),) in shown["subject"]
    assert (refused_session.status, refused_session.ending) == (502, Ending.UNREACHABLE)


async def test_a_csms_that_does_not_speak_tls_is_a_502_that_says_so(tmp_path: Path, peers: Peers) -> None:
    async def answer_in_clear() -> None:
        line = await peers.line()
        await line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    answering = asyncio.ensure_future(answer_in_clear())

    _, session = await reached(tmp_path, peers)

    await answering
    assert session.fault is not None
    assert session.fault.endswith(": it does not speak TLS at this port")


async def test_a_csms_that_speaks_tls_at_a_ws_url_is_a_502_that_says_so(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    await station.say(upgrade())
    await peers.accept(b"\x15\x03\x01\x00\x02\x02\x46")

    assert (await station.head()).startswith(b"HTTP/1.1 502 ")
    session = await the_only_session(hub)
    assert session.fault is not None
    assert session.fault.endswith(": it speaks TLS, and HTTP in clear was expected")


def test_the_system_is_trusted_where_no_ca_is_given() -> None:
    context = csms_context(NO_POLICY)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname

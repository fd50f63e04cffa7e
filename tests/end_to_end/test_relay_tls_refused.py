"""Stations that are refused in the TLS handshake: what they are told, and what the recording says."""

import asyncio
import shutil
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from raw_peers import Peers, upgrade
from secure_hubs import NO_POLICY, V12, foreign, secure_hub, the_only_session
from tls_peers import HOST, client, told

from hub.limits import Limits
from hub.recording.reading import Recording
from hub.tls.certs import Authority
from hub.tls.contexts import KeyPair, TlsPolicy, station_context
from matrix.judge import Judge
from matrix.trace import Ending


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

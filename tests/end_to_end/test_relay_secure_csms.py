"""CSMSes that are reached by TLS, or refused: what the station is told, and what the recording says."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from raw_peers import ACCEPT, Peers, raw_peers, upgrade
from secure_hubs import NO_POLICY, V12, shown_by, the_only_session
from tls_peers import HOST, told

from hub.server import Hub, HubSettings
from hub.tls.certs import Authority
from hub.tls.contexts import KeyPair, csms_context, station_context, upstreams
from matrix.trace import Ending, Session


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

"""A hub with a door for TLS, certificates to come with, and what it has recorded."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trustme
from relayed import recorded
from tls_peers import HOST

from hub.doors import Door
from hub.server import Hub, HubSettings
from hub.tls.certs import Authority
from hub.tls.contexts import TlsPolicy
from matrix.trace import Session

NO_POLICY: Final = TlsPolicy()
V12: Final = ssl.TLSVersion.TLSv1_2


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

"""What a hub needs to know before it runs."""

import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.doors import Door
from hub.handshake.admission import Duplicates
from hub.handshake.authentication import Authentication, OpenToAll
from hub.limits import DEFAULTS, Limits
from hub.recording.writable import Durability
from hub.tls.contexts import UpstreamTls
from hub.tunnel.words import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """What a hub needs to know.

    `csmses` maps names to ws:// or wss:// URLs. Port 0 is one that the system chooses. `host`, `port` and `tls` are the
    first door, the one that `Hub.url` names; `more_doors` are open beside it. `upstream_tls` replaces the default
    verification of wss:// CSMSes, and `csms_tls` that of single ones by their names. `allowed_origins` are the web
    pages that may open sessions (`https://host`, or `*`). `tokens` is the file of those who may bring a tunnel, and
    `tunnel_timing` what they are held to. A strict hub forwards nothing while it
    cannot record.
    """

    recording: Path
    csmses: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 9000
    tls: ssl.SSLContext | None = None
    more_doors: Sequence[Door] = ()
    upstream_tls: ssl.SSLContext | None = None
    csms_tls: Mapping[str, UpstreamTls] = field(default_factory=dict)
    authentication: Authentication = field(default_factory=OpenToAll)
    answer_timeout_s: float = 10.0
    limits: Limits = DEFAULTS
    duplicates: Duplicates = Duplicates.BOTH
    allowed_origins: Collection[str] = ()
    tokens: Path | None = None
    tunnel_timing: Timing = field(default_factory=Timing)
    durability: Durability = Durability.KILL
    is_strict: bool = False

    @property
    def doors(self) -> tuple[Door, ...]:
        return (Door(self.host, self.port, self.tls), *self.more_doors)

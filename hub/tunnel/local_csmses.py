"""The CSMSes beside an agent: how they are reached, and why they are not."""

import asyncio
from collections.abc import Sequence
from typing import Final

from hub.errors import HubError, words_of
from hub.handshake.dial import HeadReader, dial
from hub.handshake.switchboard import Csms
from hub.tls.contexts import UpstreamTls
from hub.tls.facts import Hints, why_the_server_failed

_LOCAL_TLS: Final = Hints(
    ca=" (--csms-ca FILE says which to trust)",
    name=" (--csms-sni HOST says which to expect)",
    cert=" (--csms-cert FILE gives one)",
    client="the agent's",
)


class LocalError(HubError):
    """The local CSMS cannot be reached; the message says why."""


class LocalCsmses:
    """The CSMSes that an agent brings; `tls` is how those at wss:// are verified."""

    def __init__(self, csmses: Sequence[Csms], tls: UpstreamTls | None, connect_s: float) -> None:
        self._csmses = {csms.name: csms for csms in csmses}
        self._tls = tls
        self._connect_s = connect_s

    def named(self, name: str) -> Csms | None:
        """Return the CSMS of that name."""
        return self._csmses.get(name)

    async def dial(self, name: str) -> HeadReader:
        """Connect to a CSMS, with TLS where it has it.

        Raises:
            LocalError: that was not possible; the message says why.
        """
        csms = self._csmses.get(name)
        if csms is None:
            raise LocalError(f"the agent knows no CSMS {name!r}")
        try:
            async with asyncio.timeout(self._connect_s):
                return await dial(csms, self._tls if csms.is_tls else None)
        except TimeoutError as exc:
            raise LocalError(f"behind the tunnel, {csms.url} did not answer within {self._connect_s:g} s") from exc
        except ConnectionRefusedError as exc:
            raise LocalError(f"behind the tunnel, nobody listens at {csms.url}: connection refused") from exc
        except (OSError, UnicodeError) as exc:
            raise LocalError(f"behind the tunnel, {csms.url} cannot be reached: {self.why(csms, exc)}") from exc

    def why(self, csms: Csms, exc: Exception) -> str:
        """Say why a connection to a CSMS failed, or ended: in terms of TLS where it was for that."""
        tls = self._tls if csms.is_tls else None
        if tls and (sentence := why_the_server_failed(exc, tls.server_name or csms.host, _LOCAL_TLS)):
            return sentence
        return words_of(exc)

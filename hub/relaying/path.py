"""What lies between the hub and a peer, where that is more than a network: what the relay asks of a tunnel."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hub.handshake.dial import HeadReader
    from hub.handshake.switchboard import Csms
    from hub.relaying.splice import Splice


class Path(Protocol):
    """Carries one connection of one side. `remote` and `tls` are the side's own, at the tunnel's other end."""

    name: str
    remote: str
    tls: str | None

    @property
    def said(self) -> str:
        """What is known of why the side has left; "" where nothing is."""

    def carry(self, splice: "Splice") -> None:
        """Learn which session it carries, to end it when the path breaks."""

    def fault(self) -> str | None:
        """Say what broke, now that the connection has ended; None where the side itself has ended it."""


class Dialler(Protocol):
    """Reaches CSMSes that nobody can dial."""

    def located(self, csms: "Csms") -> "Csms":
        """Return the CSMS with the URL that it has where it is; as it is given where nobody knows."""

    async def dial(self, csms: "Csms", session: int) -> "HeadReader":
        """Connect to a CSMS.

        Raises:
            OSError: it cannot be reached; the message says why.
        """

"""Connections that sessions wait for: each is asked of an agent, which dials the hub with the ticket that names it."""

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from hub.handshake.dial import HeadReader
from hub.tunnel.known_agent import KnownAgent
from hub.tunnel.words import Open


class TunnelError(OSError):
    """A CSMS cannot be reached through its tunnel; the message says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that waits for an agent to reach its CSMS; `arrival` is where the connection is put."""

    agent: KnownAgent
    csms: str
    session: int
    arrival: asyncio.Future[HeadReader]

    def fail(self, text: str) -> None:
        """Say that the CSMS cannot be reached."""
        if not self.arrival.done():
            self.arrival.set_exception(TunnelError(text))


class Arrivals:
    """All sessions that wait, by ticket."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def ask(self, agent: KnownAgent, csms: str, session: int) -> HeadReader:
        """Ask an agent for a connection to its CSMS, and wait for that.

        Raises:
            TunnelError: the agent cannot reach it, or has gone.
        """
        ticket = new_ticket()
        arrival: asyncio.Future[HeadReader] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = Waiting(agent, csms, session, arrival)
        agent.say(Open(ticket, csms, session))
        try:
            return await arrival
        except asyncio.CancelledError:
            if arrival.done() and not arrival.cancelled() and arrival.exception() is None:
                arrival.result().abort()  # it came, and nobody waits for it any more
            raise
        finally:
            del self._waiting[ticket]

    def ask_again(self, agent: KnownAgent, heard: Collection[str]) -> None:
        """Ask an agent that has begun anew for what it has not heard of."""
        for ticket, each in self._waiting.items():
            if each.agent is agent and ticket not in heard:
                agent.say(Open(ticket, each.csms, each.session))

    def waiting_for(self, ticket: str) -> Waiting | None:
        """Return who waits for the connection with a ticket; None: nobody, or nobody any more."""
        waiting = self._waiting.get(ticket)
        return None if waiting is None or waiting.arrival.done() else waiting

    def fail(self, agent: KnownAgent, ticket: str, text: str) -> None:
        """Tell who waits for a connection that an agent cannot make it."""
        waiting = self._waiting.get(ticket)
        if waiting is not None and waiting.agent is agent:
            waiting.fail(text)

    def fail_all(self, agent: KnownAgent, text: str) -> None:
        """Tell all who wait for an agent that it has gone."""
        for waiting in [each for each in self._waiting.values() if each.agent is agent]:
            waiting.fail(text)


def new_ticket() -> str:
    """Return what names a stream, and nobody can guess."""
    return secrets.token_urlsafe(18)

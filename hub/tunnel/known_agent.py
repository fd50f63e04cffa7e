"""An agent as the hub knows it: who it is, and what comes through it."""

import asyncio
from dataclasses import dataclass, field

from hub.access.tokens import Token
from hub.tunnel.flow import Count, Flow
from hub.tunnel.leases import Holder
from hub.tunnel.link import Link
from hub.tunnel.stream import Stream
from hub.tunnel.words import Hello, Lost, Noted, Open, Welcome


@dataclass(slots=True, eq=False)
class KnownAgent:
    """An agent that is connected, or expected back. `lost_at` is of the monotonic clock."""

    token: Token
    hello: Hello
    remote: str
    link: Link | None
    streams: dict[str, Stream] = field(default_factory=dict)
    back: asyncio.Event = field(default_factory=asyncio.Event)
    lost_at: float = 0.0
    flow: Flow = field(default_factory=lambda: Flow("the hub", "the agent"))

    @property
    def holder(self) -> Holder:
        return Holder(self.token.name, self.hello.instance)

    @property
    def shown(self) -> str:
        """What it is called in a log."""
        return f"the tunnel of token {self.token.name!r} from {self.remote}"

    def say(self, word: Open | Noted | Lost | Welcome) -> None:
        if self.link is not None:
            self.link.say(word)

    def lose(self, ticket: str, why: str) -> None:
        """Have the agent break off a connection that is broken: it may not have noticed."""
        self.say(Lost(ticket, why))

    def break_stream(self, ticket: str, why: str) -> None:
        """End a session whose connection through the tunnel is broken."""
        if stream := self.streams.get(ticket):
            stream.break_off(f"the tunnel {stream.name} broke: {why}")

    def break_streams(self, why: str) -> None:
        """End all sessions that go through the tunnel."""
        for ticket in [*self.streams]:
            self.break_stream(ticket, why)

    def counts(self) -> dict[str, Count]:
        self.forget_what_is_over()
        return {ticket: stream.count for ticket, stream in self.streams.items()}

    def forget_what_is_over(self) -> None:
        for ticket in [ticket for ticket, stream in self.streams.items() if stream.is_over]:
            del self.streams[ticket]

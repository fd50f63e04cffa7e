"""The hub's end of all tunnels: who is let in, who brings what, and what becomes of their sessions (docs/tunnel.md)."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from time import monotonic
from typing import Final

from hub.access.token_file import Failures, TokenFile, allows
from hub.access.tokens import Token
from hub.handshake.dial import HeadReader
from hub.handshake.switchboard import Csms, SwitchboardError, checked_csms
from hub.tunnel.arrivals import Arrivals, TunnelError
from hub.tunnel.flow import Flow, counts_of
from hub.tunnel.known_agent import KnownAgent
from hub.tunnel.leases import Holder, Leases, TakenError
from hub.tunnel.link import Link, LinkError, PartedError, SilentError
from hub.tunnel.words import (
    VERSION,
    Bye,
    Counts,
    Ended,
    Failed,
    Hello,
    Lost,
    Noted,
    OfAgent,
    Timing,
    Welcome,
    Why,
)
from matrix import __version__
from matrix.safe import safe

PATIENCE_S: Final = 3.0
"""How long a station waits for an agent that has just lost its control connection."""

log = logging.getLogger(__name__)


class Tunnels:
    """All agents. `names` says which CSMSes may come through a tunnel at the moment."""

    def __init__(
        self, tokens: TokenFile | None, names: Callable[[], Collection[str]], timing: Timing | None = None
    ) -> None:
        self.tokens = tokens
        self.timing = timing or Timing()
        self.failures = Failures()
        self.arrivals = Arrivals()
        self.agents: dict[Holder, KnownAgent] = {}
        self._names = names
        self._leases = Leases()
        self._left_at: dict[str, float] = {}
        self._following: asyncio.Task[None] | None = None

    def start(self, changed: Callable[[], object] = lambda: None) -> None:
        """Follow the token file; `changed` is called after there were other tokens."""
        if self.tokens is not None:

            def take_up() -> None:
                self.review()
                changed()

            self._following = asyncio.create_task(self.tokens.follow(take_up))
            self._following.add_done_callback(_say_if_crashed)

    async def stop(self) -> None:
        """Tell all agents that the hub stops."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        for agent in [*self.agents.values()]:
            self.dismiss(agent, Bye(Why.STOPPED, "the hub stops"))

    # -- agents -------------------------------------------------------------------------------------------------------

    async def attend(self, link: Link, token: Token, remote: str) -> None:
        """Look after an agent for as long as its control connection lasts.

        Raises:
            LinkError: how that ended.
        """
        hello = await link.first()
        if not isinstance(hello, Hello):
            raise LinkError(f"an agent begins with hello, not with {type(hello).__name__.lower()}")
        if bye := self._refusal(hello, token):
            log.info("an agent of token %r from %s is sent away: %s", token.name, remote, safe(bye.text))
            link.part(bye)
            await link.run(lambda _: None)
            return
        agent = self._take_in(link, hello, token, remote)
        try:
            await link.run(lambda word: self._hear(agent, word), lambda: counts_of(agent.counts()))
        except LinkError as exc:
            self._lost(agent, link, exc)
            raise

    def review(self) -> None:
        """Send away whose token is revoked, or is no longer for what they bring."""
        assert self.tokens is not None
        for agent in [*self.agents.values()]:
            token = self.tokens.tokens.now(agent.token)
            if token is None:
                self.dismiss(agent, Bye(Why.REVOKED, f"the token {agent.token.name!r} was revoked"))
            elif refused := allows(token, {*agent.hello.csmses}, stations=agent.hello.stations):
                self.dismiss(agent, Bye(Why.REFUSED, refused))
            else:
                agent.token = token

    def dismiss(self, agent: KnownAgent, bye: Bye) -> None:
        """Part from an agent at once, and end its sessions."""
        if self.agents.pop(agent.holder, None) is None:
            return
        log.info("%s is gone: %s", agent.shown, safe(bye.text))
        self._leases.release(agent.holder)
        self._left_at |= dict.fromkeys(agent.hello.csmses, monotonic())
        self.arrivals.fail_all(agent, bye.text)
        agent.break_streams(bye.text)
        if agent.link is not None:
            agent.link.part(bye)
            agent.link = None

    def _refusal(self, hello: Hello, token: Token) -> Bye | None:
        if hello.version != VERSION:
            older = "the agent" if hello.version < VERSION else "the hub"
            sentence = f"the hub speaks version {VERSION} of tunnels, the agent {hello.version}: update {older}"
            return Bye(Why.VERSION, sentence)
        if refused := allows(token, {*hello.csmses}, stations=hello.stations):
            return Bye(Why.REFUSED, refused)
        known = self._names()
        for name, url in hello.csmses.items():
            if name not in known:
                there = ", ".join(sorted(known)) or "none"
                return Bye(Why.UNKNOWN, f"the hub expects no CSMS named {name!r} through a tunnel; it expects {there}")
            try:
                checked_csms(name, url)
            except SwitchboardError as exc:
                return Bye(Why.REFUSED, str(exc))
        return self._claim(hello, token)

    def _claim(self, hello: Hello, token: Token) -> Bye | None:
        holder = Holder(token.name, hello.instance)
        try:
            displaced = self._leases.claim(hello.csmses, holder)
        except TakenError as exc:
            return Bye(Why.TAKEN, str(exc))
        for other in displaced:
            self.dismiss(self.agents[other], Bye(Why.SUPERSEDED, "a newer agent with the same token has taken over"))
        return None

    def _take_in(self, link: Link, hello: Hello, token: Token, remote: str) -> KnownAgent:
        agent = self.agents.get(Holder(token.name, hello.instance))
        if agent is None:
            agent = KnownAgent(token, hello, remote, link)
            self.agents[agent.holder] = agent
        else:
            if agent.link is not None:
                agent.link.part(Bye(Why.SUPERSEDED, "the same agent has connected anew"))
            agent.hello, agent.remote, agent.link, agent.flow = hello, remote, link, Flow("the hub", "the agent")
        agent.back.set()
        self._reconcile(agent, {*hello.tickets})
        agent.say(Welcome(__version__, [*agent.streams]))
        self.arrivals.ask_again(agent, hello.tickets)
        brings = [*map(repr, hello.csmses), *(["stations"] if hello.stations else [])]
        log.info("%s brings %s", agent.shown, safe(", ".join(brings)))
        return agent

    def _reconcile(self, agent: KnownAgent, tickets: set[str]) -> None:
        """End what the agent does not have any more."""
        agent.forget_what_is_over()
        for ticket, stream in agent.streams.items():
            if ticket not in tickets:
                stream.break_off(f"the tunnel {stream.name} broke: its agent lost the connection, and has begun anew")
        agent.forget_what_is_over()

    def _lost(self, agent: KnownAgent, link: Link, exc: LinkError) -> None:
        """Expect an agent back that has lost its connection; its sessions end at once where the path is silent."""
        if agent.link is not link:
            return
        if isinstance(exc, PartedError):
            self.dismiss(agent, exc.bye)
            return
        log.info("%s lost its connection: %s", agent.shown, safe(str(exc)))
        agent.link, agent.lost_at = None, monotonic()
        agent.back.clear()
        if isinstance(exc, SilentError):
            agent.break_streams(str(exc))
        asyncio.get_running_loop().call_later(self.timing.grace_s, self._give_up, agent)

    def _give_up(self, agent: KnownAgent) -> None:
        if agent.link is None and monotonic() - agent.lost_at >= self.timing.grace_s * 0.99:
            sentence = f"its agent lost the connection, and was not back within {self.timing.grace_s:g} s"
            self.dismiss(agent, Bye(Why.STOPPED, sentence))

    def _hear(self, agent: KnownAgent, word: OfAgent) -> None:
        match word:
            case Ended(ticket):
                if stream := agent.streams.get(ticket):
                    stream.note(word)
                agent.say(Noted(ticket))
            case Failed(ticket, text):
                self.arrivals.fail(agent, ticket, text)
            case Lost(ticket, text):
                agent.break_stream(ticket, text)
            case Counts():
                for ticket, text in agent.flow.hear(word, agent.counts()).items():
                    agent.lose(ticket, text)
                    agent.break_stream(ticket, text)

    # -- sessions -----------------------------------------------------------------------------------------------------

    def located(self, csms: Csms) -> Csms:
        holder = self._leases.holder(csms.name)
        if holder is None:
            return csms
        return replace(csms, url=checked_csms(csms.name, self.agents[holder].hello.csmses[csms.name]).url)

    async def dial(self, csms: Csms, session: int) -> HeadReader:
        return await self.arrivals.ask(await self._present(csms.name), csms.name, session)

    async def _present(self, name: str) -> KnownAgent:
        """Return the agent that brings a CSMS; wait a little for one that is expected back."""
        holder = self._leases.holder(name)
        if holder is None:
            raise TunnelError(
                f"nobody is connected as {name!r}{self._since(name)}; its participant runs plugfest tunnel"
            )
        agent = self.agents[holder]
        try:
            async with asyncio.timeout(PATIENCE_S):
                await agent.back.wait()
        except TimeoutError as exc:
            raise TunnelError(f"the agent that brings {name!r} has lost its connection") from exc
        return agent

    def _since(self, name: str) -> str:
        left_at = self._left_at.get(name)
        return "" if left_at is None else f" since {monotonic() - left_at:.0f} s ago"


def _say_if_crashed(following: "asyncio.Task[None]") -> None:
    if not following.cancelled() and (exc := following.exception()) is not None:
        log.critical("the token file is followed no more: stop the hub, and start it again", exc_info=exc)

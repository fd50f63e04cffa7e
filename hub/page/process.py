"""The process that judges for the page, as the hub sees it: started when somebody looks, asked, and started anew."""

import asyncio
import logging
import subprocess
from collections.abc import Sequence
from itertools import count
from typing import Final, Self

from hub.access.scope import Scope
from hub.errors import HubError
from hub.page.live import Live
from hub.page.pipe import LENGTH, Asked, Change, Looks, Question, Reply, Rules, length_in, pack, said
from matrix.safe import safe

ANSWER_S: Final = 10.0
MOST_ASKED: Final = 64
"""Questions that wait for their answers; with more than that, viewers are asked to come back later."""
AGAIN_S: Final = 2.0
STOP_S: Final = 1.0

_Key = tuple[Scope | str, ...]
"""What tells one question from another."""

log = logging.getLogger(__name__)


class BusyError(HubError):
    """The page's process does not answer now; the message says why."""


class _Child:
    """The process and its pipes.

    It is started by a thread: a fork of a large hub holds its loop up for 15 ms, what Popen does in its place does not.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.output = asyncio.StreamReader()
        self.input: asyncio.WriteTransport
        self._reading: asyncio.ReadTransport
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Start the process. Where that is cancelled, it is ended again."""
        starting = asyncio.ensure_future(cls._start(command))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await (await starting).end()
            raise

    @classmethod
    async def _start(cls, command: Sequence[str]) -> Self:
        child = cls(await asyncio.to_thread(_popen, command))
        loop, process = asyncio.get_running_loop(), child._process
        child._reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(child.output), process.stdout
        )
        child.input, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        return child

    async def end(self) -> None:
        """Close the pipes, which ends the process; a stubborn one is killed."""
        self.input.close()
        try:
            await asyncio.to_thread(self._process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._reading.close()


def _popen(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a process that Ctrl-C does not reach: that is for the hub, which ends it."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own module


class PageProcess:
    """Follows the recording in a process of its own, so that judging costs the relay nothing.

    `command` starts it; it is started when it is first asked, or first looked at.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._lives: dict[Scope, Live] = {}
        self._rules = Rules()
        self._command = command
        self._wanted = asyncio.Event()
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._same: dict[_Key, asyncio.Future[Reply]] = {}
        self._child: _Child | None = None
        self._is_up = asyncio.Event()

    def start(self) -> None:
        """Have the process started, if it is not."""
        self._wanted.set()

    def live(self, scope: Scope) -> Live:
        """Return the board as one scope has it, which is told from now on."""
        if scope not in self._lives:
            self._lives[scope] = Live()
            self._say(Looks((*self._lives,)))
        return self._lives[scope]

    def forget(self, scope: Scope) -> None:
        """Have a scope told no more: nobody looks in it."""
        if self._lives.pop(scope, None) is not None:
            self._say(Looks((*self._lives,)))

    def put_rules(self, rules: Rules) -> None:
        """Have everything judged by the event's rules, again where they are others than before."""
        if rules != self._rules:
            self._rules = rules
            self._say(rules)

    async def run(self) -> None:
        """Keep the process going once it is wanted, until this is cancelled."""
        await self._wanted.wait()
        while True:
            try:
                await self._see_through()
            finally:
                self._let_go()
            await asyncio.sleep(AGAIN_S)

    async def ask(self, scope: Scope, what: str, about: dict[str, str]) -> Reply:
        """Ask the process; who asks the same while one is waiting waits with it.

        Raises:
            BusyError: it does not answer, or too many are asking.
        """
        self.start()
        await self._come_up()
        key: _Key = (scope, what, *(part for pair in sorted(about.items()) for part in pair))
        waiting = self._same.get(key)
        if waiting is None:
            waiting = self._send(Question(next(self._numbers), scope, what, about))
            self._same[key] = waiting
            waiting.add_done_callback(lambda _: self._same.pop(key, None))
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(waiting)
        except TimeoutError as exc:
            raise BusyError("the judge is busy; try again in a moment") from exc

    async def _come_up(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._is_up.wait()
        except TimeoutError as exc:
            raise BusyError("the judge does not start; the hub's log says why") from exc

    def _send(self, question: Question) -> "asyncio.Future[Reply]":
        if self._child is None:
            raise BusyError("the judge is started anew; try again in a moment")
        if len(self._asked) >= MOST_ASKED:
            raise BusyError("too many are asking at once; try again in a moment")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[question.number] = reply
        reply.add_done_callback(lambda _: self._asked.pop(question.number, None))
        self._child.input.write(pack(question))
        return reply

    def _say(self, word: Asked) -> None:
        """Tell the process, if it is there; one that is started later is told all of it at first."""
        if self._child is not None:
            self._child.input.write(pack(word))

    async def _see_through(self) -> None:
        """Start the process and hear it to its end."""
        try:
            self._child = await _Child.start(self._command)
            self._say(self._rules)
            self._say(Looks((*self._lives,)))
            self._is_up.set()
            await self._listen(self._child.output)
        except asyncio.IncompleteReadError:
            log.warning("the judge of the page has ended; it is started again")
        except (OSError, ValueError) as exc:
            log.warning("the judge of the page does not work: %s", safe(str(exc)))
        finally:
            self._is_up.clear()
            if self._child is not None:
                child, self._child = self._child, None
                await child.end()

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while True:
            word = said(await output.readexactly(length_in(await output.readexactly(LENGTH.size))))
            match word:
                case Change():
                    if word.scope in self._lives:
                        self._lives[word.scope].take(word)
                case Reply():
                    reply = self._asked.get(word.number)
                    if reply and not reply.done():
                        reply.set_result(word)

    def _let_go(self) -> None:
        for reply in [*self._asked.values()]:
            if not reply.done():
                reply.set_exception(BusyError("the judge is started anew; try again in a moment"))
                reply.exception()  # whoever asked may have gone: this is no error that nobody has seen

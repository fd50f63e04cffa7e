"""The process that judges for the page, as the hub sees it: started when somebody looks, asked, and started anew."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import count
from typing import Final

from hub.errors import HubError
from hub.page.live import Live
from hub.page.pipe import LENGTH, Change, Question, Reply, length_in, pack, said
from hub.page.views import View
from matrix.safe import safe

ANSWER_S: Final = 10.0
MOST_ASKED: Final = 64
"""Questions that wait for their answers; with more than that, viewers are asked to come back later."""
AGAIN_S: Final = 2.0
STOP_S: Final = 1.0

log = logging.getLogger(__name__)


class BusyError(HubError):
    """The page's process does not answer now; the message says why."""


class PageProcess:
    """Follows the recording in a process of its own, so that judging costs the relay nothing.

    `command` starts it; it is started when it is first asked, or first looked at.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.lives = {view: Live() for view in View}
        self._command = command
        self._wanted = asyncio.Event()
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._same: dict[tuple[str, ...], asyncio.Future[Reply]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._is_up = asyncio.Event()

    def start(self) -> None:
        """Have the process started, if it is not."""
        self._wanted.set()

    async def run(self) -> None:
        """Keep the process going once it is wanted, until this is cancelled."""
        await self._wanted.wait()
        while True:
            try:
                await self._see_through()
            finally:
                self._let_go()
            await asyncio.sleep(AGAIN_S)

    async def ask(self, view: View, what: str, about: dict[str, str]) -> Reply:
        """Ask the process; who asks the same while one is waiting waits with it.

        Raises:
            BusyError: it does not answer, or too many are asking.
        """
        self.start()
        await self._come_up()
        key = (view, what, *(part for pair in sorted(about.items()) for part in pair))
        waiting = self._same.get(key)
        if waiting is None:
            waiting = self._send(Question(next(self._numbers), view, what, about))
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
        if self._process is None or self._process.stdin is None:
            raise BusyError("the judge is started anew; try again in a moment")
        if len(self._asked) >= MOST_ASKED:
            raise BusyError("too many are asking at once; try again in a moment")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[question.number] = reply
        reply.add_done_callback(lambda _: self._asked.pop(question.number, None))
        self._process.stdin.write(pack(question))
        return reply

    async def _see_through(self) -> None:
        """Start the process and hear it to its end."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the hub, which ends this one
            )
            assert self._process.stdout is not None
            self._is_up.set()
            await self._listen(self._process.stdout)
        except asyncio.IncompleteReadError:
            log.warning("the judge of the page has ended; it is started again")
        except (OSError, ValueError) as exc:
            log.warning("the judge of the page does not work: %s", safe(str(exc)))
        finally:
            await self._end()

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while True:
            word = said(await output.readexactly(length_in(await output.readexactly(LENGTH.size))))
            match word:
                case Change():
                    self.lives[View(word.view)].take(word)
                case Reply():
                    reply = self._asked.get(word.number)
                    if reply and not reply.done():
                        reply.set_result(word)

    async def _end(self) -> None:
        self._is_up.clear()
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _let_go(self) -> None:
        for reply in [*self._asked.values()]:
            if not reply.done():
                reply.set_exception(BusyError("the judge is started anew; try again in a moment"))
                reply.exception()  # whoever asked may have gone: this is no error that nobody has seen

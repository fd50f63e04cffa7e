"""What connects the demo's peers to their WebSockets: the `ocpp` package's peer, and one written by hand."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import aiohttp
import orjson
from aiohttp import web
from ocpp import exceptions, messages, v16, v21, v201
from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case

from matrix.dialect import CALL, CALLERROR, CALLRESULT, V16, V21, V201, dialect

Payload = dict[str, Any]
"""An OCPP payload with the names of the wire."""

Habit = Callable[[str], str]
"""What becomes of a message on its way out; for most peers there is none."""

Answer = Callable[[str, Payload], Payload | None]
"""Action and payload of a CALL to the payload of its answer; None where it is never answered."""

PATIENCE_S: Final = 30.0
"""How long a peer waits for an answer; the value that OCPP 2.0.1 part 2 §3.2 suggests to start with."""

SILENT: Final = logging.Logger("ocpp", logging.CRITICAL + 1)
"""The package logs every frame and every error of the other side: the recording has them already."""

_CHARGE_POINTS: Final = {V16: v16.ChargePoint, V201: v201.ChargePoint, V21: v21.ChargePoint}


class HungUpError(Exception):
    """The other side has ended the connection."""


class UnknownActionError(Exception):
    """The action is not implemented here; the other side is told NotImplemented."""


class RefusedError(Exception):
    """The other side answered with a CALLERROR, or with something that cannot be used."""


class Link:
    """Gives an aiohttp WebSocket, of either side, the `recv` and `send` that `ocpp` wants."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse[bool] | web.WebSocketResponse, habits: Sequence[Habit] = ()
    ) -> None:
        self._socket = socket
        self._habits = habits
        self._heard = asyncio.Event()

    async def recv(self) -> str:
        """Return the next text message.

        Raises:
            HungUpError: there will be none.
        """
        message = await self._socket.receive()
        self._heard.set()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise HungUpError(f"the connection ended with {message.type.name}")
        return str(message.data)

    async def send(self, text: str) -> None:
        """Send a text message, as this peer's habits leave it.

        Raises:
            HungUpError: the connection is gone.
        """
        for habit in self._habits:
            text = habit(text)
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientConnectionError, ConnectionError) as exc:
            raise HungUpError("the connection is gone") from exc

    async def silence(self, seconds: float) -> None:
        """Wait until nothing has been heard for so long: nobody's question is left open by a close after that."""
        with suppress(TimeoutError):
            while True:
                self._heard.clear()
                await asyncio.wait_for(self._heard.wait(), seconds)


class Peer(Protocol):
    """One side of a session."""

    answered: asyncio.Event
    """Set whenever a CALL of the other side has been answered."""

    async def listen(self) -> None:
        """Answer the other side's CALLs until it hangs up, with HungUpError."""

    async def say(self, action: str, payload: Payload) -> Payload:
        """Send a CALL and return the payload of its answer.

        Raises:
            RefusedError: it was answered with an error, or with nonsense.
            TimeoutError: it was not answered in time.
            HungUpError: the connection is gone.
        """


class LibraryPeer:
    """A peer of the `ocpp` package: it validates what it sends and, unless it is lenient, what it gets."""

    def __init__(self, version: str, link: Link, answer: Answer, *, lenient: bool = False) -> None:
        messages.ASYNC_VALIDATION = False  # a validation is too short to be worth a thread
        self._point = _CHARGE_POINTS[version]("", link, PATIENCE_S, SILENT)
        self._answer = answer
        self._point.route_map = {action: self._route(action, lenient) for action in dialect(version).actions}
        self.answered = asyncio.Event()

    async def listen(self) -> None:
        await self._point.start()

    async def say(self, action: str, payload: Payload) -> Payload:
        request = getattr(self._point._call, action)(**camel_to_snake_case(payload))  # noqa: SLF001 - has no other name
        try:
            reply = await self._point.call(request, suppress=False)
        except (exceptions.OCPPError, exceptions.UnknownCallErrorCodeError, TypeError) as exc:
            raise RefusedError(f"{action} was answered with {exc}") from exc
        return _plain(reply)

    def _route(self, action: str, lenient: bool) -> dict[str, Any]:
        reply_type = getattr(self._point._call_result, action, None)  # noqa: SLF001 - has no other name

        def on_action(**payload: Any) -> Any:
            try:
                reply = self._answer(action, snake_to_camel_case(payload))
            except UnknownActionError as exc:
                raise exceptions.NotImplementedError(details={"cause": str(exc)}) from exc
            assert reply_type is not None
            return reply_type(**camel_to_snake_case(reply))

        return {"_on_action": on_action, "_after_action": self._note_answer, "_skip_schema_validation": lenient}

    def _note_answer(self, **_: Any) -> None:
        self.answered.set()


class PlainPeer:
    """A peer without library or schema: it sends what it is given, under ids of its own making."""

    def __init__(self, link: Link, answer: Answer, *, next_id: Callable[[], str], unknown: str) -> None:
        self._link = link
        self._answer = answer
        self._next_id = next_id
        self._unknown = unknown
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self.answered = asyncio.Event()

    async def listen(self) -> None:
        while True:
            match _parsed(await self._link.recv()):
                case [2, message_id, action, payload]:
                    await self._reply(message_id, action, payload)
                case [3, message_id, payload] if message_id in self._waiting:
                    self._waiting.pop(message_id).set_result(payload)
                case [4, message_id, *error] if message_id in self._waiting:
                    self._waiting.pop(message_id).set_exception(RefusedError(f"answered with {error}"))
                case _:
                    pass  # nonsense, or an answer that nobody waits for

    async def say(self, action: str, payload: Payload) -> Payload:
        message_id = self._next_id()
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        try:
            await self._write([CALL, message_id, action, payload])
            return await asyncio.wait_for(answer, PATIENCE_S)
        finally:
            self._waiting.pop(message_id, None)

    async def _reply(self, message_id: str, action: str, payload: Payload) -> None:
        try:
            reply = self._answer(action, payload)
        except UnknownActionError:
            await self._write([CALLERROR, message_id, self._unknown, "", {}])
            return
        if reply is not None:
            await self._write([CALLRESULT, message_id, reply])
            self.answered.set()

    async def _write(self, array: list[Any]) -> None:
        await self._link.send(orjson.dumps(array).decode())


def _plain(reply: Any) -> Payload:
    payload: Payload = snake_to_camel_case(remove_nones(serialize_as_dict(reply)))
    return payload


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None

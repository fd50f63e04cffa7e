"""Connects to a live CSMS in a recorded station's place: its path, its subprotocols, its header fields."""

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from hub.errors import HubError, words_of
from hub.handshake.credentials import Masker
from hub.handshake.dial import HeadReader, ask, dial, read_body
from hub.handshake.heads import END_OF_HEAD, HeadError, ResponseHead, storable
from hub.handshake.switchboard import Csms
from hub.relaying.deflate import DeflateParameters
from hub.replay.wire import accept_of, new_key
from hub.tls.contexts import UpstreamTls
from hub.tls.facts import Hints, why_the_server_failed
from hub.writing.recorder import Recorder
from matrix.replay.script import Script
from matrix.trace import Ending, Session, Side

REMOTE: Final = "replay"
"""What stands in the place of a station's address."""
RECORDED_BODY: Final = 64 << 10
_OURS: Final = re.compile(r"host|upgrade|connection|authorization|cookie|content-.*|sec-websocket-.*", re.IGNORECASE)
"""Fields that a replay writes itself, or has not."""
PASSWORD_HINT: Final = "PLUGFEST_PASSWORD in the environment, or --password-file, can hold a password"  # noqa: S105 - it is none
_DEFLATE: Final = "permessage-deflate"
_MASKED: Final = "hmac:"
_HINTS: Final = Hints(
    ca=" (--ca FILE says which to trust)", name=" (--sni HOST says which name it has)", cert=" (--cert)"
)


class ConnectError(HubError):
    """The live CSMS did not open a session; the message says why. The attempt is recorded."""


@dataclass(frozen=True, slots=True)
class Target:
    """The live CSMS. `password` is what the stations log in with, by Basic authentication."""

    csms: Csms
    tls: UpstreamTls | None = None
    password: str | None = None
    connect_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that the CSMS has opened."""

    session: Session
    reader: HeadReader
    deflate: DeflateParameters | None


async def open_session(
    target: Target, script: Script, identity: str, recorder: Recorder, begun: Callable[[int], object]
) -> Opened:
    """Open a session in a recorded station's place; it is in the recording, or on its way there.

    `begun` is called with its number, also where it does not come to a session.

    Raises:
        ConnectError: the CSMS refused, or could not be reached.
    """
    attempt = _Attempt(target, script, identity, recorder)
    recorder.begin(attempt.session)
    begun(attempt.session.id)
    try:
        async with asyncio.timeout(target.connect_s):
            return await attempt.open()
    except TimeoutError as exc:
        raise attempt.failed(f"it did not answer within {target.connect_s:g} s") from exc
    except (OSError, HeadError, UnicodeError) as exc:
        raise attempt.failed(_reason(exc, target)) from exc


class _Attempt:
    """One handshake."""

    def __init__(self, target: Target, script: Script, identity: str, recorder: Recorder) -> None:
        self._target = target
        self._recorder = recorder
        self._masker = Masker()
        self._key = new_key()
        origin, csms = script.session, target.csms
        path = csms.target("/" + _last_segment(origin, identity))
        offered = origin.offered or ((f"ocpp{script.version}",) if script.version != "?" else ())
        self._head = self._request(path, origin, offered, identity)
        headers = tuple(_name_and_value(line) for line in self._head[1:])
        self.session = Session(
            id=recorder.new_session_id(), opened_at=time.time_ns(), identity=identity, csms=origin.csms, path=path,
            upstream=f"{csms.url.scheme}://{csms.authority}{path}", remote=REMOTE, offered=offered,
            request=self._masker.headers(headers),
        )  # fmt: skip

    def _request(self, path: str, origin: Session, offered: tuple[str, ...], identity: str) -> list[str]:
        lines = [
            f"GET {path} HTTP/1.1", f"Host: {self._target.csms.authority}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key}", "Sec-WebSocket-Version: 13",
        ]  # fmt: skip
        if offered:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(offered)}")
        if offers := _deflate_offers(origin):
            lines.append(f"Sec-WebSocket-Extensions: {offers}")
        if self._target.password is not None:
            login = f"{identity}:{self._target.password}".encode("utf-8", "surrogateescape")
            lines.append(f"Authorization: Basic {b64encode(login).decode()}")
        return lines + [f"{name}: {value}" for name, value in origin.request if _is_to_keep(name, value)]

    async def open(self) -> Opened:
        reader = await dial(self._target.csms, self._target.tls)
        try:
            response = await ask(reader, "\r\n".join(self._head).encode("utf-8", "surrogateescape") + END_OF_HEAD)
            await self._check(reader, response)
        except BaseException:
            reader.abort()
            raise
        self._note(response, chosen=response.field("sec-websocket-protocol"))
        self._recorder.answer(self.session)
        return Opened(self.session, reader, DeflateParameters.agreed(response.field("sec-websocket-extensions")))

    async def _check(self, reader: HeadReader, response: ResponseHead) -> None:
        if response.status != 101:
            raise await self._refused(reader, response)
        if response.field("sec-websocket-accept") != accept_of(self._key):
            raise HeadError("its Sec-WebSocket-Accept does not belong to the key")

    async def _refused(self, reader: HeadReader, response: ResponseHead) -> ConnectError:
        body = await read_body(reader, response)
        text = self._masker.text(body[: 2 * RECORDED_BODY].decode("utf-8", "replace"))[:RECORDED_BODY]
        self._note(response, body=text, closed_by=Side.CSMS, ending=Ending.REFUSED, closed_at=time.time_ns())
        self._recorder.answer(self.session)
        hint = f"; {PASSWORD_HINT}" if response.status == 401 else ""
        return ConnectError(f"the CSMS refused {self.session.identity!r}: {response.status} {response.reason}{hint}")

    def failed(self, reason: str) -> ConnectError:
        """Record that the CSMS could not be reached."""
        sentence = f"the CSMS cannot be reached at {self.session.upstream}: {reason}"
        now = time.time_ns()
        self.session = msgspec.structs.replace(
            self.session, answered_at=now, closed_at=now, fault=sentence, ending=Ending.UNREACHABLE
        )
        self._recorder.answer(self.session)
        return ConnectError(sentence)

    def _note(self, response: ResponseHead, **facts: object) -> None:
        self.session = msgspec.structs.replace(
            self.session, answered_at=time.time_ns(), status=response.status, reason=self._masker.text(response.reason),
            response=self._masker.headers(response.headers), **facts,
        )  # fmt: skip


def _last_segment(origin: Session, identity: str) -> str:
    """Return the identity as it stands in a path: as the station wrote it, where it is its own."""
    if identity == origin.identity and origin.path:
        segment = origin.path.partition("?")[0].rpartition("/")[2]
        if segment and segment.isascii():
            return segment
    return quote(storable(identity), safe="")


def _deflate_offers(origin: Session) -> str:
    """Return which compression the station offered; other extensions could not be read."""
    offered = (each.strip() for each in (origin.header("Sec-WebSocket-Extensions") or "").split(","))
    return ", ".join(each for each in offered if each.partition(";")[0].strip().lower() == _DEFLATE)


def _is_to_keep(name: str, value: str) -> bool:
    """Tell whether a field is sent as the station sent it: none of the handshake's own, no secret, nothing odd."""
    if _OURS.fullmatch(name) or _MASKED in value or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        return False
    return value.isprintable()


def _name_and_value(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _reason(exc: Exception, target: Target) -> str:
    if target.tls and (sentence := why_the_server_failed(exc, target.csms.host, _HINTS)):
        return sentence
    return words_of(exc)

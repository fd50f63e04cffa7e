"""permessage-deflate (RFC 7692) as somebody who listens in sees it: what was agreed, and what a payload inflates to."""

import zlib
from dataclasses import dataclass
from typing import Final, Self

from hub.errors import HubError
from hub.limits import DEFAULTS
from matrix.trace import Side

MAX_INFLATED_BYTES: Final = DEFAULTS.inflated_bytes
"""What one message may inflate to before the tap stops: a few KiB of hostile input could otherwise fill the memory."""

TRAILER: Final = b"\x00\x00\xff\xff"
"""What a sender cuts off the end of a compressed message and a receiver puts back (RFC 7692 §7.2.2)."""

_RAW: Final = -zlib.MAX_WBITS
_WINDOW: Final = 1 << zlib.MAX_WBITS
_MOST_STREAMS: Final = 256
"""Final blocks in one frame: each costs a copy of what follows it."""


class InflateError(HubError):
    """The payload cannot be inflated; the message says why."""


@dataclass(frozen=True, slots=True)
class DeflateParameters:
    """What the two sides agreed on in `Sec-WebSocket-Extensions` of the 101 response, as far as reading depends on it.

    The agreed window sizes are not here: a window of 32 KiB reads what was written with any.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False

    @classmethod
    def agreed(cls, extensions: str | None) -> Self | None:
        """Return the parameters in a response's header value; None where permessage-deflate is not in it."""
        for extension in (extensions or "").split(","):
            name, *parameters = (part.strip().lower() for part in extension.split(";"))
            if name == "permessage-deflate":
                names = {parameter.partition("=")[0].strip() for parameter in parameters}
                return cls("server_no_context_takeover" in names, "client_no_context_takeover" in names)
        return None

    def inflater(self, side: Side, *, limit: int = MAX_INFLATED_BYTES) -> "Inflater":
        """Return what reads the compressed payloads of one side; the station is the client.

        `limit` is what one message may inflate to, in bytes.
        """
        forgets = self.client_no_context_takeover if side is Side.STATION else self.server_no_context_takeover
        return Inflater(keeps_context=not forgets, limit=limit)


class Inflater:
    """Inflates the payloads of one direction, fragment by fragment."""

    __slots__ = ("_broken", "_inflated", "_keeps_context", "_limit", "_stream")

    def __init__(self, *, keeps_context: bool, limit: int = MAX_INFLATED_BYTES) -> None:
        self._keeps_context = keeps_context
        self._limit = limit
        self._inflated = 0
        self._broken: str | None = None
        # An idle session has no zlib state: it is 40 KiB once it has read something.
        self._stream: zlib._Decompress | None = None

    @property
    def keeps_context(self) -> bool:
        """True where each message can only be read by who has read those before it."""
        return self._keeps_context

    def inflate(self, part: bytes, *, final: bool) -> bytes:
        """Return what a fragment of a compressed message inflates to; `final` where it is the message's last.

        Raises:
            InflateError: it cannot be read, or an earlier one that it builds on could not.
        """
        try:
            return self._inflate(part + TRAILER if final else part)
        finally:
            if final:
                self._end_message()

    def _inflate(self, part: bytes) -> bytes:
        if self._broken is not None:
            raise InflateError(f"not inflated, because an earlier frame was not: {self._broken}")
        try:
            inflated = self._read(part)
        except zlib.error as exc:
            self._broken = f"cannot be inflated: {exc}"
            raise InflateError(self._broken) from exc
        self._inflated += len(inflated)
        return inflated

    def _read(self, part: bytes) -> bytes:
        inflated = b""
        for _ in range(_MOST_STREAMS):
            stream = self._stream = self._stream or zlib.decompressobj(_RAW)
            inflated += stream.decompress(part, self._limit - self._inflated - len(inflated) + 1)
            if len(inflated) + self._inflated > self._limit:
                raise self._given_up(f"inflates to more than {self._limit} bytes")
            if not stream.eof:
                return inflated
            # A block with BFINAL set, which RFC 7692 §7.2.3.4 allows: a new stream with the same window follows.
            part, self._stream = stream.unused_data, zlib.decompressobj(_RAW, zdict=inflated[-_WINDOW:])
            if not part:
                return inflated
        raise self._given_up(f"has more than {_MOST_STREAMS} final blocks")

    def _given_up(self, why: str) -> InflateError:
        self._broken, self._stream = why, None
        return InflateError(why)

    def _end_message(self) -> None:
        self._inflated = 0
        if not self._keeps_context:
            self._stream = None
            self._broken = None

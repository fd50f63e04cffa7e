"""Streams of random WebSocket frames, the same for the same seed, with an account of what was sent."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import product
from typing import Any, Final

from raw_peers import Deflater, frame

from matrix.trace import FIRST_CONTROL_OPCODE, RSV1, Opcode, Side

PIECE: Final = 64 << 10
LARGEST: Final = 1 << 20
EDGES: Final = (0, 1, 125, 126, 127, 65_535, 65_536, LARGEST)
"""Where the length of a payload changes how it is written (RFC 6455 §5.2), and the largest."""
SIZES: Final = ((0.70, 125), (0.20, 2_000), (0.09, 16_000), (0.009, 70_000), (0.001, LARGEST))
"""How many of the messages are how large at most."""
TEXT: Final = "".join(f'[2,"{n * 7919}","Heartbeat",{{"größe":{n % 97}}}]' for n in range(40_000))[:LARGEST]
NOISE: Final = random.Random(0).randbytes(LARGEST)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a session's two sides agree on."""

    server_bits: int
    client_bits: int
    server_forgets: bool
    client_forgets: bool

    def __str__(self) -> str:
        server = f"server_max_window_bits={self.server_bits}" + "; server_no_context_takeover" * self.server_forgets
        client = f"client_max_window_bits={self.client_bits}" + "; client_no_context_takeover" * self.client_forgets
        return f"permessage-deflate; {server}; {client}"

    def deflater(self, side: Side, level: int) -> Deflater:
        if side is Side.STATION:
            return Deflater(self.client_bits, keeps_context=not self.client_forgets, level=level)
        return Deflater(self.server_bits, keeps_context=not self.server_forgets, level=level)


COMBINATIONS: Final[tuple[Parameters | None, ...]] = (
    None,
    *(Parameters(*values) for values in product(range(8, 16), range(8, 16), (False, True), (False, True))),
)


class Account:
    """Digests of one direction of one session: the bytes, the frames, and what the messages mean."""

    def __init__(self) -> None:
        self.wire, self.frames, self.messages = sha256(), sha256(), sha256()
        self.count = 0

    def note(self, opcode: int, payload: bytes, facts: tuple[int, int, int, int]) -> None:
        """Note a frame; of a message that is in fragments, only the whole has to be the same."""
        self.count += 1
        is_control = opcode >= FIRST_CONTROL_OPCODE
        self.frames.update(repr((int(opcode), facts, payload if is_control else b"")).encode())
        if not is_control:
            self.messages.update(payload)
            self.messages.update(b"end" if facts[0] else b"")

    @property
    def digests(self) -> tuple[int, str, str]:
        return self.count, self.frames.hexdigest(), self.messages.hexdigest()


@dataclass(slots=True)
class Sender:
    """Makes the frames of one direction of one session."""

    side: Side
    parameters: Parameters | None
    seed: str
    account: Account = field(default_factory=Account)

    def pieces(self, frames: int) -> Iterator[bytes]:
        """Return the bytes of at least so many frames, cut where no frame ends."""
        dice, waiting = random.Random(self.seed), bytearray()
        deflater = self.parameters.deflater(self.side, dice.randint(0, 9)) if self.parameters else None
        while self.account.count < frames:
            waiting += b"".join(self._message(dice, deflater))
            if len(waiting) > PIECE or dice.random() < 0.05:
                cut = dice.randint(0, len(waiting))
                yield bytes(waiting[:cut])
                del waiting[:cut]
        yield bytes(waiting)

    def _message(self, dice: random.Random, deflater: Deflater | None) -> Iterator[bytes]:
        opcode, plain = _random_message(dice)
        rsv, payload = 0, plain
        if deflater and dice.random() < 0.8:
            rsv, payload = RSV1, deflater.deflate(plain, ends_stream=dice.random() < 0.02)
        parts = _cut(dice, payload)
        for number, part in enumerate(parts, start=1):
            fin = number == len(parts)
            yield self._frame(dice, opcode, part, plain if fin else b"", fin=fin, rsv=rsv)
            opcode = rsv = 0
            if dice.random() < 0.1:
                control = dice.randbytes(dice.randint(0, 125))
                yield self._frame(dice, dice.choice((9, 10)), control, control)

    def _frame(
        self, dice: random.Random, opcode: int, payload: bytes, meant: bytes, *, fin: bool = True, rsv: int = 0
    ) -> bytes:
        key = dice.randbytes(4) if self.side is Side.STATION else None
        made = frame(payload, opcode, fin=fin, rsv=rsv, key=key)
        self.account.note(opcode, meant, (int(fin), rsv, int(key is not None), len(made)))
        self.account.wire.update(made)
        return made


def _random_message(dice: random.Random) -> tuple[int, bytes]:
    most = dice.choices([size for _, size in SIZES], [share for share, _ in SIZES])[0]
    size = dice.choice(EDGES[:5] if most < 65_535 else EDGES) if dice.random() < 0.05 else dice.randint(0, most)
    if dice.random() < 0.5:
        return Opcode.BINARY, _slice(dice, NOISE, size)
    return Opcode.TEXT, _slice(dice, TEXT, size).encode()[:LARGEST].decode(errors="ignore").encode()


def _slice(dice: random.Random, source: Any, size: int) -> Any:
    start = dice.randint(0, len(source) - size)
    return source[start : start + size]


def _cut(dice: random.Random, payload: bytes) -> list[bytes]:
    """Cut a payload into fragments, some of them empty; two of three stay whole."""
    cuts = sorted(dice.randint(0, len(payload)) for _ in range(dice.choice((0, 0, 0, 0, 1, 3))))
    return [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]

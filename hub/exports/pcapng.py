"""pcapng: sessions as TCP connections that Wireshark reads, with what was found as comments on packets.

The hub sees bytes of streams, not packets: addresses, ports, acknowledgements and masking keys are made up. Handshakes,
frames and times are what was recorded, but for compression: what was inflated is written as it was read.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Final

from hub.exports.blocks import interface_block, names_block, packet_block, section_block
from hub.exports.contents import Contents
from hub.exports.packets import End, Flag, Place
from matrix.finding import Finding
from matrix.safe import safe_file_name
from matrix.trace import (
    RSV1,
    Closed,
    Disturbed,
    Ending,
    Frame,
    Headers,
    Opcode,
    Opened,
    Session,
    Side,
    Traffic,
    time_of,
)

STATIONS: Final = IPv4Address("10.0.0.1")
CSMSES: Final = IPv4Address("198.18.0.1")
"""Where addresses begin: those of private networks, and of benchmarks (RFC 2544), which reach nobody."""
HTTP_PORT: Final = 80
"""Every CSMS listens there: programs look for HTTP, and for what follows it, by the port."""
FIRST_PORT, PORTS = 1_024, 64_000
MADE_UP: Final = "made up: the log that this session was imported from holds no handshake"
_UPGRADE: Final = (("Upgrade", "websocket"), ("Connection", "Upgrade"))
_KEY: Final = (("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))
_ACCEPT: Final = (("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),)
"""The handshake of RFC 6455 §1.3."""


def pcapng(contents: Contents) -> Iterator[bytes]:
    """Yield the blocks of the file."""
    names = _Names(contents.sessions.values())
    yield section_block()
    yield interface_block()
    yield names.block()
    flows = {number: _Flow(contents, session, names) for number, session in contents.sessions.items()}
    waiting = deque(sorted(contents.sessions.values(), key=lambda session: session.opened_at))
    for item in contents.traffic():
        while waiting and waiting[0].opened_at <= time_of(item):
            yield from flows[waiting.popleft().id].ask()
        yield from _packets(flows, item)
    for session in waiting:
        yield from flows[session.id].ask()


def _packets(flows: dict[int, "_Flow"], item: Traffic) -> Iterator[bytes]:
    match item:
        case Opened(_, session):
            yield from flows[session.id].ask()
            yield from flows[session.id].answer()
        case Closed(_, session):
            yield from flows[session.id].end()
        case Disturbed():
            yield from flows[item.session].remark(
                item.at, f"disturbed on purpose: {item.text} ({item.phase})", item.side
            )
        case Frame():
            yield from flows[item.session].frame(item)


class _Names:
    """Which address stands for whom."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self.stations: dict[str, IPv4Address] = {}
        self.csmses: dict[str, IPv4Address] = {}
        self._ports: dict[str, int] = {}
        for session in sessions:
            self.stations.setdefault(session.identity, STATIONS + len(self.stations))
            self.csmses.setdefault(session.csms, CSMSES + len(self.csmses))

    def ends(self, session: Session) -> dict[Side, End]:
        """Return the two ends of a session's connection: a new port of the station's, and the CSMS's one."""
        port = self._ports[session.identity] = self._ports.get(session.identity, -1) + 1
        station = Place(self.stations[session.identity], FIRST_PORT + port % PORTS)
        return {Side.STATION: End(station), Side.CSMS: End(Place(self.csmses[session.csms], HTTP_PORT))}

    def block(self) -> bytes:
        """Return the block that names the addresses."""
        return names_block((*self.stations.items(), *self.csmses.items()))


class _Flow:
    """One session as a TCP connection."""

    def __init__(self, contents: Contents, session: Session, names: _Names) -> None:
        self._contents = contents
        self._session = session
        self._ends = names.ends(session)
        self._is_asked = False
        extensions = session.header("Sec-WebSocket-Extensions", of=Side.CSMS) or ""
        self._may_deflate = "permessage-deflate" in extensions

    def ask(self) -> Iterator[bytes]:
        """Yield the packets that open the connection and ask for the upgrade, unless that was done."""
        if self._is_asked:
            return
        self._is_asked = True
        session, at = self._session, self._session.opened_at
        yield from self._send(max(at - 3, 0), Side.STATION, Flag.SYN, comments=(_described(session),))
        yield from self._send(max(at - 2, 0), Side.CSMS, Flag.SYN | Flag.ACK)
        yield from self._send(max(at - 1, 0), Side.STATION, Flag.ACK)
        if session.origin is not None:
            offer = (("Sec-WebSocket-Protocol", session.chosen),) if session.chosen else ()
            asked = _http(f"GET /{safe_file_name(session.csms)} HTTP/1.1", (*_UPGRADE, *_KEY, *offer))
            yield from self._send(at, Side.STATION, Flag.ACK, asked, (MADE_UP,))
        elif session.path:
            asked = _http(f"GET {session.path} HTTP/1.1", session.request)
            yield from self._send(at, Side.STATION, Flag.ACK, asked, self._found(Side.STATION))

    def answer(self) -> Iterator[bytes]:
        """Yield what the station was answered."""
        session = self._session
        at = session.answered_at or session.opened_at
        if session.origin is not None:
            chosen = (("Sec-WebSocket-Protocol", session.chosen),) if session.chosen else ()
            said = _http("HTTP/1.1 101 Switching Protocols", (*_UPGRADE, *_ACCEPT, *chosen))
            yield from self._send(at, Side.CSMS, Flag.ACK, said, (MADE_UP,))
        elif session.status is not None:
            said = _http(f"HTTP/1.1 {session.status} {session.reason}", session.response) + session.body.encode()
            yield from self._send(at, Side.CSMS, Flag.ACK, said, self._found(Side.CSMS))

    def frame(self, frame: Frame) -> Iterator[bytes]:
        """Yield the packets of a frame, with what it shows as comments."""
        shown = self._contents.shown(frame)
        comments = [_said(each) for each in self._contents.findings.at(frame)]
        is_inflated = self._may_deflate and bool(frame.rsv & RSV1) and frame.unread is None
        if frame.unread is not None:
            comments.append(frame.unread)
        elif is_inflated:
            comments.append(f"it was compressed, and had {frame.size} bytes on the wire")
        if shown is not frame:
            comments.append("secrets in it are hidden")
        yield from self._send(
            frame.at, frame.side, Flag.ACK, wire_bytes(shown, is_inflated=is_inflated), tuple(comments)
        )

    def remark(self, at: int, text: str, side: Side | None) -> Iterator[bytes]:
        """Yield a packet that carries nothing but a comment."""
        yield from self._send(at, side or Side.STATION, Flag.ACK, comments=(text,))

    def end(self) -> Iterator[bytes]:
        """Yield how the connection ended."""
        session, at = self._session, self._session.closed_at or 0
        first = session.closed_by or (Side.STATION if session.ending is Ending.ABANDONED else Side.CSMS)
        by = f" by {session.closed_by.label}" if session.closed_by else ""
        comments = (f"{session.ending or 'ended'}{by}" + (f": {session.fault}" if session.fault else ""),)
        if session.ending is Ending.RESET:
            yield from self._send(at, first, Flag.RST | Flag.ACK, comments=comments)
            return
        yield from self._send(at, first, Flag.FIN | Flag.ACK, comments=comments)
        yield from self._send(at, first.other, Flag.FIN | Flag.ACK)
        yield from self._send(at, first, Flag.ACK)

    def _found(self, side: Side) -> tuple[str, ...]:
        found = self._contents.findings.of_handshake(self._session.id)
        return tuple(_said(each) for each in found if each.side is side)

    def _send(
        self, at: int, side: Side, flags: Flag, data: bytes = b"", comments: tuple[str, ...] = ()
    ) -> Iterator[bytes]:
        for packet in self._ends[side].packets(self._ends[side.other], flags, data):
            yield packet_block(at, packet, comments)
            comments = ()


def wire_bytes(frame: Frame, *, is_inflated: bool = False) -> bytes:
    """Return a frame as it may have been on the wire (RFC 6455 §5.2); of what could not be read, what is known.

    One that `is_inflated` goes without compression, as a sender may do where that was negotiated. Its masking key is
    made of its number, since none was recorded.
    """
    payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
    if frame.opcode == Opcode.UNREAD:
        return payload
    rsv = frame.rsv & ~RSV1 if is_inflated else frame.rsv
    first = frame.fin << 7 | (rsv & 7) << 4 | frame.opcode & 15
    if not frame.masked:
        return bytes((first,)) + _length(len(payload), 0) + payload
    key = (frame.id * 0x9E3779B1 & 0xFFFFFFFF).to_bytes(4)
    return bytes((first,)) + _length(len(payload), 0x80) + key + masked_bytes(payload, key)


def masked_bytes(payload: bytes, key: bytes) -> bytes:
    """Mask or unmask a payload (RFC 6455 §5.3)."""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))


def _length(length: int, mask: int) -> bytes:
    if length < 126:
        return bytes((mask | length,))
    return bytes((mask | 126,)) + length.to_bytes(2) if length < 1 << 16 else bytes((mask | 127,)) + length.to_bytes(8)


def _http(first: str, headers: Headers) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return "".join(line.replace("\r", " ").replace("\n", " ") + "\r\n" for line in (*lines, "")).encode()


def _described(session: Session) -> str:
    words = [f"session {session.id}: {session.identity} to {session.csms}"]
    words += [f"from {session.remote}"] if session.remote else []
    words += [f"dialled {session.upstream}"] if session.upstream else []
    words += [f"tunnel {session.tunnel}"] if session.tunnel else []
    words += [f"decrypted: {session.tls}"] if session.tls else []
    words += [f"imported from {session.origin}"] if session.origin else []
    return "; ".join(words)


def _said(finding: Finding) -> str:
    where = f" ({finding.pointer})" if finding.pointer else ""
    return f"{finding.rule} {finding.severity}, {finding.side}: {finding.text}{where}"

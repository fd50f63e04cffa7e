"""pcapng: TCP connections that hold together, and that Wireshark reads as what they were."""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from captures import FIN, RST, Capture, read_capture
from drawing import START_NS, Pen, draw
from exported import drawn_as, exported
from goldens import samples

from hub.exports.exporter import Format
from hub.exports.pcapng import masked_bytes, wire_bytes
from hub.imports.sessions import import_sessions
from hub.recording.reading import Recording
from hub.relaying.tap import Tap
from matrix.trace import Ending, Frame, Opcode, Opened, Side, Traffic

UPGRADED: Final = (
    ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ("Sec-WebSocket-Protocol", "ocpp1.6"), ("Sec-WebSocket-Extensions", "permessage-deflate"),
)  # fmt: skip
LONG: Final = '[2,"long","DataTransfer",{"vendorId":"x","data":"' + "y" * 70_000 + '"}]'
LINES: Final = (
    '> [2,"a","Heartbeat",{"x":1}]', '< [3,"a",{"currentTime":"$NOW"}]', "< ping hello", "> pong hello",
    '> part [2,"b","Data', '> last Transfer",{"vendorId":"Größe"}]', '< [3,"b",{"status":"Accepted"}]', f"> {LONG}",
    '> deflated [2,"c","Heartbeat",{}]', "> binary 00ff", "< close 1000", "> close 1000",
)  # fmt: skip
needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is not installed: Wireshark's own reading is not checked"
)


def as_masked(traffic: list[Traffic]) -> list[Traffic]:
    """Mask what the station sends, as every station does."""
    return [
        msgspec.structs.replace(item, masked=True) if isinstance(item, Frame) and item.side is Side.STATION else item
        for item in traffic
    ]


def event() -> list[Traffic]:
    """A session with frames of all kinds, one that was refused, and one that was reset."""
    pen, traffic = Pen(), []
    offered = ("ocpp1.6",)
    traffic += pen.session(LINES, offered=offered, chosen="ocpp1.6", response=UPGRADED)
    traffic += pen.session((), identity="CS2", status=401, reason="Unauthorized", ending=Ending.REFUSED, closed_by=None)
    traffic += pen.session(
        ("> unread not recorded: the disk is full, 3 frames, 90 bytes", "> ping x"), identity="CS2", csms="other",
        offered=offered, chosen="ocpp1.6", response=UPGRADED, ending=Ending.RESET,
    )  # fmt: skip
    return as_masked(traffic)


def captured(folder: Path, traffic: list[Traffic], **fields: Any) -> Capture:
    return read_capture(drawn_as(folder, Format.PCAPNG, traffic, **fields))


def test_streams_hold_the_handshake_and_every_frame(tmp_path: Path) -> None:
    traffic = event()

    capture = captured(tmp_path, traffic)

    streams = capture.streams()
    sent = streams["10.0.0.1", 1024, "198.18.0.1", 80]
    got = streams["198.18.0.1", 80, "10.0.0.1", 1024]
    assert capture.names == {
        "10.0.0.1": "CS001", "10.0.0.2": "CS2", "198.18.0.1": "acme", "198.18.0.2": "other"
    }  # fmt: skip
    assert sent.startswith(b"GET /acme/CS001 HTTP/1.1\r\nUpgrade: websocket\r\n")
    assert got.startswith(b"HTTP/1.1 101 \r\nUpgrade: websocket\r\n")
    frames = [item for item in traffic if isinstance(item, Frame) and item.session == 1]
    for side, stream in ((Side.STATION, sent), (Side.CSMS, got)):
        said = [(frame.opcode, as_recorded(frame)) for frame in frames if frame.side is side]
        assert read_frames(stream.partition(b"\r\n\r\n")[2]) == said


def as_recorded(frame: Frame) -> str | bytes:
    """Return a payload as the hub records it: that of a control frame as bytes."""
    return frame.payload.encode() if frame.opcode > 2 and isinstance(frame.payload, str) else frame.payload


def read_frames(stream: bytes) -> list[tuple[int, str | bytes]]:
    """Read frames with the tap that read them when they were recorded."""
    tap = Tap(Side.STATION)
    return [(frame.opcode, frame.payload) for frame in tap.feed(stream)]


def test_packets_have_the_times_of_what_they_carry(tmp_path: Path) -> None:
    capture = captured(tmp_path, event())

    times = [packet.at for packet in capture.packets]
    assert all(later >= earlier - 3 for earlier, later in pairwise(times))
    assert times[:4] == [START_NS - 3, START_NS - 2, START_NS - 1, START_NS]
    assert START_NS + 10_000_000 in times


def test_connections_end_as_they_did(tmp_path: Path) -> None:
    packets = captured(tmp_path, event()).packets

    ends = {(packet.ends[1], packet.flags & (FIN | RST)) for packet in packets if packet.flags & (FIN | RST)}
    assert ends == {(1024, FIN), (80, FIN), (1025, RST)}


def test_comments_say_what_was_found_and_what_is_missing(tmp_path: Path) -> None:
    packets = captured(tmp_path, event()).packets

    comments = [comment for packet in packets for comment in packet.comments]
    assert "session 1: CS001 to acme" in comments
    assert any(comment.startswith("RPC-19 violation, station: ") for comment in comments)
    assert "it was compressed, and had 0 bytes on the wire" in comments
    assert "not recorded: the disk is full, 3 frames, 90 bytes" in comments
    assert "reset by the station" in comments


def test_secrets_are_hidden_and_said_to_be(tmp_path: Path) -> None:
    traffic = draw('< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]')

    capture = captured(tmp_path, traffic, with_secrets=False)

    (packet,) = [packet for packet in capture.packets if b"AuthorizationKey" in packet.data]
    assert b"0123456789abcdef" not in packet.data
    assert "secrets in it are hidden" in packet.comments


def test_imported_session_says_that_its_handshake_is_made_up(tmp_path: Path) -> None:
    opened, *rest = draw('> [2,"a","Heartbeat",{}]', status=None, ending=None)
    assert isinstance(opened, Opened)
    imported = msgspec.structs.replace(opened.session, origin="a.log (lines)")

    capture = captured(tmp_path, [Opened(opened.mark, imported), *rest])

    made_up = [packet for packet in capture.packets if any("made up" in comment for comment in packet.comments)]
    assert [packet.data.split(b" ")[0] for packet in made_up] == [b"GET", b"HTTP/1.1"]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("masked", [True, False])
def test_frame_of_any_length_is_read_as_it_was(length: int, masked: bool) -> None:
    frame = Frame(7, 1, 0, Side.STATION, Opcode.BINARY, bytes(length), masked=masked)

    assert read_frames(wire_bytes(frame)) == [(Opcode.BINARY, bytes(length))]


def test_masking_twice_gives_the_payload_back() -> None:
    assert masked_bytes(masked_bytes(b"hello", b"\x00\xff\x10\x01"), b"\x00\xff\x10\x01") == b"hello"


# -- as Wireshark reads it --------------------------------------------------------------------------------------------


def tshark(path: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ["tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", *arguments],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.splitlines()


@needs_tshark
def test_wireshark_finds_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(drawn_as(tmp_path, Format.PCAPNG, event()))

    wrong = "_ws.malformed or tcp.analysis.flags or ip.checksum.status == 0 or tcp.checksum.status == 0"

    assert tshark(path, "-Y", wrong) == []
    assert len(tshark(path, "-Y", "ip.checksum.status == 1 and tcp.checksum.status == 1")) == len(tshark(path)) > 20


@needs_tshark
def test_wireshark_shows_handshake_text_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(drawn_as(tmp_path, Format.PCAPNG, event()))

    texts = tshark(path, "-Y", "websocket", "-T", "fields", "-e", "websocket.payload.text")
    answers = tshark(path, "-Y", "http.response", "-T", "fields", "-e", "http.response.code")
    comments = tshark(path, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment")

    assert '[2,"a","Heartbeat",{"x":1}]' in texts
    assert '[2,"c","Heartbeat",{}]' in texts
    assert answers == ["101", "401", "101"]
    assert any("RPC-19 violation" in comment for comment in comments)


@needs_tshark
def test_wireshark_reads_every_text_of_the_samples(tmp_path: Path) -> None:
    import_sessions(samples(), tmp_path / "a.recording", "imported", lambda _share: None)
    (tmp_path / "a.pcapng").write_bytes(exported(tmp_path / "a.recording", Format.PCAPNG))

    texts = tshark(tmp_path / "a.pcapng", "-Y", "websocket", "-T", "fields", "-e", "websocket.payload.text")

    with Recording.open(tmp_path / "a.recording") as recording:
        said = [
            item.payload for item in recording.all_traffic() if isinstance(item, Frame) and item.opcode == Opcode.TEXT
        ]
    assert sorted(filter(None, texts)) == sorted(map(str, said))

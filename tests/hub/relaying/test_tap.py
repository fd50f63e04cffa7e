from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_peers import Deflater, frame, masked

from hub.relaying.deflate import DeflateParameters
from hub.relaying.tap import Tap, TappedFrame, unmask, unmask_in_python
from matrix.trace import RSV1, Opcode, Side

DEFLATE = DeflateParameters()

payloads = st.binary(max_size=300) | st.integers(120, 70_000).map(lambda size: b"x" * size)
frames = st.builds(
    frame,
    payloads,
    st.integers(0, 15),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
    key=st.none() | st.binary(min_size=4, max_size=4),
)


def read(stream: bytes, *, side: Side = Side.STATION, deflate: DeflateParameters | None = None) -> list[TappedFrame]:
    return Tap(side, deflate=deflate).feed(stream)


def read_in_pieces(tap: Tap, stream: bytes, cuts: Iterable[int]) -> list[TappedFrame]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [found for start, stop in pairwise(edges) if start < stop for found in tap.feed(stream[start:stop])]


@given(st.lists(frames, max_size=6).map(b"".join), st.lists(st.integers(0), max_size=8))
def test_the_same_frames_come_out_however_the_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    tap = Tap(Side.STATION, deflate=DEFLATE)

    in_pieces = read_in_pieces(tap, stream, cuts)

    assert in_pieces == read(stream, deflate=DEFLATE)
    assert tap.incomplete == 0


@given(st.lists(st.tuples(frames, st.integers(0, 20)), min_size=1, max_size=3))
def test_the_short_way_reads_a_text_message_as_the_long_way_does(chunks: list[tuple[bytes, int]]) -> None:
    tap, other = Tap(Side.STATION), Tap(Side.STATION)

    for whole, cut in chunks:
        chunk = whole[: max(1, len(whole) - cut)]
        text, found = tap.whole_text(chunk), other.feed(chunk)

        assert text is None or found == [TappedFrame(Opcode.TEXT, text, 1, 0, chunk[1] >> 7, len(chunk), None)]
        assert text is not None or tap.feed(chunk) == found


@pytest.mark.parametrize(
    "stream",
    [masked("a" * 5), masked("a" * 200), frame("a" * 6), frame("grün" * 90)],
    ids=["short", "long", "unmasked", "many bytes a sign"],
)
def test_a_whole_text_message_goes_the_short_way(stream: bytes) -> None:
    tap = Tap(Side.STATION)

    text = tap.whole_text(stream)

    assert text == read(stream)[0].payload


@pytest.mark.parametrize(
    "stream",
    [
        frame("abcdefgh") * 2,
        frame("abcdefgh")[:-1],
        frame("abcdefgh", fin=False),
        frame("abcdefgh", rsv=RSV1),
        frame(b"gr\xfcn-gr\xfcn"),
        frame("a" * 65_536),
        b"\x81",
    ],
)
def test_anything_else_goes_the_long_way(stream: bytes) -> None:
    tap = Tap(Side.STATION)

    assert tap.whole_text(stream) is None


def test_the_short_way_takes_nothing_inside_a_frame_or_beyond_the_limit() -> None:
    inside, limited = Tap(Side.STATION), Tap(Side.STATION, max_frame_bytes=100)
    inside.feed(frame("abcdefgh")[:3])

    assert inside.whole_text(frame("abcdefgh")) is None
    assert limited.whole_text(frame("a" * 101)) is None


@given(st.lists(frames, min_size=1, max_size=3).map(b"".join))
def test_sizes_add_up_to_what_crossed_the_wire(stream: bytes) -> None:
    tap = Tap(Side.CSMS)

    sizes = [found.size for position in range(len(stream)) for found in tap.feed(stream[position : position + 1])]

    assert sum(sizes) == len(stream)


@given(st.binary(max_size=5_000), st.binary(min_size=4, max_size=4))
def test_unmasking_undoes_masking_with_or_without_aiohttps_help(payload: bytes, key: bytes) -> None:
    hidden = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    helped, unhelped = bytearray(hidden), bytearray(hidden)

    unmask(key, helped)
    unmask_in_python(key, unhelped)

    assert helped == unhelped == payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 3 << 20])
def test_every_length_of_payload_is_read(size: int) -> None:
    stream = masked("a" * size)

    (found,) = read(stream)

    assert found == TappedFrame(Opcode.TEXT, "a" * size, True, 0, True, len(stream), None)


def test_a_text_frame_is_text_only_where_it_is_valid_utf_8() -> None:
    stream = frame("grün") + frame(b"gr\xfcn")

    good, bad = read(stream)

    assert (good.payload, bad.payload) == ("grün", b"gr\xfcn")
    assert bad.unread is None


def test_fragments_keep_their_own_payload_and_control_frames_their_place() -> None:
    stream = frame("ab", 1, fin=False) + frame(b"?", 9) + frame("cd", 0, fin=False) + frame("ef", 0)

    found = read(stream)

    assert [(each.opcode, each.payload, each.fin) for each in found] == [
        (1, "ab", False), (9, b"?", True), (0, "cd", False), (0, "ef", True),
    ]  # fmt: skip


def test_a_fragment_of_a_binary_message_stays_bytes() -> None:
    first, second = read(frame(b"ab", 2, fin=False) + frame(b"cd", 0))

    assert (first.payload, second.payload) == (b"ab", b"cd")


def test_illegal_frames_are_followed_and_kept() -> None:
    stream = frame(b"r", 3) + frame(b"\x00" * 200, 9) + frame(b"", 15, fin=False, rsv=7) + frame("after")

    found = read(stream)

    assert [(each.opcode, each.fin, each.rsv, each.size) for each in found] == [
        (3, True, 0, 3), (9, True, 0, 204), (15, False, 7, 2), (1, True, 0, 7),
    ]  # fmt: skip


def test_a_length_written_longer_than_needed_is_followed() -> None:
    stream = b"\x81\x7e\x00\x02ab" + b"\x81\x7f" + (2).to_bytes(8, "big") + b"cd"

    found = read(stream)

    assert [(each.payload, each.size) for each in found] == [("ab", 6), ("cd", 12)]


def test_a_compressed_message_is_inflated_with_what_came_before() -> None:
    sender = Deflater()
    texts = ["[2,'1','Heartbeat',{}]" * 3, "[2,'2','Heartbeat',{}]" * 3]
    stream = b"".join(masked(sender.deflate(text), rsv=RSV1) for text in texts)

    found = read(stream, deflate=DEFLATE)

    assert [each.payload for each in found] == texts
    assert found[1].size < found[0].size


@pytest.mark.parametrize("side", list(Side))
def test_without_context_takeover_each_message_stands_alone(side: Side) -> None:
    sender = Deflater(keeps_context=False)
    agreed = DeflateParameters(server_no_context_takeover=True, client_no_context_takeover=True)
    broken = frame(b"\xff\xff", rsv=RSV1)
    stream = frame(sender.deflate("one"), rsv=RSV1) + broken + frame(sender.deflate("one"), rsv=RSV1)

    first, second, third = read(stream, side=side, deflate=agreed)

    assert (first.payload, second.payload, third.payload) == ("one", b"\xff\xff", "one")
    assert second.unread
    assert "cannot be inflated" in second.unread


def test_each_fragment_of_a_compressed_message_has_its_own_part() -> None:
    text = "".join(f"[{i}]" for i in range(4_000))
    whole = Deflater().deflate(text)
    middle = len(whole) // 2
    stream = frame(whole[:middle], 1, fin=False, rsv=RSV1) + frame(b"", 9) + frame(whole[middle:], 0)

    first, ping, second = read(stream, deflate=DEFLATE)

    assert first.payload
    assert second.payload
    assert f"{first.payload!s}{second.payload!s}" == text
    assert ping.payload == b""


def test_after_a_payload_that_cannot_be_inflated_later_ones_say_so_too() -> None:
    sender = Deflater()
    lost = frame(b"\xff" + sender.deflate("one")[1:], rsv=RSV1)
    stream = lost + frame(sender.deflate("two"), rsv=RSV1) + frame("plain")

    first, second, plain = read(stream, deflate=DEFLATE)

    assert first.unread
    assert second.unread
    assert second.unread.startswith("not inflated, because")
    assert (plain.payload, plain.unread) == ("plain", None)


def test_a_compression_bomb_is_recorded_without_being_inflated() -> None:
    bomb = frame(Deflater().deflate(b"\x00" * (17 << 20)), 2, rsv=RSV1)

    (found,) = read(bomb, deflate=DEFLATE)

    assert found.unread == f"inflates to more than {16 << 20} bytes"
    assert found.size == len(bomb)


def test_a_last_block_inside_a_message_does_not_end_the_stream() -> None:
    sender = Deflater()
    last_block = b"\x03\x00"  # an empty block with BFINAL set
    stream = frame(sender.deflate("one one one"), rsv=RSV1) + frame(last_block + b"\x00", rsv=RSV1)

    first, second = read(stream, deflate=DEFLATE)

    assert (first.payload, second.payload, second.unread) == ("one one one", "", None)


def test_a_reserved_bit_that_was_not_agreed_on_is_only_noted() -> None:
    (found,) = read(frame("text", rsv=RSV1))

    assert (found.payload, found.rsv, found.unread) == ("text", RSV1, None)


@pytest.mark.parametrize("length", [(64 << 20) + 1, 1 << 63, (1 << 64) - 1])
def test_a_length_beyond_all_measure_ends_reading_but_not_recording(length: int) -> None:
    tap = Tap(Side.STATION)

    before, lost = tap.feed(frame("fine") + b"\x82\x7f" + length.to_bytes(8, "big") + b"abc")
    (later,) = tap.feed(b"defgh")

    assert before.payload == "fine"
    assert (lost.opcode, lost.size, later.payload) == (Opcode.UNREAD, 13, b"defgh")
    assert lost.unread == later.unread
    assert str(length) in str(lost.unread)


def test_the_beginning_of_a_frame_is_counted_and_left_behind_at_the_end() -> None:
    tap = Tap(Side.STATION)

    found = tap.feed(frame("one") + frame("two")[:-1])
    (left,) = tap.finish()

    assert [each.payload for each in found] == ["one"]
    assert (left.opcode, left.payload) == (Opcode.UNREAD, b"\x81\x03tw")
    assert left.unread == "the stream ended inside a frame, after 4 of 5 bytes or more"
    assert tap.finish() == []

import msgspec
import pytest
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st
from redacted_traffic import redacted

from hub.redacting.frames import neutral
from hub.redacting.kinds import REPLACED, Kind
from matrix.trace import Frame, Opcode, Traffic
from matrix.wire import NotJsonError, parse_json

MESSAGE = '[2,"1","Authorize",{"idTag":"CAFÉ0001"}]'


def payloads(traffic: list[Traffic], kinds: frozenset[Kind] = REPLACED) -> list[str | bytes]:
    return [item.payload for item in redacted(traffic, kinds)[0] if isinstance(item, Frame)]


def binary(octets: bytes) -> str:
    return f"> binary {octets.hex()}"


@given(cut=st.integers(1, len(MESSAGE.encode()) - 1))
def test_a_message_in_fragments_is_replaced_as_if_it_were_whole(cut: int) -> None:
    octets = MESSAGE.encode()
    opened, *frames, _ = draw(f"> {MESSAGE}", "> part x", "> last x")
    pieces = [_said(octets[:cut]), _said(octets[cut:])]
    parted = [msgspec.structs.replace(each, payload=piece) for each, piece in zip(frames[1:], pieces, strict=True)]

    new, *parts = payloads([opened, frames[0], *parted])

    assert isinstance(new, str)
    assert b"".join(part.encode() if isinstance(part, str) else part for part in parts) == new.encode()
    assert [type(part) for part in parts] == [type(piece) for piece in pieces]


def _said(octets: bytes) -> str | bytes:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


@pytest.mark.parametrize(
    "text",
    ['[2,"1","Authorize",{"idTag":"CAFE01"', '{"idTag":"CAFE01"}}', '[3,"1",{"a":tru', "CAFE01", "[01]", '"\\q"'],
)
def test_text_that_nobody_can_read_stays_that_and_says_nothing(text: str) -> None:
    (new,) = payloads(draw(f"> {text}"))

    assert isinstance(new, str)
    assert len(new) == len(text)
    assert "CAFE01" not in new
    with pytest.raises(NotJsonError):
        parse_json(new)


def test_what_begins_like_an_answer_still_does() -> None:
    (new,) = payloads(draw('> [3,"4711",{"idTag":"CAFE01"'))

    assert new == '[3,"4711",{"xxxxx":"xxxx00"'


def test_what_begins_like_an_answer_still_does_where_it_is_no_utf8() -> None:
    garbled = b'[3, "47",{"a":"CAFE01\xff'

    (new,) = payloads(draw(f"> bytes {garbled.hex()}"))

    assert new == b'[3, "47",{"x":"xxxx00\xff'


def test_a_message_in_a_binary_frame_is_one() -> None:
    (new,) = payloads(draw(binary(b'[2,"1","Authorize",{"idTag":"CAFE0001"}]')))

    assert isinstance(new, bytes)
    assert new.startswith(b'[2,"1","Authorize",{"idTag":"')
    assert b"CAFE0001" not in new


def test_bytes_that_are_no_text_stay_that() -> None:
    (new,) = payloads(draw(binary(b"CAFE01 \xff\x80")))

    assert new == b"xxxx00 \xff\xff"


def test_what_is_unreadable_stays_where_it_is_to_be_kept() -> None:
    lines = ('> [3,"1",{"idTag":"CAFE01"', binary(b"\xff\x80"))

    assert payloads(draw(*lines), REPLACED - {Kind.UNREADABLE}) == ['[3,"1",{"idTag":"CAFE01"', b"\xff\x80"]


def test_a_ping_and_its_pong_still_match_and_a_close_keeps_its_code() -> None:
    opened, ping_frame, pong_frame, drawn, _ = draw("> ping CS-4711", "< pong CS-4711", "> close 1000")
    close = msgspec.structs.replace(drawn, payload=b"\x03\xe8bye Bob")

    ping, pong, closed = payloads([opened, ping_frame, pong_frame, close])

    assert ping == pong != "CS-4711"
    assert isinstance(closed, bytes)
    assert closed.startswith(b"\x03\xe8")
    assert b"Bob" not in closed


def test_fragments_without_an_end_are_made_neutral() -> None:
    assert payloads(draw('> part [2,"CAFE01"')) == ['[0,"xxxx00"']


def test_frames_keep_all_else() -> None:
    traffic = draw(f"> {MESSAGE}", "> part [2", "< ping x", "> last ]", "> unread lost 3 frames")

    new, _ = redacted(traffic)

    blank = [msgspec.structs.replace(item, payload="") if isinstance(item, Frame) else None for item in traffic]
    assert [msgspec.structs.replace(item, payload="") if isinstance(item, Frame) else None for item in new] == blank
    assert [item.opcode for item in new if isinstance(item, Frame)][-1] == Opcode.UNREAD


@given(text=st.text(max_size=60))
def test_neutral_text_is_as_long_in_bytes(text: str) -> None:
    assert len(neutral(text).encode()) == len(text.encode())

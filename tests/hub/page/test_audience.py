"""Who follows the board, with a connection whose other end takes what it likes."""

import asyncio

from hub.access.scope import EVERYTHING
from hub.access.viewing import Guest
from hub.page.audience import TAKES_S, Audience, Viewer
from hub.page.live import Live
from hub.page.pipe import Change


class Connection(asyncio.WriteTransport):
    """The interface that asyncio gives; `waiting` are bytes that the other end has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.waiting = 0
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.is_closed

    def abort(self) -> None:
        self.is_closed = True


def change(pair: str, *, is_whole: bool = False) -> Change:
    return Change(EVERYTHING, is_whole, {pair: b'{"id":"%b"}' % pair.encode()}, (), b"{}")


def audience_with(connection: Connection) -> tuple[Live, Audience, Viewer]:
    live = Live()
    live.take(change("a", is_whole=True))
    audience = Audience(live)
    return live, audience, audience.join(connection, Guest(EVERYTHING), 0)


async def test_who_joins_gets_the_board_in_a_chunk_of_its_length() -> None:
    connection = Connection()

    audience_with(connection)

    (chunk,) = connection.written
    length, _, rest = chunk.partition(b"\r\n")
    assert int(length, 16) == len(rest) - 2
    assert b'"whole":true,"pairs":[{"id":"a"}]' in rest


async def test_a_slow_viewer_is_passed_over_and_then_gets_what_it_missed_in_one_event() -> None:
    connection = Connection()
    live, audience, _ = audience_with(connection)
    connection.waiting = 1
    for name in ("b", "c", "b"):
        live.take(change(name))
        await audience._serve_all()

    connection.waiting = 0
    await audience._serve_all()

    _, missed = connection.written
    assert b'"whole":false,"pairs":[{"id":"b"},{"id":"c"}]' in missed


async def test_viewers_that_are_equally_far_are_given_the_same_bytes() -> None:
    one, other = Connection(), Connection()
    live, audience, _ = audience_with(one)
    audience.join(other, Guest(EVERYTHING), 0)
    live.take(change("b"))

    await audience._serve_all()

    assert one.written[-1] is other.written[-1]


async def test_who_takes_nothing_for_long_is_let_go() -> None:
    connection = Connection()
    _, audience, viewer = audience_with(connection)
    connection.waiting = 1
    await audience._serve_all()
    viewer.slow_since -= TAKES_S + 1

    await audience._serve_all()

    assert connection.is_closed
    assert viewer.is_over.is_set()


async def test_who_has_gone_is_let_go() -> None:
    connection = Connection()
    _, audience, viewer = audience_with(connection)
    connection.is_closed = True

    await audience._serve_all()

    assert viewer.is_over.is_set()


async def test_who_may_stay_no_longer_is_told_why_in_a_sentence_and_let_go() -> None:
    connection = Connection()
    _, _, viewer = audience_with(connection)

    viewer.leave("this token was revoked")

    assert b'event: farewell\ndata: {"why":"this token was revoked"}' in connection.written[-1]
    assert viewer.is_over.is_set()


async def test_audiences_know_their_versions_from_those_of_others() -> None:
    first, second = Audience(Live()), Audience(Live())

    assert first.epoch != second.epoch

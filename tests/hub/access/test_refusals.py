"""What is written of refusals: the log is what this is about, so that these tests read it."""

import asyncio
import logging

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from hub.access.refusals import APP_LOG, HIDDEN, WHO, Refusals, noting_refusals
from hub.throttle import MOST_A_MINUTE


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "hub.access.refusals")
    return caplog


def test_a_refusal_says_who_wanted_what_from_where_and_why_not(lines: pytest.LogCaptureFixture) -> None:
    Refusals().note("token 'volta-1'", "192.0.2.7", "GET /-/page/data/session?id=5", "session 5 is of others")

    assert lines.messages == [
        "refused: token 'volta-1' from 192.0.2.7, GET /-/page/data/session?id=5: session 5 is of others"
    ]


def test_who_else_is_refused_and_what_else_are_told_too_and_the_same_again_is_not(
    lines: pytest.LogCaptureFixture,
) -> None:
    refusals = Refusals()
    for who in ("token 'a'", "token 'b'", "token 'a'"):
        for what in ("GET /-/note", "POST /-/note", "GET /-/note?id=2"):
            refusals.note(who, "192.0.2.7", what, "no")

    assert lines.messages == [
        f"refused: {who} from 192.0.2.7, {what}: no" + more
        for who, what, more in (
            ("token 'a'", "GET /-/note", ""),
            ("token 'a'", "POST /-/note", ""),
            ("token 'b'", "GET /-/note", " (1 more were refused since the last such line)"),
            ("token 'b'", "POST /-/note", ""),
        )
    ]


async def test_a_request_that_cannot_be_read_is_a_line_and_no_traceback(lines: pytest.LogCaptureFixture) -> None:
    server = TestServer(web.Application())
    await server.start_server(logger=APP_LOG)
    for _ in range(3):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /- HTTP/1.1\r\nSec-\x1bWebSoc\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.0 400 ")
        writer.close()
    await server.close()

    (line,) = lines.records
    assert line.getMessage().startswith("a request from 127.0.0.1 for the hub itself cannot be read: ")
    assert (line.exc_info, "\x1b" in line.getMessage()) == (None, False)


def test_a_flood_of_refusals_is_some_lines_and_a_number(lines: pytest.LogCaptureFixture) -> None:
    now = 0.0
    refusals = Refusals(lambda: now)
    for number in range(10_000):
        refusals.note("", f"192.0.2.{number % 250}", "GET /", f"no {number}")
    told, now = len(lines.messages), 61.0

    refusals.note("", "192.0.2.7", "GET /", "no")

    assert told == MOST_A_MINUTE
    assert lines.messages[-1].endswith(f"({10_000 - MOST_A_MINUTE} more were refused since the last such line)")


def test_what_a_stranger_puts_into_an_address_acts_on_no_terminal_and_no_secret_is_kept(
    lines: pytest.LogCaptureFixture,
) -> None:
    Refusals().note("", "192.0.2.7", "GET /\x1b[2J\n?token=plugfest_c2VjcmV0LXNlY3JldA", "no")

    assert lines.messages == ["refused: somebody from 192.0.2.7, GET /\\x1b[2J\\n?token=plugfest_...: no"]


async def test_whatever_refuses_in_an_application_is_told_once_and_what_is_only_missing_is_not(
    lines: pytest.LogCaptureFixture,
) -> None:
    async def raises(request: web.Request) -> web.Response:
        request[WHO] = "token 'lab'"
        raise web.HTTPForbidden(text="not for you\n")

    async def answers(_request: web.Request) -> web.Response:
        return web.Response(status=401, text="who are you?\n")

    async def answers_a_program(_request: web.Request) -> web.Response:
        return web.json_response({"error": "this page shows outcomes"}, status=403)

    async def hides(request: web.Request) -> web.Response:
        request[HIDDEN] = "it is of others"
        return web.Response(status=404, text="there is none\n")

    app = web.Application(middlewares=[noting_refusals()])
    for path, handler in (("/raises", raises), ("/answers", answers), ("/json", answers_a_program), ("/hides", hides)):
        app.router.add_get(path, handler)
    async with TestClient(TestServer(app)) as client:
        for path in ("/raises", "/answers", "/json", "/hides", "/nowhere"):
            await client.get(path)

    assert lines.messages == [
        "refused: token 'lab' from 127.0.0.1, GET /raises: not for you",
        "refused: somebody from 127.0.0.1, GET /answers: who are you?",
        "refused: somebody from 127.0.0.1, GET /json: this page shows outcomes",
        "refused: somebody from 127.0.0.1, GET /hides: it is of others",
    ]

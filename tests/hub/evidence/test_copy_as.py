import ast
import asyncio
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import orjson
import pytest
from recordings import RecordingBuilder

from hub.demo.csms import Csms, serving
from hub.demo.products import CsmsProduct
from hub.evidence.copy_as import Form, copied_as
from hub.evidence.exchanged import Exchanged, exchanged
from hub.recording.reading import Recording
from matrix.finding import Finding, Severity
from matrix.trace import Side

BOOT = '[2,"b-1","BootNotification",{"chargePointVendor":"Vo\'lt","chargePointModel":"\\u00e9\\u202e$(x)"}]'
Copy = Callable[..., Exchanged]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Record one message, and what follows it; return it as an exchange."""

    def recorded(*lines: str, chosen: str | None = "ocpp1.6", **session: object) -> Exchanged:
        path = tmp_path / "event.recording"
        with RecordingBuilder(path) as builder:
            number = builder.session("CS 1", "acme", chosen=chosen, **session)
            frames = builder.say(number, *lines)
        with Recording.open(path) as recording:
            return exchanged(recording, frames[0], with_secrets=True)

    return recorded


def test_a_command_line_says_the_same_to_the_same_csms(copy: Copy) -> None:
    exchange = copy(f"> {BOOT}", upstream="ws://acme.example/CS%201")

    words, other = (shlex.split(copied_as(form, exchange)) for form in (Form.WEBSOCAT, Form.WSCAT))

    assert orjson.loads(words[2]) == orjson.loads(BOOT)
    assert words[3:] == ["|", "websocat", "-n1", "--protocol", "ocpp1.6", "ws://acme.example/CS%201"]
    assert other[:5] == ["wscat", "-c", "ws://acme.example/CS%201", "-s", "ocpp1.6"]
    assert orjson.loads(other[6]) == orjson.loads(BOOT)


def test_a_command_line_is_one_line_and_nothing_in_it_acts_on_a_terminal(copy: Copy) -> None:
    text = copied_as(Form.WEBSOCAT, copy('> [2,"1",\n"Heartbeat",{"x":"\u202e\x9b"}]'))

    assert text.count("\n") == 1
    assert text.isprintable() or text.rstrip("\n").isprintable()


def test_a_csmss_call_is_said_by_a_server(copy: Copy) -> None:
    exchange = copy('< [2,"r","Reset",{"type":"Soft"}]')

    assert "websocat -n -s --server-protocol ocpp1.6 127.0.0.1:9000" in copied_as(Form.WEBSOCAT, exchange)
    assert copied_as(Form.WSCAT, exchange).startswith("wscat -l 9000 -s ocpp1.6")


def test_a_login_is_left_to_fill_in(copy: Copy) -> None:
    request = orjson.dumps([["Authorization", "Basic user=CS1 password=hmac:0f3c form=16-20"]]).decode()

    assert "-H 'Authorization: Basic USER-AND-" in copied_as(Form.WEBSOCAT, copy(f"> {BOOT}", request=request))


async def test_the_program_says_it_to_a_real_csms_and_prints_the_answer(copy: Copy, tmp_path: Path) -> None:
    async with serving(Csms(CsmsProduct(name="acme", versions=("1.6",)))) as url:
        code = copied_as(Form.PYTHON, copy(f"> {BOOT}", upstream=f"{url}/CS-1"))
        said = await _run(tmp_path, code)

    ours, theirs = said.splitlines()[:2]
    assert orjson.loads(ours.removeprefix("-> ")) == orjson.loads(BOOT)
    answer = orjson.loads(theirs.removeprefix("<- "))
    assert answer[:2] == [3, "b-1"]
    assert answer[2]["status"] == "Accepted"


async def test_the_program_of_a_csmss_call_says_it_to_a_station_that_connects(
    copy: Copy, tmp_path: Path, unused_tcp_port: int
) -> None:
    code = copied_as(Form.PYTHON, copy('< [2,"r","Reset",{"type":"Soft"}]'))
    path = tmp_path / "said.py"
    path.write_text(code)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-u", str(path), str(unused_tcp_port), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            assert program.stdout is not None
            while b"Running on" not in await program.stdout.readline():
                pass
            url = f"ws://127.0.0.1:{unused_tcp_port}/acme/CS-1"
            async with http.ws_connect(url, protocols=["ocpp1.6"]) as socket:
                asked = await socket.receive_json()
                await socket.send_str('[3,"r",{"status":"Accepted"}]')
                await socket.receive()
                assert socket.protocol == "ocpp1.6"
    finally:
        program.terminate()
        await program.wait()

    assert asked == [2, "r", "Reset", {"type": "Soft"}]


@pytest.mark.parametrize(
    "text", ["no JSON '''\\n\x00\x1b", '[2,"1","A"]', '[3,"1",{}]', '[2,"1","\\"\\"\\"",{"x":"\\"\\"\\"\\\\"}]', "[]"]
)
def test_every_program_is_one_whatever_was_said(copy: Copy, text: str) -> None:
    code = copied_as(Form.PYTHON, copy(f"> {text}"))

    ast.parse(code)
    assert code.isascii()


def test_markdown_has_the_finding_the_clause_and_both_messages_as_code(copy: Copy) -> None:
    exchange = copy('> [2,"1","Heartbeat",{"x":"```\\n# hi @all <b>"}]', '< [3,"1",{}]')
    finding = Finding("RPC-19", Severity.VIOLATION, Side.STATION, 1, 2, "Heartbeat", "/x", "`odd` <script>")

    text = copied_as(Form.MARKDOWN, exchange, [finding])

    assert text.startswith("**RPC-19**, a violation by the station: `` `odd` <script> ``\n- at `/x` of the payload")
    assert "````json" in text
    assert "**CSMS**, frame 3, after 7.0 ms:" in text
    assert "Session 1 of `CS 1` with `acme`, `ocpp1.6`:" in text


def test_markdown_says_where_no_answer_came(copy: Copy) -> None:
    assert copied_as(Form.MARKDOWN, copy('> [2,"1","Heartbeat",{}]')).endswith("It was not answered.\n")


async def _run(folder: Path, code: str) -> str:
    path = folder / "said.py"
    path.write_text(code)
    program = await asyncio.create_subprocess_exec(sys.executable, str(path), stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        said, _ = await program.communicate()
    assert program.returncode == 0
    return said.decode()

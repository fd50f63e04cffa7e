"""An exchange as something to paste: a command, a program, a paragraph for a bug tracker.

Commands and programs say the request again, also where the answer is looked at: a station's to the CSMS that it was
said to, a CSMS's to the station that connects.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pprint import pformat
from typing import Final

import orjson

from hub.evidence.exchanged import Exchanged, Said
from hub.evidence.markdown import block, code
from matrix.dialect import CALL
from matrix.finding import Finding
from matrix.rule import rule_named
from matrix.safe import safe, safe_json
from matrix.trace import Side

LISTEN_HOST: Final = "127.0.0.1"
LISTEN_PORT: Final = 9000
NOWHERE: Final = "ws://CSMS-HOST:PORT/PATH"
_LINE_ENDS: Final = re.compile(r"[\r\n]+")
_WIDTH: Final = 100


class Form(StrEnum):
    """What to copy an exchange as."""

    WEBSOCAT = "websocat"
    WSCAT = "wscat"
    PYTHON = "python"
    MARKDOWN = "markdown"


ABOUT: Final[Mapping[Form, str]] = {
    Form.WEBSOCAT: "a command line for websocat",
    Form.WSCAT: "a command line for wscat",
    Form.PYTHON: "a Python program with the ocpp package",
    Form.MARKDOWN: "Markdown for a bug tracker, with clauses",
}
ENDINGS: Final[Mapping[Form, str]] = {
    Form.WEBSOCAT: ".sh", Form.WSCAT: ".sh", Form.PYTHON: ".py", Form.MARKDOWN: ".md"
}  # fmt: skip


def copied_as(form: Form, exchange: Exchanged, findings: Iterable[Finding] = ()) -> str:
    """Return an exchange in a form; `findings` are those at its frames."""
    if form is Form.MARKDOWN:
        return _markdown(exchange, findings)
    makers: dict[Form, Callable[[Exchanged], str]] = {
        Form.WEBSOCAT: _websocat, Form.WSCAT: _wscat, Form.PYTHON: _python
    }  # fmt: skip
    return makers[form](exchange)


def _subprotocol(exchange: Exchanged) -> str:
    session = exchange.session
    return session.chosen or (session.offered[0] if session.offered else "ocpp1.6")


def _url(exchange: Exchanged) -> str:
    return safe(exchange.session.upstream) or NOWHERE


def _line(exchange: Exchanged) -> str:
    """Return the request as one line: ends of lines are white space of JSON, and these programs send line by line.

    What could act on a terminal is escaped as JSON has it, which means the same.
    """
    return safe_json(_LINE_ENDS.sub(" ", exchange.request.message.text))


def _logs_in(exchange: Exchanged) -> bool:
    return exchange.session.header("Authorization") is not None


def _websocat(exchange: Exchanged) -> str:
    said = f"printf '%s\\n' {shlex.quote(_line(exchange))} | websocat -n"
    if exchange.request.side is Side.CSMS:
        return f"{said} -s --server-protocol {shlex.quote(_subprotocol(exchange))} {LISTEN_HOST}:{LISTEN_PORT}\n"
    login = " -H 'Authorization: Basic USER-AND-PASSWORD-IN-BASE64'" if _logs_in(exchange) else ""
    return f"{said}1 --protocol {shlex.quote(_subprotocol(exchange))}{login} {shlex.quote(_url(exchange))}\n"


def _wscat(exchange: Exchanged) -> str:
    if exchange.request.side is Side.CSMS:
        paste = shlex.quote(_line(exchange))
        return f"wscat -l {LISTEN_PORT} -s {shlex.quote(_subprotocol(exchange))}  # then paste: {paste}\n"
    login = " --auth USER:PASSWORD" if _logs_in(exchange) else ""
    words = f"-c {shlex.quote(_url(exchange))} -s {shlex.quote(_subprotocol(exchange))}{login}"
    return f"wscat {words} -x {shlex.quote(_line(exchange))} -w 10\n"


# -- Python -----------------------------------------------------------------------------------------------------------

_ANSWERED: Final = '''


async def ask(send, receive):
    """Say it, and print what comes until it is answered."""
    print("->", MESSAGE)
    await send(MESSAGE)
    while True:
        text = await asyncio.wait_for(receive(), timeout=30)
        print("<-", text)
        message = unpack(text)
        if isinstance(message, (CallResult, CallError)) and message.unique_id == UNIQUE_ID:
            return message
'''
_SAID: Final = '''


async def ask(send, receive):
    """Say it, and print what comes, until nothing has for ten seconds."""
    print("->", MESSAGE)
    await send(MESSAGE)
    while True:
        try:
            print("<-", await asyncio.wait_for(receive(), timeout=10))
        except (asyncio.TimeoutError, TypeError):  # nothing more, or a close frame
            return
'''
_AS_STATION: Final = """

async def main():
    url = sys.argv[1] if len(sys.argv) > 1 else URL
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url, protocols=[SUBPROTOCOL]) as socket:
            await ask(socket.send_str, socket.receive_str)


asyncio.run(main())
"""
_AS_CSMS: Final = """

async def serve(request):
    socket = web.WebSocketResponse(protocols=[SUBPROTOCOL])
    await socket.prepare(request)
    await ask(socket.send_str, socket.receive_str)
    return socket


app = web.Application()
app.router.add_get("/{path:.*}", serve)
web.run_app(app, host="{host}", port=int(sys.argv[1]) if len(sys.argv) > 1 else {port})
"""


def _python(exchange: Exchanged) -> str:
    is_csms = exchange.request.side is Side.CSMS
    call = _call(exchange.request)
    imports = ["import asyncio", "import sys", "", "from aiohttp import web" if is_csms else "import aiohttp"]
    if call is not None:
        imports.append("from ocpp.messages import Call, CallError, CallResult, unpack")
    ending = _AS_CSMS.replace("{host}", LISTEN_HOST).replace("{port}", str(LISTEN_PORT)) if is_csms else _AS_STATION
    return "\n".join([
        f'"""{_title(exchange)} Needs aiohttp and ocpp: pip install aiohttp ocpp"""',
        "",
        *imports,
        "",
        *([] if is_csms else [f"URL = {_url(exchange)!a}"]),
        f"SUBPROTOCOL = {_subprotocol(exchange)!a}",
        *(_garbled(exchange) if call is None else call),
    ]) + (_SAID if call is None else _ANSWERED) + ending  # fmt: skip


def _title(exchange: Exchanged) -> str:
    request = exchange.request
    who = "the CSMS" if request.side is Side.CSMS else "the station"
    return f"What {who} said in session {exchange.session.id}, frame {request.frame}."


def _call(request: Said) -> list[str] | None:
    """Return the lines that make a CALL of the `ocpp` package; None where it is none, or would not be said the same."""
    array = orjson.loads(request.message.text) if request.message.kind == CALL else None
    if not isinstance(array, list) or len(array) != len(("type", "id", "action", "payload")):
        return None
    payload = pformat(array[3], width=_WIDTH, sort_dicts=False)
    if not payload.isascii():
        payload = ascii(array[3])
    return [
        f"UNIQUE_ID = {array[1]!a}",
        "PAYLOAD = " + payload.replace("\n", "\n" + " " * len("PAYLOAD = ")),
        f"MESSAGE = Call(unique_id=UNIQUE_ID, action={array[2]!a}, payload=PAYLOAD).to_json()",
    ]


def _garbled(exchange: Exchanged) -> list[str]:
    return [f"MESSAGE = {exchange.request.message.text!a}"]


# -- Markdown ---------------------------------------------------------------------------------------------------------


def _markdown(exchange: Exchanged, findings: Iterable[Finding]) -> str:
    lines: list[str] = []
    for finding in findings:
        lines += [*_about(finding), ""]
    session = exchange.session
    lines += [
        f"Session {session.id} of {code(session.identity)} with {code(session.csms)}, {code(_subprotocol(exchange))}:"
    ]
    for said in (exchange.request, exchange.answer):
        if said is not None:
            lines += ["", _who(said, exchange.request), "", block(said.message.text, "json")]
    if exchange.answer is None:
        lines += ["", "It was not answered."]
    return "\n".join(lines) + "\n"


def _about(finding: Finding) -> list[str]:
    who = "CSMS" if finding.side is Side.CSMS else "station"
    lines = [f"**{finding.rule}**, a {finding.severity} by the {who}: {code(finding.text, 1_000)}"]
    if finding.pointer:
        lines.append(f"- at {code(finding.pointer)} of the payload")
    rule = rule_named(finding.rule)
    return [*lines, f"- asked: {safe(rule.sentence)} ({safe(rule.clause)})"]


def _who(said: Said, request: Said) -> str:
    who = "CSMS" if said.side is Side.CSMS else "station"
    after = "" if said is request else f", after {(said.at - request.at) / 1e6:.1f} ms"
    return f"**{who}**, frame {said.frame}{after}:"

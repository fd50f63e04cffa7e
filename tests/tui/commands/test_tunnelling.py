"""`plugfest tunnel` as a program: what it takes, what it says, and with which code it ends."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from tunnels import token_in, tunnelled_hub

from hub.access.tokens import revoke
from hub.recording.reading import Recording
from tui.cli import main

HUB = ("--hub", "ws://127.0.0.1:9", "--token", "plugfest_x")
CSMS = ("csms", "acme", "ws://127.0.0.1:9/ocpp")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("station", *HUB), "say where stations connect: --listen HOST:PORT, or --listen-tls HOST:PORT"),
        (("csms", "no/name", "ws://h", *HUB), "a CSMS cannot be named 'no/name'"),
        (("csms", "acme", "http://h", *HUB), "the URL of 'acme' must begin with ws:// or wss://"),
        (("csms", "acme", "tunnel:", *HUB), "the CSMS has to be at a URL that this machine reaches, not at 'tunnel:'"),
        ((*CSMS, "--hub", "http://h", "--token", "t"), "a hub is at wss://HOST or ws://HOST:PORT, not at 'http://h'"),
        ((*CSMS, "--hub", "ws://h", "--token", "a b"), "--token is not one"),
        (
            (*CSMS, "--hub", "ws://h", "--token", "plugfest_moves_x"),
            "moves stations, and is shown at wss:// only; ws://h",
        ),
        ((*CSMS, "--hub", "ws://h"), "there is no token: put the organizer's into PLUGFEST_TOKEN, or into a file"),
        ((*CSMS, "--hub", "ws://h", "--token-file", "none"), "the token file 'none' cannot be read: No such file"),
        ((*CSMS, "--hub", "ws://h", "--token-file", __file__), "test_tunnelling.py' holds is not one"),
        ((*CSMS, *HUB, "--listen", "9000x"), "--listen wants HOST:PORT, got '9000x'"),
        ((*CSMS, *HUB, "--listen-tls", "h:1"), "--listen-tls and --tls-cert go together"),
        ((*CSMS, *HUB, "--ca", "none.pem"), "--ca is for a hub at wss://"),
        ((*CSMS, *HUB, "--cert", "none.pem"), "--cert is for a hub at wss://"),
        ((*CSMS, *HUB, "--key", "none.pem"), "--key is of no use without --cert"),
        ((*CSMS, *HUB, "--csms-ca", "none.pem"), "--csms-ca is for a CSMS at wss://, and this one is at 'ws://127."),
        ((*CSMS, *HUB, "--csms-sni", "acme"), "--csms-sni is for a CSMS at wss://"),
        (("csms", "acme", "wss://h", *HUB, "--csms-key", "none.pem"), "--csms-key is of no use without --csms-cert"),
        (("csms", "acme", "wss://h", *HUB, "--csms-cert", "none.pem"), "the certificate 'none.pem' cannot be read"),
    ],
)
def test_what_cannot_be_is_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    result = CliRunner().invoke(main, ["tunnel", *arguments])

    assert result.exit_code == 2
    assert result.stderr.startswith("plugfest: ")
    assert sentence in result.stderr


@asynccontextmanager
async def tunnel(hub: str, token: str, *arguments: str) -> AsyncIterator[Process]:
    """Run `plugfest tunnel` as a program."""
    environment = os.environ | {"PLUGFEST_TOKEN": token, "PLUGFEST_HUB": hub, "NO_PROXY": "*"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui.cli", "tunnel", *arguments,
        env=environment, stdout=PIPE, stderr=PIPE, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_json_tells_of_the_connection_and_an_interrupt_ends_in_order(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    both = (*CSMS, "--listen", "127.0.0.1:0", "--json")
    async with tunnelled_hub(tmp_path) as hub, tunnel(hub.url, token, *both) as process:
        assert process.stdout is not None
        listening = json.loads(await process.stdout.readline())
        told = json.loads(await process.stdout.readline())

        process.send_signal(signal.SIGTERM)
        code = await process.wait()

        assert (listening["event"], len(listening["urls"])) == ("listening", 1)
        assert (told["event"], told["hub"]) == ("connected", hub.url)
        assert code == 0
        assert hub.tunnels.agents == {}


async def test_a_wrong_token_ends_with_its_own_code_and_sentence(tmp_path: Path) -> None:
    token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, tunnel(hub.url, "plugfest_wrong", *CSMS, "--json") as process:
        told, said = await process.communicate()

        assert process.returncode == 3
        assert json.loads(told)["event"] == "gave_up"
        assert said.decode() == "plugfest: the hub does not know this token: it is mistyped, or was revoked\n"


async def test_url_of_a_station_in_the_hubs_place_is_told_before_a_csms_is_shown_the_token(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, tunnel(f"{hub.url}/acme/CS1", token, *CSMS, "--json") as process:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())

        with Recording.open(hub.settings.recording) as recording:
            sessions = recording.sessions()

        assert told["reason"] == "the hub is at its URL without '/acme/CS1': agents need no name of a CSMS in it"
        assert sessions == []


async def test_a_revoked_token_ends_a_running_tunnel(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, tunnel(hub.url, token, *CSMS) as process:
        assert process.stdout is not None
        connected = await process.stdout.readline()

        revoke(tmp_path / "tokens.toml", "acme-agent")
        _, said = await process.communicate()

        assert b"connected to the hub at ws://127.0.0.1:" in connected
        assert process.returncode == 3
        assert said.decode() == "plugfest: the token 'acme-agent' was revoked\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "a web page answers at {hub} in the hub's place (200)"),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", "a web page answers at {hub} in the hub's place (302)"),
        (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "a proxy in the way to {hub} wants a login (407)"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "the hub at {hub} answered with 403: something in the way"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "the hub at {hub} answered with 401: something in the way"),
        (b"HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\n\r\n", "what answers at {hub} agrees to an upgrade, but not as"),
        (b"220 mail ready\r\n\r\n", "what answers at {hub} does not speak HTTP"),
        (b"", "the hub at {hub} hung up without an answer"),
    ],
)
async def test_what_answers_in_the_hubs_place_is_told_and_tried_again(answer: bytes, sentence: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        hub = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with tunnel(hub, "plugfest_any", *CSMS, "--json") as process:
            assert process.stdout is not None
            told = json.loads(await process.stdout.readline())

    assert told["event"] == "disconnected"
    assert told["reason"].startswith(sentence.format(hub=hub))


async def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        taken = f"127.0.0.1:{hub.port}"
        async with tunnel(hub.url, token, "station", "--listen", taken) as process:
            _, said = await process.communicate()

            assert process.returncode == 2
            assert f"plugfest: cannot listen on {taken}: address already in use" in said.decode()

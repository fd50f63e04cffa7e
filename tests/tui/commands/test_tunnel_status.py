"""What an agent says of itself: sentences, JSON, and the live status."""

import io
import json

import pytest
from rich.console import Console
from tunnels import QUICK

from hub.handshake.switchboard import checked_csms
from hub.tunnel.agent import Agent
from hub.tunnel.agent_events import (
    STATIONS,
    Began,
    Connected,
    Disconnected,
    Finished,
    GaveUp,
    Happened,
    Listening,
    NotCarried,
    TurnedAway,
)
from hub.tunnel.agent_streams import AgentSettings
from hub.tunnel.outbound import WayOut
from tui.commands.tunnel_status import Lines, Status, json_teller, sentence_of


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (Connected("wss://hub", "1.0"), "connected to the hub at wss://hub (plugfest 1.0)"),
        (Disconnected("it broke", 0.25), "it broke; trying again in 0.2 s"),
        (Listening(["ws://h:1", "wss://h:2"]), "stations connect to ws://h:1/CSMS/IDENTITY, wss://h:2/CSMS/IDENTITY"),
        (GaveUp("it was revoked"), "it was revoked"),
        (TurnedAway("a:1", "no TLS"), "a connection from a:1 came to nothing: no TLS"),
        (Began("acme", 3, ""), "session 3 with acme began"),
        (Began(STATIONS, None, "a:1"), "the station at a:1 began"),
        (
            Finished("acme", 3, "", 61.4, 999, 1_500_000),
            "session 3 with acme ended after 61 s: 999 B to the hub, 1.5 MB from it",
        ),
        (NotCarried("acme", 3, "", "refused"), "session 3 with acme failed: refused"),
    ],
)
def test_what_happens_is_told_in_a_sentence(happened: Happened, sentence: str) -> None:
    assert sentence_of(happened) == sentence


def test_json_is_one_object_a_line_with_the_event_and_the_time() -> None:
    out = io.StringIO()
    tell = json_teller(out)

    tell(Disconnected("it\nbroke", 0.25))
    tell(Began("acme", 3, ""))

    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["reason"], first["retry_s"]) == ("disconnected", "it\nbroke", 0.25)
    assert (second["event"], second["tunnel"], second["session"]) == ("began", "acme", 3)
    assert second["at"] >= first["at"] > 1.7e9


def test_the_same_trouble_is_told_once_and_nothing_of_it_reaches_the_terminal_as_it_is() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=80))

    for _ in range(3):
        lines(Disconnected("\x1b[2J[bold]no", 1))
    lines(Connected("wss://hub", "1.0"))
    lines(Disconnected("\x1b[2J[bold]no", 1))

    said = out.getvalue()
    assert said.count("[bold]no") == 2
    assert "\x1b" not in said


def test_the_status_says_where_stations_connect_and_that_there_is_no_hub() -> None:
    settings = AgentSettings(
        hub=WayOut.to("ws://hub.example:9000/", environment={}),
        token="t",
        csmses=[checked_csms("acme", "ws://127.0.0.1:8180/ocpp/")],
        timing=QUICK,
    )
    console = Console(file=io.StringIO(), width=100, record=True)

    console.print(Status(Agent(settings, lambda _: None)))

    assert [line.rstrip() for line in console.export_text().splitlines()[1:]] == [
        "○ not connected to ws://hub.example:9000/ for 0:00:00",
        "  ws://hub.example:9000/acme/IDENTITY  reaches  ws://127.0.0.1:8180/ocpp/IDENTITY",
        "  0 sessions now, 0 in all, 0 B",
    ]

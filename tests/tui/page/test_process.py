"""The page as a browser gets it: over HTTP, judged by the process that the hub starts for it."""

import asyncio
import json
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

import pytest
from page_hubs import Client, page_over
from recordings import NOON, REQUEST, RecordingBuilder

from hub.access.scope import EVERYTHING
from hub.mirror import keep
from hub.recording.writable import open_for_writing
from matrix.boards.pair import BoardView
from matrix.notes import NO_NOTES
from matrix.policy import read_policy
from matrix.trace import Opened, Session, Traffic
from tui.page.names import Letters
from tui.page.process import STATUS_S, Teller
from tui.page.sight import Sight
from tui.reading.messages import Progress

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[2J"


async def events(client: Client, **headers: str) -> Any:
    response = await client.get("/-/page/live", headers=headers)
    is_board = False
    async for line in response.content:
        is_board = line == b"event: board\n" or (is_board and line.startswith(b"data: "))
        if is_board and line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


async def board_of(client: Client, wanted: int) -> dict[str, Any]:
    """Return the pairs by "station with csms", once there are so many."""
    pairs: dict[str, Any] = {}
    async with asyncio.timeout(30):
        async for event in events(client):
            for gone in event["gone"]:
                pairs.pop(gone)
            pairs |= {pair["id"]: pair for pair in event["pairs"]}
            if len(pairs) >= wanted:
                break
    return {f"{pair['station']} with {pair['csms']}": pair for pair in pairs.values()}


async def answer(client: Client, what: str, **about: str) -> Any:
    async with client.get(f"/-/page/data/{what}", params=about) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_board_is_sent_as_it_is_judged(event: Path) -> None:
    async with page_over(event) as client:
        board = await board_of(client, 4)

    assert {name: (pair["outcome"], pair["version"]) for name, pair in board.items()} == {
        "Alder One with acme": ("deviated", "1.6"),
        "Alder One with borealis": ("passed", "1.6"),
        "Cedar HPC with acme": ("refused", "2.0.1"),
        "Cedar HPC with borealis": ("unreachable", "2.0.1"),
    }


async def test_a_pair_leads_to_its_evidence_and_that_to_the_finding_with_rule_and_clause(event: Path) -> None:
    async with page_over(event) as client:
        deviated = (await board_of(client, 4))["Alder One with acme"]
        pair = await answer(client, "pair", id=deviated["id"])
        (row,) = [row for row in pair["rows"] if row["outcome"] == "deviated"]
        evidence = row["evidence"]
        session = await answer(client, "session", id=str(evidence["session"]), frame=str(evidence["frame"]))
        detail = await answer(client, "frame", id=str(evidence["frame"]))

    (finding,) = [each for each in detail["message"]["findings"] if each["severity"] == "violation"]
    assert finding["clause"]
    assert finding["sentence"]
    assert [text for _, is_marked, spans in detail["message"]["lines"] if is_marked for text, _ in spans]
    assert evidence["frame"] in [message["id"] for message in session["messages"]]
    assert detail["partner"]["name"] == row["action"]


async def test_outcomes_are_shown_without_names_and_without_what_was_said(event: Path) -> None:
    async with page_over(event, "outcomes") as client:
        board = await board_of(client, 4)
        pairs = [await answer(client, "pair", id=pair["id"]) for pair in board.values()]
        numbers = [str(each["id"]) for pair in pairs for each in pair["latest"]]
        sessions = [await answer(client, "session", id=number) for number in numbers]
        refused = {await _status(client, "frame", id="2"), await _status(client, "doctor")}

    assert sorted(board) == [f"Station {one} with CSMS {other}" for one in "AB" for other in "AB"]
    told = json.dumps([board, pairs, sessions])
    assert [
        word
        for word in ("Alder", "Cedar", "acme", "borealis", "CS-1", "1.0.3", "12:00:00Z", "not in this build", "who?")
        if word in told
    ] == []
    assert any(session["findings"] for session in sessions)
    assert refused == {403}


async def _status(client: Client, what: str, **about: str) -> int:
    async with client.get(f"/-/page/data/{what}", params=about) as response:
        return response.status


async def test_hostile_names_are_text_without_anything_that_acts_on_a_screen(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "hostile.recording") as builder:
        session = builder.session(HOSTILE, "acme")
        boot = json.dumps({"chargePointVendor": HOSTILE, "chargePointModel": "x"})
        builder.say(session, f'> [2,"b","BootNotification",{boot}]')
        path = builder.path

    async with page_over(path) as client:
        (name,) = await board_of(client, 1)
        session_shown = await answer(client, "session", id="1")

    assert name == "<img src=x onerror=alert(1)>\\u202e\\x1b[2J x with acme"
    assert session_shown["identity"] == "<img src=x onerror=alert(1)>\\u202e\\x1b[2J"


@pytest.mark.parametrize(
    ("what", "about", "status"),
    [
        ("pair", {"id": "nobody"}, 404),
        ("session", {"id": "99"}, 404),
        ("session", {"id": "x"}, 400),
        ("session", {"id": "1", "before": "-1"}, 400),
        ("session", {"id": "9" * 40}, 400),
        ("frame", {"id": "0"}, 404),
        ("passwords", {}, 404),
    ],
)
async def test_what_is_not_there_is_an_error_with_a_sentence(
    event: Path, what: str, about: dict[str, str], status: int
) -> None:
    async with page_over(event) as client, client.get(f"/-/page/data/{what}", params=about) as response:
        assert response.status == status
        assert (await response.json())["error"]


async def test_every_answer_keeps_browsers_from_running_or_fetching_anything_else(event: Path) -> None:
    paths = ["/", "/-/page/hall", "/-/page/pair/x", "/-/page/static/app.js", "/-/page/data/legend", "/-/page/nothing"]

    async with page_over(event) as client:
        answers = [await client.get(path) for path in paths]

    for each in answers:
        policy = each.headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert each.headers["X-Content-Type-Options"] == "nosniff"
    assert [each.status for each in answers] == [200, 200, 200, 200, 200, 404]


async def test_the_shell_and_its_files_name_no_other_host_and_hold_no_inline_script_or_style(event: Path) -> None:
    folder = Path(__file__).parents[3] / "hub/page/static"

    async with page_over(event) as client:
        texts = [await (await client.get(f"/-/page/static/{path.name}")).text() for path in folder.iterdir()]
        shell = await (await client.get("/")).text()

    assert shell in texts
    assert "<script>" not in shell
    assert "style=" not in shell
    assert " on" + "click=" not in shell
    banned = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://")
    assert [word for word in banned for text in texts if word in text] == []


async def test_a_file_that_the_browser_has_is_not_sent_again(event: Path) -> None:
    async with page_over(event) as client:
        first = await client.get("/-/page/static/page.css")
        again = await client.get("/-/page/static/page.css", headers={"If-None-Match": first.headers["ETag"]})
        outside = await client.get("/-/page/static/..%2Fserver.py")

    assert (first.status, again.status, outside.status) == (200, 304, 404)


async def test_a_browser_that_comes_back_gets_what_it_has_missed_only(event: Path) -> None:
    async with page_over(event) as client:
        await board_of(client, 4)
        async with asyncio.timeout(30), client.get("/-/page/live") as response:
            last = await _first(response.content, b"id: ")
        await answer(client, "legend")
        async with asyncio.timeout(30):
            afresh = await anext(events(client, **{"Last-Event-ID": "0000-3"}))
            missed = await _next_event(event, client, last)

    assert afresh["whole"] is True
    assert missed["whole"] is False
    assert "NEW-1" in [pair["station"] for pair in missed["pairs"]]


async def _first(lines: AsyncIterable[bytes], start: bytes) -> str:
    async for line in lines:
        if line.startswith(start):
            return line.removeprefix(start).decode().strip()
    raise AssertionError("the stream has ended")


async def _next_event(event: Path, client: Client, last: str) -> Any:
    """Let a new station connect while the browser is away."""
    keep(recording := open_for_writing(event), draw_at(1_000))
    recording.close()
    return await anext(events(client, **{"Last-Event-ID": last}))


def draw_at(mark: int) -> list[Traffic]:
    """Return a session that comes after all others of a recording."""
    session = Session(
        id=mark, opened_at=NOON + 10**12, answered_at=NOON + 10**12, identity="NEW-1", csms="acme", status=101,
        offered=("ocpp1.6",), chosen="ocpp1.6", request=REQUEST, path="/acme/NEW-1",
    )  # fmt: skip
    return [Opened(mark, session)]


def test_what_only_counts_messages_waits_and_what_changes_an_outcome_does_not() -> None:
    teller = Teller(Sight(EVERYTHING, Letters(), lambda _: None))
    quiet, busy = BoardView((), 0, 0, 1), BoardView((), 0, 0, 2)

    first = teller.tell(quiet, Progress(), NO_NOTES, now=100.0)
    soon = teller.tell(busy, Progress(), NO_NOTES, now=100.5)
    later = teller.tell(busy, Progress(), NO_NOTES, now=100.0 + STATUS_S)
    same = teller.tell(busy, Progress(), NO_NOTES, now=200.0)

    assert (first is not None and first.is_whole, soon, later is not None, same) == (True, None, True, None)


def test_rules_that_the_event_grades_otherwise_are_told_with_the_reason() -> None:
    teller = Teller(Sight(EVERYTHING, Letters(), lambda _: None))
    policy = read_policy({"TM-02": {"severity": "off", "reason": "agreed on Monday"}})

    told = teller.tell(BoardView((), 0, 0, 1), Progress(), NO_NOTES, now=100.0, policy=policy)

    assert told is not None
    assert json.loads(told.status)["rules"] == ["rule TM-02 is off at this event: agreed on Monday"]

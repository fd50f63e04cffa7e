"""Looking back on the page: it shows then what it had shown then, and says in a sentence what it cannot show."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from page_hubs import Client, page_over
from recordings import NOON, RecordingBuilder

from matrix.trace import Side
from tui.lines.moment_text import Target
from tui.page.past import read_at
from tui.page.refusal import RefusedError

BOOTED = '{"currentTime":"2026-01-01T12:00:00Z","interval":300,"status":"Accepted"}'


def boot(vendor: str) -> tuple[str, str]:
    payload = f'{{"chargePointVendor":"{vendor}","chargePointModel":"One"}}'
    return f'> [2,"b","BootNotification",{payload}]', f'< [3,"b",{BOOTED}]'


def until_then(builder: RecordingBuilder) -> None:
    """Let one station do well, another one have said nothing, and a call wait for its answer."""
    builder.say(builder.session("A1", "acme"), *boot("Alder"), '> [2,"h","Heartbeat",{}]')
    builder.session("C1", "acme")


def after_then(builder: RecordingBuilder) -> None:
    """Let the call be answered wrongly, the second station say what it is, and all of it end."""
    builder.say(1, '< [3,"h",{}]', '> [2,"d","DataTransfer",{"vendorId":"later"}]', '< [4,"d","InternalError","no",{}]')
    builder.say(2, *boot("Cedar"))
    builder.close(1)
    builder.close(2, ending="dropped", by=Side.CSMS)
    builder.say(builder.session("N1", "acme"), *boot("New"))


@asynccontextmanager
async def page_with(path: Path, sessions: int) -> AsyncIterator[Client]:
    """Serve the page once it shows so many sessions."""
    async with page_over(path) as client:
        await until(client, lambda pairs: sum(pair["sessions"] for pair in pairs) == sessions)
        yield client


async def until(client: Client, reached: Callable[[list[Any]], bool]) -> None:
    """Wait until the pairs of now are so; each change is a line at least."""
    async with asyncio.timeout(30), client.get("/-/page/live") as response:
        while not reached((await ask(client, "board"))[1].get("pairs", [])):
            await response.content.readline()


async def ask(client: Client, what: str, **about: object) -> tuple[int, Any]:
    async with client.get(f"/-/page/data/{what}", params={name: str(each) for name, each in about.items()}) as response:
        return response.status, await response.json()


async def everything(client: Client, pairs: list[str], **at: str) -> list[Any]:
    asked: list[tuple[str, dict[str, object]]] = [("board", {}), ("doctor", {}), ("session", {"id": 1})]
    asked += [("pair", {"id": each}) for each in pairs]
    asked += [("session", {"id": 2}), ("frame", {"id": 2}), ("frame", {"id": 4}), ("session", {"id": 1, "frame": 3})]
    found = [await ask(client, what, **about, **at) for what, about in asked]
    return [
        (status, {name: each for name, each in body.items() if name not in ("when", "judged")})
        for status, body in found
    ]


@pytest.mark.parametrize("is_by_message", [True, False])
async def test_every_view_is_what_it_was_then(tmp_path: Path, is_by_message: bool) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        until_then(builder)
        if not is_by_message:
            builder.session("D1", "acme")
        number = builder.say(1, '> [2,"s","StatusNotification",{}]')[-1]
        at = f"#{number}" if is_by_message else told(builder.at)
        async with page_with(builder.path, sessions=2 if is_by_message else 3) as client:
            pairs = [pair["id"] for pair in (await ask(client, "board"))[1]["pairs"]]
            then = await everything(client, pairs)

            after_then(builder)
            await until(client, lambda found: "New One" in [pair["station"] for pair in found])
            now = await everything(client, pairs)
            back = await everything(client, pairs, at=at)

    assert back == then
    assert back != now


def told(at: int) -> str:
    return f"2026-01-01T12:00:{(at - NOON) // 10**6 / 1000:06.3f}Z"


async def test_what_the_others_do_is_what_they_had_done_by_then(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        wrong = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{}]')
        first = builder.say(builder.session("A1", "acme"), *boot("Alder"), *wrong)[-1]
        second = builder.say(builder.session("C1", "bravo"), *boot("Cedar"), *wrong)[-1]
        async with page_with(builder.path, sessions=2) as client:
            asked = [{}, {"at": f"#{second}"}, {"at": f"#{first}"}]
            found = [(await ask(client, "frame", id=first, **at))[1]["message"]["findings"] for at in asked]

    said = ["the only other CSMS that exchanged Heartbeat does it too"]
    assert [each[0]["witnesses"] for each in found] == [said, said, []]


async def test_what_came_later_is_said_not_to_have_been_there(event: Path) -> None:
    async with page_with(event, sessions=4) as client:
        refused = [
            await ask(client, what, id=number, at="#2")
            for what, number in (("session", 2), ("frame", 6), ("pair", "nobody"))
        ]

    assert [status for status, _ in refused] == [404, 404, 404]
    assert [body["error"] for _, body in refused] == [
        "this session had not been opened at that moment",
        "this message had not been said at that moment",
        "there was no such pair at that moment: a station may have said its name only later",
    ]


async def test_moment_outside_of_the_recording_is_its_first_or_last_and_that_is_said(event: Path) -> None:
    async with page_with(event, sessions=4) as client:
        before, after, within = [
            (await ask(client, "board", at=at))[1]
            for at in ("1999-01-01", "2999-12-31T23:59:59Z", "2026-01-01 12:00:00.1")
        ]
        now = (await ask(client, "board"))[1]

    assert (len(before["pairs"]), before["when"]["at"]) == (1, NOON // 10**6 + 14)
    assert before["when"]["said"] == "At 1999-01-01 00:00:00 UTC, nothing that is shown here had been recorded yet."
    assert after["pairs"] == now["pairs"]
    assert ("judged" in before, now["judged"]) == (False, 1.0)
    assert after["when"]["at"] < NOON // 10**6 + 1000
    assert "until 2999-12-31 23:59:59 UTC" in after["when"]["said"]
    assert within["when"] == {"at": NOON // 10**6 + 100, "said": ""}


@pytest.mark.parametrize(
    ("at", "status"),
    [("yesterday", 400), ("", 400), ("50%", 400), ("2026-02-30", 400), ("#x", 400), ("<b>", 400), ("#999", 404)],
)
async def test_what_is_no_moment_is_refused_with_a_sentence(event: Path, at: str, status: int) -> None:
    async with page_with(event, sessions=4) as client:
        answered, body = await ask(client, "board", at=at)

    assert answered == status
    assert len(body["error"].split()) > 3


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("#4711", Target(mark=4711)),
        ("1970-01-01T00:00:01.5Z", Target(at=1_500_000_000)),
        ("1970-01-02 00:00", Target(at=86_400 * 10**9)),
        ("1970-01-01t00:00:00.000000001z", Target(at=1)),
        ("1969-12-31T23:59:59Z", Target(at=-(10**9))),
    ],
)
def test_moment_is_a_time_in_utc_or_a_message(text: str, target: Target) -> None:
    assert read_at(text) == target


def test_time_in_another_zone_is_refused() -> None:
    with pytest.raises(RefusedError, match="a time in UTC"):
        read_at("2026-01-01T12:00:00+02:00")

import asyncio
import json
from typing import Any

from hub.access.scope import EVERYTHING
from hub.page.live import MOST_GONE, Live
from hub.page.pipe import Change


def change(*pairs: str, gone: tuple[str, ...] = (), is_whole: bool = False) -> Change:
    return Change(EVERYTHING, is_whole, {pair: json.dumps({"id": pair}).encode() for pair in pairs}, gone, b"{}")


def told(live: Live, version: int) -> dict[str, Any]:
    event = json.loads(live.since(version))
    return {"whole": event["whole"], "pairs": sorted(pair["id"] for pair in event["pairs"]), "gone": event["gone"]}


def test_a_new_viewer_gets_all_of_the_board() -> None:
    live = Live()
    live.take(change("a", "b", is_whole=True))
    live.take(change("c", gone=("a",)))

    assert told(live, 0) == {"whole": True, "pairs": ["b", "c"], "gone": []}


def test_a_viewer_that_is_behind_by_many_changes_gets_one_event_with_the_latest_of_each() -> None:
    live = Live()
    live.take(change("a", "b", "c", is_whole=True))
    for _ in range(100):
        live.take(change("a"))
    live.take(change(gone=("b",)))

    assert told(live, 1) == {"whole": False, "pairs": ["a"], "gone": ["b"]}


def test_viewers_that_are_equally_far_share_the_bytes() -> None:
    live = Live()
    live.take(change("a", is_whole=True))

    assert live.since(0) is live.since(0)


def test_a_board_that_is_told_anew_replaces_what_viewers_have() -> None:
    live = Live()
    live.take(change("a", is_whole=True))
    live.take(change("b", is_whole=True))

    assert told(live, 1) == {"whole": True, "pairs": ["b"], "gone": []}
    assert told(live, 2) == {"whole": False, "pairs": [], "gone": []}


def test_a_version_of_the_future_leads_from_nothing() -> None:
    live = Live()
    live.take(change("a", is_whole=True))

    assert told(live, 7) == {"whole": True, "pairs": ["a"], "gone": []}


def test_what_is_gone_is_not_remembered_without_bound() -> None:
    live = Live()
    names = [f"p{number}" for number in range(MOST_GONE + 1)]
    live.take(change(*names, is_whole=True))
    live.take(change(gone=tuple(names)))

    assert told(live, 1) == {"whole": True, "pairs": [], "gone": []}


async def test_who_waits_is_woken_by_a_change() -> None:
    live = Live()
    waiting = asyncio.create_task(live.after(0))
    await asyncio.sleep(0)

    live.take(change("a", is_whole=True))

    async with asyncio.timeout(30):
        await waiting


async def test_a_round_that_begins_is_told_to_who_has_the_board_and_one_that_goes_on_is_no_news() -> None:
    live = Live()
    live.put_clock(b'{"number":1}')
    live.take(change("a", is_whole=True))
    told_first, version = json.loads(live.since(0))["round"], live.version

    live.put_clock(b'{"number":1}')
    same = live.version
    live.put_clock(b'{"number":2}')

    assert told_first == {"number": 1}
    assert same == version
    assert json.loads(live.since(version)) == {
        "whole": False, "pairs": [], "gone": [], "status": {}, "round": {"number": 2}
    }  # fmt: skip

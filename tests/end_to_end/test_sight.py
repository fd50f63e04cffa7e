"""What each role gets to see of an event: nothing beyond what is granted, by whatever link, number or count."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from sites import (
    ORGANIZER,
    OTHER,
    OWN,
    VIEWER,
    Site,
    event,
    site,
)


async def everything_for(there: Site, role: str, wanted: int) -> str:
    """Return all that a role can get from the page: by its board, by links, and by trying numbers and others' links."""
    ids = [*(await there.board(ORGANIZER, 3)).pairs]
    board = await there.board(role, wanted)
    asked = [*(f"pair?id={each}" for each in {*ids, *board.pairs}), "doctor", "legend"]
    asked += [f"{what}?id={number}" for number in range(1, 40) for what in ("session", "frame")]
    answers = [
        await there.get(role, f"/-/page/data/{each}") for each in [*asked, *(f"{each}&hall=1" for each in asked)]
    ]
    return board.sent + "\n".join(body for _, body in answers) + await everything_past(there, role, asked)


async def everything_past(there: Site, role: str, asked: list[str]) -> str:
    """Return all that a role can get from the page by looking back: to every message, and to every time of one."""
    moments = []
    for number in range(1, 40):
        status, body = await there.get(ORGANIZER, f"/-/page/data/frame?id={number}")
        moments += [f"%23{number}", told_at(json.loads(body)["message"]["at"] + 1)] if status == 200 else []
    questions = ["board", *asked[::7], "session?id=1", "session?id=2", "session?id=3", "doctor"]
    answers = []
    for moment in [*moments, "1999-01-01T00:00:00Z", "2999-01-01T00:00:00Z"]:
        for each in questions:
            joint = "&" if "?" in each else "?"
            answers += [await there.get(role, f"/-/page/data/{each}{joint}at={moment}")]
            answers += [await there.get(role, f"/-/page/data/{each}{joint}at={moment}&hall=1")]
    assert any(status == 200 for status, _ in answers)
    return "\n".join(body for _, body in answers)


def told_at(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


OWN_WORDS: Final = ("V1", "Volta", "fw-V1-lotus", "said-V1-lotus")
OTHERS_NAMES: Final = ("W9", "Wren", "deep")
OTHERS_WORDS: Final = ("fw-W9", "said-W9")


def words_in(text: str, *words: str) -> set[str]:
    return {word for word in words if word in text}


@pytest.mark.parametrize(
    ("viewing", "pairs", "names", "others"),
    [
        ('participants = "nothing"', 1, {"Volta One with lotus"}, set()),
        (
            'participants = "outcomes"',
            3,
            {"Volta One with lotus", "Station B with CSMS A", "Station B with CSMS B"},
            set(),
        ),
        (
            'participants = "outcomes"\nnames = "real"',
            3,
            {"Volta One with lotus", "Wren One with lotus", "Wren One with deep"},
            {"Wren", "deep"},
        ),
    ],
)
async def test_participant_sees_their_own_whole_and_of_others_what_the_event_shows(
    tmp_path: Path, viewing: str, pairs: int, names: set[str], others: set[str]
) -> None:
    async with event(tmp_path, viewing) as there:
        board = await there.board(OWN, pairs)
        seen = await everything_for(there, OWN, pairs)

    assert board.names == names
    assert words_in(seen, *OWN_WORDS) == {*OWN_WORDS}
    assert words_in(seen, *OTHERS_NAMES) == others
    assert words_in(seen, *OTHERS_WORDS) == set()


async def test_owner_of_a_csms_sees_its_whole_column_also_of_other_peoples_stations(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        board = await there.board(OTHER, 3)
        seen = await everything_for(there, OTHER, 3)

    assert board.names == {"Volta One with lotus", "Wren One with lotus", "Wren One with deep"}
    assert words_in(seen, "said-V1-lotus", "said-W9-lotus", "said-W9-deep") == {
        "said-V1-lotus", "said-W9-lotus", "said-W9-deep",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("viewing", "pairs", "words"),
    [
        ("", 3, set()),
        ('names = "real"', 3, {"Volta", "Wren", "deep"}),
        ('hall = "nothing"', 0, set()),
    ],
)
async def test_viewer_sees_what_the_hall_is_shown(tmp_path: Path, viewing: str, pairs: int, words: set[str]) -> None:
    async with event(tmp_path, viewing) as there:
        seen = await viewer_sees(there, pairs)

    assert words_in(seen, *OWN_WORDS, *OTHERS_NAMES, *OTHERS_WORDS) == words


async def viewer_sees(there: Site, pairs: int) -> str:
    if pairs:
        return await everything_for(there, VIEWER, pairs)
    await there.board(ORGANIZER, 3)
    async with there.following(VIEWER) as board:
        await board.until(lambda: board.status.get("stage") == "live")
        return board.sent + str([await there.get(VIEWER, f"/-/page/data/session?id={number}") for number in (1, 2, 3)])


async def test_hall_screen_of_the_organizer_shows_no_more_than_the_hall_may_see(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        await there.board(ORGANIZER, 3)
        paths = ["pair?id=station-a.csms-a.1.6", "session?id=1", "pair?id=station-b.csms-b.1.6"]
        answers = [await there.get(ORGANIZER, f"/-/page/data/{path}&hall=1") for path in paths]
        frame = await there.get(ORGANIZER, "/-/page/data/frame?id=2&hall=1")

    assert [status for status, _ in answers] == [200, 200, 200]
    assert words_in(str(answers), *OWN_WORDS, *OTHERS_NAMES, *OTHERS_WORDS) == set()
    assert frame[0] == 403


async def test_what_others_have_is_answered_as_what_is_not_there(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        others = {each for each in (await there.board(ORGANIZER, 3)).pairs if each.startswith("Wren")}
        await there.board(OWN, 1)
        guessed = {await there.get(OWN, f"/-/page/data/session?id={number}") for number in (2, 3, 999)}
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        theirs = [number for number, (status, body) in enumerate(frames, 1) if status == 200 and "W9" in body]
        messages = {await there.get(OWN, f"/-/page/data/frame?id={number}") for number in [*theirs, 999]}
        pairs = {await there.get(OWN, f"/-/page/data/pair?id={each}") for each in [*others, "nobody"]}

    assert len(others) == 2
    assert theirs
    assert [len(each) for each in (guessed, messages, pairs)] == [1, 1, 1]
    assert {status for each in (guessed, messages, pairs) for status, _ in each} == {404}


async def test_moment_that_others_made_is_told_to_nobody_who_sees_nothing_of_them(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there:
        await there.board(ORGANIZER, 3)
        await there.board(OWN, 1)
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        told = [
            (number, json.loads(body)["message"]) for number, (status, body) in enumerate(frames, 1) if status == 200
        ]
        theirs = [number for number, each in told if each["session"] != 1]
        ours = max(each["at"] for _, each in told if each["session"] == 1)
        by_message = {await there.get(OWN, f"/-/page/data/board?at=%23{number}") for number in [*theirs, 999]}
        latest = json.loads((await there.get(OWN, "/-/page/data/board?at=2999-01-01"))[1])["when"]
        first = json.loads((await there.get(OWN, "/-/page/data/board?at=1999-01-01"))[1])["when"]
        refused = {(await there.get(VIEWER, f"/-/page/data/board?at=%23{number}"))[0] for number in [*theirs, 999]}

    assert theirs
    assert [status for status, _ in by_message] == [404]
    assert latest["at"] == ours
    assert first["at"] <= ours
    assert refused == {403}


async def test_letters_are_those_of_now_at_every_moment(tmp_path: Path) -> None:
    async with event(tmp_path, 'participants = "outcomes"') as there:
        now = (await there.board(VIEWER, 3)).names
        frames = [await there.get(ORGANIZER, f"/-/page/data/frame?id={number}") for number in range(1, 40)]
        moments = [told_at(json.loads(body)["message"]["at"] + 1) for status, body in frames if status == 200]
        boards = [json.loads((await there.get(VIEWER, f"/-/page/data/board?at={each}"))[1]) for each in moments]

    names = [{f"{pair['station']} with {pair['csms']}" for pair in each["pairs"]} for each in boards]
    assert set().union(*names) == now
    assert [len(each) for each in names] == sorted(len(each) for each in names)


async def test_station_that_has_not_said_its_name_is_told_by_its_identity_neither_now_nor_then(tmp_path: Path) -> None:
    async with event(tmp_path, 'names = "real"') as there:
        await there.board(VIEWER, 3)
        silent = there.stations["SILENT", "deep"] = await there.http.ws_connect(
            f"{there.hub.url}/deep/SILENT", protocols=["ocpp1.6"]
        )
        await silent.send_str('[2,"h","Heartbeat",{}]')
        async with there.following(VIEWER) as board:
            await board.until(lambda: len(board.pairs) == 4)
            now, live = {pair["station"] for pair in board.pairs.values()}, board.sent
        boot = told_at(json.loads((await there.get(ORGANIZER, "/-/page/data/session?id=1"))[1])["opened"] + 1)
        _, before = await there.get(VIEWER, "/-/page/data/board?at=1999-01-01")
        _, then = await there.get(VIEWER, f"/-/page/data/board?at={boot}")

    assert now == {"Volta One", "Wren One", "Station C"}
    assert [pair["station"] for pair in json.loads(before)["pairs"]] == ["Station A"]
    assert words_in(live + before + then, "V1", "W9", "SILENT") == set()


async def test_nothing_that_others_do_moves_or_counts_for_who_sees_nothing_of_them(tmp_path: Path) -> None:
    async with event(tmp_path, "") as there, there.following(OWN) as board, there.following(ORGANIZER) as all_of_it:
        await board.until(lambda: board.status.get("stage") == "live" and len(board.pairs) == 1)
        before = board.status
        await there.visit("W9", "lotus", "Wren")
        await there.visit("X7", "deep", "Xenon")
        await all_of_it.until(lambda: any(pair["station"] == "Xenon One" for pair in all_of_it.pairs.values()))

        await there.visit("V1", "deep", "Volta")
        await board.until(lambda: len(board.pairs) == 2)

    assert {name for name in before if name in ("messages", "findings", "rate")} == set()
    assert (before["sessions"], board.status["sessions"]) == (1, 2)
    assert words_in(board.sent, "Wren", "Xenon", "W9", "X7") == set()


async def test_somebody_elses_station_that_says_it_is_the_same_product_stays_somebody_elses(tmp_path: Path) -> None:
    async with site(tmp_path) as there:
        await there.visit("V1", "lotus", "Volta")
        await there.visit("W9", "lotus", "Volta")
        organizers = await there.board(ORGANIZER, 1)
        board = await there.board(OWN, 1)
        (pair,) = board.pairs
        _, detail = await there.get(OWN, f"/-/page/data/pair?id={pair}")
        seen = await everything_in_reach(there, OWN)

    assert [each["sessions"] for each in organizers.pairs.values()] == [2]
    assert board.pairs[pair]["sessions"] == 1
    assert [each["identity"] for each in json.loads(detail)["latest"]] == ["V1"]
    assert json.loads(detail)["firmware"] == "fw-V1-lotus"
    assert words_in(board.sent + detail + seen, "W9", "fw-W9", "said-W9") == set()


async def everything_in_reach(there: Site, role: str) -> str:
    numbers = range(1, 30)
    return str([await there.get(role, f"/-/page/data/{what}?id={n}") for n in numbers for what in ("session", "frame")])

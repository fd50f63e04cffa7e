"""The badge of a running hub: who finds it, and where it is shown."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from yarl import URL

from hub.access import badge
from hub.access.badge import VARIABLE, Badge, BadgeError, approach, badge_beside, badge_path_of, new_badge
from hub.access.nearness import FIELD
from hub.data_folder import FOLDER_VARIABLE
from hub.disturbing.control import ControlError, HubAt
from hub.events.control import PATH, add_event_control
from hub.feed import feed_app
from hub.mirror import check, feed_url
from hub.note_desk import add_note_desk, ask_for_notes
from hub.server import Hub, HubSettings


@pytest.fixture
def recording(tmp_path: Path, data: Path) -> Path:
    assert data
    return tmp_path / "event.recording"


def badge_at(*doors: str) -> Badge:
    return Badge(new_badge(), tuple(map(URL, doors)))


def hub_at(recording: Path) -> Hub:
    app = feed_app(recording)
    add_event_control(app, None)
    add_note_desk(app)
    return Hub(HubSettings(recording=recording, csmses={"acme": "ws://127.0.0.1:1"}, port=0), app=app)


def test_badge_is_for_its_owner_alone_also_where_a_file_of_that_name_was_for_all(recording: Path) -> None:
    laid, elsewhere = badge_at("ws://127.0.0.1:9000"), recording.with_name("elsewhere")
    elsewhere.touch(0o666)
    badge_path_of(recording).symlink_to(elsewhere)

    laid.lay_down(recording)

    assert stat.S_IMODE(badge_path_of(recording).lstat().st_mode) == 0o600
    assert (badge_beside(recording), elsewhere.read_text()) == (laid, "")
    assert laid.secret not in "".join(each.read_text() for each in (recording.parent / "data").rglob("9000"))


@pytest.mark.parametrize(
    ("door", "url", "met"),
    [
        ("ws://127.0.0.1:9000", "ws://127.0.0.1:9000/x", "ws://127.0.0.1:9000/x"),
        ("ws://127.0.0.1:9000", "http://localhost:9000", "http://127.0.0.1:9000"),
        ("ws://[::1]:9000", "ws://localhost:9000", "ws://[::1]:9000"),
        ("ws://0.0.0.0:9000", "ws://localhost:9000", "ws://127.0.0.1:9000"),
        ("ws://0.0.0.0:9000", "ws://127.0.0.9:9000", "ws://127.0.0.9:9000"),
        ("wss://0.0.0.0:9000", "wss://localhost:9000", "wss://localhost:9000"),
    ],
)
def test_badge_is_shown_at_the_address_that_the_hub_listens_at(recording: Path, door: str, url: str, met: str) -> None:
    laid = badge_at(door)
    laid.lay_down(recording)

    assert approach(URL(url)) == (URL(met), {FIELD: laid.secret})


@pytest.mark.parametrize(
    ("door", "url"),
    [
        ("ws://127.0.0.1:9000", "ws://127.0.0.1:9001"),
        ("ws://127.0.0.1:9000", "ws://[::1]:9000"),
        ("ws://127.0.0.1:9000", "ws://127.0.0.2:9000"),
        ("ws://127.0.0.1:9000", "wss://127.0.0.1:9000"),
        ("ws://0.0.0.0:9000", "ws://[::1]:9000"),
        ("ws://192.0.2.7:9000", "ws://127.0.0.1:9000"),
        ("ws://0.0.0.0:9000", "ws://192.0.2.7:9000"),
        ("ws://0.0.0.0:9000", "ws://hub.example:9000"),
        ("ws://localhost:9000", "ws://127.0.0.9:9000"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_badge_is_shown_nowhere_else(recording: Path, door: str, url: str, *, is_known: bool) -> None:
    badge_at(door).lay_down(recording)

    assert approach(URL(url), recording if is_known else None) == (URL(url), {})


def test_badge_of_another_machine_is_shown_where_its_port_is_forwarded_to_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "plugfest_given")

    forwarded, afar = (approach(URL(url)) for url in ("ws://localhost:9000", "ws://hub.example:9000"))

    assert (forwarded[1], afar[1]) == ({FIELD: "plugfest_given"}, {})


@pytest.mark.parametrize("text", ["", "\n", "garbage", "plugfest_x\nws://[", "\udcff"])
def test_what_is_no_badge_is_shown_to_nobody(recording: Path, text: str) -> None:
    badge_at("ws://127.0.0.1:9000").lay_down(recording)
    badge_path_of(recording).write_text(text, "utf-8", "surrogateescape")

    assert approach(URL("ws://127.0.0.1:9000")) == (URL("ws://127.0.0.1:9000"), {})


def test_later_hub_keeps_its_badge_when_an_earlier_one_takes_its_own_away(recording: Path) -> None:
    earlier, later = badge_at("ws://127.0.0.1:9000"), badge_at("ws://127.0.0.1:9000")
    earlier.lay_down(recording)
    later.lay_down(recording)

    earlier.take_away(recording)
    kept = badge_beside(recording)
    later.take_away(recording)

    assert (kept, badge_beside(recording)) == (later, None)


def test_place_that_takes_no_badge_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadgeError, match=r"the hub's badge cannot be put at .*file/x\.badge"):
        badge_at().lay_down(tmp_path / "file" / "x")


async def test_two_hubs_of_one_machine_are_each_asked_by_url_and_by_recording(tmp_path: Path, data: Path) -> None:
    first, second = hub_at(tmp_path / "a.recording"), hub_at(tmp_path / "b.recording")
    async with first, second:
        answers = [
            await ask_for_notes(source, None)
            for hub in (first, second)
            for source in (hub.url, str(hub.settings.recording), hub.url.replace("127.0.0.1", "localhost"))
        ]
        await check(feed_url(second.url))

    assert answers == [[]] * 6
    assert not any((data / "hubs").iterdir())
    assert not badge_path_of(tmp_path / "a.recording").exists()


async def test_hub_that_listens_at_a_name_is_shown_its_badge_at_the_addresses_that_it_has_by_it(
    recording: Path,
) -> None:
    settings = HubSettings(recording=recording, csmses={}, host="localhost", port=0)
    async with Hub(settings, app=feed_app(recording)) as hub:
        at_name, at_address, at_another = (
            approach(URL(f"ws://{host}:{hub.port}")) for host in ("localhost", "127.0.0.1", "127.0.0.9")
        )

    assert at_name == at_address == (URL(f"ws://127.0.0.1:{hub.port}"), {FIELD: hub.badge.secret})
    assert at_another[1] == {}


async def test_hub_whose_user_has_no_folder_is_asked_by_its_recording(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.with_name("file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(recording.with_name("file")))
    async with hub_at(recording) as hub:
        notes = await ask_for_notes(str(recording), None)
        with pytest.raises(ControlError, match="they show the badge that is beside the recording"):
            await ask_for_notes(hub.url, None)

    assert notes == []


async def test_badge_that_is_removed_while_the_hub_runs_is_back_soon_and_that_of_another_hub_is_left_alone(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(badge, "LOOK_S", 0.001)
    async with hub_at(recording) as hub, asyncio.timeout(10):
        badge_path_of(recording).unlink()
        while badge_beside(recording) != hub.badge:  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.001)
        found = await ask_for_notes(hub.url, None)
        another = badge_at(hub.url)
        another.lay_down(recording)
        await asyncio.sleep(0.02)
        kept = badge_beside(recording)

    assert (found, kept, badge_beside(recording)) == ([], another, another)


async def test_hub_that_was_started_anew_after_a_kill_knows_its_new_badge_only(recording: Path) -> None:
    left = badge_at("ws://127.0.0.1:9000")
    left.lay_down(recording)
    async with hub_at(recording) as hub:
        os.environ[VARIABLE] = left.secret
        try:
            with pytest.raises(ControlError, match="the badge beside the recording"):
                await HubAt(hub.url).ask(PATH, None, dict)
        finally:
            del os.environ[VARIABLE]
        found = badge_beside(recording)

    assert found == hub.badge

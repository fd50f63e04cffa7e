import errno
import fcntl
import os
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from dashboards import hub_on
from recordings import NOON

from hub.recording.lock_file import BRIEFLY
from hub.recording.writable import open_for_writing
from tui.reading.presence import ABSENT, HERE, LockWatch, Presence, look_at_feed


def test_a_hub_is_there_while_it_records_and_gone_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    watch = LockWatch(path, lambda: NOON)

    before = watch.look()
    recording = open_for_writing(path)
    during = watch.look()
    recording.close()

    assert (before, during) == (ABSENT, HERE)
    assert watch.look() == Presence(is_here=False, lost_at=NOON)


def test_a_command_that_writes_a_note_makes_nothing_live(tmp_path: Path) -> None:
    path = tmp_path / "event.recording"
    watch = LockWatch(path)
    command = open_for_writing(path, where=BRIEFLY)

    during = watch.look()
    command.close()

    assert (during, watch.look()) == (ABSENT, ABSENT)


def test_looking_creates_no_lock(tmp_path: Path) -> None:
    LockWatch(tmp_path / "event.recording").look()

    assert not [*tmp_path.iterdir()]


def test_the_time_of_loss_is_that_of_the_first_look_without_the_hub(tmp_path: Path) -> None:
    path, times = tmp_path / "live.recording", iter([NOON, NOON + 1])
    watch = LockWatch(path, lambda: next(times))
    with hub_on(path):
        watch.look()

    watch.look()

    assert watch.look() == Presence(is_here=False, lost_at=NOON)


def test_a_hub_that_takes_over_the_lock_of_a_killed_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    watch = LockWatch(path)
    with hub_on(path):
        watch.look()
    killed = watch.look()

    recording = open_for_writing(path)

    assert (killed.is_here, watch.look()) == (False, HERE)
    recording.close()


def test_a_lock_that_was_left_behind_is_tried_once_only(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    lock_path = path.with_name("live.recording.lock")
    lock_path.write_text("1\n")
    watch = LockWatch(path)
    watch.look()

    with lock_path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert watch.look() == ABSENT


def test_a_feed_is_there_until_it_breaks_off() -> None:
    feed = SimpleNamespace(lost_at=None, trouble="", sent_away="")
    look = look_at_feed(feed)

    before, feed.trouble = look(), "disk full"
    in_trouble, feed.lost_at = look(), NOON

    assert before == HERE
    assert in_trouble == Presence(is_here=True, trouble="disk full")
    assert look() == Presence(is_here=False, lost_at=NOON, tries_again=True)


def test_a_feed_that_sends_us_away_says_why() -> None:
    look = look_at_feed(SimpleNamespace(lost_at=NOON, trouble="", sent_away="this token was revoked"))

    assert look().sent_away == "this token was revoked"


def test_what_a_hub_has_to_say_is_read_from_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    recording = open_for_writing(path)
    watch = LockWatch(path)

    recording.lock.say("database or disk is full")
    full = watch.look()
    recording.lock.say("")
    again = watch.look()
    recording.lock.say("left behind")
    recording.close()

    assert full == Presence(is_here=True, trouble="database or disk is full")
    assert again == HERE
    assert watch.look().trouble == ""


def test_a_lock_that_cannot_be_removed_lets_the_next_hub_in_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "live.recording"
    recording = open_for_writing(path)
    monkeypatch.setattr(Path, "unlink", read_only)

    recording.close()

    with closing(open_for_writing(path)):
        assert LockWatch(path).look() == HERE


def read_only(path: Path, **_options: bool) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

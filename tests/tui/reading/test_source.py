import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from queue import Queue

import pytest
from dashboards import hub_on
from recordings import NOON, RecordingBuilder

from hub.recording.writable import open_for_writing
from matrix.comparison import Changes
from matrix.outcome import Outcome
from tui.reading.messages import Advanced, Rejudged, Stage
from tui.reading.presence import Look, Presence
from tui.reading.source import Source
from tui.rules_file import RulesFileError

MINUTE_NS = 60_000_000_000


class Running:
    """A source in its thread, and what it posts."""

    def __init__(
        self, path: Path, *, clock: Callable[[], int] = lambda: NOON + 60 * MINUTE_NS, look: Look | None = None
    ) -> None:
        self.source = Source(path, clock=clock, look=look)
        self.posted: Queue[Advanced | Rejudged] = Queue()
        self._thread = threading.Thread(target=self.source.run, args=(self.posted.put,))

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        self._thread.join(10)

    def wait_for(self, reached: Callable[[Advanced], bool]) -> Advanced:
        while True:
            posted = self.posted.get(timeout=30)
            if isinstance(posted, Advanced) and reached(posted):
                return posted

    def rejudge(self, rules: Path | None) -> Changes:
        self.source.rejudge(rules)
        while not isinstance(posted := self.posted.get(timeout=30), Rejudged):
            pass
        return posted.changes


def at_end(advanced: Advanced) -> bool:
    return advanced.progress.stage not in (Stage.READING, Stage.FAILED)


def test_a_recording_is_judged_to_its_end(event: Path) -> None:
    with Running(event) as running:
        advanced = running.wait_for(at_end)

    assert [(pair.station.label, pair.csms, pair.outcome) for pair in advanced.board.pairs] == [
        ("Alder One", "acme", Outcome.DEVIATED),
        ("Alder One", "borealis", Outcome.PASSED),
        ("Cedar HPC", "acme", Outcome.REFUSED),
        ("Cedar HPC", "borealis", Outcome.UNREACHABLE),
    ]
    assert advanced.progress.findings > 0


def test_what_is_written_later_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder, hub_on(path), Running(path, clock=lambda: NOON) as running:
        running.wait_for(lambda each: each.progress.stage is Stage.LIVE)

        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{}]')

        advanced = running.wait_for(lambda each: each.board.messages == 1)
        assert advanced.progress.stage is Stage.LIVE
        assert advanced.board.sessions_open == 1


def waiting_call(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        builder.say(builder.session("CS-1", "acme"), '> [2,"1","Heartbeat",{}]')


def test_a_call_goes_unanswered_while_a_live_recording_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    waiting_call(path)

    with hub_on(path), Running(path, clock=lambda: NOON + MINUTE_NS) as running:
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)

    assert advanced.board.pairs[0].row("Heartbeat").outcome is Outcome.UNANSWERED


def test_no_time_passes_without_a_hub(tmp_path: Path) -> None:
    path = tmp_path / "old.recording"
    waiting_call(path)

    with Running(path, clock=lambda: NOON + MINUTE_NS) as running:
        advanced = running.wait_for(at_end)

    assert advanced.board.pairs[0].row("Heartbeat").outcome is Outcome.UNTESTED


def test_a_hub_that_is_silent_is_live_for_ever(event: Path) -> None:
    with hub_on(event), Running(event, clock=lambda: NOON + 10_000 * MINUTE_NS) as running:
        advanced = running.wait_for(at_end)

    assert advanced.progress.stage is Stage.LIVE


def test_a_hub_that_goes_is_missed_and_one_that_comes_back_is_live(event: Path) -> None:
    with Running(event) as running:
        with hub_on(event):
            running.wait_for(lambda each: each.progress.stage is Stage.LIVE)
        gone = running.wait_for(lambda each: each.progress.stage is Stage.HUB_GONE)
        with hub_on(event):
            back = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)

    assert gone.progress.gone == "since 13:00:00"
    assert back.progress.gone == ""


def test_sessions_left_open_say_that_the_hub_was_killed(event: Path) -> None:
    with Running(event) as running:
        advanced = running.wait_for(at_end)

    assert (advanced.progress.stage, advanced.progress.gone) == (Stage.HUB_GONE, "since 12:00:00")


def test_a_hub_that_was_killed_on_another_day_has_its_date(event: Path) -> None:
    with Running(event, clock=lambda: NOON + 10_000 * MINUTE_NS) as running:
        advanced = running.wait_for(at_end)

    assert advanced.progress.gone == "since 2026-01-01 12:00:00"


def test_a_recording_whose_sessions_all_ended_is_at_its_end(event: Path) -> None:
    open_for_writing(event).close()

    with Running(event) as running:
        advanced = running.wait_for(at_end)

    assert advanced.progress.stage is Stage.AT_END


def test_a_feed_that_broke_off_is_tried_again_and_is_not_judged_by_its_copys_lock(event: Path) -> None:
    presence = Presence(is_here=False, lost_at=NOON, tries_again=True)

    with hub_on(event), Running(event, look=lambda: presence) as running:
        advanced = running.wait_for(at_end)

    assert (advanced.progress.stage, advanced.progress.gone) == (Stage.HUB_GONE, "since 12:00:00, trying again")


def test_a_session_whose_row_is_damaged_is_a_sentence_and_what_was_read_stays(event: Path) -> None:
    with Running(event) as running:
        running.wait_for(at_end)

        with closing(sqlite3.connect(event, isolation_level=None)) as damaging:
            damaging.execute("UPDATE session SET request = '{', closed_mark = 1000 WHERE id = 1")

        advanced = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)
        assert f"session 1 of {str(event)!r} is damaged" in advanced.progress.trouble
        assert len(advanced.board.pairs) == 4


def test_a_file_that_is_not_a_recording_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "text.recording"
    path.write_text("hello, I am not a database, and long enough to be looked at")

    with Running(path) as running:
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)

    assert "is not a SQLite file" in advanced.progress.trouble


def test_a_file_that_vanishes_is_a_sentence_and_what_was_read_stays(event: Path) -> None:
    with Running(event) as running:
        running.wait_for(at_end)

        event.unlink()

        advanced = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)
        assert "is gone" in advanced.progress.trouble
        assert len(advanced.board.pairs) == 4


def test_a_recording_that_is_brought_back_is_read_on(event: Path, tmp_path: Path) -> None:
    aside = tmp_path / "aside.recording"
    with hub_on(event), Running(event) as running:
        before = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)
        event.rename(aside)
        gone = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)

        aside.rename(event)

        back = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)
    assert gone.progress.not_recording == "the recording is gone"
    assert (back.progress.not_recording, back.board) == ("", before.board)


def test_another_recording_in_its_place_is_not_mixed_with_it(event: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.recording"
    open_for_writing(other).close()
    with Running(event) as running:
        running.wait_for(at_end)

        other.replace(event)

        failed = running.wait_for(lambda each: each.progress.stage is Stage.FAILED)
    assert failed.progress.trouble != ""


def test_the_judge_waits_while_a_screen_reads(event: Path) -> None:
    running = Running(event)

    with running.source.courtesy(), running:
        assert not running.source.caught_up.wait(0.05)

    assert running.source.caught_up.wait(30)


def test_request_and_answer_are_joined_by_frame(event: Path) -> None:
    with Running(event) as running:
        running.source.caught_up.wait(30)

        joined = running.source.verdicts.of(1).joined(2)

    assert joined is not None
    assert (joined.action, joined.call, joined.answer) == ("BootNotification", 2, 3)


def rules_off(tmp_path: Path) -> Path:
    path = tmp_path / "event.toml"
    path.write_text('[rules.RPC-19]\nseverity = "off"\nreason = "agreed"\n', encoding="utf-8")
    return path


def test_judging_again_says_what_changed_and_the_verdicts_are_other_ones(event: Path, tmp_path: Path) -> None:
    with Running(event) as running:
        running.wait_for(at_end)
        before = running.source.verdicts

        changes = running.rejudge(rules_off(tmp_path))

        after = running.wait_for(at_end)
        assert [(rule.code, len(rule.gone)) for rule in changes.rules] == [("RPC-19", 2)]
        assert before.of(1).findings(6)
        assert not [each for each in running.source.verdicts.of(1).findings(6) if each.rule == "RPC-19"]
        assert running.source.verdicts.of(1).session is not None
        assert after.progress.findings == running.source.verdicts.tallies.count


def test_what_is_recorded_after_judging_again_is_judged_by_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder, hub_on(path), Running(path, clock=lambda: NOON) as running:
        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{"x":1}]')
        running.wait_for(lambda each: each.board.messages == 1)

        changes = running.rejudge(rules_off(tmp_path))
        builder.say(session, '> [2,"2","Heartbeat",{"x":1}]')

        running.wait_for(lambda each: each.board.messages == 2)
        assert [rule.code for rule in changes.rules] == ["RPC-19"]
        assert not [tally for tally in running.source.verdicts.tallies.all() if tally.key.rule == "RPC-19"]


def test_judging_again_changes_nothing_where_a_viewer_presumed_a_call_unanswered(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    waiting_call(path)

    with hub_on(path), Running(path, clock=lambda: NOON + MINUTE_NS) as running:
        running.wait_for(lambda each: each.progress.stage is Stage.LIVE)
        changes = running.rejudge(None)
        advanced = running.wait_for(lambda each: each.progress.stage is Stage.LIVE)

    assert not changes
    assert advanced.board.pairs[0].row("Heartbeat").outcome is Outcome.UNANSWERED


def test_file_of_rules_that_cannot_be_used_changes_nothing(event: Path, tmp_path: Path) -> None:
    with Running(event) as running, pytest.raises(RulesFileError, match="cannot be read"):
        running.rejudge(tmp_path / "none.toml")

    assert running.source.policy == {}

"""One log, from its beginning to its end."""

from pathlib import Path

import pytest

from hub.imports import talks
from hub.imports.log import Log, Skipped
from hub.imports.source import Told
from hub.imports.stamps import zone_named
from hub.imports.talks import Happening, Heard, Over
from matrix.trace import Clock, Side

BEAT = '[2,"{}","Heartbeat",{{}}]'
TEN = 1_767_261_600_000_000_000
SECOND = 1_000_000_000


def read(folder: Path, *lines: str, told: Told | None = None) -> tuple[list[Happening], list[Skipped], Log]:
    path = folder / "x.log"
    path.write_text("\n".join(lines))
    skipped: list[Skipped] = []
    log = Log(path, told or Told(), skipped.append)
    return [*log.happenings()], skipped, log


def at(seconds: int, identity: str = "A", id_: str = "1", date: str = "2026-01-01") -> str:
    return f"{date} 10:{seconds // 60:02}:{seconds % 60:02}+0000 INFO ocpp {identity}: send {BEAT.format(id_)}"


def heard(happenings: list[Happening]) -> list[Heard]:
    return [each for each in happenings if isinstance(each, Heard)]


def test_messages_of_stations_are_sessions_of_their_own(tmp_path: Path) -> None:
    happenings, skipped, _ = read(tmp_path, at(0, "A"), "noise", at(1, "B"), at(2, "A", "2"))

    talks = [each.talk.identity for each in heard(happenings)]

    assert talks == ["A", "B", "A"]
    assert [(each.at, each.talk.identity) for each in happenings if isinstance(each, Over)] == [
        (TEN + SECOND, "B"), (TEN + 2 * SECOND, "A"),
    ]  # fmt: skip
    assert skipped == []


def test_line_that_is_lost_is_a_hole_in_every_session_that_goes_on(tmp_path: Path) -> None:
    happenings, skipped, _ = read(
        tmp_path, at(0, "A"), at(1, "B"), at(2, "A")[:-3], at(3, "A")[:-3], at(4, "B", "2"), at(5, "C")
    )

    holes = [(each.talk.identity, each.side, each.at, each.why) for each in heard(happenings) if each.text is None]

    assert [(each.line, each.file) for each in skipped] == [(3, "x.log"), (4, "x.log")]
    why = "2 lines, the last of them 4, of x.log could not be imported"
    assert holes[:2] == [("B", side, TEN + 4 * SECOND, why) for side in Side]
    assert {identity for identity, *_ in holes} == {"A", "B"}


def test_time_that_jitters_does_not_go_back(tmp_path: Path) -> None:
    happenings, _, log = read(tmp_path, at(10), at(8, id_="2"), at(11, id_="3"))

    assert [each.at - TEN for each in heard(happenings)] == [10 * SECOND, 10 * SECOND, 11 * SECOND]
    assert len(happenings) == 4
    assert log.source.clock is None


def test_time_that_leaps_back_begins_new_sessions_that_know_no_moments(tmp_path: Path) -> None:
    happenings, _, _ = read(tmp_path, at(300), at(0, id_="2"), at(1, id_="3"))

    before, after, later = heard(happenings)

    assert before.talk is not after.talk is later.talk
    assert (before.talk.clock, after.talk.clock) == (None, Clock.LOCAL)
    assert later.at - after.at == SECOND
    assert after.at >= before.at


def test_gap_of_a_day_begins_new_sessions(tmp_path: Path) -> None:
    happenings, _, _ = read(tmp_path, at(0), at(0, id_="2", date="2026-01-03"))

    before, after = heard(happenings)

    assert before.talk is not after.talk
    assert after.talk.clock is None


def test_version_that_changes_begins_a_new_session(tmp_path: Path) -> None:
    line = '{{"ts":17672616{0}0,"cp":"A","dir":"cp-to-csms","version":"ocpp{1}","msg":[2,"{0}","Heartbeat",{{}}]}}'

    happenings, _, _ = read(tmp_path, line.format(10, "1.6"), line.format(11, "2.0.1"), line.format(12, "2.0.1"))

    assert [each.talk.version for each in heard(happenings)] == ["1.6", "2.0.1", "2.0.1"]
    assert len({id(each.talk) for each in heard(happenings)}) == 2


def test_what_a_log_does_not_say_is_told(tmp_path: Path) -> None:
    told = Told(identity="CS7", version="2.1", writer=Side.CSMS, zone=zone_named("+01:00"))

    happenings, _, log = read(tmp_path, f"2026-01-01 11:00:00 < {BEAT.format(1)}", told=told)

    (only,) = heard(happenings)
    assert (only.at, only.side, only.talk.identity, only.talk.version) == (TEN, Side.STATION, "CS7", "2.1")
    assert log.source.clock is None


def test_station_of_a_log_that_names_none_is_called_like_the_file(tmp_path: Path) -> None:
    happenings, _, _ = read(tmp_path, f"2026-01-01 11:00:00 {BEAT.format(1)}")

    assert [each.talk.identity for each in heard(happenings)] == ["x"]


def test_end_of_a_connection_ends_its_session(tmp_path: Path) -> None:
    steve = "[INFO ] 2026-01-01 10:00:0{} - [chargeBoxId=A, sessionId={}] {}"
    happenings, _, _ = read(
        tmp_path,
        steve.format(0, "s1", f"Received: {BEAT.format(1)}"),
        steve.format(1, "s1", "Connection is closed, status: CloseStatus[code=1000, reason=null]"),
        steve.format(2, "s2", f"Received: {BEAT.format(2)}"),
    )

    first, second = [each for each in happenings if isinstance(each, Over)]

    assert first.talk.words == "Connection is closed, status: CloseStatus[code=1000, reason=null]"
    assert second.talk.words is None


def test_message_of_several_lines_is_one_message(tmp_path: Path) -> None:
    happenings, skipped, _ = read(
        tmp_path,
        at(0),
        '2026-01-01 10:00:01+0000 INFO ocpp A: receive message [3,"1",',
        "{",
        '"x": [1]',
        "}]",
        "noise]",
        at(2, id_="2"),
    )

    assert [each.text for each in heard(happenings)] == [BEAT.format(1), '[3,"1",\n{\n"x": [1]\n}]', BEAT.format(2)]
    assert skipped == []


def test_message_that_never_ends_is_lost_with_its_first_line(tmp_path: Path) -> None:
    cut = '2026-01-01 10:00:01+0000 INFO ocpp A: receive message [3,"1",{"x":'

    _, skipped, _ = read(tmp_path, at(0), cut, "noise", at(2, id_="2"), cut, *["noise"] * 600, cut)

    assert [(each.line, each.why) for each in skipped] == [
        (number, "the message in it has no end") for number in (2, 5, 606)
    ]


def test_most_silent_session_makes_room_for_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talks, "TALKS_AT_ONCE", 2)

    happenings, _, _ = read(tmp_path, at(0, "A"), at(1, "B"), at(2, "A", "2"), at(3, "C"), at(4, "B", "2"))

    ends = [(each.talk.identity, each.at - TEN) for each in happenings if isinstance(each, Over)]
    assert ends[:2] == [("B", SECOND), ("A", 2 * SECOND)]
    assert len({id(each.talk) for each in heard(happenings)}) == 4

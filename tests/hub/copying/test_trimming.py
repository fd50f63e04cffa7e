"""Part of a recording: what is left out is held against nobody."""

from pathlib import Path

import pytest
from damaged import accusations, crossing, judged_of, traffic_of
from recorded import play

from hub.copying.fresh import fresh_recording
from hub.copying.trimming import TrimError, Trimmed, Wanted, trim
from hub.recording.reading import Recording
from matrix.trace import Closed, Ending, Frame, Opcode, time_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crossing(tmp_path_factory.mktemp("whole") / "whole.recording")


def trimmed(path: Path, into: Path, wanted: Wanted) -> Trimmed:
    with Recording.open(path) as recording, fresh_recording(into) as fresh:
        return trim(recording, wanted, fresh, lambda _mark: None)


def frames(path: Path) -> list[Frame]:
    """Return the frames, without those that mark a gap."""
    return [item for item in traffic_of(path) if isinstance(item, Frame) and item.opcode != Opcode.UNREAD]


def test_what_is_not_trimmed_is_the_same(whole: Path, tmp_path: Path) -> None:
    trimmed(whole, tmp_path / "all.recording", Wanted())

    assert traffic_of(tmp_path / "all.recording") == traffic_of(whole)


def test_a_session_alone_keeps_its_frames_and_their_numbers(whole: Path, tmp_path: Path) -> None:
    result = trimmed(whole, tmp_path / "one.recording", Wanted(frozenset({2})))

    assert frames(tmp_path / "one.recording") == [frame for frame in frames(whole) if frame.session == 2]
    assert (result.sessions, result.of_sessions, result.cut_sessions) == (1, 2, 0)
    assert accusations(judged_of(tmp_path / "one.recording")) == []


def test_what_a_session_was_played_from_goes_with_it(tmp_path: Path) -> None:
    whole = crossing(tmp_path / "whole.recording")
    play(whole, 1)
    play(whole, 2)

    trimmed(whole, tmp_path / "one.recording", Wanted(frozenset({2})))

    with Recording.open(tmp_path / "one.recording") as recording:
        assert [*recording.replays()] == [2]
        assert recording.improvised(2) == [("m1", "Heartbeat")]


@pytest.mark.parametrize("tenth", range(1, 10))
def test_what_was_recorded_between_two_moments_accuses_nobody(whole: Path, tmp_path: Path, tenth: int) -> None:
    traffic = traffic_of(whole)
    since, until = (time_of(traffic[len(traffic) * each // 10]) for each in (tenth, tenth + 1 - tenth // 9))

    result = trimmed(whole, tmp_path / "part.recording", Wanted(None, since, max(until, since + 1)))

    kept = frames(tmp_path / "part.recording")
    assert [frame.payload for frame in kept] == [
        frame.payload for frame in frames(whole) if since <= frame.at < max(until, since + 1)
    ]
    assert result.cut_sessions == 2
    assert accusations(judged_of(tmp_path / "part.recording")) == []


def test_a_session_that_is_cut_off_ends_by_nobodys_doing(whole: Path, tmp_path: Path) -> None:
    traffic = traffic_of(whole)

    trimmed(whole, tmp_path / "begin.recording", Wanted(until=time_of(traffic[20])))

    ends = [item.session for item in traffic_of(tmp_path / "begin.recording") if isinstance(item, Closed)]
    assert {(end.ending, end.closed_by) for end in ends} == {(Ending.HUB, None)}


def test_where_nothing_is_left_there_is_no_recording(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(TrimError, match="nothing is left"):
        trimmed(whole, tmp_path / "none.recording", Wanted(frozenset({99})))

    assert [*tmp_path.iterdir()] == []

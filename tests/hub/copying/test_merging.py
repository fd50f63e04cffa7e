"""Recordings of several hubs as one: nothing of either is lost, and nothing is judged otherwise."""

from pathlib import Path

import pytest
from damaged import crossing, judged_of, traffic_of
from drawing import draw, read_drawing
from goldens import SESSIONS
from recorded import play, record

from hub.copying.fresh import fresh_recording
from hub.copying.merging import Merged, MergeError, Part, merge_recordings
from hub.mirror import keep_notes
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from matrix.judge import Judge
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opened, Traffic, time_of

FAULTY = SESSIONS / "field/F050-number-where-a-string-belongs.session"


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    return crossing(tmp_path / "hall.recording")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return record(tmp_path / "lab.recording", read_drawing(FAULTY))


def merged(into: Path, *parts: Part) -> list[Merged]:
    with fresh_recording(into) as recording:
        return merge_recordings(parts, recording, lambda _items: None)


def outcomes(judge: Judge) -> set[tuple[str, str, str, str]]:
    """Return what each message type came to, by station."""
    pairs = judge.board.view().pairs
    return {(pair.station.identity, pair.csms, row.action, row.outcome) for pair in pairs for row in pair.rows}


def said(traffic: list[Traffic]) -> set[tuple[object, ...]]:
    return {(item.at, item.side, item.payload) for item in traffic if isinstance(item, Frame)}


def test_judging_what_was_merged_equals_judging_each(hall: Path, lab: Path, tmp_path: Path) -> None:
    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab))

    whole, parts = judged_of(tmp_path / "all.recording"), [judged_of(hall), judged_of(lab)]
    assert outcomes(whole) == set.union(*map(outcomes, parts))
    assert sorted(each.text for each in whole.findings) == sorted(each.text for part in parts for each in part.findings)


def test_everything_that_was_said_is_there_in_the_order_of_time(hall: Path, lab: Path, tmp_path: Path) -> None:
    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab))

    traffic = traffic_of(tmp_path / "all.recording")
    times = [time_of(item) for item in traffic]
    assert times == sorted(times)
    assert said(traffic) == said(traffic_of(hall)) | said(traffic_of(lab))


def test_each_session_says_which_hub_it_is_of(hall: Path, lab: Path, tmp_path: Path) -> None:
    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab))
    merged(tmp_path / "again.recording", Part("both", tmp_path / "all.recording"))

    for name in ("all", "again"):
        with Recording.open(tmp_path / f"{name}.recording") as recording:
            assert sorted(recording.sites().values()) == ["hall", "hall", "lab"]


def test_a_hub_whose_clock_was_wrong_is_set_right(hall: Path, lab: Path, tmp_path: Path) -> None:
    (_, late) = merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab, 3_600_000_000_000))

    (opened, *_) = traffic_of(lab)
    assert late.begins == time_of(opened) + 3_600_000_000_000


def test_a_disturbance_and_a_note_point_to_their_frame_under_its_new_number(hall: Path, tmp_path: Path) -> None:
    lines = ['> [2,"h","Heartbeat",{}]', "! begun drop answer", "! touched", '< [3,"h",{}]', "! ended"]
    disturbed = record(tmp_path / "disturbed.recording", draw(*lines))
    frame = next(item.id for item in traffic_of(disturbed) if isinstance(item, Frame) and "[3" in str(item.payload))
    note(disturbed, frame)

    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", disturbed))

    traffic = traffic_of(tmp_path / "all.recording")
    (touched,) = [item for item in traffic if isinstance(item, Disturbed) and item.frame]
    with Recording.open(tmp_path / "all.recording") as recording:
        (kept,) = recording.notes()
        assert recording.frame(touched.frame or 0).payload == '[3,"h",{}]'
        assert (kept.frame, kept.session) == (touched.frame, touched.session)


def note(path: Path, frame: int) -> None:
    recording = open_for_writing(path)
    keep_notes(recording, [Note(id=1, at=1, author="Volt", text="ours", session=1, action="Heartbeat", frame=frame)])
    recording.close()


def test_two_hubs_of_one_name_are_refused(hall: Path, tmp_path: Path) -> None:
    with pytest.raises(MergeError, match="called 'hall'"):
        merged(tmp_path / "all.recording", Part("hall", hall), Part("hall", hall))

    assert not (tmp_path / "all.recording").exists()


def test_sessions_open_and_close_once(hall: Path, lab: Path, tmp_path: Path) -> None:
    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab))

    traffic = traffic_of(tmp_path / "all.recording")
    opened = [item.session.id for item in traffic if isinstance(item, Opened)]
    closed = [item.session.id for item in traffic if isinstance(item, Closed)]
    assert sorted(opened) == sorted(closed) == [1, 2, 3]


def test_what_a_session_was_played_from_goes_with_it(hall: Path, lab: Path, tmp_path: Path) -> None:
    play(lab, 1)

    merged(tmp_path / "all.recording", Part("hall", hall), Part("lab", lab))

    with Recording.open(tmp_path / "all.recording") as recording:
        ((number, replay),) = recording.replays().items()
        assert recording.sites()[number] == "lab"
        assert (replay.recording, replay.origin) == ("event.recording", 7)
        assert recording.improvised(number) == [("m1", "Heartbeat")]

from collections.abc import Sequence
from pathlib import Path

import pytest
from recordings import RecordingBuilder

from hub.recording.reading import Recording
from matrix.trace import Frame, Opcode, Side
from tui.reading.transcript import HEAD, PAGE, Transcript


class CountingRecording(Recording):
    """A recording that keeps count of the frames that were fetched."""

    fetched = 0

    def heads(self, ids: Sequence[int], *, characters: int = 512) -> list[Frame]:
        self.fetched += len(ids)
        return super().heads(ids, characters=characters)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.recording"


def test_a_line_costs_the_reading_of_one_page_however_long_the_session_is(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        builder.many(builder.session("CS-1", "acme"), 5_000, '"Heartbeat",{}')
    with CountingRecording.open(path) as recording:
        transcript = Transcript(recording, recording.frame_ids(1))

        first, last = transcript.head(0), transcript.head(len(transcript) - 1)
        transcript.head(1)

        assert len(transcript) == 10_000
        assert first is not None
        assert last is not None
        assert recording.fetched <= 2 * PAGE


def test_payloads_are_cut_in_pages_and_whole_on_demand(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        [number] = builder.say(builder.session("CS-1", "acme"), "> " + "x" * 100_000)
    with Recording.open(path) as recording:
        transcript = Transcript(recording, [number])

        head, whole = transcript.head(0), transcript.whole(number)

        assert head is not None
        assert whole is not None
        assert (len(head.payload), len(whole.payload)) == (HEAD, 100_000)


def test_what_is_added_at_the_end_is_seen_on_a_page_that_was_read_before(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        first = builder.say(session, "> one")
        with Recording.open(path) as recording:
            transcript = Transcript(recording, first)
            transcript.head(0)

            transcript.extend(builder.say(session, "< two"))

            added = transcript.head(1)
            assert added is not None
            assert added.payload == "two"


def test_a_frame_is_found_by_its_id_and_the_nearest_line_where_it_is_hidden(path: Path) -> None:
    with RecordingBuilder(path):
        pass
    with Recording.open(path) as recording:
        transcript = Transcript(recording, [10, 20, 30])

        assert transcript.find(20) == 1
        assert transcript.find(25) is None
        assert [transcript.nearest(frame) for frame in (5, 25, 99)] == [0, 2, 2]


def test_fragments_are_put_together_across_control_frames_and_the_other_side(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        builder.frame(session, Side.STATION, '[2,"a",', fin=0)
        builder.frame(session, Side.STATION, b"", opcode=Opcode.PING)
        builder.frame(session, Side.CSMS, '[3,"x",{}]')
        last = builder.frame(session, Side.STATION, '"Heartbeat",{}]', opcode=Opcode.CONTINUATION)
    with Recording.open(path) as recording:
        transcript = Transcript(recording, [last])
        frame = transcript.whole(last)
        assert frame is not None

        assert transcript.message(frame) == ('[2,"a","Heartbeat",{}]', 2)


def test_an_empty_payload_stays_empty(path: Path) -> None:
    with RecordingBuilder(path) as builder:
        number = builder.frame(builder.session("CS-1", "acme"), Side.STATION, b"", opcode=Opcode.PING)
    with Recording.open(path) as recording:
        head = Transcript(recording, [number]).head(0)

        assert head is not None
        assert head.payload == b""

"""Notes on contested cells: what is let through, and what is written where no hub has the recording."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st
from recorded import record

from hub.errors import HubError, LockedError
from hub.notes import LONGEST_TEXT, MOST_NOTES, NoteError, Order, noted, write_note
from hub.recording.lock_file import is_taken_briefly
from hub.recording.reading import Recording
from hub.recording.verdict_store import save_verdicts
from hub.recording.writable import open_for_writing
from matrix.judge import Judge

BEAT = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"2026-11-01T10:00:00Z"}]', '> [2,"x","Sing",{}]')


@pytest.fixture
def event(tmp_path: Path) -> Path:
    return record(tmp_path / "event.recording", draw(*BEAT), draw(*BEAT))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    path = record(tmp_path_factory.mktemp("notes") / "event.recording", draw(*BEAT), draw(*BEAT))
    with Recording.open(path) as recording:
        yield recording


def order(text: str = "our meter is right", **fields: Any) -> Order:
    everything: dict[str, Any] = {"author": "Volt", "text": text, "session": 2, "action": "Heartbeat", **fields}
    return Order(**everything)


def test_what_is_noted_is_read_back_and_can_be_resolved_once(event: Path) -> None:
    first, second = write_note(event, order(frame=7)), write_note(event, order("and this", rule="HB-01"))
    resolved = write_note(event, Order(author="organizer", text="agreed", resolve=first.id))

    with Recording.open(event) as recording:
        assert recording.notes() == [resolved, second]
    assert (resolved.session, resolved.action, resolved.frame, resolved.resolution) == (2, "Heartbeat", 7, "agreed")
    assert [each.is_open for each in (first, second, resolved)] == [True, True, False]
    with pytest.raises(NoteError, match="note 1 was resolved by 'organizer' already: 'agreed'"):
        write_note(event, Order(author="Volt", text="no", resolve=1))


def test_a_frame_names_its_session(event: Path) -> None:
    assert write_note(event, order(session=None, frame=7)).session == 2


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"author": " \n"}, "the name of who says it is missing"),
        ({"text": ""}, "the text is missing"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, "the text has 2001 characters, and 2000 are the most"),
        ({"author": "x" * 81}, "the name of who says it has 81 characters"),
        ({"session": None}, "say what is contested: a session, or a frame of one"),
        ({"session": 9}, "there is no session 9"),
        ({"session": -(2**70)}, "there is no session or frame -1180591620717411303424"),
        ({"frame": 99}, "there is no frame 99"),
        ({"frame": 2}, "frame 2 is one of session 1, not of 2"),
        ({"action": "Heartbeet"}, "there is no message type 'Heartbeet' in session 2"),
        ({"rule": "XX-1"}, "there is no rule 'XX-1'"),
        ({"resolve": 4}, "there is no note 4"),
    ],
)
def test_what_cannot_be_noted_is_said_in_a_sentence(event: Path, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(HubError, match=complaint):
        write_note(event, order(**fields))

    with Recording.open(event) as recording:
        assert recording.notes() == []


@pytest.mark.parametrize("action", ["", "Connect", "Framing", "Sing", "Reset"])
def test_rows_of_the_version_and_what_was_heard_can_be_contested(event: Path, action: str) -> None:
    assert write_note(event, order(action=action)).action == action


@given(st.text(st.characters(), min_size=1), st.text(st.characters(), min_size=1))
def test_any_words_are_noted_or_refused_with_a_sentence(spoken: Recording, author: str, text: str) -> None:
    try:
        note = noted(spoken, order(author=author, text=text), 1)
    except NoteError:
        return

    assert note.author.encode()
    assert note.text.encode()


def test_a_recording_that_another_has_is_left_alone(event: Path) -> None:
    writable = open_for_writing(event)

    with pytest.raises(LockedError, match="is being recorded into by another hub"):
        write_note(event, order())

    writable.close()


def test_a_note_leaves_the_index_of_a_judged_recording(event: Path) -> None:
    save_verdicts(event, Judge(), 1)

    write_note(event, order())

    with Recording.open(event) as recording:
        assert recording.has_frame_index()


def test_who_takes_the_lock_for_a_moment_says_so(event: Path) -> None:
    brief = open_for_writing(event, where="briefly")

    assert is_taken_briefly(event)

    brief.close()
    assert not is_taken_briefly(event)


def test_notes_have_an_end(event: Path) -> None:
    write_note(event, order())
    database = sqlite3.connect(event)
    database.executemany(
        "INSERT INTO note (id, at, author, subject, reference, text, session) VALUES (?, 1, 'x', 'cell', '', 'y', 1)",
        [(number,) for number in range(2, MOST_NOTES + 1)],
    )
    database.commit()
    database.close()

    with pytest.raises(NoteError, match="there are 1000 notes already"):
        write_note(event, order())

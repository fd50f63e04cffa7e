from collections.abc import Iterator
from pathlib import Path

import pytest
from recordings import RecordingBuilder

from hub.evidence.exchanged import NotCopiedError, exchanged
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.trace import Side


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-1", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{}]', '< [2,"1","Reset",{}]', '< [3,"1",{}]', '> [3,"1",{"a":1}]')
        builder.say(session, "> no JSON", '< [2,"p","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123"}]')
        builder.frame(session, Side.STATION, "x", opcode=9)
    with Recording.open(path) as recording:
        yield recording


@pytest.mark.parametrize(("frame", "request_", "answer"), [(2, 2, 4), (3, 3, 5), (4, 2, 4), (5, 3, 5), (6, 6, None)])
def test_an_answer_belongs_to_the_call_of_the_other_side(
    recording: Recording, frame: int, request_: int, answer: int | None
) -> None:
    found = exchanged(recording, frame)

    assert found.request.frame == request_
    assert (found.answer.frame if found.answer else None) == answer


def test_secrets_are_hidden_unless_they_are_asked_for(recording: Recording) -> None:
    assert "0123" not in exchanged(recording, 7).request.message.text
    assert "0123" in exchanged(recording, 7, with_secrets=True).request.message.text


def test_what_is_no_message_is_said(recording: Recording) -> None:
    with pytest.raises(NotCopiedError, match="frame 8 is no message"):
        exchanged(recording, 8)
    with pytest.raises(RecordingError, match="no frame 99"):
        exchanged(recording, 99)

"""Notes find their cells, and leave outcomes alone."""

from drawing import draw, judged

from matrix.boards.pair import Pair
from matrix.notes import Note, Notes, about_frame

BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"Volt","chargePointModel":"V2"}]'


def note(number: int, **fields: object) -> Note:
    given = {"id": number, "at": number, "author": "Volt", "text": "no", "session": 1, "action": "Heartbeat", **fields}
    return Note(**given)  # type: ignore[arg-type]  # what a test says of it


def pair() -> Pair:
    return judged(draw(BOOT)).board.view().pairs[0]


def test_a_note_on_a_session_follows_its_station_to_its_product() -> None:
    unnamed = judged(draw()).board.view().pairs[0]

    notes = Notes((note(1),))

    assert unnamed.key != pair().key
    assert notes.contested(unnamed) == notes.contested(pair()) == {"Heartbeat"}


def test_what_is_resolved_contests_nothing_and_is_still_told() -> None:
    resolved, elsewhere = note(1, resolved_at=9), note(2, session=2)

    notes = Notes((resolved, elsewhere))

    assert notes.contested(pair()) == frozenset()
    assert notes.of_pair(pair()) == notes.of_cell(pair(), "Heartbeat") == (resolved,)


def test_a_frame_has_its_own_notes_and_those_on_its_message_type() -> None:
    on_frame, on_type, on_other = note(1, frame=7), note(2), note(3, frame=8)
    on_pair = note(4, action="")
    notes = Notes((on_frame, on_type, on_other, on_pair)).of_session(1)

    assert about_frame(notes, 7, "Heartbeat") == (on_frame, on_type)
    assert about_frame(notes, None, "Connect") == (on_pair,)

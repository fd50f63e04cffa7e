"""How notes read: who, what about, and nothing that a person typed as anything but text."""

from matrix.notes import Note
from tui.lines.noted import CLIPPED, about, marked, note_lines, said

OPEN = Note(
    id=3, at=1_793_527_200_000_000_000, author="Volt\x1b[31m", text="it is\u202e ours", session=4, action="Reset"
)
RESOLVED = Note(
    id=4, at=1_793_527_200_000_000_000, author="Volt", text="ours", session=4, frame=7, rule="RPC-19",
    resolved_at=1_793_527_260_000_000_000, resolved_by="organizer", resolution="agreed",
)  # fmt: skip


def test_note_says_what_it_is_about() -> None:
    assert about(OPEN) == "Reset, session 4"
    assert about(RESOLVED) == "the pair, session 4, frame 7, RPC-19"


def test_note_says_who_contests_and_how_it_was_resolved() -> None:
    assert said(RESOLVED) == (
        "contested by Volt, 2026-11-01 10:00:00: ours (resolved by organizer, 2026-11-01 10:01:00: agreed)"
    )


def test_what_people_type_is_shown_as_text() -> None:
    lines = [span.text for line in note_lines([OPEN]) for span in line.spans]

    assert not {"\x1b", "\u202e"} & {*said(OPEN), *about(OPEN), *"".join(lines)}


def test_line_shows_the_latest_open_note_cut_and_how_many_more() -> None:
    long = Note(id=5, at=OPEN.at, author="Volt", text="x" * 500, session=4, action="Reset")

    line = "".join(span.text for span in marked([OPEN, long, RESOLVED]))

    assert "contested by Volt 10:00:00 (+1): xxx" in line
    assert line.count("x") <= CLIPPED
    assert marked([RESOLVED]) == ()

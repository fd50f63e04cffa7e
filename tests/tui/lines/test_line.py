from rich.cells import cell_len

from tui.lines.line import Span, clip, fit, justify, width_of, wrap


def test_fit_pads_what_is_short_and_cuts_what_is_long_with_an_ellipsis() -> None:
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, right=True) == "  ab"
    assert fit("abcdef", 4) == "abc…"
    assert fit("abc", 0) == ""


def test_fit_counts_cells_and_not_characters() -> None:
    assert cell_len(fit("漢字漢字", 5)) == 5


def test_a_clipped_line_keeps_its_roles() -> None:
    line = (Span("abc", "strong"), Span("defgh", "muted"))

    clipped = clip(line, 6)

    assert clipped == (Span("abc", "strong"), Span("de…", "muted"))


def test_what_stands_at_the_right_end_is_never_cut() -> None:
    line = justify((Span("a long text at the left"),), (Span("right"),), 12)

    assert "".join(span.text for span in line) == "a lon… right"
    assert width_of(line) == 12


def test_lines_wrap_at_spaces_and_are_indented_from_the_second_on() -> None:
    pieces = [*wrap((Span("one two three"),), 9, 2)]

    assert ["".join(span.text for span in piece) for piece in pieces] == ["one two ", "  three"]


def test_a_word_that_fits_the_next_line_is_not_split_where_its_span_begins() -> None:
    pieces = [*wrap((Span("12345 "), Span("Connect", "accent")), 10, 1)]

    assert ["".join(span.text for span in piece) for piece in pieces] == ["12345 ", " Connect"]


def test_a_word_that_fits_the_next_line_is_not_split_where_its_span_begins_with_a_space() -> None:
    pieces = [*wrap((Span("0 open  "), Span("✗"), Span(" failed")), 14, 1)]

    assert ["".join(span.text for span in piece) for piece in pieces] == ["0 open  ✗ ", " failed"]


def test_a_word_longer_than_the_line_is_split() -> None:
    pieces = [*wrap((Span("x" * 25),), 10, 2)]

    assert ["".join(span.text for span in piece) for piece in pieces] == ["x" * 10, "  " + "x" * 8, "  " + "x" * 7]


def test_wide_characters_never_make_a_piece_wider_than_asked() -> None:
    pieces = [*wrap((Span("漢" * 20),), 7, 2)]

    assert all(width_of(piece) <= 7 for piece in pieces)


def test_word_is_not_torn_where_a_line_has_room_for_the_one_before_it_only() -> None:
    pieces = [*wrap((Span("Connect "), Span("no common version")), 14, 1)]

    assert ["".join(span.text for span in piece) for piece in pieces] == ["Connect no ", " common ", " version"]

from hypothesis import given
from hypothesis import strategies as st

from tui.lines.line import PaneLine
from tui.lines.pretty import LINES, pretty, read_head


def text_of(lines: list[PaneLine]) -> str:
    return "\n".join(" " * line.indent + "".join(span.text for span in line.spans) for line in lines)


def marked(lines: list[PaneLine]) -> list[str]:
    return ["".join(span.text for span in line.spans) for line in lines if line.marked]


def test_the_array_of_a_message_stays_on_one_line_and_its_payload_is_laid_out() -> None:
    lines = pretty('[2,"a","Heartbeat",{"x":[],"y":{"z":null}}]')

    assert text_of(lines) == '[2, "a", "Heartbeat", {\n  "x": [],\n  "y": {\n    "z": null\n  }\n}]'


def test_numbers_and_duplicate_keys_are_shown_as_they_were_spoken() -> None:
    lines = pretty('[3,"a",{"v":1.0,"v":12345678901234567890123,"w":1E5}]')

    assert text_of(lines) == '[3, "a", {\n  "v": 1.0,\n  "v": 12345678901234567890123,\n  "w": 1E5\n}]'


def test_the_value_of_a_pointer_is_marked() -> None:
    lines = pretty('[2,"a","X",{"m":[{"v":1},{"v":2}]}]', ["/3/m/1/v"])

    assert marked(lines) == ['"v": 2']
    assert [span.text for line in lines for span in line.spans if span.role == "offending"] == ["2"]


def test_a_marked_object_is_marked_with_all_its_lines() -> None:
    lines = pretty('[2,"a","X",{"m":{"v":1},"n":2}]', ["/3/m"])

    assert marked(lines) == ['"m": {', '"v": 1', "},"]


def test_a_pointer_to_what_is_missing_marks_what_it_is_missing_from() -> None:
    lines = pretty('[2,"a","X",{"m":{"v":1}}]', ["/3/m/w"])

    assert marked(lines) == ['"m": {', '"v": 1', "}"]


def test_keys_with_slashes_and_tildes_are_found_by_their_pointers() -> None:
    lines = pretty('[2,"a","X",{"a/b~c":7}]', ["/3/a~1b~0c"])

    assert marked(lines) == ['"a/b~c": 7']


def test_a_text_that_breaks_off_is_laid_out_as_far_as_it_goes() -> None:
    lines = pretty('[2,"a","X",{"m":[1,"unfin')

    assert text_of(lines) == '[2, "a", "X", {\n  "m": [\n    1,\n    "unfin'
    assert lines[-1].spans[-1].role == "broken"


def test_what_is_not_json_is_shown_escaped() -> None:
    lines = pretty("hello \x1b[31m\u202e [@click=app.quit]x[/]")

    assert text_of(lines) == r"hello \x1b[31m\u202e [@click=app.quit]x[/]"


def test_sixteen_mebibytes_in_one_string_are_cut() -> None:
    lines = pretty('[2,"a","DataTransfer",{"data":"' + "x" * 2**24 + '"}]')

    assert len(text_of(lines)) < 3_000
    assert "16,775,218 characters more" in text_of(lines)


def test_a_million_values_are_laid_out_up_to_the_limit_only() -> None:
    lines = pretty('[2,"a","X",{"v":[' + ",".join("1" * 1_000_000) + "]}]")

    assert len(lines) <= LINES + 2
    assert lines[-1].spans[-1].text.endswith("characters more")


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    lines = pretty("[" * 100_000)

    assert len(lines) <= LINES + 2


@given(st.text() | st.text(alphabet='[]{}",:\\ 1a\x1b\u202e'))
def test_no_text_raises_or_lets_a_control_code_through(text: str) -> None:
    lines = pretty(text, ["/3/a", ""])

    assert all(character >= " " and character not in "\x7f\u202e" for character in text_of(lines).replace("\n", ""))


def test_the_head_of_a_message_is_read_from_a_cut_text() -> None:
    head = read_head('[2, "19", "MeterValues", {"connectorId": 1, "met')

    assert head is not None
    assert (head.type, head.id, head.name) == (2, "19", "MeterValues")


def test_what_is_no_message_has_no_head() -> None:
    assert read_head("{}") is None
    assert read_head('["2","a"]') is None
    assert read_head("") is None

import re

from hypothesis import given
from hypothesis import strategies as st

from hub.evidence.markdown import block, code


@given(text=st.text(st.sampled_from("`ab \n|<>@#\\\x1b\u202e"), max_size=40))
def test_no_text_ends_its_code_span(text: str) -> None:
    span = code(text)

    if span != "(nothing)":
        fence = re.match("`+", span)
        assert fence is not None
        assert fence[0] not in re.findall("`+", span[len(fence[0]) : -len(fence[0])])
        assert span.endswith(fence[0])
    assert "\n" not in span
    assert "\x1b" not in span
    assert "\u202e" not in span


@given(text=st.text(st.sampled_from("`ab \n|<>\x1b"), max_size=60))
def test_no_text_ends_its_block(text: str) -> None:
    first, *lines, last = block(text, "json").split("\n")

    assert first == f"{last}json"
    assert not any(line.strip().startswith(last) for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert "… 10 characters more" in block("x" * 20, limit=10)

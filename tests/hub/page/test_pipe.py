import io

import pytest

from hub.page.pipe import LENGTH, Change, Question, Reply, length_in, pack, questions, said


@pytest.mark.parametrize(
    "word",
    [Change("everything", True, {"a": b"{}"}, ("b",), b"{}"), Reply(7, 200, b'{"a":1}')],
    ids=["change", "reply"],
)
def test_a_word_comes_out_of_the_pipe_as_it_went_in(word: Change | Reply) -> None:
    packed = pack(word)

    assert length_in(packed[: LENGTH.size]) == len(packed) - LENGTH.size
    assert said(packed[LENGTH.size :]) == word


def test_questions_are_read_until_the_pipe_ends_even_in_the_middle_of_one() -> None:
    first, second = Question(1, "everything", "pair", {"id": "x"}), Question(2, "outcomes", "doctor", {})

    found = questions(io.BytesIO(pack(first) + pack(second) + b"\0"))

    assert [*found] == [first, second]


def test_a_word_that_is_too_long_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="a word of 4294967295 bytes is announced"):
        length_in(b"\xff\xff\xff\xff")

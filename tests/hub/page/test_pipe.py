import io

import pytest

from hub.access.scope import EVERYTHING, OUTCOMES, Scope, Shown
from hub.page.pipe import LENGTH, Asked, Change, Looks, Question, Reply, Rules, asked, length_in, pack, said

OWN = Scope(others=Shown.NOTHING, identities=frozenset({"V1", "V2"}), csmses=frozenset({"lotus"}), is_anonymous=True)


@pytest.mark.parametrize(
    "word",
    [Change(OWN, True, {"a": b"{}"}, ("b",), b"{}"), Reply(7, 200, b'{"a":1}'), Reply(8, 404, b"{}", "of others")],
    ids=["change", "reply", "hidden"],
)
def test_a_word_comes_out_of_the_pipe_as_it_went_in(word: Change | Reply) -> None:
    packed = pack(word)

    assert length_in(packed[: LENGTH.size]) == len(packed) - LENGTH.size
    assert said(packed[LENGTH.size :]) == word


def test_words_of_the_hub_are_read_until_the_pipe_ends_even_in_the_middle_of_one() -> None:
    words: list[Asked] = [
        Rules(({"rule": "TM-02", "severity": "off", "reason": "agreed"},)),
        Looks((EVERYTHING, OWN)),
        Question(1, OWN, "pair", {"id": "x"}),
        Question(2, OUTCOMES, "doctor", {}),
    ]

    found = asked(io.BytesIO(b"".join(pack(each) for each in words) + b"\0"))

    assert [*found] == words


def test_a_word_that_is_too_long_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="a word of 4294967295 bytes is announced"):
        length_in(b"\xff\xff\xff\xff")

"""What frames say: messages put together, and answers with what they answer."""

from drawing import draw

from hub.exports.spoken import Listener, Message
from matrix.trace import Frame


def heard(*lines: str) -> list[Message | None]:
    listener = Listener()
    return [listener.hear(item) for item in draw(*lines) if isinstance(item, Frame)]


def test_answer_has_the_action_of_its_call() -> None:
    said = heard('> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"x"}]', '> [3,"a",{}]')

    assert [(each.name, each.action) for each in said if each] == [
        ("CALL", "Heartbeat"), ("CALLRESULT", "Heartbeat"), ("CALLRESULT", ""),
    ]  # fmt: skip


def test_answer_to_an_answer_has_the_action_of_the_answered_call() -> None:
    said = heard('> [2,"a","Heartbeat",{}]', '< [3,"a",{}]', '> [5,"a","FormationViolation","",{}]')

    assert said[2] is not None
    assert (said[2].name, said[2].action) == ("CALLRESULTERROR", "Heartbeat")


def test_fragments_are_one_message_with_pings_between_them() -> None:
    said = heard('> part [2,"a","Hea', "> ping x", '> last rtbeat",{}]')

    assert said[:2] == [None, None]
    assert said[2] is not None
    assert (said[2].text, said[2].action) == ('[2,"a","Heartbeat",{}]', "Heartbeat")


def test_message_with_an_unreadable_fragment_is_none() -> None:
    said = heard('> part [2,"a","Hea', "> unread lost", '> last rtbeat",{}]', '> [2,"b","Heartbeat",{}]')

    assert said[:3] == [None, None, None]
    assert said[3] is not None


def test_text_of_any_shape_is_a_message_without_a_type() -> None:
    said = heard("> {", "> [true]", '> [2,7,"Heartbeat",{}]', "> 3", '> [2,"a"]')

    assert [each and each.name for each in said] == [""] * 5

"""What crosses the control connection, and what is refused there."""

import random
from contextlib import suppress

import msgspec
import pytest

from hub.tunnel.words import (
    Bye,
    Ended,
    Failed,
    Hello,
    How,
    Noted,
    Open,
    Ping,
    Pong,
    Timing,
    Welcome,
    Why,
    WordsError,
    encode,
    from_agent,
    from_hub,
)

HELLO = Hello(version=1, software="1.0", instance="i", csmses={"acme": "ws://127.0.0.1/"}, tickets=["t"])


@pytest.mark.parametrize("word", [HELLO, Failed("t", "no"), Ended("t", How.PATH, "lost"), Ping(1), Pong(1)])
def test_what_an_agent_says_is_what_the_hub_hears(word: Hello | Failed | Ended | Ping | Pong) -> None:
    heard = from_agent(encode(word))

    assert heard == word


@pytest.mark.parametrize("word", [Welcome("1.0", ["t"]), Open("t", "acme", 3), Noted("t"), Bye(Why.TAKEN, "no")])
def test_what_the_hub_says_is_what_an_agent_hears(word: Welcome | Open | Noted | Bye) -> None:
    heard = from_hub(encode(word))

    assert heard == word


def test_neither_takes_the_others_words_for_its_own() -> None:
    with pytest.raises(WordsError):
        from_agent(encode(Welcome("1.0", [])))
    with pytest.raises(WordsError):
        from_hub(encode(HELLO))


def test_a_field_that_a_later_version_adds_is_passed_over() -> None:
    later = msgspec.msgpack.encode({"type": "ping", "number": 1, "colour": "red"})

    heard = from_agent(later)

    assert heard == Ping(1)


def test_garbage_is_never_more_than_a_words_error() -> None:
    chance = random.Random(1)
    whole = encode(HELLO)

    for number in range(5_000):
        garbled = bytearray(whole if number % 2 else chance.randbytes(chance.randrange(60)))
        if garbled:
            garbled[chance.randrange(len(garbled))] = chance.randrange(256)
        with suppress(WordsError):
            from_agent(bytes(garbled))


def test_deep_nesting_is_a_words_error() -> None:
    with pytest.raises(WordsError):
        from_hub(b"\x91" * 100_000)


def test_a_black_hole_is_noticed_within_twenty_seconds() -> None:
    timing = Timing()

    latest_s = timing.deadline_s + timing.keepalive_s

    assert latest_s <= 20
    assert timing.keepalive_s * 2 < timing.deadline_s

"""The short language in which it is said what is to be done to a session (docs/disturbing.md)."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from hub.disturbing.faults import (
    AnswerFault,
    Bandwidth,
    Close,
    HalfClose,
    Latency,
    Refuse,
    Reset,
    Stall,
    Wanted,
    duration_text,
)
from hub.errors import HubError
from matrix.dialect import JUDGED, dialect
from matrix.trace import Side

LONGEST_S: Final = 3_600.0
LONGEST_TEXT: Final = 200
SLOWEST_B_PER_S: Final = 1.0
FASTEST_B_PER_S: Final = 100e6
NEVER_SENT: Final = frozenset({1004, 1005, 1006, 1015})
"""Close codes that no close frame may carry (RFC 6455 §7.4.1)."""
EXAMPLES: Final = (
    "latency 300ms jitter 100ms", "bandwidth 2kB/s", "stall 10s", "reset", "half-close csms", "drop answer 2",
    "drop answer to Authorize", "delay answer by 30s", "close 1012", "refuse 503",
)  # fmt: skip
_DURATION: Final = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)")
_SECONDS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0}
_RATE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(B|kB|MB)/s")
_BYTES: Final = {"B": 1.0, "kB": 1e3, "MB": 1e6}
_ACTIONS: Final = {action.lower(): action for version in JUDGED for action in dialect(version).actions}


class FaultError(HubError):
    """That is no disturbance; the message names the word and what belongs there."""


def read_fault(text: str) -> Wanted:
    """Read what is asked for, `latency 300ms jitter 100ms` or the like.

    Raises:
        FaultError: it is not that.
    """
    if len(text) > LONGEST_TEXT:
        raise FaultError(f"a disturbance has at most {LONGEST_TEXT} characters, this one has {len(text)}")
    words = _Words(text)
    word = words.take("what to do: " + ", ".join(_READERS))
    if word not in _READERS:
        raise FaultError(f"{word!r} is nothing that can be done to a session; known: {', '.join(_READERS)}")
    wanted = _READERS[word](words)
    words.end()
    return wanted


class _Words:
    """The words of a disturbance, taken one after the other."""

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())
        self._words = text.split()
        self._next = 0

    def take(self, wanted: str) -> str:
        """Return the next word.

        Raises:
            FaultError: there is none; `wanted` says what it should be.
        """
        if self._next == len(self._words):
            raise FaultError(f"after {self._text!r} comes {wanted}" if self._text else f"say {wanted}")
        self._next += 1
        return self._words[self._next - 1]

    def accept(self, *words: str) -> str | None:
        """Take the next word where it is one of these."""
        if self._next < len(self._words) and self._words[self._next] in words:
            self._next += 1
            return self._words[self._next - 1]
        return None

    def number(self) -> int | None:
        """Take the next word where it is a number."""
        if self._next < len(self._words) and self._words[self._next].isdecimal():
            return self.integer("a number", 1, 1_000_000)
        return None

    def integer(self, wanted: str, least: int, most: int) -> int:
        word = self.take(wanted)
        if not word.isdecimal() or len(word) > 7 or not least <= int(word) <= most:
            raise self.wrong(word, f"{wanted} from {least} to {most}")
        return int(word)

    def duration(self) -> float:
        """Take a length of time; return it in seconds."""
        wanted = "a length of time like 300ms, 10s or 2m"
        word = self.take(wanted)
        if not (match := _DURATION.fullmatch(word)):
            raise self.wrong(word, wanted)
        seconds = float(match[1]) * _SECONDS[match[2]]
        if not 0 < seconds <= LONGEST_S:
            raise self.wrong(word, f"{wanted}, more than none and at most {duration_text(LONGEST_S)}")
        return seconds

    def rate(self) -> float:
        """Take a bandwidth; return it in bytes a second."""
        wanted = "a bandwidth like 500B/s or 2kB/s"
        word = self.take(wanted)
        match = _RATE.fullmatch(word)
        rate = float(match[1]) * _BYTES[match[2]] if match else 0.0
        if not SLOWEST_B_PER_S <= rate <= FASTEST_B_PER_S:
            raise self.wrong(word, f"{wanted}, from 1B/s to 100MB/s")
        return rate

    def side(self, *, optional: bool = True) -> Side | None:
        """Take a side."""
        if word := self.accept(*Side, *(() if not optional else ("both",))):
            return None if word == "both" else Side(word)
        if not optional:
            wanted = "a side, station or csms"
            raise self.wrong(self.take(wanted), wanted)
        return None

    def source(self) -> Side | None:
        """Take `from SIDE`, where it is there."""
        return self.side(optional=False) if self.accept("from") else None

    def length(self) -> float | None:
        """Take `for TIME`, where it is there."""
        return self.duration() if self.accept("for") else None

    def action(self) -> str | None:
        """Take `to ACTION`, where it is there; it may be written in any case of letters."""
        if not self.accept("to"):
            return None
        word = self.take("an action like Authorize")
        if word.lower() not in _ACTIONS:
            raise self.wrong(word, "an action of OCPP like Authorize")
        return _ACTIONS[word.lower()]

    def end(self) -> None:
        """Make sure that no word is left."""
        if self._next < len(self._words):
            raise self.wrong(self._words[self._next], "nothing more", at=self._next + 1)

    def wrong(self, word: str, wanted: str, *, at: int | None = None) -> FaultError:
        return FaultError(f"word {at or self._next} of {self._text!r} is {word!r}, and should be {wanted}")


def _latency(words: _Words) -> Latency:
    delay_s = words.duration()
    jitter_s = words.duration() if words.accept("jitter") else 0.0
    if jitter_s > delay_s:
        raise FaultError(f"the jitter, {duration_text(jitter_s)}, is more than the latency, {duration_text(delay_s)}")
    return Latency(delay_s, jitter_s, words.source(), words.length())


def _answer_fault(words: _Words, *, is_delay: bool) -> AnswerFault:
    if not words.accept("answer"):
        raise words.wrong(words.take("the word answer"), "the word answer")
    number, action, side = words.number(), words.action(), words.source()
    if not is_delay:
        return AnswerFault(number or 1, action, side)
    if not words.accept("by"):
        raise words.wrong(words.take("by and how long, by 30s"), "by and how long, by 30s")
    return AnswerFault(number or 1, action, side, words.duration())


def _half_close(words: _Words) -> HalfClose:
    side = words.side(optional=False)
    assert side is not None
    return HalfClose(side)


def _close(words: _Words) -> Close:
    code = words.integer("a close code", 1000, 4999)
    if code in NEVER_SENT:
        raise words.wrong(str(code), "a close code that a close frame may carry (RFC 6455 §7.4.1)")
    return Close(code, words.side())


def _refuse(words: _Words) -> Refuse:
    status = words.integer("an HTTP status", 400, 599)
    if status not in [*HTTPStatus]:
        raise words.wrong(str(status), "an HTTP status that has a name, like 401, 404 or 503")
    return Refuse(status)


_READERS: Final[dict[str, Callable[[_Words], Wanted]]] = {
    "latency": _latency,
    "bandwidth": lambda words: Bandwidth(words.rate(), words.source(), words.length()),
    "stall": lambda words: Stall(words.duration(), words.source()),
    "drop": lambda words: _answer_fault(words, is_delay=False),
    "delay": lambda words: _answer_fault(words, is_delay=True),
    "reset": lambda words: Reset(words.side()),
    "half-close": _half_close,
    "close": _close,
    "refuse": _refuse,
}

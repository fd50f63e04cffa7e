import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.disturbing.fault_language import EXAMPLES, FaultError, read_fault
from hub.disturbing.faults import AnswerFault, Bandwidth, Close, HalfClose, Latency, Refuse, Reset, Stall, Wanted
from matrix.trace import Fault, Side


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("latency 300ms jitter 100ms", Latency(0.3, 0.1)),
        ("latency 1.5s from station for 2m", Latency(1.5, 0.0, Side.STATION, 120.0)),
        ("bandwidth 2kB/s", Bandwidth(2000.0)),
        ("bandwidth 500B/s from csms for 10s", Bandwidth(500.0, Side.CSMS, 10.0)),
        (" stall  10s ", Stall(10.0)),
        ("stall 1m from csms", Stall(60.0, Side.CSMS)),
        ("drop answer", AnswerFault()),
        ("drop answer 2", AnswerFault(2)),
        ("drop answer 3 to authorize from csms", AnswerFault(3, "Authorize", Side.CSMS)),
        ("delay answer 1 by 30s", AnswerFault(by_s=30.0)),
        ("reset", Reset()),
        ("reset both", Reset()),
        ("reset station", Reset(Side.STATION)),
        ("half-close csms", HalfClose(Side.CSMS)),
        ("close 1012", Close(1012)),
        ("close 4000 station", Close(4000, Side.STATION)),
        ("refuse 503", Refuse(503)),
    ],
)
def test_what_is_typed_is_what_is_done(text: str, wanted: Wanted) -> None:
    assert read_fault(text) == wanted


@pytest.mark.parametrize(
    "text", [*EXAMPLES, "latency 2s for 90s", "drop answer 3 to Authorize from csms", "reset csms"]
)
def test_its_text_reads_as_the_same(text: str) -> None:
    wanted = read_fault(text)

    assert read_fault(wanted.text) == wanted
    assert wanted.fault == Fault(wanted.text.split()[0])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "say what to do: latency, bandwidth, stall"),
        ("explode", "'explode' is nothing that can be done to a session; known: latency"),
        ("latency", "after 'latency' comes a length of time like 300ms"),
        ("latency 300", "word 2 of 'latency 300' is '300', and should be a length of time like 300ms"),
        ("latency 0s", "word 2 of 'latency 0s' is '0s', and should be .* more than none"),
        ("latency 2h", "word 2 of 'latency 2h' is '2h'"),
        ("stall 61m", "at most 3600s"),
        ("latency 100ms jitter 1s", "the jitter, 1s, is more than the latency, 100ms"),
        ("latency 1s from nobody", "word 4 of 'latency 1s from nobody' is 'nobody', and should be a side"),
        ("stall 1s now", "word 3 of 'stall 1s now' is 'now', and should be nothing more"),
        ("bandwidth 2k", "word 2 of 'bandwidth 2k' is '2k', and should be a bandwidth"),
        ("bandwidth 0B/s", "from 1B/s"),
        ("drop 2", "word 2 of 'drop 2' is '2', and should be the word answer"),
        ("drop answer 0", "is '0', and should be a number from 1"),
        ("drop answer to Explode", "is 'Explode', and should be an action of OCPP"),
        ("delay answer", "after 'delay answer' comes by and how long"),
        ("half-close", "after 'half-close' comes a side"),
        ("half-close both", "is 'both', and should be a side"),
        ("close 999", "is '999', and should be a close code from 1000 to 4999"),
        ("close 1006", "a close code that a close frame may carry"),
        ("refuse 200", "is '200', and should be an HTTP status from 400 to 599"),
        ("refuse 499", "an HTTP status that has a name"),
        ("x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_no_disturbance_is_said_by_word_and_value(text: str, complaint: str) -> None:
    with pytest.raises(FaultError, match=complaint):
        read_fault(text)


WORDS = "latency stall 1s answer to by from station both 9 1000 \u00b2 \uff15 jitter drop"


@given(st.lists(st.sampled_from(WORDS.split())))
def test_no_text_is_too_odd_to_be_answered(words: list[str]) -> None:
    try:
        wanted = read_fault(" ".join(words))
    except FaultError:
        return

    assert read_fault(wanted.text) == wanted

"""How outcomes changed: whether they flap, how it is said, and what the board makes of it."""

import pytest
from drawing import Pen, judged
from hypothesis import given
from hypothesis import strategies as st
from records import LETTERS, SECOND, history, record

from matrix.boards.board import Board
from matrix.boards.history import FLAP_WINDOW, FLAPS, History, sentence
from matrix.boards.pair import Evidence, Row, Station
from matrix.boards.record import Chapter, put_together
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Session, mark_of

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def seconds(at: int) -> str:
    return f"00:{at // SECOND:02}"


def said(past: History, decided: Outcome | None = None) -> str:
    return sentence(past, decided or past.latest, seconds)


# -- whether it flaps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "flaps"),
    [
        ("", 0),
        ("PPPPPPPP", 0),
        ("FFFFPPPP", 1),
        ("PPPFPPPP", 2),
        ("FPFP", 3),
        ("PRPRPRPR", 0),
        ("PNPNPNPN", 0),
        ("FDUFDU", 0),
        ("PNFNPNF", 3),
        ("PFPF" + "P" * FLAP_WINDOW, 0),
        ("PFPF" + "P" * (FLAP_WINDOW - 1), 1),
    ],
)
def test_only_changes_between_passing_and_failing_among_the_latest_are_flaps(outcomes: str, flaps: int) -> None:
    past = history(outcomes)

    assert past.flaps == flaps
    assert past.is_flapping == (flaps >= FLAPS)


def test_last_outcomes_are_given_oldest_first_and_no_more_than_there_are() -> None:
    past = history("FF", "PPP")

    assert past.last(4) == (FAILED, PASSED, PASSED, PASSED)
    assert past.last(9) == (FAILED, FAILED, PASSED, PASSED, PASSED)


# -- how it is said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (history(), ""),
        (history("PPP"), "passed since 00:01"),
        (history("FFP"), "failed until 00:03, passed since"),
        (history("F", "PP", firmwares=("1.4.1", "1.4.2")), "failed until 00:01, passed since firmware 1.4.2"),
        (history("F", "PP", firmwares=("", "1.4.2")), "failed until 00:01, passed since"),
        (history("NPN"), "passed until 00:03, refused since; 1 earlier change"),
        (
            history("FPFP"),
            "flapping: 3 changes between passing and failing in the last 4 exchanges; failed until 00:04, passed since;"
            " 2 earlier changes",
        ),
    ],
)
def test_history_is_said_in_words(past: History, words: str) -> None:
    assert said(past) == words


def test_sentence_says_why_a_row_shows_another_outcome_than_its_latest_exchange() -> None:
    assert said(history("FP"), FAILED).endswith("; failed is the gravest of the latest session, and counts")


def test_another_csms_is_named_as_it_names_itself() -> None:
    past = put_together([Chapter(record("F"), 1, "", "acme/1"), Chapter(record("P"), 2, "", "acme/2")])

    assert said(past) == "failed until 00:01, passed since the CSMS is acme/2"


def test_secret_in_a_firmware_is_not_said() -> None:
    past = history("F", "P", firmwares=("1", "1 password=hunter2"))

    assert said(past) == "failed until 00:01, passed since firmware 1 password=***"


# -- on the board -----------------------------------------------------------------------------------------------------


def beats(board: Board, session: int, outcomes: str, firmware: str) -> None:
    identity = f"CS{session}"
    board.open(Session(id=session, opened_at=session, identity=identity, csms="acme", status=101), "1.6")
    board.identify(session, Station(identity, "Volt", "V2", firmware))
    for at, letter in enumerate(outcomes):
        evidence = None if letter == "P" else Evidence(session, at, "no answer")
        board.settle(session, "Heartbeat", LETTERS[letter], at=session * 10 * SECOND + at, evidence=evidence)


def test_newest_firmware_comes_last_whenever_its_sessions_were() -> None:
    board = Board()
    for session, outcomes, firmware in ((1, "F", "1.0"), (2, "P", "1.1"), (3, "F", "1.0")):
        beats(board, session, outcomes, firmware)

    row = board.view().pairs[0].row("Heartbeat")

    assert row.outcome is PASSED
    assert sentence(row.changes, row.outcome, seconds) == "failed until 00:20, passed since firmware 1.1"


def test_change_names_the_session_and_the_frame_that_shows_it() -> None:
    board = Board()
    beats(board, 4, "PPF", "1.0")

    latest = board.view().pairs[0].row("Heartbeat").changes.stretches[-1]

    assert (latest.outcome, latest.session, latest.frame, latest.firmware) == (FAILED, 4, 2, "1.0")


GOOD = ('> [2,"{0}","Heartbeat",{{}}]', '< [3,"{0}",{{"currentTime":"$NOW"}}]')
BAD = ('> [2,"{0}","Heartbeat",{{}}]', '< [3,"{0}",{{"currentTime":5}}]')
NONE = ('> [2,"{0}","Heartbeat",{{}}]', "+31s")


def rows(judge: Judge) -> list[tuple[Row, ...]]:
    return [pair.rows for pair in judge.board.view().pairs]


@given(
    st.lists(st.lists(st.sampled_from([GOOD, BAD, NONE]), max_size=6), min_size=1, max_size=3),
    st.sets(st.integers(1, 60)),
)
def test_history_is_the_same_however_often_it_is_looked_at_on_the_way(
    sessions: list[list[tuple[str, str]]], looks: set[int]
) -> None:
    pen = Pen()
    traffic = [
        item
        for exchanges in sessions
        for item in pen.session(
            [line.format(number) for number, lines in enumerate(exchanges) for line in lines],
            offered=("ocpp1.6",),
            chosen="ocpp1.6",
        )
    ]
    live = Judge()
    for item in traffic:
        if mark_of(item) in looks:
            live.board.view()
            live.advance(getattr(item, "at", 0))
        live.feed(item)

    assert rows(live) == rows(judged(traffic))

"""The board: how sessions become pairs, and which of them decides."""

from matrix.boards.board import Board
from matrix.boards.pair import Evidence, Station
from matrix.outcome import Outcome
from matrix.trace import Session


def opened(board: Board, number: int, *, identity: str = "CS1", csms: str = "acme", status: int = 101) -> int:
    board.open(Session(id=number, opened_at=number, identity=identity, csms=csms, status=status), "1.6")
    return number


def test_station_is_named_by_identity_until_it_says_what_it_is() -> None:
    board = Board()
    opened(board, 1)
    before = board.view().pairs[0]

    board.identify(1, Station("CS1", "Volt", "V2", "1.0"))

    assert before.station.label == "CS1"
    assert [pair.station.label for pair in board.view().pairs] == ["Volt V2"]
    assert board.view().pair(before.key) is None


def test_pair_that_a_path_fault_kept_apart_is_inconclusive_and_one_that_was_refused_unreachable() -> None:
    board = Board()
    opened(board, 1, identity="A", status=502)
    board.settle(1, "Connect", Outcome.INCONCLUSIVE, at=1)
    opened(board, 2, identity="B", status=401)
    board.settle(2, "Connect", Outcome.FAILED, at=1)

    assert [pair.outcome for pair in board.view().pairs] == ["inconclusive", "unreachable"]


def test_end_of_a_session_that_never_opened_is_nothing() -> None:
    board = Board()

    board.close(7)

    assert board.view().sessions == 0


def test_earlier_and_later_sessions_of_an_identity_follow_its_product() -> None:
    board = Board()
    opened(board, 1, status=401)
    opened(board, 2)
    board.identify(2, Station("CS1", "Volt", "V2", "1.0"))
    opened(board, 3)

    pairs = board.view().pairs

    assert len(pairs) == 1
    assert pairs[0].sessions == (1, 2, 3)


def test_two_stations_of_one_product_share_a_row() -> None:
    board = Board()
    for number, identity in ((1, "CS1"), (2, "CS2")):
        opened(board, number, identity=identity)
        board.identify(number, Station(identity, "Volt", "V2", "1.0"))

    assert len(board.view().pairs) == 1


def test_latest_session_decides_a_row_and_history_keeps_the_earlier_one() -> None:
    board = Board()
    for number, outcome in ((1, Outcome.FAILED), (2, Outcome.PASSED)):
        opened(board, number)
        board.settle(number, "Heartbeat", outcome, at=number)

    row = board.view().pairs[0].row("Heartbeat")

    assert row.outcome is Outcome.PASSED
    assert [step.outcome for step in row.history] == [Outcome.FAILED, Outcome.PASSED]
    assert (row.passed, row.total) == (1, 2)


def test_newest_firmware_wins_over_a_later_session_of_an_older_one() -> None:
    board = Board()
    for number, firmware, outcome in ((1, "1.0", "failed"), (2, "1.1", "passed"), (3, "1.0", "failed")):
        opened(board, number, identity=f"CS{firmware}")
        board.identify(number, Station(f"CS{firmware}", "Volt", "V2", firmware))
        board.settle(number, "Heartbeat", Outcome(outcome), at=number)

    pair = board.view().pairs[0]

    assert pair.row("Heartbeat").outcome is Outcome.PASSED
    assert pair.station.firmware == "1.1"


def test_one_failure_among_many_passes_shows() -> None:
    board = Board()
    opened(board, 1)
    for _ in range(99):
        board.settle(1, "MeterValues", Outcome.PASSED, at=1)
    board.settle(1, "MeterValues", Outcome.DEVIATED, at=1, evidence=Evidence(1, 7, "a number"))

    row = board.view().pairs[0].row("MeterValues")

    assert row.outcome is Outcome.DEVIATED
    assert (row.passed, row.total) == (99, 100)
    assert row.evidence == Evidence(1, 7, "a number")


def test_pair_lists_every_action_of_its_version_untested_ones_included() -> None:
    board = Board()
    opened(board, 1)

    pair = board.view().pairs[0]

    assert len(pair.rows) == 2 + 39
    assert pair.row("Reset").outcome is Outcome.UNTESTED
    assert pair.row("Reset").initiators == "csms"


def test_session_that_names_no_csms_is_no_pairs() -> None:
    board = Board()
    opened(board, 1, csms="", status=404)

    view = board.view()

    assert view.pairs == ()
    assert view.sessions == 1


def test_view_is_not_changed_by_what_comes_after() -> None:
    board = Board()
    opened(board, 1)
    before = board.view()

    board.settle(1, "Heartbeat", Outcome.FAILED, at=1)

    assert before.pairs[0].row("Heartbeat").outcome is Outcome.UNTESTED
    assert board.view().pairs[0].row("Heartbeat").outcome is Outcome.FAILED

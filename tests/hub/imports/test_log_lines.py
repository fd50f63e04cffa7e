"""Lines of text with a message in them, as SteVe, the `ocpp` package and others write them."""

import logging
import time
from contextlib import suppress

import pytest
from ocpp.charge_point import LOGGER

from hub.imports.entries import HungUp, LineError, Said, Way
from hub.imports.log_lines import any_line, ocpp_line, steve_line
from hub.imports.stamps import Stamp
from matrix.trace import Side

BEAT = '[2,"a","Heartbeat",{}]'
STEVE = "[INFO ] 2026-01-01 10:00:00,000 de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp13-30) - "
TEN = Stamp(1_767_261_600_000_000_000, has_zone=False)


@pytest.mark.parametrize(
    ("said", "way"),
    [("Received: ", Way.IN), ("Sending: ", Way.OUT), ("Received message: ", Way.IN), ("Sending message: ", Way.OUT)],
)
def test_steve_names_station_session_and_way(said: str, way: Way) -> None:
    line = f"{STEVE}[chargeBoxId=left, sessionId=5863aadf-4995] {said}{BEAT}"

    assert steve_line(line) == Said(text=BEAT, at=TEN, way=way, identity="left", link="5863aadf-4995")


def test_steve_pasted_with_tabs_is_read_too() -> None:
    line = f"[INFO]\t2026-01-01\t10:00:00,000\tde.rwth\t-\t[chargeBoxId=100,\tsessionId=53a8]\tSending:\t{BEAT}\t\t"

    assert steve_line(line) == Said(text=BEAT, at=TEN, way=Way.OUT, identity="100", link="53a8")


def test_steve_tells_the_end_of_a_connection() -> None:
    line = f"{STEVE}[chargeBoxId=left, sessionId=1] Connection is closed, status: CloseStatus[code=1006, reason=null]"

    ended = steve_line(line)

    assert isinstance(ended, HungUp)
    assert ended.words == "Connection is closed, status: CloseStatus[code=1006, reason=null]"


def test_steve_says_other_things_too() -> None:
    assert steve_line(f"{STEVE}[chargeBoxId=left, sessionId=1] Connection is established") is None
    assert steve_line("[INFO ] 2026-01-01 10:00:00,000 - The boot of the chargebox 'left' is acknowledged.") is None


@pytest.mark.parametrize(
    "layout",
    [
        logging.BASIC_FORMAT,
        "%(message)s",
        "%(asctime)s %(message)s",
        "%(asctime)s:%(levelname)s:%(name)s:%(message)s",
        "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        "%(asctime)s | %(levelname)s | %(message)s",
        "[%(asctime)s] %(levelname)s [%(name)s]: %(message)s",
    ],
)
@pytest.mark.parametrize(("words", "way"), [("send", Way.OUT), ("receive message", Way.IN)])
def test_ocpp_package_is_read_in_every_layout_of_logging(layout: str, words: str, way: Way) -> None:
    record = LOGGER.makeRecord(LOGGER.name, logging.INFO, "f", 1, f"%s: {words} %s", ("CS_1", BEAT), None)
    formatter = logging.Formatter(layout)
    formatter.converter = time.gmtime

    said = ocpp_line(formatter.format(record))

    assert isinstance(said, Said)
    assert (said.identity, said.text, said.way) == ("CS_1", BEAT, way)
    assert (said.at is not None) == ("asctime" in layout)


def test_ocpp_package_may_be_given_any_identity() -> None:
    said = ocpp_line(f"INFO:ocpp:PY|PEER 1: send {BEAT}")

    assert isinstance(said, Said)
    assert said.identity == "PY|PEER 1"


@pytest.mark.parametrize(
    "line", ["INFO:websockets.server:connection open", "x: send me", "", " : send [1]", ": send [1]"]
)
def test_other_lines_of_such_a_log_are_passed_over(line: str) -> None:
    said = ocpp_line(line)

    assert said is None or (isinstance(said, Said) and said.identity == "")


@pytest.mark.parametrize(
    ("line", "side", "way"),
    [
        (f"2026-01-01 10:00:00 > {BEAT}", None, Way.OUT),
        (f"2026-01-01 10:00:00 {BEAT} received", None, Way.IN),
        (f"2026-01-01 10:00:00,cp-to-csms,{BEAT}", Side.STATION, None),
        (f"2026-01-01 10:00:00 {BEAT}", None, None),
    ],
)
def test_any_line_is_read_by_the_words_around_its_message(line: str, side: Side | None, way: Way | None) -> None:
    assert any_line(line) == Said(text=BEAT, at=TEN, side=side, way=way)


def test_line_whose_message_has_no_end_is_a_mistake() -> None:
    with pytest.raises(LineError, match="no end"):
        any_line('10:00 > [2,"a","Heartbeat",{')


@pytest.mark.parametrize("read", [steve_line, ocpp_line, any_line])
def test_hostile_lines_take_no_longer_than_their_length(read: object) -> None:
    assert callable(read)
    for piece in ("[", "[2,", '[2,"', "[id=", ": send ", "INFO ", "<", "2026-01-01 ", "cp to ", "\x00", "\u202e"):
        started = time.process_time()
        with suppress(LineError):
            read(piece * 100_000)
        assert time.process_time() - started < 5


def test_complaint_of_the_ocpp_package_that_quotes_a_message_says_none() -> None:
    said = "Ignoring response with unknown unique id: <CallError - unique_id=a, error_code=FormatViolation, "
    line = f"2026-01-01 10:00:00,000 ERROR ocpp {said}error_details={{'ocpp_message': '{BEAT}'}}>"

    assert (ocpp_line(line), any_line(line)) == (None, None)

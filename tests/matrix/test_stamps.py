"""Timestamps in payloads: what is told at once to be usual has none that 2.x does not ask for."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matrix.moments import moment
from matrix.schemas import Part, fitting
from matrix.stamps import usual

STATUS = "StatusNotification"
DATES = st.sampled_from(["2026-11-01", "2026-W44-7", "20261101", "2026-11-1"])
TIMES = st.sampled_from(["10:00:00", "10:00", "100000", "23:59:60", "24:00:00", "10", "1:00:00"])
FRACTIONS = st.sampled_from(["", ".1", ".123", ".1234", ".123456789", ",5", "."])
OFFSETS = st.sampled_from(["Z", "z", "", "+01:00", "-05:30", "+01", "+0100", "+1", "-00:00", "ZZ"])
WRITTEN = st.builds("".join, st.tuples(DATES, st.sampled_from("Tt "), TIMES, FRACTIONS, OFFSETS))


def status(timestamp: str) -> dict[str, Any]:
    return {"timestamp": timestamp, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


@given(WRITTEN | st.text(max_size=30))
def test_usual_timestamp_is_in_utc_with_three_digits_at_most(text: str) -> None:
    is_usual = usual("2.0.1", STATUS, Part.REQUEST)(status(text))

    read = moment(text)

    assert not is_usual or (read is not None and read.is_utc and read.digits <= 3)


@given(WRITTEN)
def test_what_fits_and_is_no_longer_than_asked_for_is_usual(text: str) -> None:
    fits = fitting("2.1", STATUS, Part.REQUEST)(status(text))

    is_usual = usual("2.1", STATUS, Part.REQUEST)(status(text))

    assert is_usual == (fits and len(text) <= len("2026-11-01T10:00:00.123Z"))


def test_any_timestamp_that_fits_is_usual_in_1_6() -> None:
    told = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}

    assert usual("1.6", STATUS, Part.REQUEST)({**told, "timestamp": "2026-11-01T10:00:00.1234567+01:00"})

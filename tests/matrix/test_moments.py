"""Timestamps: which moment, and in which way it is not RFC 3339."""

from datetime import UTC, datetime
from sys import getrefcount

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.moments import MOMENTS_REMEMBERED, is_iso_date, moment, shifted, written

TEN_NS = 1_793_527_200_000_000_000


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T10:00:00Z",
        "2026-11-01t10:00:00z",
        "2026-11-01T10:00:00.000Z",
        "2026-11-01T11:00:00+01:00",
        "2026-11-01T04:30:00-05:30",
        "2026-11-01T09:59:60Z",
    ],
)
def test_rfc_3339_is_read_without_a_flaw(text: str) -> None:
    found = moment(text)

    assert found is not None
    assert (found.ns, found.flaw) == (TEN_NS, None)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("2026-11-01T10:00:00", "it has no offset from UTC"),
        ("2026-11-01 10:00:00Z", "a space stands between date and time"),
        ("2026-11-01T10:00Z", "it has no seconds"),
        ("2026-11-01T10:00:00,5Z", "its fraction follows a comma"),
        ("2026-11-01T11:00:00+0100", "its offset is not written +hh:mm"),
        ("2026-11-01T11:00:00+01", "its offset is not written +hh:mm"),
        ("2026-11-01T24:00:00Z", "its hour is 24"),
        ("20261101T100000Z", "it has no separators"),
    ],
)
def test_other_forms_of_iso_8601_are_read_and_their_flaw_named(text: str, flaw: str) -> None:
    found = moment(text)

    assert found is not None
    assert found.flaw == flaw


@pytest.mark.parametrize(
    "text", ["", "now", "2026-13-01T10:00:00Z", "2026-02-30T10:00:00Z", "01/11/2026 10:00", "2026-11-01T25:00:00Z"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment(text) is None


def test_date_alone_is_known_for_a_date() -> None:
    assert is_iso_date("2026-11-01")
    assert not is_iso_date("1793527200")


def test_a_timestamp_that_a_peer_might_fill_the_memory_with_is_let_go_of_after_a_few_others() -> None:
    text = f"2026-11-01T10:00:00.{'1' * 100_000}Z"
    held = getrefcount(text)

    found = moment(text)
    for second in range(MOMENTS_REMEMBERED):
        moment(f"2026-11-01T10:00:{second:02}Z")

    assert found is not None
    assert found.digits == 100_000
    assert getrefcount(text) == held


def test_digits_of_the_fraction_are_counted_and_those_beyond_nanoseconds_ignored() -> None:
    found = moment("2026-11-01T10:00:00.1234567891Z")

    assert found is not None
    assert (found.ns, found.digits) == (TEN_NS + 123_456_789, 10)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_every_moment_is_that_of_the_calendar(at: datetime) -> None:
    found = moment(at.isoformat())

    assert found is not None
    assert found.ns // 1000 == _microseconds(at)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_moment_in_milliseconds_is_read_as_any_other(at: datetime) -> None:
    text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    found, longer = moment(text), moment(text.replace("Z", "000Z"))

    assert found is not None
    assert longer is not None
    assert (found.ns, found.digits, found.is_utc, found.flaw) == (longer.ns, 3, True, None)


@pytest.mark.parametrize(
    "text",
    ["2026-02-30T10:00:00.000Z", "2026-11-01T10:00:61.000Z", "2026-11-01T24:01:00.000Z", "2026-11-01T10:00:0٣.000Z",
     "2026-11-01T10:00:+1.000Z", "2026-11-01T10:00:00.0_0Z", "2026-11-01 1:00:00.0000Z"],
)  # fmt: skip
def test_what_only_looks_like_milliseconds_is_no_moment(text: str) -> None:
    assert moment(text) is None


def _microseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@given(st.text(max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    moment(text)


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("2026-11-01T10:00:00Z", "2026-11-02T11:00:01Z"),
        ("2026-11-01T10:00:00.123Z", "2026-11-02T11:00:01.623Z"),
        ("2026-12-31T23:59:59.9999999+02:00", "2027-01-02T01:00:01.4999999+02:00"),
        ("20261101T100000Z", "20261102T110001Z"),
        ("2026-11-01 10:00+0200", "2026-11-02 11:00+0200"),
        ("2026-11-01T10:00:00,5-08", "2026-11-02T11:00:02,0-08"),
    ],
)
def test_a_moment_is_shifted_and_written_as_before(text: str, later: str) -> None:
    assert shifted(text, 90_001_500_000_000) == later


@pytest.mark.parametrize("text", ["", "now", "2026-13-01T10:00:00Z", "2026-11-01T24:00:00Z", "9999-12-31T23:59:59Z"])
def test_what_cannot_be_shifted_is_left_as_it_is(text: str) -> None:
    assert shifted(text, 90_001_500_000_000) == text


@given(st.integers(0, 4_000_000_000_000), st.integers(-(10**18), 10**18))
def test_a_shift_is_as_long_as_it_is_said_to_be(ms: int, by_ms: int) -> None:
    text = written(ms * 1_000_000)

    shift = by_ms % (10**12)
    read = moment(shifted(text, shift * 1_000_000))

    assert read is not None
    assert read.ns == (ms + shift) * 1_000_000

"""Times as logs write them."""

import pytest

from hub.imports.stamps import Stamp, ZoneError, epoch, shifted, stamp_in, stamp_of, zone_named

TEN: int = 1_767_261_600_000_000_000
"""2026-01-01T10:00:00Z in nanoseconds."""
HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("text", "ns", "has_zone"),
    [
        ("2026-01-01T10:00:00Z", TEN, True),
        ("2026-01-01T11:00:00+01:00", TEN, True),
        ("[INFO ] 2026-01-01 10:00:00,250 de.rwth.idsg", TEN + 250_000_000, False),
        ("[INFO]\t2026-01-01\t10:00:00,250\tde.rwth", TEN + 250_000_000, False),
        ("[ocpp ] TRACE 2026/01/01 10:00:00 received", TEN, False),
        ("2026-01-01 10:00:00.123456 UTC x", TEN + 123_456_000, True),
        ("1767261600 >", TEN, True),
        ("[1767261600.5] x", TEN + 500_000_000, True),
        ("1767261600123456789,x", TEN + 123_456_789, True),
    ],
)
def test_time_is_found_in_a_line(text: str, ns: int, has_zone: bool) -> None:
    assert stamp_in(text) == Stamp(ns, has_zone)


@pytest.mark.parametrize(
    "text",
    ["", "10:00:00", "2026-13-01T10:00:00Z", "12345", "9999-01-01T10:00:00Z", "at 1767261600", "1970-01-01T00:00:00Z"],
)
def test_what_is_no_time_or_out_of_reach_is_none(text: str) -> None:
    assert stamp_in(text) is None


@pytest.mark.parametrize("value", [1_767_261_600, 1_767_261_600_000, "1767261600000000", "2026-01-01T10:00:00Z"])
def test_value_of_an_object_is_read_by_its_length(value: object) -> None:
    assert stamp_of(value) == Stamp(TEN, True)


@pytest.mark.parametrize("value", [None, True, [], {}, 5, -1_767_261_600, "soon", 1e300])
def test_value_that_is_no_time_is_none(value: object) -> None:
    assert stamp_of(value) is None


def test_digits_of_another_script_are_no_number() -> None:
    assert epoch("١٧٦٧٢٦١٦٠٠") is None


def test_zone_by_offset_and_by_name_agree() -> None:
    wall = TEN + HOUR

    assert zone_named("+01:00")(wall) == zone_named("Europe/Berlin")(wall) == shifted(HOUR)(wall) == TEN
    assert zone_named("UTC")(wall) == wall


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "+99:00", "../etc/passwd", "/etc/passwd", "+1", "Euro\x00pe"])
def test_zone_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(ZoneError, match="there is no time zone"):
        zone_named(name)

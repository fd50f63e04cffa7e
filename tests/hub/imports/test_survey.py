"""What the beginning of a log tells about all of it."""

from collections.abc import Iterable

import pytest
from drawing import draw
from written_logs import arrows, ocpp_of_csms, ocpp_of_station, ocpp_without_times, steve

from hub.imports.entries import ImportLogError
from hub.imports.formats import READERS, Format
from hub.imports.survey import Survey, survey
from matrix.trace import Clock, Side

BOOT = '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
BOOTED = '< [3,"1",{"status":"Accepted","currentTime":"$NOW","interval":300}]'


def surveyed(lines: Iterable[str], format_: Format) -> Survey:
    return survey(lines, READERS[format_], format_, "x.log")


def test_calls_tell_whose_program_wrote_the_log() -> None:
    traffic = draw(BOOT, BOOTED)

    assert surveyed(ocpp_of_station(traffic).splitlines(), Format.OCPP).writer is Side.STATION
    assert surveyed(ocpp_of_csms(traffic).splitlines(), Format.OCPP).writer is Side.CSMS


def test_calls_that_either_side_may_send_do_not_tell() -> None:
    lines = ['CS1: send [2,"a","DataTransfer",{"vendorId":"x"}]', 'CS1: receive message [3,"a",{}]']

    assert surveyed(lines, Format.OCPP).writer is None


def test_misdirected_call_does_not_turn_a_log_around() -> None:
    lines = arrows(draw(BOOT, BOOTED, *(f'> [2,"{number}","Reset",{{}}]' for number in range(9)))).splitlines()

    assert surveyed(lines, Format.LINES).writer is Side.STATION
    assert surveyed([*lines[2:], '2026-01-01T10:00:00Z > [2,"b","Heartbeat",{}]'], Format.LINES).writer is None


def test_words_that_contradict_each_other_are_not_trusted() -> None:
    lines = [line for at in range(5) for line in (f'out [2,"{at}","Heartbeat",{{}}]', f'out [3,"{at}",{{}}]')]

    assert not surveyed(lines, Format.LINES).trusts_ways
    assert surveyed(arrows(draw(BOOT, BOOTED)).splitlines(), Format.LINES).trusts_ways


def test_time_zone_is_taken_from_what_the_csms_says_the_time_is() -> None:
    lines = steve(draw(BOOT, BOOTED)).replace("2026-11-01 10:", "2026-11-01 11:").splitlines()

    found = surveyed(lines, Format.STEVE)

    assert found.clock is Clock.DERIVED
    assert found.zone is not None
    assert found.zone(3_600_000_000_000) == 0


@pytest.mark.parametrize("told", ["2026-11-01T10:05:00Z", "2020-11-01T10:00:00Z", "now"])
def test_time_zone_that_nothing_agrees_on_is_left_open(told: str) -> None:
    lines = steve(draw(BOOT, BOOTED.replace("$NOW", told))).splitlines()

    found = surveyed(lines, Format.STEVE)

    assert (found.clock, found.zone) == (Clock.LOCAL, None)


def test_log_without_times_has_none() -> None:
    assert surveyed(ocpp_without_times(draw(BOOT, BOOTED)).splitlines(), Format.OCPP).clock is Clock.NONE


def test_version_is_that_of_the_station_that_shows_it() -> None:
    lines = [
        'INFO:ocpp:A: send [2,"1","StopTransaction",{}]',
        'INFO:ocpp:B: send [2,"1","TransactionEvent",{}]',
        'INFO:ocpp:C: send [2,"1","Heartbeat",{}]',
    ]

    assert surveyed(lines, Format.OCPP).versions == {"A": "1.6", "B": "2"}


def test_log_that_mixes_stations_without_naming_them_is_refused() -> None:
    other = BOOT.replace('"V"', '"W"').replace('"1"', '"2"')

    with pytest.raises(ImportLogError, match=r"several stations speak in 'x.log' \(V M and W M\)"):
        surveyed(arrows(draw(BOOT, other)).splitlines(), Format.LINES)

import pytest

from hub.demo import habits
from hub.demo.habits import BUFFER
from hub.demo.wiring import Habit

METER_VALUES = (
    '[2,"1","MeterValues",{"connectorId":1,"meterValue":'
    '[{"timestamp":"2026-11-01T10:00:00Z","sampledValue":[{"value":"604"}]}]}]'
)
HEARTBEAT = '[2,"2","Heartbeat",{}]'
ALL_HABITS = [
    habits.bare_numbers,
    habits.cut_short,
    habits.curt_errors,
    habits.long_winded,
    habits.long_serial_number,
    habits.microseconds,
]


def test_meter_value_loses_its_quotes() -> None:
    assert '"value":604.0' in habits.bare_numbers(METER_VALUES)


def test_long_list_of_settings_is_cut_and_a_short_one_is_not() -> None:
    long = '[3,"1",{"configurationKey":[' + ",".join(['{"key":"HeartbeatInterval"}'] * BUFFER) + "]}]"
    short = '[3,"1",{"configurationKey":[]}]'

    assert habits.cut_short(long) == long[:-2]
    assert habits.cut_short(short) == short


def test_call_error_loses_its_details() -> None:
    assert habits.curt_errors('[4,"1","NotImplemented","no such thing",{"a":1}]') == '[4,"1","NotImplemented",""]'


def test_time_of_a_status_has_six_digits_of_a_fraction() -> None:
    sent = habits.microseconds('[2,"1","StatusNotification",{"timestamp":"2026-11-01T10:00:00.123Z"}]')

    assert '"2026-11-01T10:00:00.123456Z"' in sent


def test_kind_of_a_card_grows() -> None:
    sent = habits.long_winded('[2,"1","Authorize",{"idToken":{"idToken":"C0FFEE01","type":"Central"}}]')

    assert "Central" not in sent
    assert "a card of the kind" in sent


def test_serial_number_of_a_boot_is_longer_than_25_characters() -> None:
    sent = habits.long_serial_number('[2,"1","BootNotification",{"chargePointModel":"One"}]')

    assert "TV0000A22P2RI3N182341200100350795" in sent


@pytest.mark.parametrize("habit", ALL_HABITS)
def test_what_a_habit_is_not_about_goes_out_unchanged(habit: Habit) -> None:
    assert habit(HEARTBEAT) == HEARTBEAT

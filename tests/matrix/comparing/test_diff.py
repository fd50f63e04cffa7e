"""Two sessions side by side: same, changed, missing, extra; and what means nothing set aside."""

import pytest
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st
from talks import asides, compared, talk, told

from matrix.comparing.couples import Couple, couples
from matrix.comparing.diff import Kind, SessionDiff
from matrix.trace import Opened, Session, Side, Traffic

HEARTBEAT = ['> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]']


def status(connector: int, said: str, message_id: str = "s") -> list[str]:
    payload = f'{{"connectorId":{connector},"errorCode":"NoError","status":"{said}"}}'
    return [f'> [2,"{message_id}","StatusNotification",{payload}]', f'< [3,"{message_id}",{{}}]']


def charging(transaction: int, stopped: int | None = None, message_id: str = "t") -> list[str]:
    """Draw a transaction by the id that the CSMS gives, and the id that the station stops."""
    start = '{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"$NOW"}'
    stop = f'{{"transactionId":{stopped or transaction},"meterStop":9,"timestamp":"$NOW"}}'
    return [
        f'> [2,"{message_id}1","StartTransaction",{start}]',
        f'< [3,"{message_id}1",{{"transactionId":{transaction},"idTagInfo":{{"status":"Accepted"}}}}]',
        f'> [2,"{message_id}2","StopTransaction",{stop}]',
        f'< [3,"{message_id}2",{{}}]',
    ]


def test_a_session_is_the_same_as_itself() -> None:
    diff = compared([*HEARTBEAT, *charging(7)], [*HEARTBEAT, *charging(7)])

    assert diff.is_the_same
    assert diff.counts == {Kind.SAME: 3}


def test_a_changed_value_is_named_by_its_pointer() -> None:
    diff = compared(status(1, "Available"), status(1, "Faulted"))

    assert told(diff) == ["changed StatusNotification /status"]


def test_what_is_missing_and_what_is_extra_is_said_of_each() -> None:
    diff = compared([*HEARTBEAT, *charging(7)], [*charging(7), *status(1, "Faulted")])

    assert told(diff) == ["missing Heartbeat", "extra StatusNotification"]


def test_an_answer_that_never_came_is_a_change_of_the_answer() -> None:
    diff = compared(HEARTBEAT, HEARTBEAT[:1])

    (row,) = diff.rows
    (change,) = [each for each in diff.differences(row) if each.aside is None]
    assert (change.part, change.before, change.after) == ("response", "CALLRESULT", "no answer")


def test_an_error_in_place_of_a_result_is_told_with_its_code() -> None:
    diff = compared(HEARTBEAT, [HEARTBEAT[0], '< [4,"h","NotSupported","",{}]'])

    (row,) = diff.rows
    assert [each.after for each in diff.differences(row)] == ["CALLERROR NotSupported"]


def test_message_ids_are_set_aside() -> None:
    diff = compared(status(1, "Available", "one"), status(1, "Available", "two"))

    assert diff.is_the_same
    assert asides(diff) == ["MESSAGE_ID", "MESSAGE_ID"]


def test_a_transaction_may_have_another_number_as_long_as_it_keeps_it() -> None:
    diff = compared(charging(7), charging(4711))

    assert diff.is_the_same
    assert asides(diff) == ["NAME /transactionId", "NAME /transactionId"]


def test_a_transaction_that_changes_its_number_midway_is_a_change() -> None:
    diff = compared(charging(7), charging(4711, stopped=4712))

    assert told(diff) == ["changed StopTransaction /transactionId"]


def test_one_number_for_two_transactions_is_a_change() -> None:
    diff = compared([*charging(7), *charging(8, message_id="u")], [*charging(5), *charging(5, message_id="u")])

    assert told(diff) == ["changed StartTransaction /transactionId", "changed StopTransaction /transactionId"]


def test_a_number_that_becomes_a_text_is_a_change() -> None:
    after = [line.replace('"transactionId":7', '"transactionId":"7"') for line in charging(7)]

    assert told(compared(charging(7), after)) == [
        "changed StartTransaction /transactionId",
        "changed StopTransaction /transactionId",
    ]


def test_moments_are_counted_from_the_message() -> None:
    diff = compared(HEARTBEAT, ["+3h", *HEARTBEAT])

    assert diff.is_the_same
    assert asides(diff) == ["MOMENT /currentTime"]


def test_a_clock_that_goes_wrong_is_a_change() -> None:
    diff = compared(HEARTBEAT, [HEARTBEAT[0], '< [3,"h",{"currentTime":"$NOW+1h"}]'])

    assert told(diff) == ["changed Heartbeat /currentTime"]


def test_a_moment_that_loses_its_time_zone_is_a_change() -> None:
    now = "2026-11-01T10:00:00.020"

    diff = compared([HEARTBEAT[0], f'< [3,"h",{{"currentTime":"{now}Z"}}]'],
                    [HEARTBEAT[0], f'< [3,"h",{{"currentTime":"{now}"}}]'])  # fmt: skip

    assert told(diff) == ["changed Heartbeat /currentTime"]


def test_an_error_that_quotes_its_call_is_the_same() -> None:
    def quoting(message_id: str) -> list[str]:
        call = f'[2,"{message_id}","Heartbeat",{{}}]'
        details = '{"quoted":"' + call.replace('"', '\\"') + ' at $NOW"}'
        return [f"> {call}", f'< [4,"{message_id}","FormationViolation","no",{details}]']

    diff = compared(quoting("one"), ["+3h", *quoting("two")])

    assert diff.is_the_same
    assert "QUOTE /errorDetails/quoted" in asides(diff)


def test_a_list_that_the_standard_gives_no_order_is_the_same_in_another() -> None:
    keys = (
        '{"key":"A","readonly":true},{"key":"B","readonly":false}',
        '{"key":"B","readonly":false},{"key":"A","readonly":true}',
    )
    before, after = (['< [2,"g","GetConfiguration",{}]', f'> [3,"g",{{"configurationKey":[{each}]}}]'] for each in keys)

    diff = compared(before, after)

    assert diff.is_the_same
    assert asides(diff) == ["ORDER /configurationKey"]


def test_an_element_of_an_unordered_list_is_compared_with_the_one_of_its_key() -> None:
    before = [
        '< [2,"g","GetConfiguration",{}]',
        '> [3,"g",{"configurationKey":[{"key":"A","value":"1"},{"key":"B","value":"2"}]}]',
    ]
    after = [before[0], '> [3,"g",{"configurationKey":[{"key":"B","value":"3"},{"key":"A","value":"1"}]}]']

    assert told(compared(before, after)) == ["changed GetConfiguration /configurationKey/1/value"]


def test_the_order_of_a_list_that_has_one_is_a_change() -> None:
    profile = '< [2,"p","GetCompositeSchedule",{"connectorId":1,"duration":60}]'
    answer = '> [3,"p",{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[%s]}}]'
    periods = ['{"startPeriod":0,"limit":6}', '{"startPeriod":9,"limit":8}']

    diff = compared([profile, answer % ",".join(periods)], [profile, answer % ",".join(reversed(periods))])

    assert not diff.is_the_same


def test_messages_of_the_two_sides_that_cross_are_the_same() -> None:
    trigger = ['< [2,"r","TriggerMessage",{"requestedMessage":"Heartbeat"}]', '> [3,"r",{"status":"Accepted"}]']

    assert compared([*trigger, *HEARTBEAT], [*HEARTBEAT, *trigger]).is_the_same


def test_what_stands_for_itself_may_stand_elsewhere() -> None:
    before = [*status(1, "Available", "1"), *status(2, "Available", "2"), *charging(7)]
    after = [*status(2, "Available", "2"), *charging(7), *status(1, "Available", "1")]

    diff = compared(before, after)

    assert diff.is_the_same
    assert [row.is_moved for row in diff.rows] == [True, False, False, False]


def test_a_transaction_that_stops_before_it_starts_is_no_question_of_order() -> None:
    before = charging(7)

    diff = compared(before, [*before[2:], *before[:2]])

    assert sorted(told(diff)) == ["extra StopTransaction", "missing StopTransaction"] or len(told(diff)) == 2


def test_where_a_recording_has_a_gap_nothing_is_called_missing() -> None:
    diff = compared([*HEARTBEAT, *charging(7)], [*HEARTBEAT, "> unread not recorded: disk full, 4 frames, 300 bytes"])

    assert {row.kind for row in diff.rows} == {Kind.SAME, Kind.UNKNOWN}


def test_moments_that_a_replay_moved_are_set_aside_and_those_of_the_live_peer_are_not() -> None:
    before = ['> [2,"m","StatusNotification",{"timestamp":"$NOW"}]', '< [3,"m",{"at":"$NOW"}]']
    after = [each.replace("$NOW", "$NOW-1h") for each in before]

    found = {played: told(compared(before, after, played=played)) for played in (Side.STATION, Side.CSMS, None)}

    changes = {place: f"changed StatusNotification {place}" for place in ("/timestamp", "/at")}
    assert found == {
        Side.STATION: [changes["/at"]], Side.CSMS: [changes["/timestamp"]], None: [*changes.values()]
    }  # fmt: skip


def test_how_many_heartbeats_come_means_nothing_in_a_replay_as_long_as_some_do() -> None:
    many = [*HEARTBEAT, *HEARTBEAT, *HEARTBEAT]

    fewer = compared(many, HEARTBEAT, played=Side.STATION)
    none = compared([*many, *status(1, "Available")], status(1, "Available"), played=Side.CSMS)

    assert fewer.is_the_same
    assert fewer.counts == {Kind.SAME: 1, Kind.ASIDE: 2}
    assert none.counts == {Kind.SAME: 1, Kind.MISSING: 3}
    assert not compared(many, HEARTBEAT).is_the_same


def test_a_handshake_that_chose_another_version_is_told() -> None:
    diff = SessionDiff(talk(version="1.6"), talk(version="2.0.1"))

    assert [each.pointer for each in diff.handshake] == ["/offered", "/chosen"]


def test_garbage_is_compared_as_text() -> None:
    diff = compared(["> {not json"], ["> {not json either"])

    assert told(diff) == ["changed (no message)"]


def test_an_answer_that_is_cut_off_is_still_the_answer() -> None:
    before, after = ([HEARTBEAT[0], f'< [3,"h",{{"currentTime":"{each}'] for each in ("20", "19"))

    assert told(compared(before, after)) == ["changed Heartbeat"]


@given(
    st.lists(st.text(max_size=40).filter(str.isprintable), max_size=6),
    st.lists(st.text(max_size=40).filter(str.isprintable), max_size=6),
)
def test_nothing_that_peers_say_raises(before: list[str], after: list[str]) -> None:
    diff = compared([f"> {each}" for each in before], [f'> [2,"{each}","{each}",{{}}]' for each in after])

    assert sum(diff.counts.values()) == len(diff.rows)


def test_payloads_nested_deeper_than_can_be_written_again_are_compared_as_text() -> None:
    deep = '{"a":' * 300 + "1" + "}" * 300
    before, after = (f'> [2,"d","DataTransfer",{each}]' for each in (deep, deep.replace("1", "2")))

    assert compared([before], [before]).is_the_same
    assert not compared([before], [after]).is_the_same


def session(number: int, identity: str = "CS001", status: int | None = 101, csms: str = "acme") -> Session:
    traffic: list[Traffic] = draw(identity=identity, status=status, csms=csms)
    (opened,) = [item for item in traffic if isinstance(item, Opened)]
    fields = {name: getattr(opened.session, name) for name in opened.session.__struct_fields__}
    return Session(**fields | {"id": number})


def ids(found: list[Couple]) -> list[tuple[int | None, int | None]]:
    return [tuple(each and each.id for each in (one, other)) for one, other, _ in found]  # type: ignore[misc]  # two


def test_sessions_belong_together_by_identity_and_order() -> None:
    before = [session(1, "A"), session(2, "B"), session(3, "A")]

    found = couples(before, [session(4, "B"), session(5, "A"), session(6, "A"), session(7, "C")])

    assert ids(found) == [(1, 5), (3, 6), (2, 4), (None, 7)]


def test_sessions_of_a_station_belong_to_those_with_the_same_csms_in_whatever_order() -> None:
    before = [session(1, csms="acme"), session(2, csms="bolt"), session(3, csms="acme")]

    found = couples(before, [session(4, csms="bolt"), session(5, csms="acme"), session(6, csms="acme")])

    assert ids(found) == [(1, 5), (2, 4), (3, 6)]


def test_sessions_with_a_csms_that_the_other_side_has_not_belong_together_in_order() -> None:
    before = [session(1, csms="acme"), session(2, csms="bolt"), session(3, csms="cord")]

    found = couples(before, [session(4, csms="dyne"), session(5, csms="acme")])

    assert ids(found) == [(1, 5), (2, 4), (3, None)]


def test_a_replayed_session_stands_beside_the_one_that_it_was_played_from() -> None:
    found = couples([session(1, "A"), session(2, "A")], [session(1, "A-1"), session(2, "A")], {1: 2})

    assert ids(found) == [(2, 1), (1, 2)]


@pytest.mark.parametrize(("status", "wanted"), [(101, [(1, 9)]), (404, [(1, None), (None, 9)])])
def test_a_station_by_another_name_is_compared_where_there_is_one_only(
    status: int, wanted: list[tuple[int | None, int | None]]
) -> None:
    assert ids(couples([session(1, "A")], [session(9, "B", status)])) == wanted

"""From drawn traffic to entries."""

import msgspec
from drawing import draw

from hub.search.annotator import Annotator
from hub.search.entry import Entry, Kind
from matrix.trace import Closed, Frame, Opened, Side, Traffic

BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"Alder","chargePointModel":"One","firmwareVersion":"1.0.3"}]'
SECRET = '[2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2hunter2"}]'


def entries(traffic: list[Traffic], annotator: Annotator | None = None) -> list[Entry]:
    annotator = annotator or Annotator()
    return [entry for item in traffic if (entry := annotator.feed(item)) is not None]


def test_each_frame_is_told_by_what_it_is() -> None:
    traffic = draw(
        '> [2,"1","Heartbeat",{}]', '< [3,"1",{}]', '> [4,"9","GenericError","",{}]', "> {", "> ping", "< pong",
        "> part [2,", "> last 3]", "> binary ff", "> unread torn", "> close 1001",
    )  # fmt: skip

    assert [entry.kind for entry in entries(traffic)] == [
        Kind.HANDSHAKE, Kind.CALL, Kind.CALLRESULT, Kind.CALLERROR, Kind.MALFORMED, Kind.PING, Kind.PONG,
        Kind.FRAGMENT, Kind.MALFORMED, Kind.BINARY, Kind.UNREAD, Kind.CLOSE,
    ]  # fmt: skip


def test_an_answer_has_the_action_of_its_call_and_how_long_it_took() -> None:
    _, call, answer, stray = entries(draw('> [2,"1","Heartbeat",{}]', '< [3,"1",{}]', '< [3,"1",{}]'))

    assert (call.action, call.message_id, call.latency_ns, call.side) == ("Heartbeat", "1", None, Side.STATION)
    assert (answer.action, answer.message_id, answer.latency_ns) == ("Heartbeat", "1", 10_000_000)
    assert (stray.action, stray.latency_ns) == ("", None)


def test_a_call_of_the_other_side_with_the_same_id_is_another_one() -> None:
    _, _, theirs, answer, _ = entries(
        draw('> [2,"1","Heartbeat",{}]', '< [2,"1","Reset",{"type":"Soft"}]', '> [3,"1",{}]', '< [3,"1",{}]')
    )

    assert (theirs.action, answer.action, answer.side) == ("Reset", "Reset", Side.STATION)


def test_a_station_is_known_by_its_boot_also_in_its_earlier_and_later_sessions() -> None:
    annotator = Annotator()
    said = [('> [2,"1","Heartbeat",{}]',), (BOOT,), ('> [2,"2","Heartbeat",{}]',)]
    for number, lines in enumerate(said, start=1):
        for item in draw(*lines):
            annotator.feed(_of_session(item, number))

    assert {about.vendor for about in annotator.about.values()} == {"Alder"}
    assert {about.firmware for about in annotator.about.values()} == {"1.0.3"}


def test_secrets_are_in_no_text_unless_asked_for() -> None:
    half = len(SECRET) - 6
    traffic = draw(f"> {SECRET}", f"> part {SECRET[:half]}", f"> last {SECRET[half:]}", f"> next {SECRET[20:]}")

    hidden = [entry.text for entry in entries(traffic)]
    shown = [entry.text for entry in entries(traffic, Annotator(with_secrets=True))]

    assert not any("hunter" in text for text in hidden)
    assert [text for text in shown if "hunter2hunter2" in text] == [SECRET, SECRET, SECRET[20:]]


def test_a_message_in_fragments_is_the_entry_of_its_last_frame() -> None:
    *_, entry = entries(draw('> part [2,"1","Heart', "> ping", '> last beat",{}]'))

    assert (entry.kind, entry.action, entry.text) == (Kind.CALL, "Heartbeat", '[2,"1","Heartbeat",{}]')


def test_a_handshake_is_found_by_what_it_said() -> None:
    (entry,) = entries(draw(identity="CS 7", csms="acme", status=403, reason="Forbidden", fault="no such station"))

    assert "CS 7\nacme" in entry.text
    assert "no such station\n403 Forbidden" in entry.text
    assert entry.side is None


def _of_session(item: Traffic, number: int) -> Traffic:
    match item:
        case Frame():
            return msgspec.structs.replace(item, session=number)
        case Opened() | Closed():
            return msgspec.structs.replace(item, session=msgspec.structs.replace(item.session, id=number))
        case _:
            return item

"""The event file: what it says, and that each mistake is told with its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hub.event import EventFile
from hub.event_file import EventFileError, parse_event, read_event
from hub.scope import EVERYTHING, OUTCOMES, Shown
from matrix.finding import Severity

WHOLE = """\
[event]
name = "Plugfest"

[participants.volta]
vendor = "Volta"
contact = "anna@volta.example"

[participants.lotus]
vendor = "Lotus"
absent = true

[csmses.lotus]
participant = "lotus"
url = "ws://127.0.0.1:9100/ocpp"
versions = ["1.6", "2.0.1"]

[csmses.lotus.passwords]
VOLTA-1 = "what lotus expects"

[csmses.deep]
participant = "lotus"
tunnel = true
versions = ["1.6"]

[stations."Volta One"]
participant = "volta"
versions = ["1.6"]
identities = ["VOLTA-1", "VOLTA-2"]
csms = "lotus"

[[rounds]]
starts = 2026-11-23T09:00:00Z
minutes = 45
pairs = [["Volta One", "lotus"]]

[rules.TM-02]
severity = "info"
reason = "agreed on Monday"

[limits]
sessions = 100
"""


def parsed(text: str) -> EventFile:
    return parse_event(text, Path("event.toml"))


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(EventFileError) as caught:
        parsed(text)
    return str(caught.value).splitlines()


def test_event_is_read_as_it_is_written() -> None:
    event = parsed(WHOLE)

    assert event.name == "Plugfest"
    assert [(each.vendor, each.is_absent) for each in event.participants.values()] == [
        ("Volta", False),
        ("Lotus", True),
    ]
    assert event.csmses["lotus"].passwords == {"VOLTA-1": "what lotus expects"}
    assert event.csmses["deep"].url is None
    assert event.stations["Volta One"].csms == "lotus"
    assert event.rounds[0].starts == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert event.rounds[0].ends - event.rounds[0].starts == timedelta(minutes=45)
    assert event.policy["TM-02"].severity is Severity.INFO
    assert event.limits.sessions == 100


def test_product_is_found_by_each_of_its_identities() -> None:
    event = parsed(WHOLE)

    found = [event.product_of(identity) for identity in ("VOLTA-2", "volta-2")]

    assert found == [event.stations["Volta One"], None]


def test_absent_participant_is_not_present() -> None:
    event = parsed(WHOLE)

    assert event.is_present("volta")
    assert not event.is_present("lotus")


def test_passwords_are_not_shown_with_the_event() -> None:
    assert "what lotus expects" not in repr(parsed(WHOLE))


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (('name = "Plugfest"\n', ""), "event.toml:1: event lacks 'name', a text"),
        (('contact = "anna', 'contct = "anna'), "event.toml:6: participants.volta.contct does not exist; did you mean"),
        (
            ("absent = true", 'absent = "yes"'),
            "event.toml:10: participants.lotus.absent has to be true or false, it is",
        ),
        (("ws://127", "http://127"), "event.toml:14: csmses.lotus.url cannot be used: the URL of 'lotus' must begin"),
        (('"1.6", "2.0.1"', '"1.6", "1.7"'), "event.toml:15: csmses.lotus.versions[2] is '1.7'; OCPP has 1.6, 2.0"),
        (("tunnel = true\n", ""), "event.toml:20: csmses.deep has to have either a url or tunnel = true"),
        (('"VOLTA-1", "VOLTA-2"', '"A", "A"'), "event.toml:28: stations.\"Volta One\".identities[2] is 'A', which is"),
        (
            ('"VOLTA-1", "VOLTA-2"', '"A",\n"B%20C"'),
            "event.toml:29: stations.\"Volta One\".identities[2] is 'B%20C', whi",
        ),
        (
            ('"VOLTA-1", "VOLTA-2"', '" A"'),
            "event.toml:28: stations.\"Volta One\".identities[1] is ' A', which has bla",
        ),
        (('"VOLTA-1", "VOLTA-2"', '"deep"'), "event.toml:28: stations.\"Volta One\".identities[1] is 'deep', which is"),
        (
            ("[csmses.deep]", '[csmses."a b"]'),
            "event.toml:20: csmses.\"a b\" cannot be used: a CSMS cannot be named 'a b'",
        ),
        (
            ('url = "ws', 'tunnel = true\nurl = "ws'),
            "event.toml:12: csmses.lotus has to have either a url or tunnel = tr",
        ),
        (('csms = "lotus"', 'csms = "lots"'), "event.toml:29: stations.\"Volta One\".csms names 'lots'; there is no"),
        (("09:00:00Z", "09:00:00"), "event.toml:32: rounds[1].starts has no offset from UTC: 2026-11-23T09:00:00"),
        (("minutes = 45", "minutes = 0"), "event.toml:33: rounds[1].minutes has to be 1 at least, it is 0"),
        (
            ("minutes = 45", "minutes = 99999999999999"),
            "event.toml:33: rounds[1].minutes has to be 10080 at most, it i",
        ),
        (
            ("2026-11-23T09", "9999-12-31T23"),
            "event.toml:32: rounds[1].starts is in no year from 1970 to 2999: 9999-12",
        ),
        (('"Volta One", "lotus"]', '"Volta Two", "lotus"]'), "event.toml:34: rounds[1].pairs[1] names the station 'Vo"),
        (
            ('[["Volta One", "lotus"]]', '[\n["Volta One", # [\n"lots"]]'),
            "event.toml:35: rounds[1].pairs[1] names the CSMS",
        ),
        (('[["Volta One", "lotus"]]', '["Volta One"]'), 'event.toml:34: rounds[1].pairs[1] has to be ["STATION", "CS'),
        (("[rules.TM-02]", "[rules.TM-99]"), "event.toml:36: rules.TM-99 cannot be used: there is no such rule; `plug"),
        (("sessions = 100", 'sessions = "many"'), "event.toml:41: limits.sessions cannot be used: the limit sessions"),
        (("[event]", "[event"), "event.toml:1: this is not TOML: Expected ']' at the end of a table declaration"),
        (("\n[limits]", "\n[limit]"), "event.toml:40: limit does not exist; did you mean 'limits'?"),
    ],
)
def test_mistake_is_told_with_its_line_and_value(change: tuple[str, str], mistake: str) -> None:
    (told,) = mistakes_in(WHOLE.replace(*change, 1))

    assert told.startswith(mistake)


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    text = WHOLE.replace("minutes = 45", "minutes = 0").replace('vendor = "Volta"', "vendor = 7")

    told = mistakes_in(text)

    assert [line.split(":")[1] for line in told] == ["5", "33"]


def test_line_is_right_after_values_of_several_lines() -> None:
    text = 'event = {name = "x"}\nwrong = [\n  "a", # ]\n  """\n[not.a.table]\n""",\n]\nodd = 1\n'

    told = mistakes_in(text)

    assert [line.split(":")[1] for line in told] == ["2", "8"]


def test_product_meets_one_at_a_time() -> None:
    text = WHOLE.replace('["Volta One", "lotus"]', '["Volta One", "lotus"], ["Volta One", "deep"]')

    (told,) = mistakes_in(text)

    assert told.startswith("event.toml:34: rounds[1].pairs[2] has 'Volta One' once more: one product meets one at a t")


def test_rounds_do_not_overlap() -> None:
    text = WHOLE.replace("[rules.TM-02]", "[[rounds]]\nstarts = 2026-11-23T09:30:00Z\n\n[rules.TM-02]")

    (told,) = mistakes_in(text)

    assert told.startswith("event.toml:37: rounds[2].starts is 2026-11-23 09:30, and the round before it in ")
    assert told.endswith("(09:00) lasts until 2026-11-23 09:45")


def test_viewing_says_what_is_shown_to_whom() -> None:
    said = parsed(WHOLE + '[viewing]\nparticipants = "outcomes"\nhall = "everything"\n').viewing
    unsaid = parsed(WHOLE).viewing

    assert (said.participants, said.of_hall) == (Shown.OUTCOMES, EVERYTHING)
    assert (unsaid.participants, unsaid.of_hall) == (Shown.NOTHING, OUTCOMES)


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ('participants = "everything"', "viewing.participants has to be nothing or outcomes, it is 'everything'"),
        ('hall = "all"', "viewing.hall has to be outcomes or nothing or everything, it is 'all'"),
        ("names = true", "viewing.names has to be a text, it is True"),
        ('hall = "everything"\nnames = "anonymous"', "viewing.names cannot be anonymous where the hall is shown every"),
        ('name = "real"', "viewing.name does not exist; did you mean 'names'?"),
    ],
)
def test_viewing_that_cannot_be_is_told_with_its_line(line: str, mistake: str) -> None:
    (told,) = mistakes_in(WHOLE + f"[viewing]\n{line}\n")

    assert told.startswith(f"event.toml:{(WHOLE + line).count(chr(10)) + 2}: {mistake}")


def test_file_that_a_csms_needs_lies_beside_the_event_file(tmp_path: Path) -> None:
    tls = WHOLE.replace("ws://127.0.0.1:9100/ocpp", "wss://127.0.0.1:9100/ocpp").replace(
        'participant = "lotus"\nurl', 'participant = "lotus"\nca = "ca.pem"\nurl'
    )
    (tmp_path / "event.toml").write_text(tls)
    with pytest.raises(EventFileError, match="no such file beside the event file"):
        read_event(tmp_path / "event.toml")
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    event = read_event(tmp_path / "event.toml")

    assert event.csmses["lotus"].ca == tmp_path / "ca.pem"


@pytest.mark.parametrize("key", ["ca", "certificate"])
def test_file_that_holds_no_certificate_is_told_before_a_hub_needs_it(tmp_path: Path, key: str) -> None:
    text = WHOLE.replace("ws://127", "wss://127").replace("url =", f'{key} = "some.pem"\nurl =')
    (tmp_path / "some.pem").write_text("no certificate")

    with pytest.raises(EventFileError) as caught:
        parse_event(text, tmp_path / "event.toml")

    (told,) = caught.value.mistakes
    assert (told.line, told.text.partition(" the ")[0]) == (14, f"csmses.lotus.{key} is of no use:")


def test_byte_order_mark_of_an_editor_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "event.toml").write_text(WHOLE, encoding="utf-8-sig")

    event = read_event(tmp_path / "event.toml")

    assert event.name == "Plugfest"


def test_table_is_told_once_where_it_is_none() -> None:
    told = mistakes_in("stations = 5\n[event]\nname = 'x'\n")

    assert told == ["event.toml:1: stations has to be a table, it is 5"]


def test_unknown_table_is_told_with_the_line_of_its_first_part() -> None:
    told = mistakes_in("[event]\nname = 'x'\n\n[participant.volta]\n")

    assert told == ["event.toml:4: participant does not exist; did you mean 'participants'?"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\n\xff", ":2: this is not UTF-8"),
        (None, ":1: the event file cannot be read: No such file"),
        (b"", ":1: event"),
    ],
)
def test_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / "event.toml").write_bytes(content)

    with pytest.raises(EventFileError) as caught:
        read_event(tmp_path / "event.toml")

    assert told in str(caught.value)


@given(st.text(alphabet="[]{}\"'=.#\n abc019-_\\", max_size=80))
def test_any_text_is_an_event_or_has_mistakes(text: str) -> None:
    with pytest.raises(EventFileError) as caught:
        parsed(text)

    assert all(each.line <= text.count("\n") + 1 for each in caught.value.mistakes)

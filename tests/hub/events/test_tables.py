"""What each table of an event file may say, and how a mistake in it is told."""

from pathlib import Path

import pytest
import trustme
from event_texts import WHOLE, mistakes_in, parsed

from hub.access.scope import EVERYTHING, OUTCOMES, Shown
from hub.events.file import EventFileError, parse_event, read_event


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


def test_product_meets_one_at_a_time() -> None:
    text = WHOLE.replace('["Volta One", "lotus"]', '["Volta One", "lotus"], ["Volta One", "deep"]')

    (told,) = mistakes_in(text)

    assert told.startswith("event.toml:34: rounds[1].pairs[2] has 'Volta One' once more: one product meets one at a t")


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

import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from drawing import drawn_lines, judged, read_drawing
from goldens import SESSIONS, drawings, samples
from hypothesis import given
from hypothesis import strategies as st
from mutation.table import MUTATIONS
from redacted_traffic import redacted as redacted_traffic

from hub.redacting.comparing import differences
from hub.redacting.kinds import REPLACED, Kind
from hub.redacting.known import Known
from hub.redacting.messages import redacted
from hub.redacting.pseudonyms import Pseudonyms
from hub.redacting.redactor import Redactor
from hub.session_file import read_session
from hub.session_records import is_session_file
from matrix.wire import NotJsonError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TAGS = st.text(st.sampled_from("ABCDEF0123456789"), min_size=4, max_size=20)


def redactor(*known: str, kinds: frozenset[Kind] = REPLACED) -> Redactor:
    return Redactor(Pseudonyms(b"k" * 32), kinds, Known(known))


def of(text: str, *known: str, kinds: frozenset[Kind] = REPLACED) -> Any:
    return orjson.loads(redacted(redactor(*known, kinds=kinds), text))


def form(value: Any) -> Any:
    match value:
        case dict():
            return [form(each) for each in value.values()]
        case list():
            return [form(each) for each in value]
        case str():
            return len(value)
        case bool() | None:
            return value
        case _:
            return type(value)


@given(payload=JSON)
def test_a_message_stays_json_of_the_same_form_and_length(payload: Any) -> None:
    text = orjson.dumps([2, "1", "DataTransfer", {"vendorId": "x", "data": payload}]).decode()

    new = redacted(redactor(), text)

    assert len(new.encode()) == len(text.encode())
    assert form(orjson.loads(new)) == form(orjson.loads(text))


@given(tag=TAGS)
def test_a_tag_has_one_pseudonym_wherever_it_stands(tag: str) -> None:
    text = orjson.dumps([2, "1", "x", {"idTag": tag, "idToken": {"idToken": tag.lower()}, "rfid": tag}]).decode()

    payload = of(text)[3]

    assert payload["idTag"] == payload["rfid"] == payload["idToken"]["idToken"].upper()


@pytest.mark.parametrize("kinds", [REPLACED | {Kind.VENDOR}, REPLACED - {Kind.TEXT}], ids=len)
@pytest.mark.parametrize("path", [*drawings(), *samples()], ids=lambda path: str(path.relative_to(SESSIONS)))
def test_every_session_drawn_or_recorded_is_judged_as_before(path: Path, kinds: frozenset[Kind]) -> None:
    traffic = read_session(path).traffic() if is_session_file(path) else read_drawing(path)

    copy, its_redactor = redacted_traffic(traffic, kinds)

    rename = Redactor(its_redactor.pseudonyms, kinds, its_redactor.known).pointer
    assert differences(judged(traffic), judged(copy), rename) == []


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_what_one_thing_wrong_comes_to_is_the_same_in_a_copy() -> None:
    kinds = REPLACED | {Kind.VENDOR}
    for mutation in MUTATIONS:
        mutants = [mutant for _, mutant in mutation.mutants()]
        for mutant in random.Random(mutation.name).sample(mutants, min(5, len(mutants))):
            traffic = drawn_lines(mutant.lines)
            copy, its_redactor = redacted_traffic(traffic, kinds)

            rename = Redactor(its_redactor.pseudonyms, kinds, its_redactor.known).pointer
            assert differences(judged(traffic), judged(copy), rename) == [], mutant.lines


def test_what_stands_around_the_values_stays_byte_for_byte() -> None:
    text = '[ 2 ,\t"1", "Authorize" , { "idTag" : "CAFE01" ,\n"idTag":"CAFE01" } ] '

    new = redacted(redactor(), text)

    assert new.replace(redactor().pseudonyms.of("CAFE01"), "CAFE01") == text


def test_escapes_stay_escapes() -> None:
    new = redacted(redactor(), r'[4,"1","GenericError","caf\u00e9 \"bar\" a\/b\n \ud83d\ude00",{}]')

    description = new.split(",", 3)[3]
    assert description.count("\\u") == 3
    assert '\\"' in description
    assert "\\/" in description
    assert "\\n" in description
    assert r"\u00e9" not in description


def test_moments_enumerations_numbers_and_identifiers_of_the_standard_stay() -> None:
    text = (
        '[2,"19223201","MeterValues",{"connectorId":1,"transactionId":123456,"meterValue":[{"timestamp":'
        '"2026-11-01T10:00:00Z","sampledValue":[{"value":"123456","measurand":"Current.Import","location":"EV"}]}]}]'
    )

    assert redacted(redactor(), text) == text


def test_the_value_of_a_variable_is_what_its_name_says() -> None:
    keys = [("HeartbeatInterval", "300"), ("AuthorizationKey", "00112233445566778899"), ("AcmeGreeting", "Hello Bob")]
    entries = [{"key": key, "readonly": False, "value": value} for key, value in keys]

    found = of(orjson.dumps([3, "1", {"configurationKey": entries}]).decode())[2]["configurationKey"]

    assert [each["key"] for each in found] == [key for key, _ in keys]
    assert found[0]["value"] == "300"
    assert found[1]["value"] != "00112233445566778899"
    assert "Bob" not in found[2]["value"]


def test_the_password_of_a_2x_variable_is_replaced_and_its_mask_stays() -> None:
    text = (
        '[2,"1","SetVariables",{"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":'
        '"BasicAuthPassword"},"attributeValue":"%s"}]}]'
    )

    assert "hunter2hunter2hunter" not in redacted(redactor(), text % "hunter2hunter2hunter")
    assert redacted(redactor(), text % "********") == text % "********"


def test_a_known_value_is_replaced_in_ids_names_and_text() -> None:
    text = '[2,"CS-4711/1","DataTransfer",{"vendorId":"x","data":{"cs-4711":{"why":"CS-4711 is gone"}}}]'
    pseudonym = redactor().pseudonyms.of("CS-4711")

    message_id, data = of(text, "CS-4711")[1], of(text, "CS-4711")[3]["data"]

    assert message_id == f"{pseudonym}/1"
    assert [*data] == [pseudonym.lower()]
    assert pseudonym in data[pseudonym.lower()]["why"]


def test_the_mac_address_in_a_message_id_is_replaced() -> None:
    text = '[3,"6ba7b810-9dad-11d1-80b4-00c04fd430c8",{}]'

    message_id = of(text)[1]

    assert message_id.startswith("6ba7b810-9dad-11d1-80b4-")
    assert not message_id.endswith("00c04fd430c8")


def test_a_name_of_the_standard_stays_whatever_it_holds() -> None:
    text = '[2,"1","X",{"chargingNeeds":{"acChargingParameters":{"evMaxVoltage":400}}}]'

    assert redacted(redactor("volt"), text) == text
    assert redactor("volt").pointer("/evMaxVoltage/volt-1") == f"/evMaxVoltage/{redactor().pseudonyms.of('volt')}-1"


def test_json_in_a_string_is_looked_through_and_a_quoted_message_is_one() -> None:
    quoted = '[2,"m-4711","StartTransaction",{"idTag":"CAFE01","meterStart":123456}]'
    text = orjson.dumps([4, "m-4711", "GenericError", "", {"cause": quoted}]).decode()

    inner = orjson.loads(of(text)[4]["cause"])

    assert inner[:3] == [2, "m-4711", "StartTransaction"]
    assert inner[3]["meterStart"] == 123456
    assert inner[3]["idTag"] == redactor().pseudonyms.of("CAFE01")


def test_text_that_is_kept_still_loses_the_values_that_say_who() -> None:
    text = '[4,"1","GenericError","CAFE01 is blocked",{}]'

    said = of(text, "CAFE01", kinds=REPLACED - {Kind.TEXT})[3]

    assert said == f"{redactor().pseudonyms.of('CAFE01')} is blocked"


def test_a_url_keeps_its_form_and_loses_user_host_and_path() -> None:
    text = '[2,"1","GetDiagnostics",{"location":"ftp://joe:pa%40ss@files.example:21/up/log.zip?key=abc&n=CS%201"}]'

    location = of(text)[3]["location"]

    assert location.startswith("ftp://")
    assert location.endswith("CS%201") is False
    assert ":21/" in location
    assert ".zip?key=" in location
    assert "%20" in location
    assert not {"joe", "files", "abc"} & set(location.replace("/", " ").replace("@", " ").replace(":", " ").split())


def test_what_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(NotJsonError):
        redacted(redactor(), '[2,"1","Heartbeat",{}')

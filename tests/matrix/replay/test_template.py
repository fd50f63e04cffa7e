import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.replay.fields import Found, Id, ids_in, stamps_in
from matrix.replay.template import Filling, MessageId, Template, fill, slots_of, spans, template_of
from matrix.schemas import Part

HOUR = 3_600_000_000_000
AS_RECORDED = Filling(lambda recorded: recorded, lambda _: None, 0)


def template_of_call(text: str, action: str) -> Template:
    array = orjson.loads(text)
    ids, stamps = ids_in(array[3], "1.6", action, Part.REQUEST), stamps_in(array[3], "1.6", action, Part.REQUEST)
    return template_of(text, {**slots_of(array[3], ids, stamps, 3), (1,): MessageId(array[1])})


def test_all_but_ids_and_times_stays_as_it_was_written() -> None:
    text = '[2, "a","StopTransaction",{"transactionId" : 17,"meterStop":21.40,"timestamp":"2026-11-01T10:00:00Z"} ]'

    filled = fill(template_of_call(text, "StopTransaction"), Filling(lambda _: "b", lambda _: "99", HOUR))

    assert filled == (
        '[2, "b","StopTransaction",{"transactionId" : 99,"meterStop":21.40,"timestamp":"2026-11-01T11:00:00Z"} ]'
    )


def test_equal_values_in_other_fields_are_not_touched() -> None:
    text = '[2,"17","StopTransaction",{"transactionId":17,"meterStop":17,"idTag":"17","timestamp":""}]'

    filled = fill(template_of_call(text, "StopTransaction"), Filling(lambda _: "x", _live, 0))

    assert filled == '[2,"x","StopTransaction",{"transactionId":5,"meterStop":17,"idTag":"17","timestamp":""}]'


def _live(found: Id) -> str | None:
    return "5" if found == Id("transaction", "17") else None


def test_a_doubled_key_is_filled_in_both_places() -> None:
    text = '[2,"a","StopTransaction",{"transactionId":17,"transactionId":17,"meterStop":1,"timestamp":"x"}]'

    filled = fill(template_of_call(text, "StopTransaction"), Filling(lambda _: "a", lambda _: "5", HOUR))

    assert filled.count('"transactionId":5') == 2


def test_an_object_that_is_an_id_is_replaced_as_a_whole() -> None:
    text = '[2,"a","DeleteCertificate",{"certificateHashData":{"serialNumber":"1","hashAlgorithm":"SHA256"}}]'

    filled = fill(template_of_call(text, "DeleteCertificate"), Filling(lambda _: "a", lambda _: '{"x":1}', 0))

    assert filled == '[2,"a","DeleteCertificate",{"certificateHashData":{"x":1}}]'


@pytest.mark.parametrize("text", ["", "[", '{"a"', "[2,", "]]]", '[2,"a",\x00]', '["\ud800"]'])
def test_a_text_that_is_no_json_is_a_template_of_itself(text: str) -> None:
    template = template_of(text, {(9,): MessageId("a")})

    assert fill(template, AS_RECORDED) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_every_value_of_a_text_is_found_in_its_place(value: object) -> None:
    text = (
        orjson.dumps(["x", value], option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str).decode()
        if _fits(value)
        else "[0,0]"
    )

    (found,) = [text[start:end] for place, start, end in spans(text, {(1,)})]

    assert orjson.loads(found) == orjson.loads(text)[1]


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except (orjson.JSONEncodeError, TypeError):
        return False
    return True


def test_an_id_of_an_array_has_its_own_place() -> None:
    payload = {"certificateHashData": [{"serialNumber": "1"}, {"serialNumber": "2"}]}

    found = ids_in(payload, "1.6", "GetInstalledCertificateIds", Part.RESPONSE)

    assert found == [
        Found(("certificateHashData", 0), Id("certificate", '{"serialNumber":"1"}'), gives=True),
        Found(("certificateHashData", 1), Id("certificate", '{"serialNumber":"2"}'), gives=True),
    ]

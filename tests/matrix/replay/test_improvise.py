from typing import Any, Final

import pytest

from matrix.dialect import V16, V20, V21, V201, dialect
from matrix.replay.improvise import Occasion, improvised
from matrix.schemas import Part, check

NOW = 1_793_527_200_000_000_000
REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "GetConfiguration": {"key": ["A", "B"]},
    "GetVariables": {"getVariableData": [{"component": {"name": "C"}, "variable": {"name": "V"}}]},
    "SetVariables": {
        "setVariableData": [{"component": {"name": "C"}, "variable": {"name": "V"}, "attributeValue": "1"}]
    },
    "ClearVariableMonitoring": {"id": [4, 5]},
    "VatNumberValidation": {"vatNumber": "NL1"},
}  # fmt: skip
SENT_WITHOUT_ANSWER = {"NotifyPeriodicEventStream"}


@pytest.mark.parametrize("version", [V16, V201, V21])
@pytest.mark.parametrize("has_payload", [True, False])
def test_every_action_of_the_version_gets_an_answer_that_its_schema_allows(version: str, has_payload: bool) -> None:
    for action in dialect(version).actions.keys() - SENT_WITHOUT_ANSWER:
        request = REQUESTS.get(action, {}) if has_payload else {}

        answer = improvised(Occasion(version, action, request, NOW, 7))

        assert answer.payload is not None, action
        assert check(version, action, Part.RESPONSE, answer.payload) == (), action


def test_a_csms_lets_a_station_in_and_tells_it_the_time() -> None:
    answer = improvised(Occasion(V16, "BootNotification", {}, NOW, 7))

    assert answer.payload == {"status": "Accepted", "currentTime": "2026-11-01T10:00:00.000Z", "interval": 300}


def test_a_transaction_gets_an_id_that_none_has() -> None:
    answer = improvised(Occasion(V16, "StartTransaction", {}, NOW, 4712))

    assert answer.payload == {"transactionId": 4712, "idTagInfo": {"status": "Accepted"}}


def test_a_station_does_not_promise_what_it_cannot_do() -> None:
    answers = [
        improvised(Occasion(V201, action, {}, NOW, 7)).payload for action in ("Reset", "RequestStartTransaction")
    ]

    assert answers == [{"status": "Rejected"}, {"status": "Rejected"}]


def test_each_variable_that_is_asked_for_is_unknown_by_name() -> None:
    answer = improvised(Occasion(V201, "GetVariables", REQUESTS["GetVariables"], NOW, 7))

    assert answer.payload == {
        "getVariableResult": [
            {"component": {"name": "C"}, "variable": {"name": "V"}, "attributeStatus": "UnknownVariable"}
        ]
    }


@pytest.mark.parametrize("action", ["Teleport", "../../etc/passwd", "", "BootNotification\x00"])
def test_what_the_version_does_not_have_is_not_implemented(action: str) -> None:
    assert improvised(Occasion(V16, action, {}, NOW, 7)).error == "NotImplemented"


@pytest.mark.parametrize("request_", [{"getVariableData": 5}, {"getVariableData": [1, None]}, {"getVariableData": {}}])
def test_a_request_of_another_shape_gets_an_answer_too(request_: dict[str, object]) -> None:
    answer = improvised(Occasion(V201, "GetVariables", request_, NOW, 7))

    assert answer.payload is not None


def test_without_schemas_the_prepared_answer_is_given() -> None:
    assert improvised(Occasion(V20, "Heartbeat", {}, NOW, 7)).payload == {"currentTime": "2026-11-01T10:00:00.000Z"}

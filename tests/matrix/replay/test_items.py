"""Answers item by item, out of what a recorded station has said of its keys and variables."""

from typing import Any

import pytest
from plays import script

from matrix.dialect import V201
from matrix.replay.items import Items
from matrix.trace import Side

CONFIGURED = (
    '< [2,"a","GetConfiguration",{}]',
    '> [3,"a",{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"300"},'
    '{"key":"NumberOfConnectors","readonly":true,"value":"2"}]}]',
    '< [2,"b","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]',
    '> [3,"b",{"status":"Accepted"}]',
    '< [2,"c","ChangeConfiguration",{"key":"NumberOfConnectors","value":"9"}]',
    '> [3,"c",{"status":"Rejected"}]',
)
REPORTED = (
    '< [2,"a","GetBaseReport",{"requestId":1,"reportBase":"FullInventory"}]',
    '> [3,"a",{"status":"Accepted"}]',
    '> [2,"b","NotifyReport",{"requestId":1,"generatedAt":"$NOW","seqNo":0,"reportData":[{"component":{"name":'
    '"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"},"variableAttribute":[{"value":"300"},'
    '{"type":"MaxSet","value":"900"}]}]}]',
    '< [3,"b",{}]',
    '< [2,"c","SetVariables",{"setVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":'
    '{"name":"HeartbeatInterval"},"attributeValue":"60"}]}]',
    '> [3,"c",{"setVariableResult":[{"attributeStatus":"Accepted","component":{"name":"OCPPCommCtrlr"},"variable":'
    '{"name":"HeartbeatInterval"}}]}]',
)
INTERVAL = {"component": {"name": "ocppcommctrlr"}, "variable": {"name": "HeartbeatInterval"}}
OTHER = {"component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}}


def test_keys_are_told_whatever_other_question_their_values_were_the_answer_to() -> None:
    answer = Items(script(*CONFIGURED)).answer("GetConfiguration", {"key": ["heartbeatinterval", "Nonsense"]})

    assert answer == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Nonsense"],
    }


def test_all_that_is_known_is_told_to_whom_asks_for_all() -> None:
    answer = Items(script(*CONFIGURED)).answer("GetConfiguration", {})

    assert [each["key"] for each in (answer or {})["configurationKey"]] == ["HeartbeatInterval", "NumberOfConnectors"]


def test_a_key_that_could_be_set_can_be_set_to_something_else_and_keeps_it() -> None:
    items = Items(script(*CONFIGURED))

    statuses = [
        items.answer("ChangeConfiguration", {"key": key, "value": "5"})
        for key in ("HeartbeatInterval", "NumberOfConnectors", "Nonsense")
    ]

    assert statuses == [{"status": "Accepted"}, {"status": "Rejected"}, None]
    told = items.answer("GetConfiguration", {"key": ["HeartbeatInterval", "NumberOfConnectors"]})
    assert [each["value"] for each in (told or {})["configurationKey"]] == ["5", "2"]


def test_variables_are_told_as_they_were_reported() -> None:
    wanted = [INTERVAL, {**INTERVAL, "attributeType": "MaxSet"}, OTHER]

    answer = Items(script(*REPORTED, version=V201)).answer("GetVariables", {"getVariableData": wanted})

    results = (answer or {})["getVariableResult"]
    assert [each.get("attributeValue") for each in results] == ["300", "900", None]
    assert [each["attributeStatus"] for each in results] == ["Accepted", "Accepted", "UnknownVariable"]
    assert results[2] == {"attributeStatus": "UnknownVariable", **OTHER}


def test_a_variable_that_could_be_set_can_be_set_to_something_else_and_keeps_it() -> None:
    items = Items(script(*REPORTED, version=V201))
    wanted = [{**each, "attributeValue": "30"} for each in (INTERVAL, OTHER, {**INTERVAL, "attributeType": "MaxSet"})]

    answer = items.answer("SetVariables", {"setVariableData": wanted})

    statuses = [each["attributeStatus"] for each in (answer or {})["setVariableResult"]]
    assert statuses == ["Accepted", "UnknownVariable", "Rejected"]
    (told,) = (items.answer("GetVariables", {"getVariableData": [INTERVAL]}) or {})["getVariableResult"]
    assert told["attributeValue"] == "30"


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("GetVariables", {"getVariableData": 5}),
        ("GetVariables", {"getVariableData": [1, {"component": [], "variable": 7}]}),
        ("SetVariables", {"setVariableData": [{"component": {"name": 1}, "variable": None}]}),
        ("ClearCache", {}),
    ],
)
def test_nothing_is_put_together_that_would_not_be_valid(action: str, request_: dict[str, Any]) -> None:
    assert Items(script(*REPORTED, version=V201)).answer(action, request_) is None


def test_a_csms_has_no_items() -> None:
    assert Items(script(*CONFIGURED, side=Side.CSMS)).answer("GetConfiguration", {}) is None

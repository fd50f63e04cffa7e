"""What a recorded station has said of its configuration keys (1.6) and variables (2.x): for an answer item by item.

A live CSMS asks for other keys at once than the recorded one did. What the station has said of each of them is known
all the same: in the answers to other questions, and in its reports.
"""

from collections.abc import Iterator
from typing import Any, Final

from matrix.replay.script import Script
from matrix.schemas import Part, check
from matrix.trace import Side

Name = tuple[str, ...]
"""What an item is called: a key, or a component and a variable of it, in lower case (their types are CiString)."""

_ACTUAL: Final = "Actual"


class Items:
    """The keys and variables that a script speaks of, with their values; what is set keeps what it is set to."""

    def __init__(self, script: Script) -> None:
        self._version = script.version
        self._said: dict[Name, dict[str, Any]] = {}
        self._set: dict[Name, str] = {}
        if script.side is Side.STATION:
            self._take_reports(script)
            self._take_answers(script)

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """Return an answer out of what is known; None where nothing is, or where it would not be a valid one."""
        made = self._made(action, request)
        if made is None or check(self._version, action, Part.RESPONSE, made) not in ((), None):
            return None
        return made

    def _made(self, action: str, request: dict[str, Any]) -> dict[str, Any] | None:
        match action:
            case "GetConfiguration" if self._said:
                return self._configuration(request)
            case "ChangeConfiguration" if (status := self._set.get((_lower(request.get("key")),))) is not None:
                return {"status": self._changed((_lower(request.get("key")),), "value", request.get("value"), status)}
            case "GetVariables" if self._said:
                return {"getVariableResult": [self._variable(each) for each in _dicts(request, "getVariableData")]}
            case "SetVariables" if self._said or self._set:
                return {"setVariableResult": [self._set_variable(each) for each in _dicts(request, "setVariableData")]}
        return None

    # -- what is recorded ---------------------------------------------------------------------------------------------

    def _take_answers(self, script: Script) -> None:
        for cue in script.cues:
            answer = cue.answer.payload if cue.answer else None
            match cue.action:
                case "GetConfiguration":
                    self._said |= {(_lower(each.get("key")),): each for each in _dicts(answer, "configurationKey")}
                case "ChangeConfiguration" if type(answer) is dict:
                    self._set[(_lower((cue.payload or {}).get("key")),)] = str(answer.get("status"))
                case "GetVariables":
                    self._said |= {_name(each): each for each in _dicts(answer, "getVariableResult")}
                case "SetVariables":
                    results = _dicts(answer, "setVariableResult")
                    self._set |= {_name(each): str(each.get("attributeStatus")) for each in results}

    def _take_reports(self, script: Script) -> None:
        """Take up what stands in a report (2.x B07, B08), as the answer of GetVariables would have it."""
        payloads = (step.payload for step in script.steps if step.action == "NotifyReport")
        for data in (each for payload in payloads for each in _dicts(payload, "reportData")):
            for attribute in _dicts(data, "variableAttribute"):
                if type(attribute.get("value")) is not str:
                    continue
                said = {
                    "attributeStatus": "Accepted", "attributeType": attribute.get("type", _ACTUAL),
                    "attributeValue": attribute["value"], "component": data.get("component"),
                    "variable": data.get("variable"),
                }  # fmt: skip
                self._said[_name(said)] = said

    # -- what is asked ------------------------------------------------------------------------------------------------

    def _configuration(self, request: dict[str, Any]) -> dict[str, Any]:
        keys = request.get("key")
        if not isinstance(keys, list) or not keys:
            return {"configurationKey": [*self._said.values()]}
        known = [self._said[(_lower(key),)] for key in keys if (_lower(key),) in self._said]
        unknown = [key for key in keys if (_lower(key),) not in self._said]
        return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})

    def _variable(self, wanted: dict[str, Any]) -> dict[str, Any]:
        known = self._said.get(_name(wanted))
        return {**(known or {"attributeStatus": "UnknownVariable"}), **_addressed(wanted)}

    def _set_variable(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name = _name(wanted)
        status = self._set.get(name) or ("Rejected" if name in self._said else "UnknownVariable")
        return {
            "attributeStatus": self._changed(name, "attributeValue", wanted.get("attributeValue"), status),
            **_addressed(wanted),
        }

    def _changed(self, name: Name, field: str, value: Any, status: str) -> str:
        """Keep a value that was accepted; return the status."""
        if status == "Accepted" and name in self._said:
            self._said[name] = {**self._said[name], field: value}
        return status


def _name(item: dict[str, Any]) -> Name:
    """Return the name of a variable's attribute, as requests, answers and reports address it."""
    component, variable = (item.get(each) or {} for each in ("component", "variable"))
    if type(component) is not dict or type(variable) is not dict:
        return ()
    evse = component.get("evse")
    return (
        *(_lower(each.get(field)) for each in (component, variable) for field in ("name", "instance")),
        *(str(evse.get(field)) for field in ("id", "connectorId") if type(evse) is dict),
        str(item.get("attributeType") or _ACTUAL),
    )


def _addressed(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: wanted[name] for name in ("component", "variable", "attributeType") if name in wanted}


def _dicts(payload: Any, name: str) -> Iterator[dict[str, Any]]:
    items = payload.get(name) if type(payload) is dict else None
    return (each for each in items if type(each) is dict) if isinstance(items, list) else iter(())


def _lower(value: Any) -> str:
    return str(value).lower()

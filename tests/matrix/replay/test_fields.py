from typing import Any

import orjson
import pytest

from matrix.comparing.aside import name_kind
from matrix.dialect import V16, V21, V201, dialect
from matrix.replay import fields
from matrix.replay.fields import COMPARED, canonical, id_fields, ids_in, stamps_in
from matrix.schemas import Part, schema


def messages_of(version: str) -> list[tuple[str, Part]]:
    return [(action, part) for action in sorted(dialect(version).actions) for part in Part]


def at(definition: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Follow a path through a schema; None where it does not have it."""
    node: Any = definition
    for step in path:
        node = _resolved(node, definition)
        node = node.get("items") if step == "*" else node.get("properties", {}).get(step)
        if node is None:
            return None
    return _resolved(node, definition)


def _resolved(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return root["definitions"][reference.rpartition("/")[2]] if reference else node


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_every_field_of_the_table_is_in_the_schema_of_its_message(version: str) -> None:
    strays = [
        (action, part, field.path)
        for action, part in messages_of(version)
        for field in id_fields(version, action, part)
        if at(schema(version, action, part) or {}, field.path) is None
    ]

    assert strays == []


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_every_message_of_the_table_is_one_of_a_version_that_uses_it(version: str) -> None:
    table = fields._table()
    named = {*table["2"], *table["2.1"]} if version == V21 else {*table[version if version == V16 else "2"]}

    assert named <= {f"{action}.{part}" for action, part in messages_of(version)}


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_every_transaction_request_reservation_and_remote_start_id_is_in_the_table(version: str) -> None:
    names = {"transactionId", "requestId", "reservationId", "remoteStartId", "chargingProfileId"}
    left_out = []
    for action, part in messages_of(version):
        known = {field.path[:1] for field in id_fields(version, action, part)}
        properties = (schema(version, action, part) or {}).get("properties", {})
        left_out += [(action, part, name) for name in properties if name in names and (name,) not in known]

    assert left_out == []


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_what_a_replay_replaces_is_set_aside_where_it_is_compared(version: str) -> None:
    left_out = [
        (action, part, field.path)
        for action, part in messages_of(version)
        for field in id_fields(version, action, part)
        if field.kind not in COMPARED | {"certificate"}
        if not name_kind(action, tuple(step for step in field.path if step != "*"))
    ]

    assert left_out == []


@pytest.mark.parametrize("payload", [None, [], {}, {"meterValue": 5}, {"meterValue": [5, None, {"timestamp": 7}]}])
def test_a_payload_of_any_shape_has_no_ids_and_no_times_where_they_should_be(payload: Any) -> None:
    assert ids_in(payload, V16, "MeterValues", Part.REQUEST) == []
    assert stamps_in(payload, V16, "MeterValues", Part.REQUEST) == []


def test_equal_objects_are_one_id_however_their_keys_are_ordered() -> None:
    assert canonical({"b": 1, "a": [2]}) == canonical({"a": [2], "b": 1})


def test_an_integer_beyond_64_bits_is_still_a_value() -> None:
    assert canonical({"a": 2**70}) != canonical({"a": 2**70 + 1})


def test_times_are_found_at_every_depth() -> None:
    payload = orjson.loads(
        '{"transactionData":[{"timestamp":"a","sampledValue":[]},{"timestamp":"b"}],"timestamp":"c"}'
    )

    places = stamps_in(payload, V16, "StopTransaction", Part.REQUEST)

    assert sorted(map(str, places)) == [
        "('timestamp',)", "('transactionData', 0, 'timestamp')", "('transactionData', 1, 'timestamp')"
    ]  # fmt: skip

from collections.abc import Iterator
from typing import Any

import pytest

from hub.redacting.kinds import (
    ABOUT,
    REPLACED,
    Kind,
    _listed,
    guessed,
    keywords,
    kind_of,
    kind_of_header,
    kind_of_variable,
)
from matrix.dialect import JUDGED, dialect
from matrix.schemas import Part, schema
from tui.typed.redact import KINDS

DEEPEST = 9


def strings(node: dict[str, Any], root: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the strings of a schema that may be any text."""
    if reference := node.get("$ref"):
        node = root["definitions"][reference.rpartition("/")[2]]
    if "enum" in node or node.get("format") == "date-time" or len(path) > DEEPEST:
        return
    if "string" in (node.get("type"), *([*node["type"]] if isinstance(node.get("type"), list) else [])):
        yield path
    if "items" in node:
        yield from strings(node["items"], root, path)
    for name, each in node.get("properties", {}).items():
        yield from strings(each, root, (*path, name))


@pytest.mark.parametrize("version", JUDGED)
def test_every_text_that_the_schemas_know_has_its_entry_in_the_table(version: str) -> None:
    schemas = [schema(version, action, part) for action in dialect(version).actions for part in Part]

    missing = {path for each in schemas if each for path in strings(each, each) if _listed(path) is None}

    assert missing == set()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("idTag",), Kind.TOKEN),
        (("firmware", "location"), Kind.ADDRESS),
        (("meterValue", "sampledValue", "location"), Kind.KEYWORD),
        (("meterValue", "sampledValue", "value"), Kind.QUANTITY),
        (("certificateHashData", "serialNumber"), Kind.CERTIFICATE),
        (("chargingStation", "serialNumber"), Kind.SERIAL),
        (("company", "name"), Kind.PERSON),
        (("component", "name"), Kind.KEYWORD),
        (("connectionData", "vpn", "key"), Kind.CREDENTIAL),
        (("key",), Kind.KEYWORD),
        (("connectorId",), Kind.KEYWORD),
        (("whatever",), Kind.TEXT),
        ((), Kind.TEXT),
    ],
)
def test_a_field_is_what_its_name_and_the_one_around_it_say(path: tuple[str, ...], kind: Kind) -> None:
    assert kind_of(path) is kind


def test_a_vendors_own_field_is_text_even_where_the_standard_has_one_of_that_name() -> None:
    assert kind_of(("customData", "status")) is Kind.TEXT
    assert kind_of(("data", "status"), is_standard=False) is Kind.TEXT
    assert kind_of(("customData", "idTag")) is Kind.TOKEN


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("macAddress", Kind.ADDRESS), ("latitude", Kind.PLACE), ("vin", Kind.VEHICLE), ("driving", Kind.TEXT),
        ("sim_iccid", Kind.CARD), ("wifiPassword", Kind.CREDENTIAL), ("rfidUid", Kind.TOKEN), ("zip", Kind.TEXT),
        ("snSerial", Kind.SERIAL), ("driverName", Kind.PERSON), ("latency", Kind.TEXT), ("callbackUrl", Kind.ADDRESS),
    ],
)  # fmt: skip
def test_a_name_that_nobody_lists_is_told_by_what_it_looks_like(name: str, kind: Kind) -> None:
    assert guessed(name) is kind


def test_a_header_that_nobody_lists_is_text() -> None:
    assert kind_of_header("X-Real-IP") is Kind.ADDRESS
    assert kind_of_header("upgrade") is Kind.KEYWORD
    assert kind_of_header("X-Our-Note") is Kind.TEXT


def test_a_variable_that_the_standard_does_not_have_is_unknown() -> None:
    assert kind_of_variable("AuthorizationKey") is Kind.CREDENTIAL
    assert kind_of_variable("HeartbeatInterval") is Kind.QUANTITY
    assert kind_of_variable("AcmeMode") is None
    assert kind_of_variable("AcmeWifiPassword") is Kind.CREDENTIAL


def test_keywords_are_those_of_all_versions() -> None:
    assert {"Accepted", "idTag", "BootNotification", "HeartbeatInterval", "OccurenceConstraintViolation"} <= keywords()
    assert "C0FFEE01" not in keywords()


def test_the_command_offers_every_kind_that_is_replaced() -> None:
    assert set(KINDS) == REPLACED
    assert set(ABOUT) == REPLACED | {Kind.VENDOR}

"""Payloads against the schemas of the ocpp package."""

import pytest

from matrix.dialect import V16, V20, V21, V201, dialect
from matrix.finding import Severity
from matrix.schemas import WHOLE, Part, check, schema

NOW = "2026-11-01T10:00:00Z"


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_every_action_of_a_version_has_its_schemas(version: str) -> None:
    own = dialect(version)
    missing = [
        (action, part)
        for action in own.actions
        for part in Part
        if schema(version, action, part) is None and not (action in own.sends and part is Part.RESPONSE)
    ]

    assert missing == []


@pytest.mark.parametrize(
    "action", ["../v201/schemas/BootNotification", "A" * 5000, "\x00", "", "heartbeat", "/etc/passwd"]
)
def test_name_that_is_no_action_never_becomes_a_file_name(action: str) -> None:
    assert check(V16, action, Part.REQUEST, {}) is None


def test_version_without_schemas_cannot_be_told() -> None:
    assert check(V20, "Heartbeat", Part.REQUEST, {}) is None
    assert check("?", "Heartbeat", Part.REQUEST, {}) is None


@pytest.mark.parametrize(
    ("timestamp", "fits"),
    [(NOW, True), ("2026-11-01T10:00:00.1234567+01:00", True), ("2026-11-01T10:00:00", False), ("yesterday", False)],
)
def test_formats_are_checked(timestamp: str, fits: bool) -> None:
    breaches = check(V16, "Heartbeat", Part.RESPONSE, {"currentTime": timestamp})

    assert breaches is not None
    assert [breach.keyword for breach in breaches] == ([] if fits else ["format"])


def test_each_schema_is_under_its_own_draft() -> None:
    boot = {"status": "Accepted", "currentTime": NOW, "interval": 300.0}

    assert check(V201, "BootNotification", Part.RESPONSE, boot) == ()
    assert [breach.keyword for breach in check(V16, "BootNotification", Part.RESPONSE, boot) or ()] == [WHOLE]


def test_unit_hertz_of_the_package_is_not_the_official_schemas() -> None:
    sampled = {"value": "50", "unit": "Hertz"}
    payload = {"connectorId": 1, "meterValue": [{"timestamp": NOW, "sampledValue": [sampled]}]}

    breaches = check(V16, "MeterValues", Part.REQUEST, payload)

    assert breaches is not None
    assert [breach.pointer for breach in breaches] == ["/meterValue/0/sampledValue/0/unit"]


def test_minimum_of_items_of_the_package_is_a_warning() -> None:
    breaches = check(V16, "MeterValues", Part.REQUEST, {"connectorId": 1, "meterValue": []})

    assert breaches is not None
    assert [breach.severity for breach in breaches] == [Severity.WARNING]


@pytest.mark.parametrize(("length", "fits"), [(5600, True), (5601, False), (7500, False)])
def test_exi_response_has_the_official_length(length: int, fits: bool) -> None:
    breaches = check(V201, "Get15118EVCertificate", Part.RESPONSE, {"status": "Accepted", "exiResponse": "x" * length})

    assert (breaches == ()) is fits


def test_custom_data_of_2x_may_hold_anything() -> None:
    custom = {"vendorId": "x", "anything": {"at": ["all", None, {}]}}

    assert check(V201, "Heartbeat", Part.REQUEST, {"customData": custom}) == ()


def test_breach_points_at_its_place_with_escapes() -> None:
    breaches = check(V16, "Heartbeat", Part.REQUEST, {"a/b~c": 1})

    assert breaches is not None
    assert breaches[0].pointer == "/a~1b~0c"


def test_payload_that_is_wrong_throughout_is_told_in_ten_places() -> None:
    payload = {"connectorId": 1, "meterValue": [{"timestamp": 1, "sampledValue": [{"value": 1}] * 50}]}

    breaches = check(V16, "MeterValues", Part.REQUEST, payload)

    assert breaches is not None
    assert len(breaches) == 10


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        (V201, "SetNetworkProfile", {"connectionData": {"vpn": {"password": "hush" * 40}}}),
        (V201, "Authorize", {"idToken": {"idToken": "hush" * 20, "type": "KeyCode"}}),
        (V16, "ChangeConfiguration", {"key": "AuthorizationKey", "value": "hush" * 200}),
        (
            V201,
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": "hush" * 999,
                        "variable": {"name": "BasicAuthPassword"},
                        "component": {"name": "x"},
                    }
                ]
            },
        ),
    ],
)
def test_secret_that_does_not_fit_is_not_shown(version: str, action: str, payload: dict[str, object]) -> None:
    breaches = check(version, action, Part.REQUEST, payload)

    assert breaches
    assert not any("hush" in breach.text for breach in breaches)

"""Payloads made of the JSON schemas, and where each value of a payload stands in its schema."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from matrix.schemas import Part, schema

DEEPEST: Final = 12
TEXTS: Final = {"date-time": "$NOW", "uri": "https://csms.example/x"}

Schema = dict[str, Any]
Steps = tuple[str | int, ...]


class Place(NamedTuple):
    """A value in a payload, and what its schema says of it; `is_required` where its parent needs it."""

    steps: Steps
    value: Any
    schema: Schema
    is_required: bool


@cache
def example(version: str, action: str, part: Part, *, full: bool = False) -> dict[str, Any]:
    """Return a payload that fits its schema: what is required, or (`full`) every field but customData.

    Timestamps are `$NOW`, as drawings have them. It is shared: copy it before you change it.

    Raises:
        ValueError: there is no such schema.
    """
    root = schema(version, action, part)
    if root is None:
        raise ValueError(f"there is no schema for the {part} of {action} in {version}")
    made: dict[str, Any] = _made(root, root, full=full, depth=DEEPEST)
    return made


def places(payload: Any, version: str, action: str, part: Part) -> Iterator[Place]:
    """Yield every value of a payload that its schema knows, the payload itself first."""
    root = schema(version, action, part)
    if root is not None:
        yield from _places(payload, root, root, (), is_required=True)


def _places(value: Any, node: Schema, root: Schema, steps: Steps, *, is_required: bool) -> Iterator[Place]:
    node = resolved(node, root)
    yield Place(steps, value, node, is_required)
    if isinstance(value, dict):
        required, fields = node.get("required", ()), node.get("properties", {})
        for name, each in value.items():
            if name in fields and name != "customData":
                yield from _places(each, fields[name], root, (*steps, name), is_required=name in required)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, node.get("items", {}), root, (*steps, number), is_required=False)


def resolved(node: Schema, root: Schema) -> Schema:
    """Return a node of a schema, or the definition that it refers to."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found: Schema = root["definitions"][reference.rpartition("/")[2]]
    return found


def _made(node: Schema, root: Schema, *, full: bool, depth: int) -> Any:
    node = resolved(node, root)
    match node.get("type"):
        case "object":
            return _object(node, root, full=full and depth > 0, depth=depth)
        case "array":
            return [_made(node["items"], root, full=full, depth=depth - 1)] * max(node.get("minItems", 1), 1)
        case "string":
            return _text(node)
        case "boolean":
            return False
        case "integer" | "number":
            return max(node.get("minimum", 0), 0)
        case _:
            return "anything"


def _object(node: Schema, root: Schema, *, full: bool, depth: int) -> dict[str, Any]:
    wanted = node.get("properties", {}) if full else node.get("required", ())
    fields = node.get("properties", {})
    return {name: _made(fields[name], root, full=full, depth=depth - 1) for name in wanted if name != "customData"}


def _text(node: Schema) -> str:
    if "enum" in node:
        chosen: str = node["enum"][0]
        return chosen
    longest = node.get("maxLength", 8)
    return str(TEXTS.get(node.get("format", ""), "x"))[:longest] if "format" in node else "x"[:longest]

"""Fields of payloads, whatever a peer put there: the value where it has the type that is asked for, else nothing."""

from typing import Any

from matrix.safe import safe

Payload = dict[str, Any]


def dig(payload: Any, *path: str) -> Any:
    """Return what stands at a path of objects; None where there is nothing."""
    for name in path:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(name)
    return payload


def text(payload: Any, *path: str) -> str | None:
    """Return the string at a path."""
    value = dig(payload, *path)
    return value if isinstance(value, str) else None


def integer(payload: Any, *path: str) -> int | None:
    """Return the integer at a path; true and false are none."""
    value = dig(payload, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(payload: Any, *path: str) -> float | None:
    """Return the number at a path."""
    value = dig(payload, *path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def objects(payload: Any, *path: str) -> list[Payload]:
    """Return the objects in the array at a path; [] where there is no array."""
    value = dig(payload, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def said(value: object) -> str:
    """Return a peer's value for a sentence."""
    return f'"{safe(value, 60)}"' if isinstance(value, str) else safe(str(value), 60)

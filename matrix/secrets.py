"""What peers say, without the passwords in it: for screens, tables and exports. The recording keeps what was spoken.

It works on the text, not on what a parser makes of it: everything else stays as it was spoken, and a text that breaks a
rule is masked too. Names decide, in any message of any version: a payload that fits no schema may hold a password.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import orjson

from matrix.safe import safe
from matrix.spans import Container, Scan, Value, decoded
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode

HIDDEN: Final = "***"
"""What stands for a secret."""
LONGEST: Final = 1_000_000
"""Characters of a text that is looked through; a longer one that names a secret is hidden as a whole."""
LOOKED_AT: Final = 1_000
"""Characters of a peer's text that are looked through where a sentence quotes it, which shows fewer."""
DEEPEST: Final = 3
"""JSON in a string in JSON is looked through so many times."""

_NAME: Final = (
    r"passw|passphrase|secret|private_?key|authorizationkey|keycode|simpin|(?<![a-z])(?:psk|pin)(?![a-z])|(?-i:Pin)(?![a-z])"
    r"|(?:access|auth|refresh|bearer|api)[_-]?(?:token|key)(?![a-z])"
)
_SECRET_NAME: Final = re.compile(_NAME, re.IGNORECASE | re.ASCII)
_SECRET_TYPE: Final = re.compile(r"keycode|pin|passw", re.IGNORECASE | re.ASCII)
_SUSPECT: Final = (
    "passw", "passphrase", "secret", "private", "authorizationkey", "keycode", "psk", "pin", "token", "sig", "vpn",
    "://", ":\\/", "\\u00",
    *(f"{word}{dash}key" for word in ("access", "auth", "refresh", "bearer", "api") for dash in ("", "_", "-")),
)  # fmt: skip
"""Whatever is masked holds one of these: nearly all messages hold none, and are let through at once."""
_COUPLED: Final = re.compile(r"idtoken|value", re.IGNORECASE)
"""Fields that are secret or not by what stands beside them, which may be cut off."""
_VALUES: Final = ("value", "attributevalue", "actualvalue")

_USERINFO: Final = re.compile(r"(?P<before>://(?:[^/?#\s:@]*:)?)[^/?#\s]*(?=@)")
_WORD: Final = re.compile(
    rf"(?P<name>[\w.-]*(?:{_NAME}|signature|(?<![a-z])sig(?![a-z])|token)[\w.-]*[\"']?\s*(?:[:=]|\bis\b)\s*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)",
    re.IGNORECASE | re.ASCII,
)
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def masked(text: str, *, cut: bool = False) -> str:
    """Return a message's text with every secret in it replaced; never raises, whatever the text.

    `cut` says that the text is the start of a longer one: then a field that would be secret beside another that cannot
    be seen is replaced too. A text that is no JSON and names a secret is hidden as a whole.
    """
    return _masked(text, cut=cut, depth=0)


def masked_words(text: str) -> str:
    """Return a sentence without what looks like a secret in it: passwords in URLs, what follows `password:`."""
    if not _is_suspect(text):
        return text
    text = _USERINFO.sub(rf"\g<before>{HIDDEN}", text)
    if "PRIVATE KEY" in text:
        return HIDDEN
    text = _WORD.sub(rf"\g<name>{HIDDEN}", text)
    if _SECRET_NAME.search(text) and " " in text:
        return _QUOTED.sub(_without_content, text)
    return text


def told(text: str, limit: int) -> str:
    """Return what a peer said as a sentence may quote it: without secrets, safe for a screen, at most `limit` long."""
    return safe(masked_words(text[:LOOKED_AT]), limit)


def masked_frame(frame: Frame, *, cut: bool = False) -> Frame:
    """Return a frame as it may be shown. Of a fragment nothing is: a secret may be cut in two by it."""
    payload = frame.payload
    if frame.opcode >= FIRST_CONTROL_OPCODE:
        shown = _masked_control(payload)
    elif not frame.fin or frame.opcode == Opcode.CONTINUATION:
        shown = f"{HIDDEN} ({len(payload)} of a message in fragments)" if payload else payload
    else:
        shown = masked_payload(payload, cut=cut)
    return frame if shown is payload else msgspec.structs.replace(frame, payload=shown)


def masked_payload(payload: str | bytes, *, cut: bool = False) -> str | bytes:
    """Return a whole message as it may be shown; bytes that name a secret are hidden as a whole."""
    if isinstance(payload, str):
        return masked(payload, cut=cut)
    return _hidden_text(len(payload), "bytes") if _names_a_secret(payload.decode("latin-1")) else payload


def is_secret(payload: Any, pointer: str) -> bool:
    """Tell whether the value that a JSON pointer leads to is a secret, or holds one."""
    try:
        text = orjson.dumps(payload).decode()
    except orjson.JSONEncodeError:
        return True
    if not _is_suspect(text):
        return False
    shown: Any = orjson.loads(masked(text))
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            payload, shown = (each[int(name)] if isinstance(each, list) else each[name] for each in (payload, shown))
        except (LookupError, TypeError, ValueError):
            return bool(shown == HIDDEN)
    return bool(payload != shown)


def _is_suspect(text: str) -> bool:
    small = text.lower()
    return any(word in small for word in _SUSPECT)


def _masked_control(payload: str | bytes) -> str | bytes:
    """Mask the words of a close frame, behind its code, or of a ping."""
    if isinstance(payload, str):
        return masked_words(payload)
    words = payload.decode("latin-1")
    shown = masked_words(words)
    return payload if shown == words else shown.encode("latin-1", "replace")


def _masked(text: str, *, cut: bool, depth: int) -> str:
    if not _is_suspect(text) and not (cut and _COUPLED.search(text)):
        return text
    if len(text) > LONGEST or depth > DEEPEST:
        return _hidden_text(len(text), "characters")
    scan = Scan(text)
    if scan.is_broken:
        return _hidden_text(len(text), "characters that are not JSON") if _names_a_secret(text) else text
    return _with_masks(text, scan, cut=cut, depth=depth)


def _with_masks(text: str, scan: Scan, *, cut: bool, depth: int) -> str:
    spans = {(value.start, value.end) for container in scan.containers for value in _secrets_of(container, cut=cut)}
    pieces, at = [], 0
    strings = ((*span, "") for span in scan.strings)
    for start, end, shown in sorted(
        [*((*span, f'"{HIDDEN}"') for span in spans), *strings], key=lambda s: (s[0], -s[1])
    ):
        if start < at:
            continue
        said = text[start:end]
        pieces += [text[at:start], shown or _masked_string(said, cut=cut, depth=depth)]
        at = end
    return "".join([*pieces, text[at:]])


def _secrets_of(found: Container, *, cut: bool) -> Iterator[Value]:
    """Yield the values of an object that may not be shown."""
    unsure = cut and not found.is_closed
    for name, values in found.members.items():
        if _SECRET_NAME.search(name):
            yield from values
    for vpn in found.members.get("vpn", ()):
        if vpn.inner is not None:
            yield from vpn.inner.members.get("key", ())
    for name in ("idtoken", "additionalidtoken"):  # 2.x, C04.FR.04: a keyCode is shown to nobody
        kind = found.text("type")
        if (kind is None and unsure) or (kind is not None and _SECRET_TYPE.search(kind)):
            yield from (value for value in found.members.get(name, ()) if value.inner is None)
    if _is_about_a_secret(found, unsure=unsure):
        for name in _VALUES:
            yield from found.members.get(name, ())
        yield from found.members.get("variableattribute", ())


def _is_about_a_secret(found: Container, *, unsure: bool) -> bool:
    """Tell whether an object names a configuration key (1.6) or a variable (2.x) whose value is a secret."""
    named = [found.text("key")]
    named += [value.inner.text("name") or value.text for value in found.members.get("variable", ()) if value.inner]
    named += [value.text for value in found.members.get("variable", ()) if not value.inner]
    known = [name for name in named if name is not None]
    return any(map(_SECRET_NAME.search, known)) if known else unsure


def _masked_string(token: str, *, cut: bool, depth: int) -> str:
    """Mask what a string holds: URLs with passwords, JSON, a sentence."""
    if not _is_suspect(token):
        return token
    text = decoded(token)
    if text is None:
        return f'"{HIDDEN}'
    is_json = text.lstrip()[:1] in ("{", "[")
    shown = _masked(text, cut=cut, depth=depth + 1) if is_json else masked_words(text)
    return token if shown == text else json.dumps(shown, ensure_ascii=False)


def _names_a_secret(text: str) -> bool:
    return bool(_SECRET_NAME.search(text) or _USERINFO.search(text) or "PRIVATE KEY" in text or "\\u00" in text)


def _without_content(match: re.Match[str]) -> str:
    quoted = match[1] if match[1] is not None else match[2]
    is_name = quoted.isidentifier() and _SECRET_NAME.search(quoted)
    return match[0] if is_name else f"'{HIDDEN}'"


def _hidden_text(length: int, what: str) -> str:
    return f"{HIDDEN} ({length} {what}, hidden because they name a secret)"

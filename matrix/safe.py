"""The one boundary between what peers send and what people see.

Everything that came from a peer and is shown, exported or logged goes through `safe`: no control code, no bidirectional
override, no lone surrogate reaches a terminal, a page, a table or a file name.
"""

import re
from typing import Final

_UNSAFE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: ESC and the 8-bit CSI among them
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidirectional controls
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb"  # variation selectors, byte order mark, interlinear annotation
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff"  # lone surrogates
    "]"
)
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str, limit: int | None = None) -> str:
    r"""Return `text` with every character that could act on a screen escaped: `\x1b`, `\u202e`, `\n`.

    With a limit, what is longer is cut to that many characters, the last of them an ellipsis.
    """
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_json(text: str) -> str:
    r"""Return the same JSON, with every character in it that could act on a screen as a JSON escape.

    Line ends stay: they are JSON's own white space.
    """
    return _UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\n":
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def safe_cell(text: str) -> str:
    """Return `text` safe for a cell of a spreadsheet too: what would start a formula is quoted."""
    text = safe(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def safe_file_name(text: str) -> str:
    """Return a file name made of `text`: letters, digits, `-`, `_` and `.`, never empty, never hidden, 80 at most."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:80]
    return name or "unnamed"

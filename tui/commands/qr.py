"""A participant's link to their own view of the hub's page, and the QR code that leads there."""

import os
import re
from pathlib import Path
from typing import Final

from yarl import URL

from hub.access.tokens import MOVES_PREFIX, PREFIX
from hub.errors import HubError
from hub.page.entrance import PATH

SCHEMES: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
BORDER: Final = 4
"""Light modules around a code, as ISO/IEC 18004 asks for."""
SCALE: Final = 8
"""Pixels of a module in a picture."""
INK: Final = "\x1b[30;107m"
"""Black on white, whatever the terminal's colours are: a code the other way around is not read by every camera."""
PLAIN: Final = "\x1b[0m"
BLOCKS: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
TO_MOVE_WITH: Final = (
    "this token moves stations, and whoever sees a link or its code may look, and no more: make a link of another token"
    " (`plugfest tokens add NAME --role organizer --hub URL`)"
)
_TOKEN: Final = re.compile(f"{PREFIX}[A-Za-z0-9_-]{{16,128}}")


class QrError(HubError):
    """There is no such link, or its code cannot be written; the message names the value."""


def page_link(hub: str, token: str) -> str:
    """Return the link to what a token lets somebody see on the page of a hub, given by its URL.

    The token stands behind the #, which no browser sends anywhere.

    Raises:
        QrError: it is no URL of a hub, no token, or one that moves stations.
    """
    if not _TOKEN.fullmatch(token):
        raise QrError(f"this is no token: one begins with {PREFIX!r}, as `plugfest tokens add` prints it")
    if token.startswith(MOVES_PREFIX):
        raise QrError(TO_MOVE_WITH)
    try:
        url = URL(hub)
        origin = url.with_scheme(SCHEMES[url.scheme]).origin()
    except (KeyError, ValueError) as exc:
        raise QrError(f"{hub!r} is not the URL of a hub: https://HOST, or http://HOST:PORT") from exc
    return f"{origin}{PATH}#{token}"


def drawn(link: str) -> str:
    """Return a link as a QR code for a terminal: two modules in a character, some 50 columns and 25 lines."""
    rows = _modules(link)
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    lines = ["".join(BLOCKS[pair] for pair in zip(*rows[at : at + 2], strict=True)) for at in range(0, len(rows), 2)]
    return "\n".join(f"{INK}{line}{PLAIN}" for line in lines)


def write_svg(link: str, path: Path) -> None:
    """Write a link as a QR code in SVG, readable by its owner only: whoever has the code has the token.

    Raises:
        QrError: there is a file already, or it cannot be written.
    """
    import segno

    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            segno.make_qr(link).save(file, kind="svg", scale=SCALE, border=BORDER, light="#fff")
    except FileExistsError:
        raise QrError(f"there is a file at {str(path)!r} already; it was left alone") from None
    except OSError as exc:
        raise QrError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc


def _modules(link: str) -> list[list[int]]:
    """Return the modules of a code row by row, 1 where one is dark, with the light ones around it."""
    import segno

    return [[int(bool(module)) for module in row] for row in segno.make_qr(link).matrix_iter(border=BORDER)]

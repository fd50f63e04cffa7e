"""What `plugfest export` writes for other programs to read: of it no recording can be made again."""

import re
from typing import Final

from hub.exports.table import HEADING
from hub.imports.entries import ImportLogError
from hub.imports.tables import columns

_OBJECT: Final = re.compile(r'\s{0,8}\{"item":"(?:opened|frame|disturbed|closed)","time":"')


def check_comes_back(first_line: str, name: str) -> None:
    """Refuse an export that looks like a log, by its first line: its sessions would be mixed, and its gaps unseen.

    Raises:
        ImportLogError: it is one.
    """
    format_ = "csv" if (*columns(first_line[:1_000]),) == HEADING else "jsonl" if _OBJECT.match(first_line) else ""
    if format_:
        raise ImportLogError(
            f"{name!r} is what `plugfest export --as {format_}` writes, which cannot be made into a recording again:"
            " import what --as session, --as har or --as trace writes"
        )

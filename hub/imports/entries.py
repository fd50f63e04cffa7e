"""What a line of a log holds."""

from enum import Enum, auto
from typing import Final

import msgspec

from hub.errors import HubError
from hub.imports.stamps import Stamp
from matrix.trace import Side

LONGEST_IDENTITY: Final = 512
"""Characters of a station's name that are kept; a longer one is no name."""


class ImportLogError(HubError):
    """A log cannot be imported at all; the message says why."""


class LineError(Exception):
    """A line should hold a message and cannot be read; the message says why, without naming the line."""


class Way(Enum):
    """Which way a message went, as seen by whoever wrote the log."""

    OUT = auto()
    IN = auto()


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message. `text` is OCPP-J; whatever else the line does not tell is None or "".

    `side` is who sent it, `way` the same as seen by the writer of the log. `identity` is the station's, `link` the
    log's own name for the connection, `version` the OCPP version as the log writes it. `csms` is the CSMS's name, and
    `is_last` says that the connection has no message after this one: what our own exports tell.
    """

    text: str
    at: Stamp | None = None
    side: Side | None = None
    way: Way | None = None
    identity: str = ""
    link: str = ""
    version: str = ""
    csms: str = ""
    is_last: bool = False


class HungUp(msgspec.Struct, frozen=True, kw_only=True):
    """A line that tells of the end of a connection, in its own words."""

    words: str
    at: Stamp | None = None
    identity: str = ""
    link: str = ""


Entry = Said | HungUp

"""Where messages are imported from: a log, with what its beginning shows of it and what a person says."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hub.imports.entries import Entry
from hub.imports.exported import check_comes_back
from hub.imports.files import first_lines
from hub.imports.formats import Format, format_of, reader_of
from hub.imports.stamps import Zone
from hub.imports.survey import Survey, survey
from matrix.trace import Clock, Side


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of logs that they do not say themselves; each may be left open.

    `identity` is the station's, `version` the OCPP version, `writer` the side that wrote a log, `zone` its time zone.
    """

    format: Format | None = None
    identity: str = ""
    version: str = ""
    writer: Side | None = None
    zone: Zone | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A log. `read` makes an entry of a line of it."""

    path: Path
    told: Told
    format: Format
    read: Callable[[str], Entry | None]
    survey: Survey

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def origin(self) -> str:
        return f"{self.name} ({self.format})"

    @property
    def clock(self) -> Clock | None:
        """What its times are worth."""
        clock = self.survey.clock
        return None if self.told.zone is not None and clock is not Clock.NONE else clock


def source_at(path: Path, told: Told) -> Source:
    """Look at the beginning of a log.

    Raises:
        ImportLogError: it cannot be read, its format is not recognised, or is an export that cannot come back.
    """
    first_line = next(islice(first_lines(path), 1), "")
    check_comes_back(first_line, path.name)
    format_ = told.format or format_of(first_lines(path), path.name)
    read = reader_of(format_, first_line)
    return Source(path, told, format_, read, survey(first_lines(path), read, format_, path.name))

"""Sessions of a recording into files: which formats there are, and where they go."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from hub.exports.contents import Contents
from hub.exports.har import har
from hub.exports.lines import jsonl
from hub.exports.mermaid import mermaid
from hub.exports.new_file import ExportError, check_place, new_file
from hub.exports.pcapng import pcapng
from hub.exports.svg import svg
from hub.exports.table import table
from hub.exports.trace import trace
from hub.session_file import session_bytes
from matrix.safe import safe_file_name
from matrix.secrets import masked_payload
from matrix.trace import Frame, Opcode, Session


class Format(StrEnum):
    """What a recording can be exported as."""

    SESSION = "session"
    TRACE = "trace"
    HAR = "har"
    PCAPNG = "pcapng"
    CSV = "csv"
    JSONL = "jsonl"
    MERMAID = "mermaid"
    SVG = "svg"


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: the end of its files' names, how it is written, and what else is so about it.

    `is_apart` where a file holds one session, `is_binary` where it is nothing for a terminal, `is_judged` where it
    tells what the judge found.
    """

    suffix: str
    write: Callable[[Contents], Iterable[bytes]]
    is_apart: bool = False
    is_binary: bool = False
    is_judged: bool = True


def session_file(contents: Contents) -> Iterator[bytes]:
    """Yield the bytes of a `.session` file."""
    for head, parts in contents.apart():
        yield from session_bytes(head, parts)


KINDS: Final = {
    Format.SESSION: Kind("session", session_file, is_apart=True, is_binary=True, is_judged=False),
    Format.TRACE: Kind("jsonl", trace, is_judged=False),
    Format.HAR: Kind("har", har),
    Format.PCAPNG: Kind("pcapng", pcapng, is_binary=True),
    Format.CSV: Kind("csv", table),
    Format.JSONL: Kind("jsonl", jsonl),
    Format.MERMAID: Kind("mmd", mermaid, is_apart=True),
    Format.SVG: Kind("svg", svg, is_apart=True),
}


def check_secrets(contents: Contents) -> None:
    """Look whether sessions can be handed on as they were recorded.

    Raises:
        ExportError: there are secrets in them, which nobody has asked for.
    """
    for head, parts in () if contents.with_secrets else contents.apart():
        for part in parts:
            if isinstance(part, Frame) and _tells_a_secret(contents, part):
                raise ExportError(
                    f"session {head.session.id} holds secrets as they were spoken (frame {part.id} is the first), and a"
                    " session file leaves nothing out: --with-secrets keeps them in it"
                )


def _tells_a_secret(contents: Contents, frame: Frame) -> bool:
    """Tell whether a frame holds a secret; a fragment of which the rest is missing, whether it holds one alone."""
    is_apart = frame.opcode == Opcode.CONTINUATION and contents.fragments.payload(frame) is None
    shown = masked_payload(frame.payload) if is_apart else contents.shown(frame).payload
    return shown != frame.payload


def export_to(contents: Contents, format_: Format, path: Path, *, over: bool) -> None:
    """Write one file with all sessions.

    Raises:
        ExportError: it cannot be written, or (unless `over`) there is something under that name.
        RecordingError: the recording cannot be read.
    """
    with new_file(path, over=over) as file:
        for chunk in KINDS[format_].write(contents):
            file.write(chunk)


def export_into(contents: Contents, format_: Format, folder: Path, *, over: bool) -> list[Path]:
    """Write a file for each session into a folder, which is made if there is none; return them.

    Raises:
        ExportError: one cannot be written, or (unless `over`) there is something under its name: then none is.
        RecordingError: the recording cannot be read.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as exc:
        raise ExportError(f"{str(folder)!r} cannot be made a folder to write into: {exc.strerror}") from exc
    paths = {number: folder / file_name(session, format_) for number, session in contents.sessions.items()}
    for path in paths.values():
        check_place(path, over=over)
    for number, path in paths.items():
        export_to(contents.one(number), format_, path, over=over)
    return [*paths.values()]


def file_name(session: Session, format_: Format) -> str:
    """Return the name of a session's file: `4-CS001-acme.svg`."""
    return f"{safe_file_name(f'{session.id}-{session.identity}-{session.csms}')}.{KINDS[format_].suffix}"

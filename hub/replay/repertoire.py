"""Which recorded sessions are played, and which part of them: scripts out of a recording."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.errors import HubError
from hub.recording.reading import Recording
from hub.session_file import read_session
from hub.session_records import is_session_file
from matrix.moments import moment
from matrix.replay.scribe import script_of
from matrix.replay.script import Extract, Kind, Script
from matrix.trace import Frame, Session, Side

_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNITS: Final = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
FAR: Final = 2**63 - 1


class RepertoireError(HubError):
    """What is asked for cannot be played; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is asked for, as it was typed: `sessions` are all where none is named; times are lengths or moments."""

    sessions: Sequence[int] = ()
    side: Side = Side.STATION
    since: str | None = None
    until: str | None = None
    only: Collection[str] = ()
    skip: Collection[str] = ()

    @property
    def is_of_whole_sessions(self) -> bool:
        """True where sessions are named, and nothing of them is left out: then their handshake alone is played, too."""
        return bool(self.sessions) and not (self.since or self.until or self.only or self.skip)


def scripts_of(path: Path, choice: Choice, called: Path | None = None) -> list[Script]:
    """Return the scripts of the chosen sessions of a recording or session file, in the order of their opening.

    `called` is as in `Recording.open`.

    Raises:
        HubError: the recording cannot be read, or has no such session, or nothing of it can be played.
    """
    if is_session_file(path):
        scripts = _scripts([_in_session_file(path, choice)], choice)
    else:
        with Recording.open(path, called=called) as recording:
            chosen = _chosen(recording, choice)
            scripts = _scripts([(each, recording.frames(each.id)) for each in chosen], choice)
    if playable := [script for script in scripts if choice.is_of_whole_sessions or _has_something(script)]:
        return playable
    raise RepertoireError(f"there is nothing of {choice.side.label} to play: {_why_nothing(choice)}")


def _scripts(recorded: Sequence[tuple[Session, Iterable[Frame]]], choice: Choice) -> list[Script]:
    begins_at = min((session.answered_at or session.opened_at for session, _ in recorded), default=0)
    extract = Extract(
        since=_moment(choice.since, "--from", begins_at, 0),
        until=_moment(choice.until, "--until", begins_at, FAR),
        only=frozenset(choice.only),
        skip=frozenset(choice.skip),
    )
    return [script_of(session, frames, choice.side, extract) for session, frames in recorded]


def _in_session_file(path: Path, choice: Choice) -> tuple[Session, Iterable[Frame]]:
    """Return the one session of a session file."""
    file = read_session(path)
    if choice.sessions and [*choice.sessions] != [file.session.id]:
        raise RepertoireError(f"{str(path)!r} holds session {file.session.id} alone")
    _check_open(file.session)
    return file.session, file.frames


def _chosen(recording: Recording, choice: Choice) -> list[Session]:
    if not choice.sessions:
        return sorted((each for each in recording.sessions() if each.upgraded), key=lambda each: each.opened_at)
    found = [recording.session(number) for number in dict.fromkeys(choice.sessions)]
    for session in found:
        _check_open(session)
    return sorted(found, key=lambda each: each.opened_at)


def _check_open(session: Session) -> None:
    if not session.upgraded:
        said = session.fault or f"{session.status} {session.reason}"
        raise RepertoireError(f"session {session.id} was never open, and holds nothing to play: {said}")


def _has_something(script: Script) -> bool:
    return bool(script.cues) or any(step.kind not in (Kind.CLOSE, Kind.WAIT, Kind.DROP) for step in script.steps)


def _why_nothing(choice: Choice) -> str:
    if choice.only or choice.skip:
        return "no message is left by --only and --skip"
    if choice.since or choice.until:
        return "no message is between --from and --until"
    return "no message was recorded"


def is_time(text: str) -> bool:
    """Tell whether a text is a length of time or a moment, as the beginning and the end of a part may be given."""
    return bool(_LENGTH.fullmatch(text)) or moment(text) is not None


def _moment(text: str | None, option: str, begins_at: int, default: int) -> int:
    """Read a length of time since the beginning, `90s` or `5m`, or a moment of RFC 3339."""
    if text is None:
        return default
    if match := _LENGTH.fullmatch(text):
        return begins_at + int(float(match[1]) * _UNITS[match[2] or "s"])
    if (found := moment(text)) is not None:
        return found.ns
    raise RepertoireError(
        f"{option} wants a time since the beginning (90s, 5m, 1h) or a moment of RFC 3339, got {text!r}"
    )

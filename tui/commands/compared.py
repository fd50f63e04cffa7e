"""What is compared: recordings and sessions of them, as they are named, opened and judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.errors import HubError
from hub.recording.reading import Recording
from matrix.comparing.couples import Couple
from matrix.judgement import Judgement
from matrix.policy import AS_WRITTEN, Policy
from matrix.trace import Session
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all


class CompareError(HubError):
    """There is nothing to compare; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recording to compare, or one session of it."""

    path: Path
    session: int | None = None

    @classmethod
    def of(cls, text: str) -> "Source":
        """Read `RECORDING` or `RECORDING#SESSION`; a file whose name has a # in it is a recording, if it is there.

        Raises:
            CompareError: what follows the # is no number.
        """
        path, mark, number = text.rpartition("#")
        if not mark or Path(text).exists():
            return cls(Path(text))
        if not number.isdecimal():
            raise CompareError(f"{number!r} is no session's number, in {text!r}")
        return cls(Path(path), int(number))


@dataclass(frozen=True, slots=True)
class Judged:
    """A recording that is open, judged, with the sessions of it that are compared."""

    source: Source
    recording: Recording
    judgement: Judgement
    sessions: list[Session]


def opened(
    source: Source, recording: Recording, policy: Policy = AS_WRITTEN, jobs: int | None = None,
    judgement: Judgement | None = None,
) -> Judged:  # fmt: skip
    """Judge a recording, unless it was, and say which of its sessions are compared.

    Raises:
        CompareError: it has no session.
        RecordingError: it cannot be read, or has no session of that number.
    """
    sessions = recording.sessions() if source.session is None else [recording.session(source.session)]
    if not sessions:
        raise CompareError(f"{str(source.path)!r} holds no session")
    return Judged(source, recording, judgement or judge_all(recording, policy, jobs=jobs), sessions)


def links(path: Path, before: Judged, after: Judged) -> dict[int, int]:
    """Return which sessions were played from which of a recording, where that is the one and the same.

    A redacted replay does not name it: then the session's number and time are enough.
    """
    opened_at = {session.id: session.opened_at for session in before.sessions}
    return {
        number: each.origin
        for number, each in after.recording.replays().items()
        if Path(each.recording).name in ("", path.name) and opened_at.get(each.origin) == each.origin_at
    }


def with_played(couples: Sequence[Couple], before: Recording, after: Recording) -> list[Couple]:
    """Return the same couples, with the side that `plugfest replay` was in them."""
    replays = before.replays(), after.replays()
    found: list[Couple] = []
    for couple in couples:
        sides = [some[each.id].side for some, each in zip(replays, couple[:2], strict=True) if each and each.id in some]
        found.append(couple._replace(played=sides[-1] if sides else None))
    return found


def origin_of(replay: Source) -> Source:
    """Return the recording that a replay was played from: it has to be beside it, or here.

    Raises:
        CompareError: it was not played from one, or that is not there.
        RecordingError: the replay cannot be read.
    """
    with readable_recording(replay.path) as recording:
        replays = recording.replays()
    wanted = {each.recording for number, each in replays.items() if replay.session in (None, number)}
    if len(wanted) != 1:
        why = f"was played from {len(wanted)} recordings" if wanted else "is no replay"
        raise CompareError(f"{str(replay.path)!r} {why}: name what to compare it with")
    (name,) = wanted
    if not name:
        raise CompareError(f"{str(replay.path)!r} is a copy that does not say from what it was played: name that, too")
    for folder in (replay.path.parent, Path()):
        if (folder / Path(name).name).is_file():
            return Source(folder / Path(name).name)
    raise CompareError(f"{str(replay.path)!r} was played from {name!r}, which is neither beside it nor here")

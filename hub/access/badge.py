"""The badge: what a program shows to prove that it is on the hub's own machine, and run by the hub's own user (ADR 32).

An address proves nothing: a proxy on that machine may pass on what strangers send, and say nothing of it. So each run
of a hub has a secret, in a file beside its recording that only its user can read. For programs that know the hub's URL
and no more, a folder of that user says which recording the hub at a port writes to.
"""

import asyncio
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yarl import URL

from hub.access.nearness import FIELD, OWN_NAMES, is_loopback
from hub.access.tokens import PREFIX
from hub.data_folder import data_folder
from hub.errors import HubError

VARIABLE: Final = "PLUGFEST_BADGE"
"""Has the badge where its file is on another machine, whose port is forwarded to this one (ssh -L)."""
SECRET_BYTES: Final = 16
LOOK_S: Final = 1.0
LONGEST: Final = 65_536
ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what is read, not listened on
"""What a hub that listens everywhere is reached at from its own machine."""


class BadgeError(HubError):
    """A badge cannot be laid down; the message says where and why."""


def new_badge() -> str:
    """Return a badge for one run of a hub: a later one has another, so that a forgotten file is good for nothing."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def badge_path_of(recording: Path) -> Path:
    """Return where the badge of the hub is that writes to a recording."""
    return recording.with_name(f"{recording.name}.badge")


@dataclass(frozen=True, slots=True)
class Badge:
    """The badge of a running hub, and the URLs of its doors, by address: it is shown nowhere else."""

    secret: str = field(repr=False)
    doors: tuple[URL, ...]

    def lay_down(self, recording: Path) -> None:
        """Put the badge beside the recording, and a note of where that is under the doors' ports.

        Raises:
            BadgeError: one of both cannot be written.
        """
        lines = [self.secret, *map(str, self.doors)]
        _write(badge_path_of(recording), "\n".join([*lines, ""]))
        for note in _notes_of(self.doors):
            with suppress(OSError):  # else it cannot be written, which says more
                note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(note, str(recording.absolute()))

    async def follow(self, recording: Path) -> None:
        """Lay the badge down, and again where it was removed, or could not be laid down before, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(BadgeError):  # it was said at the start
                await asyncio.to_thread(self._lay_down_again, recording)

    def _lay_down_again(self, recording: Path) -> None:
        if not badge_path_of(recording).exists():  # never over that of another hub
            self.lay_down(recording)

    def take_away(self, recording: Path) -> None:
        """Remove what was laid down, but not what a later hub has put in its place."""
        if badge_beside(recording) == self:
            _remove(badge_path_of(recording))
        for note in _notes_of(self.doors):
            if _text_of(note) == str(recording.absolute()):
                _remove(note)


def badge_beside(recording: Path) -> Badge | None:
    """Return the badge beside a recording; None where there is none, or where we may not read it."""
    secret, *doors = _text_of(badge_path_of(recording)).splitlines() or [""]
    try:
        return Badge(secret, tuple(map(URL, doors))) if secret.startswith(PREFIX) else None
    except ValueError:
        return None


def approach(url: URL, recording: Path | None = None) -> tuple[URL, dict[str, str]]:
    """Return where a hub is asked, and the field that shows it its badge: none, where we have none for it.

    `recording` is what the hub writes to, where that is known. A name of this machine is replaced by the address that
    the hub listens at: at another one of the name's addresses, another user's program might listen.
    """
    if not _is_here(url):
        return url, {}
    if given := os.environ.get(VARIABLE):
        return url, {FIELD: given}
    recording = recording or _recording_at(url)
    found = badge_beside(recording) if recording else None
    for door in found.doors if found else ():
        if found and (met := _met_at(url, door)):
            return met, {FIELD: found.secret}
    return url, {}


def _met_at(url: URL, door: URL) -> URL | None:
    """Return where a URL of this machine meets a door; None where it leads to another one."""
    if url.port != door.port or _is_tls(url) != _is_tls(door):
        return None
    host, listens_at = url.host or "", door.host or ""
    if host in OWN_NAMES:  # by TLS, the certificate is for the name, and proves whose it is
        return url if _is_tls(url) else url.with_host(ANYWHERE.get(listens_at, listens_at))
    is_everywhere = listens_at in ANYWHERE and (":" in host) == (":" in listens_at)
    return url if host == listens_at or is_everywhere else None


def _is_here(url: URL) -> bool:
    return url.host in OWN_NAMES or is_loopback(url.host or "")


def _is_tls(url: URL) -> bool:
    return url.scheme in ("wss", "https")


def _recording_at(url: URL) -> Path | None:
    """Return what the hub at a port of this machine writes to, where it is one of our own user's."""
    noted = [_text_of(note) for note in _notes_of([url])]
    return Path(noted[0]) if any(noted) else None


def _notes_of(doors: Iterable[URL]) -> list[Path]:
    """Return where it is noted which recording the hub at a port writes to; nowhere, where the user has no home."""
    try:
        folder = data_folder() / "hubs"
    except RuntimeError:
        return []
    return [folder / str(door.port) for door in doors]


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read; whatever was there, also a link to elsewhere, is replaced."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        fresh.replace(path)
    except OSError as exc:
        _remove(fresh)
        raise BadgeError(f"the hub's badge cannot be put at {str(path)!r}: {exc.strerror}") from exc


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode("utf-8", "surrogateescape").strip()
    except OSError:
        return ""

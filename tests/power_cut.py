"""A disk that loses its power: what a file holds afterwards, sector by sector.

A SQLite VFS of APSW's. Everything is written through to real files, which is what the running process sees. What a
power cut would leave is kept beside: what was synced, and of what was written since then a random part, torn between
sectors.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw

SECTOR: Final = 512
NAME: Final = "power-cut"
BENEATH: Final = apsw.vfs_names()[0]


class Platter:
    """One file as the disk has it: what was synced, and what was done since, in order."""

    def __init__(self, synced: bytes) -> None:
        self.synced = synced
        self.since: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        image = bytearray(self.synced)
        for offset, data in self.since:
            _apply(image, offset, data)
        self.synced, self.since = bytes(image), []

    def after_cut(self, chance: random.Random) -> bytes:
        """Return one of the contents that the file may have: each sector written since the last sync, or not."""
        image = bytearray(self.synced)
        share = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        for offset, data in self.since:
            if data is None:
                if chance.random() < share:
                    _apply(image, offset, None)
                continue
            for start, stop in _sectors(offset, len(data)):
                if chance.random() < share:
                    _apply(image, start, data[start - offset : stop - offset])
        return bytes(image)


def _apply(image: bytearray, offset: int, data: bytes | None) -> None:
    """Write, or (None) cut off at the offset."""
    if data is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


def _sectors(offset: int, size: int) -> Iterator[tuple[int, int]]:
    start, end = offset, offset + size
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, stop
        start = stop


class Disk(apsw.VFS):
    """The VFS. `cut_at` holds the numbers of the writes at which the power fails; `cuts` what is left then.

    The power fails in the middle of such a write: it is among those that may or may not have reached the platter. What
    runs goes on, so that one run gives many cuts. `witness` is called at each, and its answer kept with the cut.
    """

    def __init__(self, cut_at: set[int], chance: random.Random) -> None:
        super().__init__(NAME, BENEATH)
        self.platters: dict[str, Platter] = {}
        self.cuts: list[tuple[Any, dict[str, bytes]]] = []
        self.witness: Any = lambda: None
        self.writes = 0
        self._cut_at = cut_at
        self._chance = chance

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - APSW's name
        return DiskFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - APSW's names
        super().xDelete(filename, syncdir)
        self.platters.pop(filename, None)

    def written(self) -> None:
        self.writes += 1
        if self.writes in self._cut_at:
            left = {name: platter.after_cut(self._chance) for name, platter in self.platters.items()}
            self.cuts.append((self.witness(), left))


class DiskFile(apsw.VFSFile):
    """A file whose writes are noted."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__(BENEATH, name, flags)
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._platter = Platter(b"")
        if path:
            known = disk.platters.get(path)
            self._platter = known or Platter(Path(path).read_bytes() if Path(path).exists() else b"")
            disk.platters[path] = self._platter

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - APSW's name
        super().xWrite(data, offset)
        self._platter.since.append((offset, bytes(data)))
        self._disk.written()

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - APSW's name
        super().xTruncate(newsize)
        self._platter.since.append((newsize, None))
        self._disk.written()

    def xSync(self, flags: int) -> None:  # noqa: N802 - APSW's name
        super().xSync(flags)
        self._platter.sync()


@contextmanager
def cut_disk(cut_at: set[int], chance: random.Random) -> Iterator[Disk]:
    """Let SQLite use such a disk for everything that is opened meanwhile."""
    disk = Disk(cut_at, chance)
    apsw.set_default_vfs(NAME)
    try:
        yield disk
    finally:
        apsw.set_default_vfs(BENEATH)
        disk.unregister()

"""A bundle as a folder or a ZIP archive, which has its name only once it is whole and holds nothing it must not."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import orjson

from hub.copying.fresh import link_new
from hub.evidence.bundle import Bundle, EvidenceError
from hub.evidence.chain import chained
from hub.evidence.opening import RECORDING
from hub.evidence.readme import MESSAGES, readme, replay_command
from hub.exports.new_file import private_file
from hub.mirror import keep
from hub.recording.reading import Recording
from hub.recording.writable import PRIVATE, open_for_writing
from hub.redacting.needles import CHUNK, Needles
from hub.redacting.scanning import Sought, scan
from hub.session_file import session_parts, write_session
from matrix.rule import rule_named
from matrix.safe import safe_json

ARCHIVE: Final = ".zip"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file of an archive: the same bundle is the same bytes."""


def write_bundle(bundle: Bundle, to: Path) -> None:
    """Write a bundle to a new folder, or to a new archive where the name ends in .zip.

    Raises:
        EvidenceError: there is something at that place, it cannot be written, or a value is left in it.
    """
    if to.exists() or to.is_symlink():
        raise EvidenceError(f"there is something at {str(to)!r} already: a bundle is a new file or folder")
    with _workshop(to) as folder:
        _fill(folder, bundle)
        if bundle.sought is not None:
            _check_nothing_left(folder, bundle.sought)
        try:
            _hand_over(folder, to)
        except OSError as exc:
            raise EvidenceError(f"{str(to)!r} cannot be written: {exc.strerror or exc}") from exc


def _fill(folder: Path, bundle: Bundle) -> None:
    writable = open_for_writing(folder / RECORDING)
    try:
        keep(writable, bundle.traffic)
    finally:
        writable.close()
    (folder / f"{RECORDING}.lock").unlink(missing_ok=True)
    with Recording.open(folder / RECORDING) as recording:
        for session in recording.sessions():
            with private_file(folder / f"session-{session.id}.session") as file:
                write_session(file, *session_parts(recording, session.id))
    facts = orjson.dumps(_facts(bundle), option=orjson.OPT_INDENT_2).decode()
    for name, text in (
        ("README.md", readme(bundle)),
        (MESSAGES, "".join(chained(bundle.traffic, bundle.recording))),
        ("finding.json", safe_json(facts) + "\n"),
    ):
        with private_file(folder / name) as file:
            file.write(text.encode())


def _facts(bundle: Bundle) -> dict[str, object]:
    rule = rule_named(bundle.finding.rule)
    return {
        "finding": msgspec.to_builtins(bundle.finding),
        "artefacts": msgspec.to_builtins(bundle.artefacts),
        "sentence": rule.sentence,
        "clause": rule.clause,
        "ruleset": bundle.ruleset,
        "policy": None if bundle.regrade is None else bundle.regrade.as_data,
        "recording": bundle.recording,
        "version": bundle.version,
        "station": {"name": bundle.station.name, "version": bundle.station.version},
        "csms": {"name": bundle.csms.name, "version": bundle.csms.version},
        "messages_left_out": bundle.left_out,
        "is_minimal": bundle.is_minimal,
        "is_redacted": bundle.sought is not None,
        "replay": replay_command(bundle),
    }


def _check_nothing_left(folder: Path, sought: Sought) -> None:
    """Look through the recording, whose rows explain what stands there, and then for the rest in all other files."""
    found = scan(folder / RECORDING, sought)
    leaks = [value for value, _ in found.leaks]
    explained = {value for value, _ in found.exceptions}
    needles = Needles(set(sought.telling) - explained)
    for path in sorted(folder.iterdir()):
        if path.name != RECORDING:
            leaks += [hit.value for hit in needles.hits(_chunks(path))]
    if leaks:
        raise EvidenceError(
            f"{len(set(leaks))} values that should be replaced are left in the bundle; it was not written"
        )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _hand_over(folder: Path, to: Path) -> None:
    if to.suffix.lower() != ARCHIVE:
        folder.rename(to)
        return
    made = folder.with_name(f"{folder.name}{ARCHIVE}")
    try:
        _archive(folder, made, to.stem)
        link_new(made, to)
    finally:
        made.unlink(missing_ok=True)


def _archive(folder: Path, made: Path, name: str) -> None:
    with private_file(made) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(f"{name}/{path.name}", _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, PRIVATE << 16
            archive.writestr(entry, path.read_bytes())


@contextmanager
def _workshop(to: Path) -> Iterator[Path]:
    if not to.absolute().parent.is_dir():
        raise EvidenceError(f"there is no folder {str(to.parent)!r} to write a bundle into")
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{to.name}.", suffix=".gathering", dir=to.absolute().parent))
    except OSError as exc:
        raise EvidenceError(f"{str(to)!r} cannot be written: {exc.strerror}") from exc
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

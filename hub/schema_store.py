"""Schemas that do not come with the hub: those of OCPP 2.0, which a user adds once, in a folder of the user's.

They are in releases of the `ocpp` package up to 0.26.0. Nothing of an archive is unpacked: the files that are wanted
are read from it by name, checked, and written under names of our own.
"""

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec
import orjson

from hub.data_folder import data_folder
from hub.errors import HubError
from matrix.dialect import V20, dialect
from matrix.schemas import Part, use_schemas

SOURCE_FILE: Final = "source.json"
INSIDE: Final = "ocpp/v20/schemas/"
"""Where they are in a wheel of the package."""
LARGEST: Final = 256 << 10
"""Bytes of a schema; the largest one of 2.0 has 10 kB."""
LARGEST_WHEEL: Final = 64 << 20
KNOWN_WHEEL: Final = "b176ca520f77434d2434e84aae77b67ce4b45f4e476524a832d0c7b1281483f5"
KNOWN_CONTENT: Final = "0866f3c80759427b756fe70952e56ad940b514032e108b792cc25d7f371f7287"
"""SHA-256 of the wheel of ocpp 0.26.0, and of its schemas of 2.0 (`content_of`)."""
UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, ValueError
)  # fmt: skip
"""What an archive makes of being damaged, encrypted, or packed in a way that Python does not know."""
_BOM: Final = b"\xef\xbb\xbf"
REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_PLACES: Final = ("#/definitions/", "#definitions/")

Names = Mapping[str, bytes]
"""Schema files by name."""


class SchemaError(HubError):
    """Schemas cannot be added or read; the message says which, and why."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The schemas of one version that are there: what they were taken from, and digests (SHA-256, hex) of each file."""

    version: str
    origin: str
    digest: str
    content: str
    files: dict[str, str]

    @property
    def is_known(self) -> bool:
        """True where they are, file for file, those of ocpp 0.26.0."""
        return self.content == KNOWN_CONTENT


def schemas_folder(version: str = V20) -> Path:
    """Return the folder of a version's schemas."""
    return data_folder() / "schemas" / version


def file_name(action: str, part: Part) -> str:
    """Return the name of a schema's file, as the package has it."""
    return f"{action}{'Request' if part is Part.REQUEST else 'Response'}_v1p0.json"


def wanted() -> frozenset[str]:
    """Return the names of all files of 2.0."""
    return frozenset(file_name(action, part) for action in dialect(V20).actions for part in Part)


# -- adding -----------------------------------------------------------------------------------------------------------


def add_schemas(source: Path) -> Stored:
    """Keep the schemas of 2.0 that a wheel of the package, or a folder, holds; they replace those that are there.

    Raises:
        SchemaError: it does not hold them all, they are no schemas, or they cannot be kept.
    """
    try:
        digest, found = _in_folder(source) if source.is_dir() else _in_wheel(source)
    except OSError as exc:
        raise SchemaError(f"{str(source)!r} cannot be read: {exc.strerror}") from exc
    for name, text in sorted(found.items()):
        _check(name, text)
    digests = {name: sha256(text).hexdigest() for name, text in sorted(found.items())}
    stored = Stored(version=V20, origin=source.name, digest=digest, content=content_of(digests), files=digests)
    try:
        _keep(schemas_folder(), found, stored)
    except OSError as exc:
        raise SchemaError(f"the schemas cannot be kept in {str(schemas_folder())!r}: {exc.strerror}") from exc
    return stored


def content_of(digests: Mapping[str, str]) -> str:
    """Return one digest of all files: SHA-256 of their names and digests, a line each."""
    return sha256("".join(f"{name} {digest}\n" for name, digest in sorted(digests.items())).encode()).hexdigest()


def _in_folder(folder: Path) -> tuple[str, Names]:
    """Read the files in a folder, or in the place in it where the package has them."""
    inside = folder / INSIDE
    place = inside if inside.is_dir() else folder
    found = {name: _read_file(place / name) for name in sorted(wanted()) if (place / name).is_file()}
    _check_all(found, str(folder))
    return "", found


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _limited(path.name, file.read(LARGEST + 1))


def _in_wheel(path: Path) -> tuple[str, Names]:
    if not path.is_file():
        raise SchemaError(f"there is neither a wheel nor a folder at {str(path)!r}")
    if path.stat().st_size > LARGEST_WHEEL:
        raise SchemaError(f"{str(path)!r} is larger than {LARGEST_WHEEL >> 20} MiB: it is no wheel of ocpp")
    digest = sha256(path.read_bytes()).hexdigest()
    try:
        with zipfile.ZipFile(path) as wheel:
            there = set(wheel.namelist())
            found = {name: _read(wheel, name) for name in sorted(wanted()) if f"{INSIDE}{name}" in there}
    except UNREADABLE as exc:
        raise SchemaError(f"{str(path)!r} is no wheel that can be read: {exc}") from exc
    _check_all(found, str(path))
    return digest, found


def _read(wheel: zipfile.ZipFile, name: str) -> bytes:
    """Read a file, no more of it than a schema may have: what it unpacks to is not what the archive says."""
    with wheel.open(f"{INSIDE}{name}") as file:
        return _limited(name, file.read(LARGEST + 1))


def _limited(name: str, text: bytes) -> bytes:
    if len(text) > LARGEST:
        raise SchemaError(f"{name} is larger than {LARGEST >> 10} KiB: it is no schema of OCPP 2.0")
    return text


def _check_all(found: Names, where: str) -> None:
    missing = sorted(wanted() - found.keys())
    if missing:
        raise SchemaError(
            f"{where!r} lacks {len(missing)} of the {len(wanted())} schemas of OCPP 2.0, {missing[0]} among them;"
            " they are in releases of the ocpp package up to 0.26.0"
        )


def _check(name: str, text: bytes) -> None:
    """Refuse what is no schema, or would make the validator look elsewhere."""
    try:
        schema = orjson.loads(text.removeprefix(_BOM))
    except orjson.JSONDecodeError as exc:
        raise SchemaError(f"{name} is not JSON: {exc}") from exc
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise SchemaError(f"{name} is not the schema of an object")
    for reference in _references(schema):
        if not reference.startswith(_PLACES):
            raise SchemaError(f"{name} refers to {reference[:80]!r}, which is outside of it")
    try:
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.validator_for(orjson.loads(orjson.dumps(schema).replace(b'"#definitions/', b'"#/definitions/')))
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as exc:
        raise SchemaError(f"{name} is no valid schema: {str(exc)[:200]}") from exc


def _references(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                yield from (text for key in REFERENCES if isinstance(text := fields.get(key), str))
                waiting += fields.values()
            case list() as items:
                waiting += items


def _keep(folder: Path, found: Names, stored: Stored) -> None:
    """Write all files, then let the new folder take the place of the old one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _beside(folder) as made:
        for name, text in found.items():
            (made / name).write_bytes(text)
        (made / SOURCE_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(stored)))
        old = folder.parent / f"{made.name}.old"
        if folder.exists():
            folder.rename(old)
        made.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


# -- using ------------------------------------------------------------------------------------------------------------


def stored_schemas(version: str = V20) -> Stored | None:
    """Return what is kept of a version's schemas; None where there are none.

    Raises:
        SchemaError: there is something else in their place.
    """
    place = schemas_folder(version) / SOURCE_FILE
    try:
        return msgspec.json.decode(place.read_bytes(), type=Stored)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as exc:
        raise SchemaError(f"{str(place)!r} cannot be read: {exc}") from exc


def damaged(stored: Stored) -> list[str]:
    """Return the names of the files that are not what was added."""
    folder = schemas_folder(stored.version)
    return [name for name, digest in stored.files.items() if _digest(folder / name) != digest]


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def use_stored_schemas() -> None:
    """Let judges of this process use what is kept; a file that is not what was added counts as not there.

    Raises:
        SchemaError: what is kept cannot be read.
    """
    stored = stored_schemas()
    if stored is None:
        use_schemas(None)
        return
    folder, digests = schemas_folder(stored.version), stored.files

    def find(version: str, action: str, part: Part) -> bytes | None:
        name = file_name(action, part)
        if version != stored.version or name not in digests:
            return None
        try:
            text = (folder / name).read_bytes()
        except OSError:
            return None
        return text if sha256(text).hexdigest() == digests[name] else None

    use_schemas(find)

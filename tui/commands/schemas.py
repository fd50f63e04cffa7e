"""`plugfest schemas`: by which schemas payloads are judged, and adding those that do not come with the hub."""

from importlib.metadata import version
from pathlib import Path

import click

from hub.schema_store import KNOWN_WHEEL, SchemaError, Stored, add_schemas, damaged, schemas_folder, stored_schemas
from matrix.dialect import V20, dialect
from matrix.safe import safe
from matrix.schemas import FOLDERS


def run_schemas() -> None:
    """List the versions and where their schemas come from.

    Raises:
        SchemaError: what is kept cannot be read, or is not what was added.
    """
    for each in FOLDERS:
        click.echo(f"{each:<6} {len(dialect(each).actions)} actions, of the ocpp package {version('ocpp')}")
    stored = stored_schemas()
    if stored is None:
        click.echo(f"{V20:<6} none: its payloads are inconclusive; `plugfest schemas add WHEEL` adds them")
        return
    if wrong := damaged(stored):
        raise SchemaError(f"{len(wrong)} schemas of {V20} are not what was added, e.g. {wrong[0]}: add them again")
    _tell(stored)


def run_schemas_add(source: Path) -> None:
    """Add schemas, and say what was added.

    Raises:
        SchemaError: they cannot be added.
    """
    _tell(add_schemas(source))


def _tell(stored: Stored) -> None:
    known = "those of ocpp 0.26.0" if stored.is_known else "not those of ocpp 0.26.0: look where they come from"
    click.echo(f"{stored.version:<6} {len(stored.files)} schemas of {safe(stored.origin, 100)}, {known}")
    if stored.digest:
        wheel = "the wheel of ocpp 0.26.0" if stored.digest == KNOWN_WHEEL else "a wheel that is not known"
        click.echo(f"       wheel   sha256 {safe(stored.digest, 64)}, {wheel}")
    click.echo(f"       content sha256 {safe(stored.content, 64)}")
    click.echo(f"       kept in {safe(str(schemas_folder(stored.version)))}")

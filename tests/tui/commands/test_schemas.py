"""`plugfest schemas`, as it is typed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.schema_store import KNOWN_WHEEL, schemas_folder
from tui.cli import main


def typed(*words: object) -> Result:
    return CliRunner().invoke(main, ["schemas", *map(str, words)])


@pytest.mark.usefixtures("data")
def test_list_says_what_is_there_and_what_is_not() -> None:
    listed = typed()

    assert listed.exit_code == 0
    assert "1.6    39 actions, of the ocpp package 2." in listed.output
    assert "2.0    none: its payloads are inconclusive" in listed.output


@pytest.mark.usefixtures("data")
def test_added_schemas_are_listed_with_hashes(schema_wheel: Path) -> None:
    added, listed = typed("add", schema_wheel), typed()

    assert added.exit_code == listed.exit_code == 0
    assert added.output in listed.output
    assert f"{KNOWN_WHEEL}, the wheel of ocpp 0.26.0" in added.output
    assert f"kept in {schemas_folder()}" in added.output


@pytest.mark.usefixtures("data")
def test_what_cannot_be_added_is_a_sentence(tmp_path: Path) -> None:
    failed = typed("add", tmp_path)

    assert failed.exit_code == 2
    assert "lacks 134 of the 134 schemas" in failed.stderr


@pytest.mark.usefixtures("schemas_20")
def test_schemas_that_were_changed_are_said_to_be() -> None:
    (schemas_folder() / "HeartbeatRequest_v1p0.json").unlink()

    listed = typed()

    assert listed.exit_code == 2
    assert "1 schemas of 2.0 are not what was added, e.g. HeartbeatRequest_v1p0.json" in listed.stderr

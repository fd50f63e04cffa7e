"""Schemas that a user adds: checked, kept, used."""

import zipfile
from pathlib import Path

import orjson
import pytest
from drawing import draw, judged

from hub.data_folder import FOLDER_VARIABLE, data_folder
from hub.schema_store import (
    INSIDE,
    KNOWN_WHEEL,
    LARGEST,
    SchemaError,
    add_schemas,
    damaged,
    schemas_folder,
    stored_schemas,
    use_stored_schemas,
    wanted,
)
from matrix.dialect import V20, V201
from matrix.outcome import Outcome
from matrix.schemas import Part, check

BEAT = "HeartbeatRequest_v1p0.json"
PLAIN = orjson.dumps({"$schema": "http://json-schema.org/draft-06/schema#", "type": "object", "properties": {}})
BOOT = '> [2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]'
BOOTED = '< [3,"a",{"currentTime":"$NOW","interval":300,"status":"Accepted"}]'


def wheel(folder: Path, **changes: bytes | None) -> Path:
    """Make a wheel of plain schemas, some of them changed (None: left out)."""
    path = folder / "made.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(wanted()):
            text = changes.get(name.removesuffix("_v1p0.json"), PLAIN)
            if text is not None:
                made.writestr(INSIDE + name, text)
    return path


def changed(**fields: object) -> bytes:
    return orjson.dumps(orjson.loads(PLAIN) | fields)


@pytest.mark.usefixtures("schemas_20")
def test_all_actions_of_two_point_zero_have_their_schemas() -> None:
    assert len(wanted()) == 134
    for action in ("BootNotification", "Renegotiate15118Schedule", "Heartbeat"):
        assert all(check(V20, action, part, {}) is not None for part in Part)


@pytest.mark.usefixtures("data")
def test_wheel_is_known_by_its_hash_and_its_content(schema_wheel: Path) -> None:
    added = add_schemas(schema_wheel)

    assert (added.digest, added.is_known, added.version) == (KNOWN_WHEEL, True, V20)
    assert stored_schemas() == added
    assert damaged(added) == []


@pytest.mark.usefixtures("data")
def test_folder_of_the_same_files_has_the_same_content(schema_wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(schema_wheel) as opened:
        opened.extractall(tmp_path / "unpacked")

    assert add_schemas(tmp_path / "unpacked").is_known
    assert add_schemas(tmp_path / "unpacked" / INSIDE).is_known


@pytest.mark.usefixtures("data")
def test_payloads_are_judged_with_the_schemas_and_inconclusive_without(schema_wheel: Path) -> None:
    def boot() -> Outcome:
        return judged(draw(BOOT, BOOTED, version=V20)).board.view().pairs[0].row("BootNotification").outcome

    before = boot()
    add_schemas(schema_wheel)
    use_stored_schemas()

    assert (before, boot()) == (Outcome.INCONCLUSIVE, Outcome.PASSED)


@pytest.mark.usefixtures("schemas_20")
def test_references_without_a_slash_are_understood() -> None:
    modem = {"iccid": "1" * 50}

    breaches = check(V20, "BootNotification", Part.REQUEST, {
        "reason": "Why", "chargingStation": {"model": "M", "vendorName": "V", "modem": modem},
    })  # fmt: skip

    assert breaches is not None
    assert {breach.pointer for breach in breaches} == {"/reason", "/chargingStation/modem/iccid"}


@pytest.mark.usefixtures("schemas_20")
def test_other_versions_stay_as_they_are() -> None:
    assert check(V201, "Heartbeat", Part.REQUEST, {}) == ()
    assert check(V20, "StartTransaction", Part.REQUEST, {}) is None
    assert check(V20, "../../source", Part.REQUEST, {}) is None


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("HeartbeatRequest", None, "lacks 1 of the 134"),
        ("HeartbeatRequest", b"{", "is not JSON"),
        ("HeartbeatRequest", b"[]", "not the schema of an object"),
        ("HeartbeatRequest", b"[" * 10_000, "is not JSON"),
        ("HeartbeatRequest", b" " * (LARGEST + 1), "larger than 256 KiB"),
        ("HeartbeatRequest", changed(properties={"x": {"$ref": "http://127.0.0.1:1/x"}}), "outside of it"),
        ("HeartbeatRequest", changed(properties={"x": {"$ref": "file:///etc/passwd"}}), "outside of it"),
        ("HeartbeatRequest", changed(properties={"x": {"$ref": "#/definitions/Nowhere"}}), "no valid schema"),
        ("HeartbeatRequest", changed(required="x"), "no valid schema"),
        ("HeartbeatRequest", changed(properties={"x": {"type": "strange"}}), "no valid schema"),
    ],
)
@pytest.mark.usefixtures("data")
def test_what_is_no_schema_is_named_and_nothing_is_kept(
    tmp_path: Path, name: str, text: bytes | None, why: str
) -> None:
    with pytest.raises(SchemaError, match=why):
        add_schemas(wheel(tmp_path, **{name: text}))

    assert stored_schemas() is None


@pytest.mark.usefixtures("data")
def test_file_that_unpacks_to_a_flood_is_read_no_further(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="larger than"):
        add_schemas(wheel(tmp_path, HeartbeatRequest=b" " * (64 << 20)))


@pytest.mark.usefixtures("data")
def test_names_that_lead_elsewhere_are_not_written(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(f"{INSIDE}../../../../escaped_v1p0.json", PLAIN)
        made.writestr("/escaped_v1p0.json", PLAIN)

    added = add_schemas(path)

    assert not added.is_known
    assert {file.name for file in schemas_folder().iterdir()} == wanted() | {"source.json"}
    assert [*tmp_path.rglob("escaped*")] == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"\x00" * 100])
@pytest.mark.usefixtures("data")
def test_file_that_is_no_wheel_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(content)

    with pytest.raises(SchemaError, match="no wheel that can be read"):
        add_schemas(path)
    with pytest.raises(SchemaError, match="neither a wheel nor a folder"):
        add_schemas(tmp_path / "missing.whl")
    with pytest.raises(SchemaError, match="lacks 134 of the 134"):
        add_schemas(tmp_path)


@pytest.mark.usefixtures("data")
def test_damaged_wheel_is_named(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    content = bytearray(path.read_bytes())
    content[60:400] = b"\xff" * 340
    path.write_bytes(bytes(content))

    with pytest.raises(SchemaError, match=r"no wheel that can be read|larger"):
        add_schemas(path)


@pytest.mark.usefixtures("data")
def test_added_again_they_replace_what_was_there(tmp_path: Path, schema_wheel: Path) -> None:
    add_schemas(wheel(tmp_path))

    add_schemas(schema_wheel)

    stored = stored_schemas()
    assert stored is not None
    assert stored.is_known
    assert [folder.name for folder in schemas_folder().parent.iterdir()] == [V20]


@pytest.mark.usefixtures("schemas_20")
def test_file_that_was_changed_counts_as_not_there() -> None:
    (schemas_folder() / BEAT).write_bytes(PLAIN)
    stored = stored_schemas()
    assert stored is not None

    use_stored_schemas()

    assert damaged(stored) == [BEAT]
    assert check(V20, "Heartbeat", Part.REQUEST, {}) is None
    assert check(V20, "Heartbeat", Part.RESPONSE, {}) is not None


@pytest.mark.usefixtures("schemas_20")
def test_note_about_them_that_cannot_be_read_is_said() -> None:
    (schemas_folder() / "source.json").write_text("{")

    with pytest.raises(SchemaError, match="cannot be read"):
        use_stored_schemas()


def test_folder_is_the_users_as_xdg_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    by_xdg = data_folder()
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))

    assert by_xdg == tmp_path / "plugfest"
    assert data_folder() == tmp_path / "me" / ".local" / "share" / "plugfest"


def test_place_that_cannot_be_written_is_said(data: Path, schema_wheel: Path) -> None:
    data.write_text("a file in its way")

    with pytest.raises(SchemaError, match="cannot be kept"):
        add_schemas(schema_wheel)

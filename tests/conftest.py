"""What every test has: a home without schemas of its own, and the wheel that has those of OCPP 2.0."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from hub.data_folder import FOLDER_VARIABLE
from hub.schema_store import add_schemas, use_stored_schemas
from matrix.schemas import use_schemas

WHEELS = Path(__file__).parents[1] / ".schemas"

CHANCE = "RANDOM_EXAMPLES"
"""Set in the nightly run: examples of Hypothesis that no run before had. A change is told of its own faults only."""

# no deadline: a busy machine takes its time
settings.register_profile("any machine", deadline=None, derandomize=CHANCE not in os.environ)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _home_without_schemas(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ[FOLDER_VARIABLE] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def schema_wheel() -> Path:
    """The wheel of ocpp 0.26.0, which `make setup` downloads."""
    wheel = next(WHEELS.glob("*.whl"), None)
    if wheel is None:
        pytest.skip("there is no wheel with the schemas of OCPP 2.0: `make setup` gets it")
    return wheel


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folder of the test's own; what was used of it is forgotten at the end."""
    folder = tmp_path / "data"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    yield folder
    use_schemas(None)


@pytest.fixture
def schemas_20(data: Path, schema_wheel: Path) -> Path:
    """The schemas of OCPP 2.0, added and in use."""
    add_schemas(schema_wheel)
    use_stored_schemas()
    return data

"""Recorders of both durabilities, alone and with sessions on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from legs import Floor
from written import opened, recorder_at

from hub.recording.writable import Durability
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.db"


@pytest.fixture(params=list(Durability))
def durability(request: pytest.FixtureRequest) -> Durability:
    return Durability(request.param)


@pytest.fixture
async def recorder(path: Path, durability: Durability) -> AsyncIterator[Recorder]:
    async with recorder_at(path, durability=durability) as recorder:
        recorder.begin(opened())
        recorder.answer(opened())
        await recorder.committed()
        yield recorder


@pytest.fixture
async def floor(path: Path, durability: Durability) -> AsyncIterator[Floor]:
    recorder = open_recorder(path, durability=durability)
    yield Floor(recorder)
    await recorder.close()

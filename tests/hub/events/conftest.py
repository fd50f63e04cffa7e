"""The desk's clock and its event file, for the tests of both."""

from pathlib import Path

import pytest
from desks import EVENT, Clock

from hub.events import desk as event_desk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(event_desk, "_now", lambda: clock.now)
    return clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "event.toml").write_text(EVENT)
    return tmp_path / "event.toml"

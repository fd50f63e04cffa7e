"""The sessions under sessions/ are judged as their goldens say; `make goldens` writes them again, for review."""

from pathlib import Path

import pytest
from goldens import SESSIONS, drawings, golden, samples, verdict


@pytest.mark.parametrize("drawing", [*drawings(), *samples()], ids=lambda path: str(path.relative_to(SESSIONS)))
def test_session_is_judged_as_its_golden_says(drawing: Path) -> None:
    assert verdict(drawing) == golden(drawing).read_text(encoding="utf-8")


def test_every_golden_has_its_drawing() -> None:
    orphans = [path for path in SESSIONS.glob("*/*.findings") if not path.with_suffix(".session").is_file()]

    assert orphans == []


@pytest.mark.parametrize(
    "drawing", [path for path in drawings() if path.parent.name == "clean"], ids=lambda path: path.stem
)
def test_clean_session_passes_without_a_finding(drawing: Path) -> None:
    lines = verdict(drawing).splitlines()

    assert len(lines) == 1
    assert lines[0].endswith(": passed")

"""Lawful peers over lines that stall are accused by nobody."""

import pytest
from drawing import judged
from stalling import LINES, stalling

from matrix.finding import Severity

WAYS = [(line,) for line in LINES] + [LINES[:2], LINES[2:]]


def accused(seed: int, version: str, lines: tuple[str, ...], every_s: float) -> list[str]:
    judge = judged(stalling(seed, version, lines, every_s))
    assert judge.crashes == []
    return [f"{each.rule} {each.frame}: {each.text}" for each in judge.findings if each.severity is Severity.VIOLATION]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_nobody_is_accused_where_a_line_stalls(version: str) -> None:
    assert accused(1, version, LINES[:2], 60) == []


@pytest.mark.nightly
@pytest.mark.parametrize("lines", WAYS, ids="; ".join)
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_nobody_is_accused_whichever_lines_stall(version: str, lines: tuple[str, ...]) -> None:
    assert [found for seed in range(20) for found in accused(seed, version, lines, (20, 60, 200)[seed % 3])] == []

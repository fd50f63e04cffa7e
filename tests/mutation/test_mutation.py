"""One thing made wrong in a clean session is found, and never blamed on the side that did nothing."""

import random
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest
from mutation.page import all_tallies, page
from mutation.script import scripts
from mutation.table import MUTATIONS, Judged, judge_mutant

from matrix.dialect import JUDGED, V20, dialect

PAGE: Final = Path(__file__).parents[2] / "docs/mutation.md"
SAMPLES: Final = 2
"""Places of each mutation that every run looks at; `make nightly` looks at all of them."""
DETECTED: Final = 0.95
FAMILIES: Final = {
    family: [*members]
    for family, members in groupby((each for each in MUTATIONS if not each.is_legal), key=lambda each: each.family)
}


@cache
def judged_sample(family: str) -> list[tuple[str, Judged]]:
    """Return what is said of some mutants of each mutation of a family, the same in every run."""
    judged: list[tuple[str, Judged]] = []
    for mutation in FAMILIES[family]:
        mutants = [mutant for _, mutant in mutation.mutants()]
        assert mutants, f"{mutation.name} applies nowhere"
        some = random.Random(mutation.name).sample(mutants, min(SAMPLES, len(mutants)))
        judged += [(mutation.name, judge_mutant(mutant)) for mutant in some]
    return judged


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_that_is_wrong_is_blamed_on_the_other_side(family: str) -> None:
    judged = judged_sample(family)

    assert [(name, found.wrong) for name, found in judged if found.wrong] == []
    assert not any(found.crashed for _, found in judged)


def test_nearly_everything_that_is_wrong_is_found() -> None:
    found = [verdict.is_shown for family in FAMILIES for _, verdict in judged_sample(family)]

    assert sum(found) / len(found) >= DETECTED


@pytest.mark.parametrize("version", [version for version in JUDGED if version != V20])
def test_clean_sessions_have_every_action_of_their_version_but_a_few(version: str) -> None:
    said = {said.action for script in scripts() if script.version == version for said in script.said}

    missing = dialect(version).actions.keys() - said

    assert len(missing) <= 3, missing


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_page_is_what_comes_of_judging_every_mutant() -> None:
    tallies = all_tallies()

    text = page(tallies)

    wrong_ones = [found for mutation, found in tallies if not mutation.is_legal]
    assert sum(found.wrong for found in wrong_ones) == 0
    assert sum(found.right for found in wrong_ones) / sum(found.places for found in wrong_ones) >= DETECTED
    assert text == PAGE.read_text(encoding="utf-8")

"""A rule's two drawn sessions: one that breaks it and one that keeps it. The tests of a family hold them in `CASES`."""

from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

from matrix.trace import Side, Traffic

TESTS: Final = Path(__file__).parent / "matrix"


@dataclass(frozen=True, slots=True)
class Case:
    """`broken` has a finding of the rule against the side `by`, of the rule's own severity; `kept` has none of it."""

    broken: list[Traffic]
    kept: list[Traffic]
    by: Side


@cache
def rule_cases() -> dict[str, Case]:
    """Return the cases of every family, by rule."""
    found: dict[str, Case] = {}
    for path in sorted(TESTS.glob("test_rules_*.py")):
        spec = spec_from_file_location(f"cases_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= getattr(module, "CASES", {})
    return found

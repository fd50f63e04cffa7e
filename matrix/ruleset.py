"""What identifies a rule set: two judgements of the same traffic can only differ where this differs, or the policy.

(Or the schemas that a user has added.)
The version is raised with a release; the digest is over everything that takes part in a verdict: the sources and data
of this package, what each rule says of itself, and the package that the schemas come from (docs/adr/0014).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version as version_of_package
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from matrix.finding import Severity
from matrix.rule import RULESET, Rule, all_rules

DIGITS: Final = 8
"""How many hexadecimal digits of a digest are shown and stored: enough to tell one rule set from another."""
_READ: Final = (".py", ".json")
_SCHEMAS: Final = "ocpp"


class RuleMark(msgspec.Struct, frozen=True):
    """What is kept of a rule: what it says of itself, and a digest over that and its family's source."""

    digest: str
    severity: Severity
    sentence: str
    clause: str


class Ruleset(msgspec.Struct, frozen=True):
    """The rules that a judgement was made by: `name` tells them from others, `rules` are marks by code."""

    name: str
    rules: Mapping[str, RuleMark]


@cache
def ruleset() -> Ruleset:
    """Return the identity of the rules of this program."""
    sources = {path: file.read_bytes() for path, file in _files(files("matrix"))}
    sources[_SCHEMAS] = version_of_package(_SCHEMAS).encode()
    return identify(RULESET, all_rules(), sources)


def identify(version: str, rules: Iterable[Rule], sources: Mapping[str, bytes]) -> Ruleset:
    """Return the identity of rules; `sources` are what takes part in a verdict, by name (`rules/boot.py`)."""
    marks = {rule.code: _mark(rule, sources) for rule in rules}
    words = [(code, mark.digest) for code, mark in sorted(marks.items())]
    digest = _digest(
        repr((version, words)).encode(), *(part for item in sorted(sources.items()) for part in _parts(item))
    )
    return Ruleset(f"{version}-{digest}", marks)


def _mark(rule: Rule, sources: Mapping[str, bytes]) -> RuleMark:
    said = (
        rule.code, str(rule.severity), rule.sentence, rule.clause, sorted(rule.versions), rule.undecidable,
        rule.stands_alone, rule.explanation,
    )  # fmt: skip
    family = rule.check.__module__.removeprefix("matrix.").replace(".", "/")
    digest = _digest(repr(said).encode(), sources.get(f"{family}.py", b""))
    return RuleMark(digest, rule.severity, rule.sentence, rule.clause)


def _files(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each, f"{path}{each.name}/")
        elif each.name.endswith(_READ):
            yield path + each.name, each


def _parts(item: tuple[str, bytes]) -> tuple[bytes, bytes]:
    return item[0].encode(), item[1]


def _digest(*parts: bytes) -> str:
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()[:DIGITS]

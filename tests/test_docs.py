"""What the documents name is there: links and their anchors, files, commands and their options, decisions."""

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import rich_click as click
from drawing import draw, judged

from matrix.rule import Rule, all_rules
from tui.cli import main

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/adr/*.md"), *ROOT.glob("sessions/*.md")]
)
GONE: Final = {"tests/bench/relay_cpu.py"}
"""What decisions were measured with, and is no more."""
LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FILE: Final = re.compile(
    r"(?<![\w/.:-])((?:docs|hub|matrix|tui|tests|requirements|sessions)/[\w./-]*\w\.(?:py|md|toml|txt|json))\b"
)
COMMAND: Final = re.compile(r"plugfest ((?:[a-z]+(?![\w.:/-]) ?)+)([^\n`]*)")
OPTION: Final = re.compile(r"(?<![\w-])(--[a-z][\w-]*)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def anchors(page: Path) -> set[str]:
    """Return what headings can be linked to by, as code hosts make it."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))

    targets = [((page.parent / path).resolve() if path else page, anchor) for path, anchor in links]

    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [anchor for target, anchor in targets if anchor and anchor not in anchors(target)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = set(FILE.findall(page.read_text(encoding="utf-8")))

    assert {
        each for each in named - GONE if not (ROOT / each).is_file() and not (page.parent / each).is_file()
    } == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_is_one_of_the_command_that_it_is_typed_with(page: Path) -> None:
    typed = [*commands(page.read_text(encoding="utf-8"))]

    assert [(command.name, option) for command, option in typed if option not in options(command)] == []


def commands(text: str) -> Iterator[tuple[click.Command, str]]:
    """Yield what a text types as options of which command; comments and what comes behind a pipe are not of it."""
    for words, rest in COMMAND.findall(text):
        command: click.Command = main
        for word in words.split():
            command = getattr(command, "commands", {}).get(word, command)
        if command is not main:
            yield from ((command, option) for option in OPTION.findall(re.split(r" \| |  #", rest)[0]))


def options(command: click.Command) -> set[str]:
    """Return the options of a command and of those below it."""
    below = [options(each) for each in getattr(command, "commands", {}).values()]
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union({"--help"}, *below)


def test_index_of_decisions_has_each_by_its_title() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs/adr").glob("0*.md"))

    titles = [re.match(r"# (\d+)\. (.*)", each.read_text(encoding="utf-8")) for each in decisions]

    assert re.findall(r"^- ADR (\d+): \[(.*)\]\((.*)\)$", index, re.MULTILINE) == [
        (*title.groups(), path.name) for title, path in zip(titles, decisions, strict=True) if title
    ]


def test_readme_leads_to_every_page() -> None:
    pages = {name_of(page) for page in PAGES if page.parent == ROOT / "docs"}

    linked = {path for path, _ in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}

    assert pages - linked == set()


def test_the_rule_that_newcomers_are_shown_works_as_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all_rules()  # they are found now, and not among the one that is shown
    shown: dict[str, Rule] = {}
    monkeypatch.setattr("matrix.rule._RULES", shown)
    printed = re.search(
        r"^ +```python\n(.*?)^ +```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert printed is not None
    exec(textwrap.dedent(printed[1]), {})

    judge = judged(draw('> [2,"a","Heartbeat",{"x":1}]', '> [2,"b","Heartbeat",{}]'), rules=[*shown.values()])

    assert [(finding.rule, finding.text) for finding in judge.findings] == [
        ("HB-09", "the Heartbeat carries a payload")
    ]

"""Judging everything again from within the dashboard: by a file of rules, which may have mistakes."""

from pathlib import Path

import pytest
from dashboards import dashboard, ready, shown, until
from textual.pilot import Pilot
from textual.widgets import Input

from tui.app import PlugfestApp
from tui.reading.source import Source
from tui.screens.changes import ChangesScreen
from tui.screens.matrix import MatrixScreen
from tui.screens.rules_file import RulesFileScreen

ENTRY = '[rules.%s]\nseverity = "%s"\nreason = "agreed on %s"\n'
OFF = ENTRY % ("RPC-19", "off", "Monday") + ENTRY % ("RPC-20", "off", "Monday")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "event.toml"
    path.write_text(OFF, encoding="utf-8")
    return path


def edit(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


async def judge_again(pilot: Pilot[None], path: str | Path) -> None:
    await pilot.press("R")
    pilot.app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")


async def test_file_regrades_what_was_judged_and_what_changed_is_said(event: Path, rules: Path) -> None:
    async with dashboard(event, size=(120, 40)) as pilot:
        before = shown(pilot)
        await judge_again(pilot, rules)
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangesScreen))
        changes = shown(pilot)
        await pilot.press("escape")

        assert "≠ deviated" in before
        assert "≠ deviated to ✓ passed  MeterValues  Alder One" in changes
        assert "off at this event: agreed on Monday" in changes
        assert isinstance(pilot.app.screen, MatrixScreen)
        assert "≠" not in shown(pilot).rpartition("\n")[0]


async def test_file_that_was_edited_is_read_again_and_stands_in_the_line_already(event: Path, rules: Path) -> None:
    async with dashboard(event, size=(120, 40)) as pilot:
        await judge_again(pilot, rules)
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangesScreen))
        edit(rules, ENTRY % ("RPC-19", "info", "Tuesday"))
        await pilot.press("escape", "R", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangesScreen))

        assert "graded info at this event: agreed on Tuesday" in shown(pilot)


async def test_no_file_takes_the_rules_as_they_are_written(event: Path, rules: Path) -> None:
    app = PlugfestApp(Source(event, rules_file=rules))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await judge_again(pilot, "")
        await until(pilot, lambda: isinstance(app.screen, ChangesScreen))

        assert "worse than before" in shown(pilot)
        assert "not switched off any more" in shown(pilot)
        assert app.source.policy == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("rules = [", "Invalid value"),
        ('[rules.RPC-19]\nseverity = "off"', "rules.RPC-19.reason has to say in words why"),
        ('[rules.NO-1]\nseverity = "off"\nreason = "x"', "rules.NO-1: there is no such rule"),
    ],
)
async def test_mistakes_of_the_file_are_named_and_nothing_is_judged_again(
    event: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "wrong.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    async with dashboard(event, size=(200, 40)) as pilot:
        await judge_again(pilot, path)

        assert isinstance(pilot.app.screen, RulesFileScreen)
        assert said in " ".join(shown(pilot).replace("│", " ").split())


@pytest.mark.parametrize("path", ["\0", "~nobody-of-that-name/x", "/dev/zero", "/", "\x1b[31m"])
async def test_what_is_no_file_at_all_is_said_to_be_none(event: Path, path: str) -> None:
    async with dashboard(event) as pilot:
        await judge_again(pilot, path)

        assert isinstance(pilot.app.screen, RulesFileScreen)
        assert "a TOML file with" not in shown(pilot)


async def test_escape_leaves_everything_as_it_is(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("R", "escape")

        assert isinstance(pilot.app.screen, MatrixScreen)
        assert "≠" in shown(pilot)


async def test_screens_over_the_matrix_are_left_when_all_is_judged_again(event: Path, rules: Path) -> None:
    async with dashboard(event, size=(120, 40)) as pilot:
        await pilot.press("enter", "enter")
        await judge_again(pilot, rules)
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangesScreen))
        await pilot.press("escape")

        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_recording_that_cannot_be_read_cannot_be_judged_again(tmp_path: Path) -> None:
    path = tmp_path / "event.recording"
    async with dashboard(path) as pilot:
        await pilot.press("R")

        assert "judged again" in shown(pilot)
        assert isinstance(pilot.app.screen, MatrixScreen)

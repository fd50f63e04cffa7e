import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from dashboards import dashboard, hub_on, later, ready, shown, until

from hub.events.countdown import PhaseShown
from hub.recording.rows import RecordingError
from matrix.finding import Severity
from tui.app import PlugfestApp, run_dashboard
from tui.event_clock import rules_told
from tui.reading.source import Source
from tui.screens.help import HelpScreen
from tui.screens.matrix import MatrixScreen


async def test_question_mark_shows_keys_and_glyphs_and_escape_leaves(event: Path) -> None:
    async with dashboard(event, size=(100, 66)) as pilot:
        await pilot.press("question_mark")
        helping, text = pilot.app.screen, shown(pilot)
        await pilot.press("escape")

        assert isinstance(helping, HelpScreen)
        assert "≠ deviated" in text
        assert "/                 Filter by a part of a name" in text
        assert isinstance(pilot.app.screen, MatrixScreen)


async def test_the_help_names_keys_as_they_are_printed_on_a_keyboard(event: Path) -> None:
    async with dashboard(event, size=(100, 66)) as pilot:
        await pilot.press("enter", "enter", "question_mark")

        words = shown(pilot).split()
        assert "=" in words
        assert [word for word in words if "_" in word] == []


@pytest.mark.parametrize(
    ("keys", "titles"),
    [
        ([], ["matrix", "everywhere", "time", "outcomes"]),
        (["enter"], ["pair", "everywhere", "time", "outcomes"]),
        (["enter", "enter"], ["session", "everywhere", "time"]),
    ],
)
async def test_the_help_begins_with_the_screen_that_the_person_is_on(
    event: Path, keys: list[str], titles: list[str]
) -> None:
    async with dashboard(event, size=(100, 66)) as pilot:
        await pilot.press(*keys, "question_mark")

        lines = [line.partition("│  ")[2].partition("  ")[0] for line in shown(pilot).split("\n")]
        assert [line for line in lines if line in titles] == titles


async def test_a_picture_of_the_screen_is_saved_in_the_working_folder_and_named(
    event: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with dashboard(event, size=(200, 30)) as pilot:
        pilot.app.deliver_screenshot()

        await until(pilot, lambda: "Saved screenshot to" in shown(pilot))
        (picture,) = folder.iterdir()
        assert picture.suffix == ".svg"
        told = [line.rpartition("\N{LEFT HALF BLOCK}")[2].strip() for line in shown(pilot).split("\n")]
        assert picture.name in "".join(told)


async def test_the_first_line_names_the_source_as_people_know_it(event: Path) -> None:
    app = PlugfestApp(Source(event, name="ws://hub.example:9000", clock=later))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)

        assert "plugfest  ws://hub.example:9000  ○ hub gone since 12:00:00" in shown(pilot)


async def test_the_first_line_says_when_the_hub_goes(event: Path) -> None:
    with ExitStack() as hub:
        hub.enter_context(hub_on(event))
        async with dashboard(event) as pilot:
            live = shown(pilot)
            hub.close()

            await until(pilot, lambda: "event.recording  ○ hub gone since 13:00:00" in shown(pilot))

    assert "event.recording  ● live" in live


async def test_q_quits(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("q")

        assert pilot.app._exit


async def test_the_dashboard_leaves_by_itself_after_so_many_seconds(event: Path) -> None:
    app = PlugfestApp(Source(event, clock=later), seconds=0.05)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app._exit)


@pytest.mark.parametrize("theme", ["textual-light", "nord", "ansi-dark"])
async def test_themes_change_colours_and_not_a_word(event: Path, theme: str) -> None:
    async with dashboard(event) as pilot:
        await until(pilot, lambda: "q Quit" in shown(pilot))
        before = shown(pilot)

        pilot.app.theme = theme

        await until(pilot, lambda: shown(pilot) == before)


async def test_no_color_leaves_greys_only_and_the_glyphs(event: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = PlugfestApp(Source(event, clock=later))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        filters = [each for each in app._filters if each.enabled]
        strips = app.screen._compositor.render_strips()
        segments = [
            part for strip in strips for part in strip.apply_filter(filters[-1], app.screen.background_colors[1])
        ]

        colours = {part.style.color.triplet for part in segments if part.style and part.style.color}
        assert "≠ 3/4" in shown(pilot)
        assert all(triplet is None or triplet.red == triplet.green == triplet.blue for triplet in colours)


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (40, 10)])
async def test_every_screen_is_drawn_at_every_size(event: Path, size: tuple[int, int]) -> None:
    async with dashboard(event, size=size) as pilot:
        for key in ("t", "t", "enter", "enter", "i", "question_mark", "escape"):
            await pilot.press(key)

            lines = shown(pilot).split("\n")
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)


def test_what_is_not_a_recording_is_refused_before_the_screen_changes(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no recording at"):
        run_dashboard(Source(tmp_path / "nothing.recording"))


async def test_trouble_with_the_file_stands_in_the_first_line(event: Path) -> None:
    async with dashboard(event, size=(300, 30)) as pilot:  # the line holds a path
        await asyncio.to_thread(event.rename, event.with_suffix(".gone"))

        await until(pilot, lambda: "is gone; what was read of it is still shown" in shown(pilot))
        assert "Alder One" in shown(pilot)


@pytest.mark.parametrize("keys", [[], ["enter"], ["enter", "enter"], ["question_mark"]])
async def test_every_screen_says_that_nothing_is_recorded(event: Path, keys: list[str]) -> None:
    banner = "NOT RECORDING: database or [b]disk[/b] is full"
    with ExitStack() as hub:
        hub.enter_context(hub_on(event, "database or [b]disk[/b]\x1b is full"))
        async with dashboard(event) as pilot:
            await pilot.press(*keys)

            await until(pilot, lambda: banner in shown(pilot).replace("\\x1b", ""))
            hub.close()
            hub.enter_context(hub_on(event))

            await until(pilot, lambda: "NOT RECORDING" not in shown(pilot))


GRADED = [{"rule": "RPC-19", "severity": "info", "reason": "agreed on Monday"}]


async def test_dashboard_over_a_running_hub_judges_as_its_event_does(event: Path) -> None:
    told = PhaseShown("Fest", None, 0, [], None, is_paused=False, rules=GRADED)
    source = Source(event, told_phase=lambda: told)

    async with PlugfestApp(source).run_test(size=(140, 30)) as pilot:
        await until(pilot, lambda: "RPC-19" in source.policy)
        await pilot.press("f")
        await until(pilot, lambda: "rule RPC-19 is graded info at this event: agreed on Monday" in shown(pilot))

    found = [each.key.severity for each in source.verdicts.tallies.all() if each.key.rule == "RPC-19"]
    assert found
    assert {*found} == {Severity.INFO}


async def test_file_of_rules_that_a_person_names_counts_more_than_the_events(event: Path, tmp_path: Path) -> None:
    rules = tmp_path / "own.toml"
    rules.write_text('[rules.TM-02]\nseverity = "info"\nreason = "mine"\n')
    asked = asyncio.Event()

    def told() -> PhaseShown:
        asked.set()
        return PhaseShown("Fest", None, 0, [], None, is_paused=False, rules=GRADED)

    source = Source(event, told_phase=told, rules_file=rules)
    async with PlugfestApp(source).run_test(size=(140, 30)) as pilot:
        await asked.wait()
        await ready(pilot)

    assert [*source.policy] == ["TM-02"]


def test_rules_that_this_program_does_not_have_are_left_alone() -> None:
    newer = [{"rule": "ZZ-99", "severity": "info", "reason": "agreed"}]

    assert rules_told(PhaseShown("Fest", None, 0, [], None, is_paused=False, rules=newer)) is None


async def test_terminal_that_is_closed_ends_the_dashboard_in_order(event: Path) -> None:
    async with dashboard(event) as pilot:
        (reading,) = (worker for worker in pilot.app.workers if worker.name == "source")

        os.kill(os.getpid(), signal.SIGHUP)
        await until(pilot, lambda: reading.is_finished)

    assert pilot.app.return_code == 129

"""Going through time by keys, the mouse and the palette; what is shown then: test_vantage."""

from pathlib import Path

import pytest
from dashboards import dashboard, hub_on, later, shown, until
from looking_back import app_of, at_moment, last_mark, travelling
from mornings import SECOND_NS
from recordings import RecordingBuilder
from textual.widgets import Input

from tui.app import PlugfestApp
from tui.reading.source import Source
from tui.screens.jump import JumpScreen
from tui.widgets.time_line import TimeLine


async def test_l_goes_back_to_now_and_the_time_line_is_gone(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        before = shown(pilot)
        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)

        await pilot.press("L")
        await at_moment(pilot, None)

        assert shown(pilot) == before


@pytest.mark.parametrize(
    ("keys", "moments"),
    [
        (["left_square_bracket"] * 3, [12, 10, 8]),
        (["J", *"0%", "enter", "right_parenthesis"], [1, 5]),
        (["J", *"0%", "enter", "right_square_bracket", "right_square_bracket"], [1, 2, 3]),
    ],
    ids=["changes backwards", "next failure", "changes"],
)
async def test_keys_go_to_failures_and_changes_of_outcome(morning: Path, keys: list[str], moments: list[int]) -> None:
    async with dashboard(morning) as pilot:
        seen: list[int] = []
        for key in keys:
            await pilot.press(key)
            await at_moment(pilot, app_of(pilot).journey.moment)
            moment = app_of(pilot).journey.moment
            if moment is not None and seen[-1:] != [moment]:
                seen.append(moment)

        assert seen == moments


async def test_what_is_typed_badly_is_complained_about_and_escape_leaves(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("J", *"soon", "enter")

        await until(pilot, lambda: "'soon' is no moment" in shown(pilot))
        assert isinstance(pilot.app.screen, JumpScreen)
        await pilot.press("escape")
        assert app_of(pilot).journey.moment is None


async def test_click_goes_to_its_share_of_the_recording(morning: Path) -> None:
    async with dashboard(morning, size=(100, 30)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: "● now" in shown(pilot))
        await pilot.click(TimeLine, offset=(50, 0))
        await until(pilot, lambda: app_of(pilot).journey.moment is not None)

        extent = app_of(pilot).journey.extent
        assert extent.share(extent.here) == pytest.approx(0.505, abs=0.001)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


async def test_p_plays_and_pauses_and_the_end_is_now(morning: Path) -> None:
    clock = Clock()
    async with travelling(morning, clock) as pilot:
        app = app_of(pilot)
        await pilot.press("greater_than_sign", "greater_than_sign", "P")
        await at_moment(pilot, 0 if app.journey.moment == 0 else app.journey.moment)
        clock.now += SECOND_NS
        await until(pilot, lambda: (app.journey.moment or 0) >= 4)
        await pilot.press("P")
        paused = app.journey.moment
        clock.now += 100 * SECOND_NS
        await pilot.pause(0.25)
        assert app.journey.moment == paused
        assert "‖" in shown(pilot)

        await pilot.press("P")
        clock.now += 100 * SECOND_NS

        await at_moment(pilot, None)
        assert not app.journey.is_playing


async def test_time_line_shows_what_was_said_and_what_failed(morning: Path) -> None:
    async with dashboard(morning, size=(80, 24)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: "● now" in shown(pilot))

        lines = shown(pilot).split("\n")
        assert "█" in lines[1]
        assert {"✗", "≠", "▲"} <= {*lines[2]}
        await pilot.press("T")
        await until(pilot, lambda: "● now" not in shown(pilot))


async def test_what_is_recorded_meanwhile_changes_nothing_of_what_was(morning: Path) -> None:
    with hub_on(morning), RecordingBuilder(morning) as builder:
        async with dashboard(morning, clock=later) as pilot:
            app = app_of(pilot)
            await pilot.press("left_parenthesis")
            await at_moment(pilot, 5)
            before = app.board

            builder.at += 60 * SECOND_NS
            number = last_mark(app.source.path) + 10
            builder._db.execute(
                "INSERT INTO frame VALUES (?, 1, ?, 'station', 1, 1, 0, 0, 30, '[2,\"9\",\"Heartbeat\",{}]', NULL)",
                (number, builder.at),
            )

            await until(pilot, lambda: app.journey.line.mark(len(app.journey.line)) == number)
            assert app.board is before
            assert app.journey.moment == 5


async def test_moment_that_the_judge_has_not_come_to_is_waited_for_and_then_shown(morning: Path) -> None:
    app = PlugfestApp(Source(morning, clock=later))
    with app.source.courtesy():
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await pilot.press("J", *"#5", "enter")
            await until(pilot, lambda: "◌ waiting for frame 5" in shown(pilot))

            app.source._may_judge.set()

            await until(pilot, lambda: app.journey.moment == 5)
            await at_moment(pilot, 5)
            assert "as of 12:00:06" in shown(pilot)


async def test_judging_again_goes_back_to_now(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)
        await pilot.press("R", "enter")

        await until(pilot, lambda: "nothing has changed" in shown(pilot))
        assert app_of(pilot).journey.moment is None
        await pilot.press("escape", "left_parenthesis")
        await at_moment(pilot, 5)
        assert "as of 12:00:06" in shown(pilot)


async def test_palette_and_help_have_what_the_keys_do(morning: Path) -> None:
    async with dashboard(morning, size=(100, 60)) as pilot:
        await pilot.press("question_mark")
        helped = shown(pilot)
        await pilot.press("escape", "ctrl+p", *"previous failure")
        await until(pilot, lambda: "Of what this screen shows" in shown(pilot))
        await pilot.press("enter", "enter")

        await at_moment(pilot, 5)
        assert "Next change of outcome" in helped
        assert "P                 Play, pause" in helped


async def test_keys_of_time_are_typed_into_a_filter(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("slash", *"a, b. (J)")

        typed = pilot.app.screen.query_one(Input).value
        assert typed == "a, b. (J)"
        assert app_of(pilot).journey.moment is None

from collections.abc import Iterator

from textual.app import App, ComposeResult

from tui.lines.line import Line, Span
from tui.widgets.line_list import LineList


class Numbers(LineList):
    """A list of a million numbers that keeps count of the lines it was asked for."""

    def __init__(self) -> None:
        super().__init__(empty="no numbers")
        self.asked: set[int] = set()

    def line_at(self, index: int, width: int) -> Line:
        self.asked.add(index)
        return (Span(f"{index} of {width}"),)


class ListApp(App[None]):
    CSS = """
    LineView {
        & > .row { background: black; }
        & > .row-cursor { background: blue; }
        & > .row-cursor-blurred { background: grey; }
        & > .row-heading { background: black; }
        & > .muted { color: grey; }
        & > .accent { color: red; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield Numbers()

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        self.chosen.append(event.index)


def texts(numbers: Numbers) -> Iterator[str]:
    return (numbers.render_line(y).text.rstrip() for y in range(numbers.size.height))


async def test_a_million_lines_cost_what_can_be_seen() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.query_one(Numbers)

        numbers.set_length(1_000_000)
        await pilot.press("end")

        assert numbers.cursor == 999_999
        assert len(numbers.asked) <= 50


async def test_the_line_of_the_cursor_is_always_in_sight() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.query_one(Numbers)
        numbers.set_length(100)
        for key in ("pagedown", "pagedown", "up", "j", "k", "pageup", "end", "home", "G", "g"):
            await pilot.press(key)

            assert any(text.startswith("▸") for text in texts(numbers)), key


async def test_an_empty_list_says_why() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("enter", "down", "end")

        assert next(texts(app.query_one(Numbers))) == " no numbers"
        assert app.chosen == []


async def test_enter_and_a_second_click_choose_the_line_of_the_cursor() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 20)) as pilot:
        app.query_one(Numbers).set_length(10)
        await pilot.press("down", "enter")
        await pilot.click(Numbers, offset=(3, 4))
        await pilot.click(Numbers, offset=(3, 4))
        await pilot.click(Numbers, offset=(3, 15))

        assert app.chosen == [1, 4]


async def test_the_cursor_of_a_list_that_shrinks_stays_inside() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 20)) as pilot:
        numbers = app.query_one(Numbers)
        numbers.set_length(10)
        await pilot.press("end")

        numbers.set_length(3)

        assert numbers.cursor == 2

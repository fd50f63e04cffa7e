import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui.lines.contrast import CURSOR, HUES, contrast, readable, readable_variables

THEMES = [name for name in BUILTIN_THEMES if not name.startswith("ansi")]


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_on_every_theme_also_under_the_cursor(name: str) -> None:
    theme = BUILTIN_THEMES[name].to_color_system().generate()
    background, primary = Color.parse(theme["background"]), Color.parse(theme["primary"])

    variables = readable_variables(theme)

    for behind in (background, Color.parse(theme["surface"]), background.blend(primary, CURSOR)):
        assert all(contrast(Color.parse(variables[f"read-{hue}"]), behind) >= 4.45 for hue in (*HUES, "muted"))
        assert contrast(Color.parse(variables["read-faint"]), behind) >= 2.95


def test_the_colours_of_a_terminal_are_left_to_it() -> None:
    theme = BUILTIN_THEMES["ansi-dark"].to_color_system().generate()

    variables = readable_variables(theme)

    assert variables["read-error"] == theme["text-error"]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_a_colour_that_can_be_read_is_not_changed() -> None:
    red = Color(200, 0, 0)

    assert readable(red, [Color(255, 255, 255)], 4.5) == red

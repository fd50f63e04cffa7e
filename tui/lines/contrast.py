"""Colours that can be read on every theme: those of the theme, as far as needed towards black or white."""

from collections.abc import Mapping, Sequence
from typing import Final

from textual.color import BLACK, WHITE, Color

TEXT_RATIO: Final = 4.5
"""The least contrast of text: WCAG 2.2, 1.4.3."""
FAINT_RATIO: Final = 3.0
"""The least contrast of what is meant to stand back, and is said by a glyph too: WCAG 2.2, 1.4.11."""
HUES: Final = ("success", "warning", "error", "primary", "accent")
CURSOR: Final = 0.25
"""How much of the primary colour lies under the line of the cursor."""
STEP: Final = 0.04


def readable_variables(theme: Mapping[str, str]) -> dict[str, str]:
    """Return the variables `$read-HUE`, `$read-muted` and `$read-faint` for the variables of a theme.

    Where the terminal decides what its colours look like, they stay as they are.
    """
    background, foreground = Color.parse(theme["background"]), Color.parse(theme["foreground"])
    hues = {hue: Color.parse(theme[f"text-{hue}"]) for hue in HUES}
    if any(color.ansi is not None for color in (background, foreground, *hues.values())):
        plain = {f"read-{hue}": theme[f"text-{hue}"] for hue in HUES}
        return plain | {"read-muted": theme["foreground-muted"], "read-faint": theme["foreground-muted"]}
    behind = (background, Color.parse(theme["surface"]), background.blend(Color.parse(theme["primary"]), CURSOR))
    found = {f"read-{hue}": readable(color, behind, TEXT_RATIO).hex for hue, color in hues.items()}
    found["read-muted"] = readable(background.blend(foreground, 0.55), behind, TEXT_RATIO).hex
    found["read-faint"] = readable(background.blend(foreground, 0.35), behind, FAINT_RATIO).hex
    return found


def readable(color: Color, behind: Sequence[Color], at_least: float) -> Color:
    """Return a colour as near to `color` as has a contrast of `at_least` to all that may lie behind it."""
    towards = max((BLACK, WHITE), key=lambda end: min(contrast(end, each) for each in behind))
    share = 0.0
    while share < 1.0:
        candidate = color.blend(towards, share)
        if all(contrast(candidate, each) >= at_least for each in behind):
            return candidate
        share += STEP
    return towards


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two opaque colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (_linear(channel) for channel in color.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

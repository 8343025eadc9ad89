"""The table of colours in docs/ui.md is true: each ratio is computed again from tokens.css (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CSS: Final = (ROOT / "gateway/ui/shared/tokens.css").read_text(encoding="utf-8")
TEXT: Final = 4.5
EDGE: Final = 3.0


def tokens(theme: int) -> dict[str, str]:
    """Return name → colour of the light (0) or dark (1) theme."""
    root = CSS[CSS.index(":root {") : CSS.index(':root[data-scale="kiosk"]')]
    both = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", root)
    one = re.findall(r"--([\w-]+): (#\w{6});", root)
    return {name: pair[theme] for name, *pair in both} | dict(one)


def contrast_theme() -> dict[str, str]:
    start = CSS.index(':root[data-theme="contrast"]')
    return dict(re.findall(r"--([\w-]+): (#\w{6});", CSS[start : CSS.index("}", start)]))


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def documented() -> list[tuple[str, tuple[str, ...], tuple[float, float]]]:
    """Return the rows of the table in docs/ui.md: colour, grounds, lowest ratio in light and in dark."""
    text = (ROOT / "docs/ui.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \| ([\d.]+) \| ([\d.]+) \|$", text, flags=re.MULTILINE)
    return [(name, tuple(re.findall(r"`([\w-]+)`", on)), (float(light), float(dark))) for name, on, light, dark in rows]


@pytest.mark.parametrize(("colour", "grounds", "said"), documented())
def test_every_documented_ratio_is_what_the_colours_give(
    colour: str, grounds: tuple[str, ...], said: tuple[float, float]
) -> None:
    for theme, value in enumerate(said):
        found = tokens(theme)
        lowest = min(ratio(found[colour], found[ground]) for ground in grounds)
        assert int(lowest * 10) / 10 == pytest.approx(value), f"{colour} on {grounds}: {lowest:.2f}"


@pytest.mark.parametrize(("colour", "grounds", "said"), documented())
def test_every_colour_can_be_read_or_seen(colour: str, grounds: tuple[str, ...], said: tuple[float, float]) -> None:
    assert grounds
    assert min(said) >= (EDGE if colour == "line" else TEXT)


def test_every_colour_that_carries_something_is_in_the_table() -> None:
    grounds = {"paper", "sheet", "mint", "honey", "good-ground", "warn-ground", "urgent-ground"}
    assert {row[0] for row in documented()} == tokens(0).keys() - grounds


def test_the_contrast_theme_has_three_colours_at_sixteen_to_one_and_names_every_token() -> None:
    found = contrast_theme()
    assert found.keys() == tokens(0).keys()
    assert set(found.values()) == {"#000000", "#FFFFFF", "#FFE14D"}
    assert ratio("#FFE14D", "#000000") == pytest.approx(16.1, abs=0.05)


def test_pages_take_every_colour_from_the_tokens() -> None:
    for path in (ROOT / "gateway/ui").rglob("*.css"):
        if path.name != "tokens.css":
            assert (
                re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\(|hsla?\(|gradient\(", path.read_text(encoding="utf-8")) == []
            ), path.name

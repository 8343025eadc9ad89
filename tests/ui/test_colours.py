"""The table of colours in docs/ui.md is true: each ratio is computed again from tokens.css (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import tinycss2  # type: ignore[import-untyped]  # it ships no type information
from tinycss2.color4 import parse_color  # type: ignore[import-untyped]  # the same

ROOT: Final = Path(__file__).parents[2]
CSS: Final = (ROOT / "gateway/ui/shared/tokens.css").read_text(encoding="utf-8")
SHEETS: Final = tuple(
    path
    for folder in ("gateway/ui", "booth_client")
    for path in sorted((ROOT / folder).rglob("*.css"))
    if path.name != "tokens.css"
)
MIXES: Final = frozenset({"rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color"})
SYSTEM: Final = frozenset({
    "accentcolor", "accentcolortext", "activetext", "buttonborder", "buttonface", "buttontext", "canvas", "canvastext",
    "field", "fieldtext", "graytext", "highlight", "highlighttext", "linktext", "mark", "marktext", "selecteditem",
    "selecteditemtext", "visitedtext",
})  # fmt: skip
"""https://www.w3.org/TR/css-color-4/#css-system-colors"""
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


def fixed() -> dict[str, str]:
    """Return name → colour of what no theme changes; a veil, that lets something through, is none of them."""
    found = re.findall(r"--([\w-]+): rgb\((\d+) (\d+) (\d+)\);", CSS)
    return {name: "#" + "".join(f"{int(part):02X}" for part in parts) for name, *parts in found}


def test_what_no_theme_changes_is_read_and_scanned_all_the_same() -> None:
    found = fixed()
    assert found.keys() == {"screen", "on-screen", "print", "print-ground"}
    assert ratio(found["on-screen"], found["screen"]) > 17
    assert ratio(found["print"], found["print-ground"]) == pytest.approx(21)


def values(rules: list[Any], *, forced: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield every part of every declared value, and whether it holds only for readers who force their own colours."""
    for rule in rules:
        assert rule.type != "error", rule.message
        if rule.type == "declaration":
            yield from ((part, forced) for part in parts(rule.value))
        elif getattr(rule, "content", None):
            inside = forced or (rule.type == "at-rule" and "forced-colors: active" in tinycss2.serialize(rule.prelude))
            yield from values(tinycss2.parse_blocks_contents(rule.content), forced=inside)


def parts(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from parts(getattr(token, "arguments", None) or getattr(token, "content", None) or [])


def own_colours(css: str) -> list[str]:
    """Return the colours that a style sheet says itself: by number, by function, by keyword, or the system's own."""
    found = []
    for part, forced in values(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)):
        mixed = part.type == "function" and (part.lower_name in MIXES or "gradient" in part.lower_name)
        keyword = part.type == "ident" and part.lower_value not in {"transparent", "currentcolor"}
        said = part.type == "hash" or (keyword and parse_color(part) is not None)
        if said or mixed or (keyword and part.lower_value in SYSTEM and not forced):
            found.append(part.serialize())
    return found


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_pages_take_every_colour_from_the_tokens(path: Path) -> None:
    assert own_colours(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "value", ["#fff", "white", "solid 2px Black", "rgb(0 0 0)", "var(--x, tan)", "linear-gradient(var(--x))", "Canvas"]
)
def test_a_colour_that_is_no_token_would_be_noticed(value: str) -> None:
    assert own_colours(f"@media print {{ .page {{ color: var(--ink); & p {{ border: {value} }} }} }}") != []


@pytest.mark.parametrize("value", ["transparent", "currentColor", "var(--black)", "nowrap", "url(red.svg)"])
def test_what_only_looks_like_a_colour_is_let_through(value: str) -> None:
    theirs = "@media (forced-colors: active) { a { fill: Canvas } }"
    assert own_colours(f"#red .white {{ fill: {value} }} {theirs}") == []

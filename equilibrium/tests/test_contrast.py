"""Every colour pair of the product, computed from the style sheets (WCAG 2.2 1.4.3)."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR, "static/css")
Colour = tuple[float, float, float]
THEMES = {"light": 0, "dark": 1}
TOKEN = re.compile(r"--([\w-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")


def tokens(palette: str) -> dict[str, tuple[Colour, Colour]]:
    """Token → its colour on paper and on black; the classic palette is laid over the safe one."""
    sheet = (CSS / "tokens.css").read_text()
    safe, classic = sheet.split(':root[data-palette="classic"]')
    text = safe if palette == "safe" else safe + classic
    return {name: (rgb(light), rgb(dark)) for name, light, dark in TOKEN.findall(text)}


def rgb(code: str) -> Colour:
    return tuple(int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))  # type: ignore[return-value]


def luminance(colour: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(top: Colour, alpha: float, ground: Colour) -> Colour:
    return tuple(alpha * t + (1 - alpha) * g for t, g in zip(top, ground, strict=True))  # type: ignore[return-value]


def heat_levels() -> dict[int, float]:
    sheet = (CSS / "components.css").read_text()
    return {
        int(step): int(share) / 100
        for step, share in re.findall(r'\[data-heat="(\d+)"\] \{ --level: (\d+)%; \}', sheet)
    }


def test_the_formula_gives_the_known_ratios():
    assert contrast(rgb("ffffff"), rgb("000000")) == pytest.approx(21)
    assert contrast(rgb("ffffff"), rgb("767676")) == pytest.approx(4.54, abs=0.01)


def test_heat_has_seventeen_steps_from_five_to_eighty_five_per_cent():
    levels = heat_levels()
    assert sorted(levels) == list(range(17))
    assert levels[0] == 0.05
    assert levels[16] == 0.85


@pytest.mark.parametrize(("palette", "theme"), [*product(("safe", "classic"), THEMES)])
def test_text_on_every_heat_cell_is_readable(palette, theme):
    """≥ 4.5 to 1 on every cell, both themes; hovered rows included."""
    palette_tokens, side = tokens(palette), THEMES[theme]
    ink = palette_tokens["ink"][side]
    for token, ground in product(
        ("heat-long", "heat-short", "heat-crowd", "heat-interest"), ("ground", "surface", "hover")
    ):
        for step, alpha in heat_levels().items():
            cell = over(palette_tokens[token][side], alpha, palette_tokens[ground][side])
            assert contrast(ink, cell) >= 4.5, (token, ground, step)


TEXT = (
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "long",
    "short",
    "crowd",
    "interest",
    "good",
    "warn",
    "bad",
)


@pytest.mark.parametrize(("palette", "theme"), [*product(("safe", "classic"), THEMES)])
def test_every_text_colour_is_readable_on_every_ground(palette, theme):
    palette_tokens, side = tokens(palette), THEMES[theme]
    for text, ground in product(TEXT, ("ground", "surface", "raised", "hover")):
        assert contrast(palette_tokens[text][side], palette_tokens[ground][side]) >= 4.5, (
            text,
            ground,
        )


@pytest.mark.parametrize("theme", THEMES)
def test_a_badge_filled_with_crowding_or_ink_is_readable(theme):
    both, side = tokens("safe"), THEMES[theme]
    for filling in ("crowd", "ink-2"):
        assert contrast(both["ground"][side], both[filling][side]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_label_on_a_bronze_button_is_readable(theme):
    both = tokens("safe")
    assert contrast(both["on-accent"][THEMES[theme]], both["accent"][THEMES[theme]]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_controls_stand_out(theme):
    """WCAG 1.4.11: 3 to 1."""
    both, side = tokens("safe"), THEMES[theme]
    assert contrast(both["line-strong"][side], both["surface"][side]) >= 3


def test_no_sheet_but_the_tokens_names_a_colour():
    """Colours are tokens; the exceptions are the shade behind a dialog and the white behind a QR code."""
    for sheet in CSS.glob("*.css"):
        if sheet.name != "tokens.css":
            assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text())) <= {
                "#0008",
                "#fff",
            }, sheet.name

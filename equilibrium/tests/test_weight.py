"""What the browser has to fetch, and that the pages keep the strict policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from core.templatetags.components import icon

STATIC = Path(settings.BASE_DIR, "static")
TEMPLATES = Path(settings.BASE_DIR, "templates")


def weight(pattern: str) -> int:
    return sum(path.stat().st_size for path in STATIC.rglob(pattern))


def test_our_own_scripts_weigh_at_most_forty_kilobytes():
    assert 0 < weight("*.js") <= 40_000


@pytest.mark.parametrize(
    ("template", "most"),
    [
        ("cot/board.html", 46_500),
        ("cot/market.html", 40_250),
        ("cot/table.html", 33_900),
        ("cot/guide/base.html", 34_800),
        ("accounts/security.html", 35_300),
    ],
)
def test_the_sheets_of_one_page_weigh_little(template, most):
    sources = [Path(TEMPLATES, template).read_text(), Path(TEMPLATES, "base.html").read_text()]
    if template.startswith("accounts/"):
        sources.append(Path(TEMPLATES, "accounts/base.html").read_text())
    names = re.findall(r"{% static '(css/\w+\.css)' %}", "".join(sources))
    assert len(names) == len(set(names)) >= 4
    assert sum((STATIC / name).stat().st_size for name in names) <= most


def test_every_sheet_is_loaded_by_a_page():
    said = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert not [path.name for path in STATIC.rglob("*.css") if f"'css/{path.name}'" not in said]


def test_no_template_holds_an_inline_style_or_script_or_handler():
    for path in TEMPLATES.rglob("*.html"):
        if "mail" in path.parts or "email" in path.parts:
            continue
        source = path.read_text()
        assert not re.search(r"<[^>]*\sstyle=", source), path
        assert not re.search(r"<[^>]*\son[a-z]+=", source), path
        assert not re.search(r'<script(?![^>]*\b(?:src=|type="application/json"))[^>]*>', source), (
            path
        )


def test_no_template_or_sheet_names_another_origin():
    for path in (*TEMPLATES.rglob("*.html"), *STATIC.rglob("*.css"), *STATIC.rglob("*.js")):
        found = re.findall(
            r"(?:src|href|action|url)\s*[=(]\s*[\"']?(?:https?:)?//[^\s\"')]+", path.read_text()
        )
        assert not found, (path, found)


def test_every_font_and_script_of_the_shell_is_found_in_its_wheel():
    for name in (
        "fonts/inter/Inter[opsz,wght].ttf",
        "fonts/jetbrains-mono/JetBrainsMono[wght].ttf",
        "fonts/spectral/Spectral-Medium.ttf",
        "plotly/plotly.min.js",
    ):
        assert finders.find(name), name


def test_plotly_is_loaded_by_nothing_but_the_chart_assets():
    """Pages without charts do not pay for it."""
    assert [
        path.name for path in TEMPLATES.rglob("*.html") if "plotly.min.js" in path.read_text()
    ] == ["chart_assets.html"]


def test_every_icon_a_template_names_exists():
    """A wrong name breaks the page only when that branch is shown."""
    for path in TEMPLATES.rglob("*.html"):
        for name in re.findall(r'\{% icon "([^"]+)"', path.read_text()) + re.findall(
            r'icon="([a-z-]+)"', path.read_text()
        ):
            assert icon(name), (path, name)


def test_templates_are_served_without_their_indentation(client, db):
    assert "\n    <meta" in Path(TEMPLATES, "base.html").read_text()
    assert "\n<meta" in client.get("/").text

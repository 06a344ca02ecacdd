"""Templates are read in reviews: one element a line, one component for one thing, none that nobody uses."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR, "templates")
PAGES = sorted(TEMPLATES.rglob("*.html"))
SOURCES = [
    path
    for app in ("core", "accounts", "cot", "equilibrium")
    for path in Path(settings.BASE_DIR, app).rglob("*.py")
]
LONGEST = 120


def test_no_line_of_a_template_is_longer_than_a_line_of_code():
    long = [
        f"{path.relative_to(TEMPLATES)}:{number}"
        for path in PAGES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not long


def test_a_choice_of_one_of_a_few_is_drawn_by_its_component_alone():
    drawn = [path.name for path in PAGES if 'nav class="segmented"' in path.read_text()]
    assert drawn == ["choices.html"]


def test_every_component_is_used():
    said = "".join(path.read_text() for path in (*PAGES, *SOURCES) if "tests" not in path.parts)
    unused = [
        path.name
        for path in (TEMPLATES / "components").iterdir()
        if f"components/{path.name}" not in said
    ]
    assert not unused

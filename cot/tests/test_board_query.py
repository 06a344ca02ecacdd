"""Every filter of the board is declared once: page and endpoint read it, the document names it, the page carries it."""

from __future__ import annotations

import re

import pytest
from django.http import QueryDict
from drf_spectacular.generators import SchemaGenerator

from core.query import Flag, Instant, Names, OneOf, Several, Text, Whole
from cot.api.queries import BestBoardQuery
from cot.pages.board_query import VIEWS, BoardPageQuery
from cot.pipeline import deriving
from cot.selectors.board_query import BoardQuery
from cot.tests import loaded
from cot.variants import variant

DECLARED = BoardQuery.parameters()
ENDPOINTS = ("screener-v2", "screener/{report_type}/{subtype}")


def example(name: str) -> str:
    """Something the parameter may say that is not its default."""
    parameter = DECLARED[name]
    match parameter:
        case Several() | OneOf():
            return next(word for word in parameter.choices if word != parameter.default)
        case Whole():
            return str(parameter.least + 7)
        case Flag():
            return "true"
        case Instant():
            return "2025-01-20T00:00:00+00:00"
        case Names():
            return "-open_interest"
        case Text():
            return "gold"
    raise AssertionError(f"no example of {parameter}")


@pytest.mark.parametrize("name", DECLARED)
def test_page_and_endpoint_read_a_filter_alike(name):
    query = QueryDict(mutable=True)
    query[name] = example(name)
    read = [getattr(kind.of(query), name) for kind in (BoardQuery, BoardPageQuery, BestBoardQuery)]
    assert read[0] == read[1] == read[2] != DECLARED[name].default


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_document_names_every_filter(endpoint):
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    documented = {
        each["name"]: each for each in paths[f"/api/v1/cot/{endpoint}"]["get"]["parameters"]
    }
    assert set(DECLARED) < set(documented)
    assert all(documented[name]["description"] for name in DECLARED)


@pytest.fixture
def stored(db):
    loaded.load(
        loaded.weeks("088691", "2025-01-07", 2), variant("disagg", "fo"), {"088691": "metals"}
    )
    deriving.rebuild_board([variant("disagg", "fo")])


@pytest.mark.parametrize("name", DECLARED)
def test_the_page_shows_every_filter_it_was_told(web, owner, stored, name):
    """As a filled field of its form, or carried along by it."""
    html = web(owner).get("/cot/", {name: example(name)}).text
    fields = [
        field
        for field in re.findall(rf'<input[^>]*\bname="{name}"[^>]*>', html)
        if "checkbox" not in field or "checked" in field
    ]
    chosen = re.findall(
        rf'<select name="{name}">.*?<option value="([^"]*)" selected>', html, re.DOTALL
    )
    assert any(f'value="{example(name)}"' in field for field in fields) or chosen == [example(name)]


@pytest.mark.parametrize(("label", "view"), VIEWS)
def test_a_saved_address_is_what_it_says(label, view):
    assert BoardPageQuery.of(QueryDict(view.written())) == view != BoardPageQuery()

"""The Django admin of the reports: browse everything, edit nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.contrib import admin as site
from django.urls import reverse

from core.admin import ReadOnlyAdmin
from cot.models import Market, Observation, QuarantinedRow, SourceFile
from cot.pipeline import ingest, parsing
from cot.tests.cftc_text import market_codes, row, text
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db
DISAGG = VARIANTS["disagg_fo"]
MODELS = [
    model
    for model, registered in site.site._registry.items()
    if isinstance(registered, ReadOnlyAdmin) and model._meta.app_label == "cot"
]


@pytest.fixture
def reports():
    rows = [row(DISAGG, code=code) for code in market_codes(30)]
    rows[3] = rows[3] | {"open_interest_all": "5"}
    origin = SourceFile(url="y.zip", kind="yearly", report_type="disagg", subtype="fo", sha256="1", fetched_at=datetime(2024, 3, 1, tzinfo=UTC))  # fmt: skip
    ingest.save(parsing.parse(text(rows), DISAGG), origin)


def address(model, page, *arguments) -> str:
    return reverse(f"admin:cot_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_administrator_sees_every_list_and_row(admin, web, reports, model):
    browser = web(admin)
    assert browser.get(address(model, "changelist")).status_code == 200
    if first := model.objects.first():
        assert browser.get(address(model, "change", first.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nobody_adds_changes_or_deletes_a_published_row(admin, web, reports, model):
    browser = web(admin)
    assert browser.post(address(model, "add"), {}).status_code == 403
    if first := model.objects.first():
        assert (
            browser.post(address(model, "change", first.pk), {"open_interest": 1}).status_code
            == 403
        )
        assert browser.post(address(model, "delete", first.pk), {"post": "yes"}).status_code == 403
        assert model.objects.filter(pk=first.pk).exists()


def test_the_numbers_stay_as_they_are(admin, web, reports):
    seen = Observation.objects.order_by("pk").first()
    web(admin).post(address(Observation, "change", seen.pk), {"open_interest": "1", "g1_long": "1"})
    assert Observation.objects.get(pk=seen.pk).open_interest == seen.open_interest
    assert Market.objects.count() == 29
    assert seen.report_date == date(2024, 1, 2)


def test_a_quarantined_row_can_be_closed(admin, web, reports):
    waiting = QuarantinedRow.objects.filter(resolved_at=None)
    keys = [str(key) for key in waiting.values_list("pk", flat=True)]
    assert keys
    web(admin).post(
        address(QuarantinedRow, "changelist"),
        {"action": "close_as_obsolete", "_selected_action": keys},
    )
    assert not waiting.exists()
    assert set(QuarantinedRow.objects.values_list("resolution", flat=True)) == {"obsolete"}

"""The report table: heads, weeks, statistics, heat, revisions, gaps, older pages."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from core import versions
from cot.models import Market, Observation, ObservationVersion
from cot.tests import loaded, market_data
from cot.tests.stored import instant
from cot.variants import variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
TABLE = "/cot/088691/table/"
DISAGG = variant("disagg", "fo")


def page(client, query=""):
    return client.get(TABLE + query).content.decode()


def weeks(html):
    return re.findall(r'<th scope="row" title="Released [^"]+">([^<]+)', html)


def row(html, day):
    return next(part for part in html.split("<tr") if f">{day}" in part)


def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(web, guest):
    assert web().get(TABLE).url.startswith("/accounts/login/")
    assert web(guest).get(TABLE).status_code == 403


def test_every_week_is_there_newest_first(web, viewer):
    """60 weeks on one page, statistics above them."""
    html = page(web(viewer))
    shown = weeks(html)
    assert len(shown) == 60
    assert (shown[0], shown[-1]) == ("24 Feb 2026", "7 Jan 2025")
    assert html.index("Highest, 5 years") < html.index("24 Feb 2026</th>")


def test_the_head_has_two_levels_and_the_columns_of_the_rule(web, viewer):
    """Group over column; long change, short change, change of net, net, net/OI, WCI, indices, crowded."""
    html = page(web(viewer), "?group=g3")
    assert re.findall(r'<th\s+scope="colgroup"\s+colspan="(\d+)"[^>]*>\s*<span>([^<]+)', html) == [("3", "Open interest"), ("10", "Managed Money")]  # fmt: skip
    heads = re.findall(r'<th scope="col"[^>]*title="[^"]*">\s*([^<]+?)\s*</th>', html)
    assert heads == ["OI", "Δ OI", "Δ OI %", "Δ Long", "Δ Short", "Δ Net", "Net", "Net/OI %", "WCI", "Idx 3m", "Idx 1y", "Idx 3y", "Crowded"]  # fmt: skip


def test_a_table_has_a_caption_that_says_what_it_is(web, viewer):
    assert (
        "Gold · GC, Disaggregated, Futures Only, 7 Jan 2025 – 24 Feb 2026, newest week first</caption>"
        in page(web(viewer))
    )


def test_a_colour_says_side_change_open_interest_or_crowding(web, viewer):
    """Every week prints 10 more longs and 5 contracts more: the largest of their columns, so the hottest; net is text."""
    net = int(market_data.longs()[-1]) - 10
    newest = row(page(web(viewer), "?group=g3"), "24 Feb 2026")
    assert f"<td class=long>+{net:,}<".replace(",", "\u202f") in newest
    assert '<td class="long first" data-heat=16>+10<' in newest
    assert "<td class=interest data-heat=16>+5<" in newest
    assert re.search(r"<td data-heat=\d+>[\d.]+<", newest)


def test_a_missing_index_is_a_dash_with_its_reason(web, viewer):
    """One observation makes no index."""
    assert 'title="too few observations for this window">—<td' in row(
        page(web(viewer)), "7 Jan 2025"
    )


def test_a_revised_cell_shows_what_it_was(web, viewer):
    """Longs were 700, so net was 690, and both cells say so; open interest never changed."""
    shown = Observation.objects.get(market="088691", report_date=date(2026, 2, 17))
    facts = {
        field: getattr(shown, field) for field in DISAGG.fields if not field.startswith("conc_")
    }
    until = shown.known_at + timedelta(days=7)
    ObservationVersion.objects.create(
        observation=shown, version=1, facts=facts | {"g3_long": 700}, known_at=shown.known_at, superseded_at=until,
        source_file=shown.source_file, source_line=1,
    )  # fmt: skip
    Observation.objects.filter(pk=shown.pk).update(version=2, known_at=until)
    versions.bump("cot")
    found = row(page(web(viewer), "?columns=full&group=g3"), "17 Feb 2026")
    assert "<s>700</s>" in found
    assert "<s>+690</s>" in found
    assert "<s>5\u202f000</s>" not in found
    assert "revised" not in row(page(web(viewer)), "24 Feb 2026")


def test_a_gap_is_marked_with_its_days(web, viewer):
    """14 days instead of seven."""
    Observation.objects.filter(market="088691", report_date=date(2026, 2, 17)).delete()
    versions.bump("cot")
    found = row(page(web(viewer)), "24 Feb 2026")
    assert 'class="gap"' in found
    assert "14 days after the report before" in found


def test_more_than_300_weeks_come_in_pages_of_260(web, viewer):
    """With 310 weeks before the sixty there are 260 and 110; htmx gets the rows alone."""
    loaded.load(loaded.weeks("088691", date(2019, 1, 8), 310), DISAGG)
    Market.objects.filter(pk="088691").update(name="GOLD")
    versions.bump("cot")
    client = web(viewer)
    first = page(client)
    assert len(weeks(first)) == 260
    assert 'href="?skip=260"' in first
    rest = client.get(f"{TABLE}?skip=260", headers={"HX-Request": "true"}).content.decode()
    assert len(weeks(rest)) == 110
    assert "<html" not in rest
    assert "skip=" not in rest
    assert not set(weeks(first)) & set(weeks(rest))


@pytest.mark.parametrize(
    "query", ["?columns=all", "?skip=-1", "?skip=x", "?report=foo", "?basis=fut", "?group=g9"]
)
def test_a_word_the_table_does_not_know_is_refused(web, viewer, query):
    assert web(viewer).get(TABLE + query).status_code == 422


def test_a_past_instant_ends_the_table_at_what_was_public(web, viewer):
    html = page(web(viewer), "?as_of=2025-06-05")
    assert weeks(html)[0] == "27 May 2025"
    assert "As known on" in html


def test_the_warm_table_costs_few_queries(web, viewer, django_assert_max_num_queries):
    client = web(viewer)
    page(client)
    with django_assert_max_num_queries(8):
        page(client)


def test_the_links_to_the_export_carry_market_and_format(web, viewer):
    html = page(web(viewer), f"?as_of={instant(2025, 6, 6).date()}")
    links = re.findall(r'href="(/api/v1/cot/export/disagg/fo\?[^"]+)"', html)
    assert [link.rpartition("format=")[2] for link in links] == [
        "csv&amp;spreadsheet=true",
        "parquet",
        "json",
    ]
    assert all("codes=088691" in link and "as_of=2025-06-07" in link for link in links)

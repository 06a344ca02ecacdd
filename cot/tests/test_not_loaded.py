"""Weeks of a report that are not stored here: said with the command that loads them, and as the reason of what is missing."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pandas as pd
import pytest

from core import versions
from cot.models import BoardRow, Observation
from cot.pipeline import deriving
from cot.selectors import history
from cot.tests import loaded
from cot.variants import variant

pytestmark = pytest.mark.django_db
DISAGG = variant("disagg", "fo")
FIRST = date(2024, 1, 2)


@pytest.fixture
def holed(request):
    """Two markets in 60 reports, then `weeks` weeks that were never loaded, then ten reports more."""
    weeks = request.param
    frames = []
    for code in ("088691", "002602"):
        days = pd.date_range(FIRST, periods=70 + weeks, freq="7D")
        kept = [place for place in range(70 + weeks) if not 60 <= place < 60 + weeks]
        frame = loaded.weeks(code, FIRST, 70, g3_long=[100.0 + place % 7 for place in range(70)])
        frames.append(frame.assign(date=days[kept]))
    loaded.load(pd.concat(frames, ignore_index=True), DISAGG)
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")


def bands(page: str) -> list[str]:
    found = re.findall(
        r'(?s)<aside class="band stale" aria-label="Weeks not loaded: Disaggregated report">(.*?)</aside>',
        page,
    )
    return [" ".join(html.unescape(re.sub("<[^>]+>", " ", band)).split()) for band in found]


@pytest.mark.parametrize("holed", [12], indirect=True)
def test_board_and_market_say_which_weeks_are_not_loaded_and_how_to_load_them(web, owner, holed):
    """After the report of 18 Feb 2025 the next one is that of 20 May."""
    said = (
        "Disaggregated report: 12 weeks not loaded (25 Feb – 13 May 2025). Scores over 52 reports look across them "
        "and are missing. This loads them: manage.py update_cot --type disagg --subtype fo --years 2025"
    )
    for address in ("/cot/", "/cot/088691/", "/cot/?report=disagg"):
        assert bands(web(owner).get(address).text) == [said], address
    # a stranger loads nothing: no command
    assert bands(web().get("/week/").text) == [said.partition(" This loads")[0]]
    for address in ("/cot/?basis=co", "/cot/?report=legacy", "/cot/?as_of=2025-05-01"):
        assert bands(web(owner).get(address).text) == [], address


@pytest.mark.parametrize("holed", [12], indirect=True)
def test_a_board_without_a_market_of_that_report_does_not_speak_of_it(web, owner, holed):
    assert bands(web(owner).get("/cot/?universe=watch").text) == []


@pytest.mark.parametrize("holed", [12], indirect=True)
def test_what_is_missing_for_that_has_its_own_reason_everywhere(holed):
    stored = BoardRow.objects.get(market="088691").values
    assert {stored["reasons"][name] for name in ("spec_rank_1y", "spec_z_1y", "state")} == {
        "weeks_missing"
    }
    line = history.of_market(DISAGG, "088691").line
    assert line.window("g3_net", 52).torn.tolist()[-1]


@pytest.mark.parametrize("holed", [3], indirect=True)
def test_a_few_weeks_take_no_scores(web, owner, holed):
    """52 reports within 55 weeks."""
    (band,) = bands(web(owner).get("/cot/").text)
    assert band.startswith(
        "Disaggregated report: 3 weeks not loaded (25 Feb – 11 Mar 2025). This loads"
    )
    assert BoardRow.objects.get(market="088691").values["spec_rank_1y"] is not None


@pytest.mark.parametrize("holed", [12], indirect=True)
def test_a_year_later_no_window_looks_across_the_hole(web, owner, holed):
    newest = Observation.objects.order_by("report_date").last().report_date
    frame = loaded.weeks("088691", newest + timedelta(weeks=1), 45)
    loaded.load(frame, DISAGG)
    versions.bump("cot")
    assert bands(web(owner).get("/cot/").text) == []

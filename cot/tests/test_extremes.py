"""COT extremes: who leads, the speculators or their counterpart, by the range of the last 52 observations."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import date

import numpy as np
import pytest

from core.tests import slow_reference as slow
from cot.measures.indicators import extremes
from cot.measures.timeline import Timeline
from cot.pipeline.deriving import rebuild_board
from cot.tests import loaded
from cot.variants import DISAGG, variant

FIRST = date(2024, 1, 2)
OF = variant("disagg", "fo")


def line(spec: list[float], comm: list[float], *, counterpart: str = "g1") -> Timeline:
    """A market in which Managed Money and the producers hold these nets, all of them long."""
    dates = np.datetime64("2020-01-07") + 7 * np.arange(len(spec))
    facts = dict.fromkeys(OF.fields, np.zeros(len(spec))) | {
        "g3_long": np.array(spec),
        "g1_long": np.array(comm),
    }
    return Timeline(dates, facts, DISAGG.groups, spec="g3", comm=counterpart)


def test_by_hand():
    """Leads of 10 for fifty weeks, then −30, then 0: 30 above the lowest of a range of 40 is 75."""
    shown = extremes(line([20.0] * 50 + [10.0, 15.0], [10.0] * 50 + [40.0, 15.0]))
    assert shown.tolist()[-1] == 75.0
    assert shown.tolist()[:-1] == [None] * 51
    assert shown.reason(0) == "window"


@pytest.mark.parametrize(
    ("nets", "counterpart", "reason"),
    [
        (([5.0] * 52, [1.0] * 52), "g1", "flat"),
        (([5.0] * 51 + [math.nan], [1.0] * 52), "g1", "null_input"),
        (([float(week) for week in range(52)], [0.0] * 52), "g1", "no_counterpart"),
        (([float(week) for week in range(52)], [1.0] * 52), "", "no_counterpart"),
    ],
)
def test_undefined_has_its_reason(nets, counterpart, reason):
    shown = extremes(line(*nets, counterpart=counterpart))
    assert (shown.at(-1), shown.reason(-1)) == (None, reason)


def test_it_is_what_the_slow_reference_finds():
    dice = np.random.default_rng(21)
    spec, comm = (dice.integers(0, 99, 200).astype(float) for _ in range(2))
    spec[dice.integers(0, 199, 20)] = math.nan
    lead = [None if math.isnan(value) else float(value) for value in spec - comm]
    expected = [
        slow.shown(slow.index(seen, 52) if seen and not slow.is_sparse(lead, at, 52) else None, 1)
        for at in range(200)
        for seen in [slow.window(lead, at, 52)]
    ]
    assert extremes(line(spec.tolist(), comm.tolist())).tolist() == expected


@pytest.mark.django_db
def test_it_stands_in_table_board_guide_api_and_export(web, api, owner):
    """One market of 52 weeks: 20 and −10 apart in turn, at last half way, is 50.0 everywhere."""
    spec = [30.0, 0.0] * 25 + [20.0, 15.0]
    loaded.load(
        loaded.weeks(
            "088691",
            FIRST,
            52,
            g3_long=spec,
            g1_long=[10.0] * 52,
            g1_short=[0.0] * 52,
            g3_short=[0.0] * 52,
        ),
        OF,
    )
    rebuild_board([OF])
    program, browser = api(owner), web(owner)
    week = program.get("/api/v1/cot/markets/disagg/fo/088691", {"fields": "full"}).json()["weeks"][
        0
    ]
    row = program.get("/api/v1/cot/screener-v2").json()["items"][0]
    file = program.get("/api/v1/cot/export/disagg/fo", {"fields": "full"}).getvalue().decode()
    written = list(csv.DictReader(io.StringIO(file)))[-1]["cot_extremes"]
    assert (week["cot_extremes"], row["cot_extremes"], written) == (50.0, 50.0, "50.0")
    assert re.search(r">\s*Extremes\s*</th>", browser.get("/cot/088691/table/?columns=full").text)
    assert re.search(r">\s*COT extremes\s*</th>", browser.get("/cot/?columns=windows").text)
    assert 'id="cot_extremes"' in browser.get("/cot/guide/").text

"""A board of as many markets as the real reports hold: its weight, and its order."""

from __future__ import annotations

import gzip
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from core import versions
from cot.models import Market
from cot.pipeline import deriving
from cot.tests import loaded
from cot.variants import variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("many")]
DISAGG = variant("disagg", "fo")
FIRST = date(2025, 1, 7)


def shown(html: str) -> list[str]:
    return re.findall(r'<th scope=row><a href="([^"/]+)/', html)


@pytest.fixture(scope="module")
def many(module_database):
    """Four hundred markets over 54 weeks, a random walk each; as in the real reports many are small and few large."""
    rng, frames = np.random.default_rng(7), []
    for number in range(400):
        size = round(10 ** rng.uniform(2.7, 5.3))
        walk = {
            f"g{k}_{side}": (rng.normal(0, 0.06 * size, 54).cumsum().clip(-size) + size).round()
            for k in range(1, 6)
            for side in ("long", "short")
        }
        walk |= {
            f"{name}_change": np.diff(values, prepend=values[0]) for name, values in walk.items()
        }
        walk |= {
            f"rept_{side}": sum(walk[f"g{k}_{side}"] for k in range(1, 5))
            for side in ("long", "short")
        }
        frames.append(
            loaded.weeks(
                f"{number:06d}",
                FIRST,
                54,
                open_interest=rng.integers(4 * size, 6 * size, 54),
                **walk,
            )
        )
    with module_database():
        loaded.load(pd.concat(frames, ignore_index=True), DISAGG)
        for market in Market.objects.all():
            market.name = f"{market.code[3:]} BARLEY FUTURES OF THE NORTH"[
                : 14 + int(market.code) % 16
            ]
            market.save()
        deriving.rebuild_board([DISAGG])
        versions.bump("cot")


def test_four_hundred_markets_are_light_on_the_wire(web, owner):
    """≤ 400 KB before gzip, ≤ 61 KB after, in every set of columns."""
    for query in ("", "columns=windows", "columns=groups&report=disagg"):
        html = web(owner).get(f"/cot/?universe=all&{query}").content
        assert len(shown(html.decode())) == 400
        assert len(html) <= 400_000, query
        assert len(gzip.compress(html, 6)) <= 61_000, query


def test_a_state_keeps_only_its_markets_and_the_most_severe_come_first(web, owner):
    client = web(owner)
    badges = re.findall(r'class="badge s(\d)"', client.get("/cot/?universe=all").text)
    assert badges == sorted(badges, reverse=True)
    html = client.get("/cot/?universe=all&state=overcrowded").text
    assert len(shown(html)) == badges.count("4") > 0
    assert set(re.findall(r'class="badge s(\d)"', html)) == {"4"}

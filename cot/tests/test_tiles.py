"""What is worth a look this week, read off rows of the board."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import override

from core.pages.addresses import Address
from cot.pages.board_query import BoardPageQuery
from cot.pages.board_tiles import sentence, shown_tiles
from cot.selectors.tiles import KINDS, Tile, at_extreme, own, tiles


def row(code: str, state: str = "neutral", side: str | None = None, **more: Any) -> dict[str, Any]:
    """A market of a thousand contracts in the middle of its year, unless said otherwise."""
    severity = {"flip": 5, "overcrowded": 4, "reversal_watch": 3, "extreme": 2, "least": 1}
    usual = {
        "code": code, "main_code": code, "plain_name": code.title(), "state": state, "state_side": side, "sector": "",
        "state_severity": severity.get(state, 0), "open_interest": 1000, "spec_rank_1y": 50.0, "spec_z_1y": 0.0,
        "spec_change_pct_oi": 0.0, "spec_change_sd": 0.0, "weeks_at_extreme": 0, "watched": False, "signals": [], "stale": False,
    }  # fmt: skip
    return usual | more


def found(*rows: dict[str, Any]) -> dict[str, list[str]]:
    return {tile.kind: [market["code"] for market in tile.markets] for tile in tiles(rows)}


def test_a_crowded_market_is_told_on_its_side_whatever_made_it_crowded_and_the_largest_first():
    rows = [
        row("small", "overcrowded", "long", open_interest=10),
        row("large", "extreme", "long", open_interest=99),
        row("turning", "reversal_watch", "long", open_interest=50),
        row("other", "extreme", "short"),
        row("least", "least", "long", open_interest=500),
    ]
    assert found(*rows)["crowded_long"] == ["large", "turning", "small"]
    assert found(*rows)["crowded_short"] == ["other"]


def test_the_unusually_light_come_by_their_distance_from_normal():
    rows = [row("near", "least", "long", spec_z_1y=-1.3, open_interest=9999), row("far", "least", "short", spec_z_1y=2.1)]  # fmt: skip
    assert found(*rows)["light"] == ["far", "near"]


def test_where_scores_are_missing_a_tile_says_of_how_many_it_found_none():
    """Of two markets one has scores: that none is crowded is known of that one only; moves need no score."""
    rows = [row("known"), row("unknown", spec_rank_1y=None, spec_z_1y=None)]
    shown = shown_tiles(tiles(rows), 0, BoardPageQuery(), Address(QueryDict(), {}))
    said = {str(tile.label): tile.nothing for tile in shown}
    assert said["Crowded long"] == said["Unusually light"] == "none of the 1 market with scores"
    assert said["Biggest moves"] == "no market"


def test_a_big_move_is_big_for_its_own_market():
    """Two of its own deviations or more; how many contracts says nothing."""
    rows = [
        row("calm", spec_change_sd=1.9, open_interest=9999),
        row("big", spec_change_sd=2.0),
        row("huge", spec_change_sd=3.1),
        row("unknown", spec_change_sd=None),
    ]
    assert found(*rows)["moves"] == ["huge", "big"]


def test_a_flip_stands_before_what_only_turns():
    rows = [row("turns", "reversal_watch", "short", open_interest=9999), row("flips", "flip", "long")]  # fmt: skip
    assert found(*rows)["turning"] == ["flips", "turns"]


def test_three_are_named_and_all_are_counted():
    tile = tiles(row(f"m{n}", "extreme", "long") for n in range(5))[0]
    assert (tile.count, len(tile.markets)) == (5, 3)


def test_a_micro_contract_tells_nothing_of_its_own_but_is_counted_on_the_own_list():
    rows = [row("micro", "extreme", "long", main_code="gold"), row("gold", "extreme", "long"), row("silver")]  # fmt: skip
    assert found(*rows)["crowded_long"] == ["gold"]
    assert own(at_extreme(rows), {"micro", "silver"}).count == 1


def test_a_market_whose_newest_row_is_of_an_older_report_tells_nothing_of_the_newest():
    rows = [
        row("gone", "flip", "long", stale=True, spec_change_sd=4.0),
        row("here", "flip", "short"),
    ]
    assert found(*rows)["turning"] == ["here"]
    assert found(*rows)["moves"] == []
    assert sentence(tiles(rows)) == "Here flipped short."


def shown(kind: str, query: str = "", count: int = 1, watched: int = 6, **market: Any):
    address = QueryDict(query)
    asked = BoardPageQuery.of(address)
    tile = Tile(kind, count, [row("gold", **market)] if count else [])
    return shown_tiles([tile], watched, asked, Address(address, asked.defaults()))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tile_leads_to_the_markets_it_counts_and_back(kind):
    """The address says the filter of the kind; whatever else narrowed is gone, basis and instant stay."""
    tile = shown(kind, "q=x&category=metals&basis=co&open=1", 0)
    asked = BoardPageQuery.of(QueryDict(tile.href.removeprefix("?")))
    for name in ("state", "side", "min_change_sd", "main"):
        assert getattr(asked, name) == getattr(KINDS[kind], name)
    assert (asked.q, asked.category, asked.open, asked.basis) == ("", (), (), "co")
    assert asked.universe == ("watch" if kind == "own" else "majors")
    again = shown(kind, tile.href.removeprefix("?"), 0)
    assert again.current
    assert BoardPageQuery.of(QueryDict(again.href.removeprefix("?"))).state == ()


@pytest.mark.parametrize(
    ("kind", "market", "said"),
    [
        ("crowded_long", {"spec_rank_1y": 93.3, "weeks_at_extreme": 3}, "93rd · 3 w"),
        ("crowded_short", {"spec_rank_1y": 1.0, "weeks_at_extreme": 1}, "1st · new"),
        ("light", {"state_side": "short", "spec_z_1y": 2.08}, "short · z +2.1"),
        ("moves", {"spec_change_pct_oi": -6.8}, "−6.8 % of OI"),
        ("turning", {"state": "flip", "state_side": "long"}, "Flipped long"),
        ("own", {"state": "least", "state_side": "short"}, "Least short"),
    ],
)  # fmt: skip
def test_a_tile_says_what_makes_a_market_one_of_its_kind(kind, market, said):
    assert shown(kind, **market).markets == [("Gold", said)]


def test_the_tile_of_the_own_list_counts_it_and_says_how_to_begin_one():
    assert shown("own", count=2).count == "2 of 6 at an extreme"
    empty = shown("own", count=0, watched=0)
    assert (empty.count, empty.nothing) == ("", "A star before a market puts it here")


def test_the_sentence_is_made_of_the_tiles():
    rows = [
        row("soybeans", "extreme", "long", open_interest=9), row("yen", "extreme", "long", open_interest=8),
        row("euro", "extreme", "long", open_interest=7), row("wheat", "overcrowded", "short"),
        row("gold", "least", "long", spec_z_1y=-2.5), row("peso", "flip", "long"),
    ]  # fmt: skip
    assert sentence(tiles(rows)) == (
        "Crowded long in Soybeans and Yen, short in Wheat; unusually light in Gold; Peso flipped long."
    )
    with override("uk"):
        assert sentence(tiles(rows)) == (
            "Скупчення в довгих: Soybeans і Yen; у коротких: Wheat; незвично мало: Gold; Peso — перехід у довгі."
        )


def test_a_quiet_week_is_a_sentence_too():
    assert sentence(tiles([row("gold")])) == "No market stands at an extreme."
    assert sentence(tiles([row("gold", "flip", "short")])) == "Gold flipped short."
    assert sentence(tiles([row("gold", "extreme", "short")])) == "Crowded short in Gold."


def test_names_that_are_too_long_for_one_line_leave_one_of_each_kind():
    names = (
        "S&P 500 Annual Dividends",
        "Aluminum Premium (US Midwest)",
        "E-mini Russell 1000 Growth",
    )
    rows = [
        row(f"{kind}{n}", state, side, plain_name=name)
        for kind, state, side in (("a", "extreme", "long"), ("b", "extreme", "short"), ("c", "least", "long"))
        for n, name in enumerate(names)
    ]  # fmt: skip
    text = sentence(tiles(rows))
    assert text == (
        f"Crowded long in {names[0]}, short in {names[0]}; unusually light in {names[0]}."
    )

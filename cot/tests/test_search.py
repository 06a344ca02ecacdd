"""The market search of every page's header: who comes first."""

from __future__ import annotations

from datetime import date

import pytest

from core import versions
from cot.catalogue.sought import searchable
from cot.models import BoardRow, Market
from cot.selectors.search import alike, by_category, matching
from cot.tests import stored

pytestmark = pytest.mark.django_db
NEWEST = date(2026, 2, 3)


def listed(code: str, name: str, interest: int, last: date = NEWEST, **fields: object) -> Market:
    """A market of an exchange without a name, with its row on the board."""
    text = searchable(code, [name], [], "")
    market = stored.market(code, name=name.upper(), search_text=text, last_date=last, **fields)
    on_board(market, interest, last)
    return market


def on_board(
    market: Market, interest: int, day: date, *, subtype: str = "fo", report: str = "disagg"
) -> None:
    BoardRow.objects.create(
        report_type=report, subtype=subtype, market=market, is_primary=report == market.primary_report,
        report_date=day, values={"open_interest": interest},
    )  # fmt: skip


def codes(words: str) -> list[str]:
    return [hit.code for hit in matching(words)]


def test_among_markets_that_hold_the_word_the_largest_comes_first():
    listed("06742T", "crude diff-tmx sw", 12_000)
    listed("067657", "crude oil cal spread options", 1_875_496)
    listed("067A28", "crude oil cal spread opt fin", 640_000)
    assert codes("crude") == ["067657", "067A28", "06742T"]


def test_the_very_code_then_the_very_ticker_come_before_larger_markets():
    listed("13874A", "e-mini s&p 500", 2_000_000)
    listed("138741", "s&p 500 stock index, es future 13874a", 9_000_000)
    listed("124606", "dow jones u.s. real estate idx", 6_000_000)
    assert codes("es") == ["13874A", "138741", "124606"]
    assert codes("13874A") == ["13874A", "138741"]


def test_a_whole_name_comes_before_larger_markets_that_hold_it():
    listed("088691", "gold", 10)
    listed("088695", "micro gold", 1000)
    listed("088LM1", "gold -1 troy ounce", 2000)
    assert codes("gold") == ["088691", "088LM1", "088695"]


def test_a_misspelled_word_finds_what_is_spelled_almost_like_it():
    listed("133741", "Bitcoin", 300)
    listed("088691", "Gold", 500)
    assert codes("bitcon") == []
    assert [hit.code for hit in alike("bitcon")] == ["133741"]
    assert alike("zzz") == []


def test_one_or_two_letters_are_found_where_a_word_begins():
    listed("044601", "ust 5y notes", 6_000_000)
    listed("124606", "dow jones u.s. real estate idx", 6_000)
    assert codes("es") == ["124606"]
    assert codes("ote") == ["044601"]


def test_whole_words_come_before_pieces_of_words():
    listed("11165K", "rbob megasupply", 9_000_000)
    listed("023A84", "nat gas nyme", 1_000)
    listed("03565B", "gasoline", 2_000)
    assert codes("gas") == ["03565B", "023A84", "11165K"]


def test_a_market_no_longer_reported_comes_after_the_others_and_says_until_when():
    """Twenty-six weeks after its last report the board forgets a market; the search does not."""
    listed("099741", "euro fx", 800_000)
    listed("132741", "euro dollars", 12_000_000, last=date(2025, 8, 4))
    listed("399741", "euro yen", 1_000, last=date(2025, 8, 5))
    assert [(hit.code, hit.last) for hit in matching("euro")] == [
        ("099741", None),
        ("399741", None),
        ("132741", date(2025, 8, 4)),
    ]


def test_the_newest_row_of_the_primary_report_counts_futures_only_first():
    """Neither another report nor an older row nor options of the same week."""
    small, large = listed("00160F", "rye-srw", 100), listed("00161F", "rye-hrw", 200)
    on_board(small, 900, NEWEST, subtype="co")
    on_board(small, 900, NEWEST, report="legacy")
    assert codes("rye") == ["00161F", "00160F"]
    on_board(large, 50, date(2026, 2, 10), subtype="co")
    versions.bump("cot")
    assert codes("rye") == ["00160F", "00161F"]


def test_a_market_without_a_row_on_the_board_is_found_last():
    stored.market("00160F", search_text=searchable("00160F", ["RYE-SRW"], [], ""))
    listed("00161F", "rye-hrw", 1)
    assert codes("rye") == ["00161F", "00160F"]
    assert codes("") == codes("spelt") == []


def test_four_queries_however_many_markets_and_then_that_of_the_data_version(
    django_assert_num_queries,
):
    for place in range(30):
        listed(f"0233{place:02}", f"gas {place}", place)
    with django_assert_num_queries(4):
        assert codes("gas") == [f"0233{place:02}" for place in range(29, 5, -1)]
    with django_assert_num_queries(1):
        assert codes("gas 3") == ["023303"]


def test_the_category_of_the_likeliest_market_comes_first():
    listed("088691", "gold", 400_000, category="metals")
    listed("180LM9", "pax gold", 10, category="crypto")
    listed("088695", "micro gold", 30_000, category="metals")
    grouped = [(name, [hit.code for hit in hits]) for name, hits in by_category(matching("gold"))]
    assert grouped == [("Metals", ["088691", "088695"]), ("Crypto", ["180LM9"])]


def test_a_code_without_its_zeros_or_its_plus_comes_first():
    listed("088691", "gold", 10)
    listed("188691", "gold of another kind", 1000)
    listed("13874+", "s&p 500 consolidated", 10)
    listed("13874A", "e-mini s&p 500", 1000)
    assert codes("88691") == ["088691", "188691"]
    assert codes("13874") == ["13874+", "13874A"]

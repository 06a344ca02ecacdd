"""What traders type: every spelling of a ticker, everyday words in two languages, and what the CFTC does not report."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from cot.catalogue.aliases import aliases, code_of, elsewhere
from cot.catalogue.codes import typed
from cot.catalogue.folding import fold, joined
from cot.catalogue.registry import classify
from cot.catalogue.sought import searchable
from cot.models import BoardRow
from cot.pages.search import search
from cot.selectors.board import show
from cot.selectors.board_query import BoardQuery
from cot.selectors.search import matching
from cot.tests import stored

SPELLINGS = {
    "13874A": [
        "ES", "es", " ES ", "/ES", "@ES", "@ES.D", "ES=F", "ES1!", "CME:ES1!", "CME_MINI:ES2!", "/ES:XCME", "ESc1",
        "ES1 Index", "ESZ6", "ESU26", "ESH2027", "ES 12-26", "ES*0", "^GSPC", "US500", "US500.cash", "US500Cash",
        "SPX500", "S&P500", "s&p 500", "S+P 500", "ＥＳ", "OANDA:SPX500USD",
    ],
    "209742": ["NQ", "NQ=F", "NAS100", "US100", "USTEC", "^NDX", "NASDAQ100"],
    "124603": ["YM", "US30", "#US30", "WS30", "DJ30"],
    "239742": ["RTY=F", "US2000", "RUT"],
    "088691": ["GC", "/GC", "COMEX:GC1!", "GCZ26", "XAUUSD", "XAU/USD", "XAUUSDm", "XAUUSD.r", "TVC:GOLD"],
    "084691": ["SI=F", "XAGUSD"],
    "067651": ["CL1 Comdty", "CLF7", "NYMEX:CL1!", "USOIL", "XTIUSD", "WTI"],
    "06765T": ["BZ=F", "UKOIL", "XBRUSD"],
    "023651": ["NG", "natgas", "nat gas", "XNGUSD"],
    "099741": ["6E", "6E=F", "EUR/USD", "EURUSD=X", "eur-usd", "FX:EURUSD", "EC"],
    "097741": ["JPY=X", "USD/JPY", "6J"],
    "098662": ["DXY", "DX-Y.NYB", "ICEUS:DX1!", "USDX"],
    "043602": ["ZN", "TY", "TY1 Comdty"],
    "044601": ["ZF", "FV"],
    "042601": ["TU"],
    "020601": ["ZB"],
    "054642": ["LH", "HE=F"],
    "133741": ["BTC", "BTC-USD", "BTCUSDT", "BTC=F"],
    "146021": ["ETH", "ETHUSD"],
    "1170E1": ["VX", "^VIX"],
    "002602": ["ZC", "C", "ZC*1", "ZCZ6"],
}  # fmt: skip


@pytest.mark.parametrize("code", SPELLINGS)
def test_a_ticker_means_its_market_however_it_is_spelled(code):
    assert {spelling: code_of(spelling) for spelling in SPELLINGS[code]} == dict.fromkeys(
        SPELLINGS[code], code
    )


@pytest.mark.parametrize(
    "words", ["", " ", "!", "gold bars", "t-bond", "s-bond", "10 year", "U", "GER40"]
)
def test_other_words_are_no_ticker(words):
    assert code_of(words) == ""


def test_a_ticker_means_one_market_and_a_market_is_one_the_cftc_reports(golden: Path):
    with (golden / "cot_categories.csv").open(newline="") as lines:
        known = {row["contract_code"] for row in csv.DictReader(lines)}
    every = aliases()
    tickers = Counter(joined(name) for alias in every.values() for name in alias.tickers)
    assert [name for name, times in tickers.items() if times > 1] == []
    assert every.keys() - known == set()
    assert all(fold(word) for alias in every.values() for word in (*alias.words, *alias.tickers))


def test_what_the_cftc_does_not_report_names_what_is_near():
    dax, cross = elsewhere("GER40.cash"), elsewhere("GBP/JPY")
    assert dax
    assert (dax.name, dax.near) == ("DAX", ("244041", "13874A"))
    assert cross
    assert (cross.name, cross.near) == ("GBP/JPY", ("096742", "097741"))
    assert elsewhere("EURUSD") is elsewhere("gold") is elsewhere("") is None


def test_full_width_figures_are_a_code():
    assert typed("０８８６９１") == ["088691"]


# --- among all markets of the CFTC ---


@pytest.fixture
def all_markets(db, shared_data: Path):
    """Every market since 2004 under its newest name, with the open interest it usually has."""
    with (shared_data / "facts" / "markets.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        code, name, exchange = row["code"], row["name"], row["exchange"]
        market = stored.market(
            code, name=name, exchange_name=exchange, exchange_code=row["exchange_code"],
            category=classify(code, row["commodity_code"], "").category, first_date=row["first_report_date"],
            last_date=row["last_report_date"],
            search_text=searchable(code, [name], [exchange], row["exchange_code"]),
        )  # fmt: skip
        BoardRow.objects.create(
            report_type="disagg", subtype="fo", market=market, is_primary=True,
            report_date=row["last_report_date"],
            values={
                "open_interest": int(row["median_open_interest_52"]), "state_severity": 0,
                "release_at": "2026-07-17T19:30:00Z", "release_source": "derived", "uncertain": False,
            },
        )  # fmt: skip


FIRST = {
    "GOLD - COMMODITY EXCHANGE INC.": "088691",
    "E-MINI S&P 500 - CHICAGO MERCANTILE EXCHANGE": "13874A",
    "NASDAQ MINI - CHICAGO MERCANTILE EXCHANGE": "209742",
    "BITCOIN - CHICAGO MERCANTILE EXCHANGE": "133741",
    "USD INDEX - ICE FUTURES U.S.": "098662",
    "EVENT - EMINI S+P 500": "C13801",
    "comex": "088691",
    "COMEX silver": "084691",
    "nymex crude": "067651",
    "cbot wheat": "001602",
    "10 year": "043602",
    "2-year note": "042601",
    "bonds": "020601",
    "crude": "067651",
    "oil": "067651",
    "brent": "06765T",
    "nat gas": "023651",
    "nasdaq": "209742",
    "dow": "124603",
    "russell": "239742",
    "bitcoin": "133741",
    "emini": "13874A",
    "dollar index": "098662",
    "aussie": "232741",
    "loonie": "090741",
    "cable": "096742",
    "cacáo": "073732",
    "золото": "088691",
    "ЗОЛОТО": "088691",
    "срібло": "084691",
    "нафта": "067651",
    "природний газ": "023651",
    "пшениця": "001602",
    "кукурудза": "002602",
    "соя": "005602",
    "євро": "099741",
    "біткоїн": "133741",
}


@pytest.mark.real
def test_what_traders_type_comes_first_in_every_search(all_markets):
    """In the suggestions, on Enter, in the filter of the board."""
    wanted = FIRST | {spelling: code for code, found in SPELLINGS.items() for spelling in found}
    assert {words: matching(words, 1)[0].code for words in wanted} == wanted
    for words, code in (
        ("es=f", "13874A"),
        ("GOLD - COMMODITY EXCHANGE INC.", "088691"),
        ("нафта", "067651"),
    ):
        assert search(words).best == f"/cot/{code}/"
    for words, code in (("si", "084691"), ("US500", "13874A"), ("10 year", "043602")):
        board = show("fo", BoardQuery(universe="all", inactive=True, q=words))
        assert board.rows[0]["code"] == code


@pytest.mark.real
def test_a_market_elsewhere_is_answered_with_what_is_near(all_markets):
    found = search("GER40")
    assert found.best == ""
    [(heading, hits)] = found.groups
    assert heading == "The CFTC reports no market of DAX. Near to it:"
    assert [(hit.code, hit.name, hit.href) for hit in hits] == [
        ("MFS", "MSCI EAFE", "/cot/244041/"),
        ("ES", "E-mini S&P 500", "/cot/13874A/"),
    ]
    assert search("unobtainium").groups == []

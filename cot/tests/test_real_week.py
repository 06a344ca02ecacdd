"""The week of a Friday evening that is past, told from the real files as it was known then."""

from __future__ import annotations

import pytest

from core import versions
from cot.catalogue.underlyings import majors
from cot.pipeline import deriving
from cot.tests import loaded
from cot.tests.real_files import frame
from cot.tests.test_board_page import line_of, shown, words_of
from cot.variants import variant

pytestmark = [pytest.mark.real, pytest.mark.django_db, pytest.mark.usefixtures("real")]
FRIDAY = "as_of=2025-05-03"


@pytest.fixture(scope="module")
def real(shared_data, module_database):
    """The majors in their own reports from the beginning of 2024; micro gold and micro Nasdaq beside them."""
    codes = [*majors(), "088695", "209747"]
    with module_database():
        for kind in ("disagg", "tff"):
            rows = frame(shared_data / "cftc", kind, "fo", (2024, 2025))
            wanted = rows[rows.code.isin(codes) & (rows.date < "2025-06-01")].reset_index(drop=True)
            category = "metals" if kind == "disagg" else "currencies"
            loaded.load(wanted, variant(kind, "fo"), dict.fromkeys(codes, category))
        deriving.rebuild_board([variant("disagg", "fo"), variant("tff", "fo")])
        versions.bump("cot")


@pytest.fixture
def board_then(web, owner):
    client = web(owner)
    return lambda query="": client.get(f"/cot/?{FRIDAY}&{query}").text


def tile_of(html: str, label: str) -> str:
    tiles = html.partition('class="tiles"')[2].partition("</nav>")[0].split('class="tile"')
    return next(words_of(tile.partition("</a>")[0]) for tile in tiles if f"<b>{label}" in tile)


def test_the_week_is_told_in_one_sentence(board_then):
    """Worked out from the printed rows: what each year of nets says of its last week."""
    assert (
        "<h1>Crowded long in Soybeans and Japanese Yen, short in 5-Year T-Note and Chicago Wheat; unusually light in "
        "Gold and Canadian Dollar; Mexican Peso flipped long.</h1>"
    ) in board_then()


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Crowded long", "Crowded long 2 Soybeans 93rd · 3 w Japanese Yen 99th · 5 w"),
        ("Crowded short", "Crowded short 2 5-Year T-Note 1st · 7 w Chicago Wheat 1st · new"),
        ("Unusually light", "Unusually light 5 Gold long · z −2.5 Canadian Dollar short · z +2.1 Coffee long · z −2.0"),
        ("Turning", "Turning 1 Mexican Peso Flipped long"),
    ],
)  # fmt: skip
def test_the_tiles_tell_the_same(board_then, label, said):
    assert tile_of(board_then(), label) == said


def test_wheat_and_coffee_ask_for_attention_first(board_then):
    """Wheat sold 6.8 % of open interest at the low of its year, coffee bought 4.8 % near it."""
    assert shown(board_then("sort=-attention"))[:2] == ["001602", "083731"]


def test_the_report_is_that_of_the_tuesday_before(board_then):
    line = words_of(board_then().partition('id="report-line"')[2].partition("</p>")[0])
    assert line == "Newest report then: Tue 29 Apr 2025"


def test_a_line_shows_the_printed_numbers_and_what_follows_from_them(board_then):
    """The peso as printed on 29 April: net 2,398 of 129,201, 3,094 more than the week before."""
    text = words_of(line_of(board_then(), "095741"))
    for number in ("+2 398", "+1.9", "+3 094", "+2.4", "Flipped long"):
        assert number in text


@pytest.mark.parametrize("universe", ["majors", "core"])
def test_a_tile_leads_to_as_many_markets_as_it_counts(board_then, universe):
    """Core holds micro Nasdaq too, crowded short as its main contract is not: neither the tile counts it nor its board."""
    tiles = board_then(f"universe={universe}").split('class="tile" href="?')[1:6]
    for tile, count in zip(tiles, (2, 2, 5, 4, 1), strict=True):
        assert f"<i>{count}</i>" in tile
        assert len(shown(board_then(tile.partition('"')[0].replace("&amp;", "&")))) == count, tile

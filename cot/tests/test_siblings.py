"""Contracts of one underlying stand on one line."""

from __future__ import annotations

from cot.selectors.siblings import folded

GOLD, MICRO, SILVER, SMALL = "088691", "088695", "084691", "084694"
MARKETS = [(MICRO, GOLD), (SILVER, SILVER), (GOLD, GOLD), (SMALL, SILVER)]


def test_a_sibling_folds_under_its_main_contract_wherever_it_stood():
    assert folded(MARKETS) == {SILVER: (SMALL,), GOLD: (MICRO,)}
    assert list(folded(MARKETS)) == [SILVER, GOLD]


def test_without_its_main_contract_a_sibling_has_a_line_of_its_own():
    """A filter that leaves only the micro contract shows it."""
    assert folded([(MICRO, GOLD), (SILVER, SILVER)]) == {MICRO: (), SILVER: ()}


def test_what_is_kept_apart_does_not_fold():
    """The own list leads: a micro contract on it is not hidden under a main contract that is not."""
    assert folded(MARKETS, apart={MICRO}) == {MICRO: (), SILVER: (SMALL,), GOLD: ()}


def test_nothing_gets_lost():
    lines = folded(MARKETS)
    shown = [code for main, siblings in lines.items() for code in (main, *siblings)]
    assert sorted(shown) == sorted(code for code, _ in MARKETS)

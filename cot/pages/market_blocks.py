"""Which blocks a market's page has, in their order, and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from core.pages.blocks import Block
from cot.measures.indicators import Thresholds
from cot.models import CropSplit
from cot.pages import blocks_crowd as crowd
from cot.pages import blocks_past as past
from cot.pages import blocks_positions as positions
from cot.pages import seams
from cot.pages.blocks import Given
from cot.pages.market_page import MarketPage
from cot.selectors import dashboard, history
from cot.variants import Variant

Make = Callable[[Given], Block | None]

# Below the figure in two stacks: what the group does, and what it stands against. The first of each is open.
DOES: Final[tuple[Make, ...]] = (
    positions.flow,
    positions.longs,
    positions.shorts,
    crowd.bias,
    crowd.velocity,
    past.episodes,
    past.lookbacks,
)
AGAINST: Final[tuple[Make, ...]] = (
    positions.interest,
    crowd.divergence,
    crowd.concentration,
    crowd.power,
    past.distribution,
    crowd.sector,
    crowd.crop,
)
MOST: Final = 156  # observations in a figure of the evidence


def given_for(page: MarketPage, thresholds: Thresholds) -> Given | None:
    """Everything the blocks are made from; None when nothing was known of the market at that instant. Five queries."""
    found = history.of_market(page.variant, page.market.code, as_of=page.as_of)
    if not len(found):
        return None
    category = page.market.category
    return Given(
        history=found,
        board=dashboard.build(
            found, category=category, group=page.group, weeks=page.weeks, lookback=page.window
        ),
        sector=dashboard.sector_context(page.market.code, page.variant.subtype, category, as_of=page.as_of),
        crop=_crop(found.variant, found.stamps[-1].observation) if found.variant.report.has_crop_years else None,
        thresholds=thresholds,
        others=page.others,
    )  # fmt: skip


def _crop(
    variant: Variant, observation: int
) -> tuple[dict[str, float | None], dict[str, float | None]] | None:
    """Old and other crop years of one report; None where the market has only one."""
    kept = CropSplit.objects.filter(pk=observation).values_list("old", "other").first()
    if kept is None:
        return None
    old, other = (dict(zip(variant.crop_fields, numbers, strict=True)) for numbers in kept)
    return old, other


def blocks(given: Given) -> list[Block]:
    """Every block the market has: all numbers of the chosen weeks."""
    return _made(given, (positions.net, positions.standing, *DOES, *AGAINST))


def figure(given: Given) -> Block:
    """The large figure of the page."""
    return _explained(given, positions.net(given))


def evidence(given: Given) -> tuple[list[Block], list[Block]]:
    """What stands below the figure, in its two stacks, over the newest weeks."""
    newest = given.newest(MOST)
    return _made(newest, DOES), _made(newest, AGAINST)


def _made(given: Given, every: Sequence[Make]) -> list[Block]:
    return [_explained(given, block) for make in every if (block := make(given)) is not None]


def _explained(given: Given, block: Block) -> Block:
    """A block over time marks weeks without a report, and says where the size of the contract changed."""
    if block.figure is None or not seams.is_over_time(block.figure):
        return block
    figure, notes = seams.explained(block.figure, given.history.line.seams, given.days)
    return replace(block, figure=figure, summary=" ".join([block.summary, *notes]))

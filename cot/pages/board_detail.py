"""What lies open under a line of the board: the market in a sentence, every group, half a year as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.caching import cached
from core.pages.drawing import drawn
from cot import lifetimes
from cot.pages import charts
from cot.pages.board_query import BoardPageQuery
from cot.pages.headline import Position, headline
from cot.pages.holders import subject
from cot.selectors import history
from cot.selectors.board import show
from cot.selectors.board_query import Row
from cot.variants import REPORTS, variant

WEEKS: Final = 26


def opened(asked: BoardPageQuery) -> Mapping[str, str]:
    """Of every market that lies open what is shown under its line. Kept per data version, market by market."""
    found = {code: _kept(asked, code) for code in dict.fromkeys(asked.open)}
    return {code: text for code, text in found.items() if text}


def _kept(asked: BoardPageQuery, code: str) -> str:
    choice = (code, asked.report, asked.basis, asked.as_of or "")
    return cached(
        ("board-detail", *choice, get_language()),
        depends_on=("cot",),
        seconds=lifetimes.of(asked.as_of, lifetimes.BOARD),
        compute=lambda: _drawn(asked, code),
    )


def _drawn(asked: BoardPageQuery, code: str) -> str:
    """Empty where the board has no such market."""
    every = BoardPageQuery(universe="all", inactive=True, as_of=asked.as_of)
    rows = show(asked.basis, every, report_type=asked.report_type).rows
    row = next((row for row in rows if row["code"] == code), None)
    return "" if row is None else _of_row(row, asked)


def _of_row(row: Row, asked: BoardPageQuery) -> str:
    of = variant(row["report_type"], asked.basis)
    line = history.of_market(of, row["code"], as_of=asked.as_of).line
    days = [day.isoformat() for day in line.dates[-WEEKS:].tolist()]
    nets = [
        (group.key, _(group.name), _whole(line.measure(f"{group.key}_net")[-WEEKS:].tolist()))
        for group in of.report.groups
    ]
    figure = charts.net_positions(days, nets, row["spec_group"])
    return render_to_string(
        "cot/board_detail.html",
        {
            "sentence": _told(row),
            "groups": [_group(row, group.key, _(group.name)) for group in of.report.groups],
            "drawing": drawn(figure),
        },
    )


def _told(row: Row) -> str:
    """The speculators in a sentence, and in a second one who stands opposite."""
    report, spec = REPORTS[row["report_type"]], row["spec_group"]
    chosen = Position(
        group=subject(report.group(spec)),
        net=row["spec_net"],
        rank=row["spec_rank_1y"],
        n=row["n_1y"],
        why=row["reasons"].get("spec_rank_1y"),
        day=date.fromisoformat(row["date"]),
        flow=row["flow"],
        long_change=row[f"{spec}_change_long"],
        short_change=row[f"{spec}_change_short"],
        flow_why=row["reasons"].get("flow"),
    )
    opposite = row["comm_group"]
    if opposite is None:
        return headline(chosen)
    return headline(chosen, Position(subject(report.group(opposite)), row[f"{opposite}_net"]))


def _whole(values: list[float]) -> list[int | None]:
    return [int(value) if value == value else None for value in values]


def _group(row: Row, key: str, name: str) -> dict[str, object]:
    return {
        "name": name,
        "is_spec": key == row["spec_group"],
        **{part: row[f"{key}_{part}"] for part in ("net", "change", "pct_oi", "pct_oi_change")},
        "index": row[f"cot_{key}_1y"],
    }

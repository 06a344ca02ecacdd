"""The bodies of the API as files after a run, for sites without a server behind them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from cot.api import bodies
from cot.selectors.board_query import BoardQuery
from cot.selectors.weeks import WeeksQuery
from cot.variants import Variant


def publish(variants: Iterable[Variant]) -> None:
    """What an update does with variants that changed: their files, where a folder for them is set."""
    if settings.JSON_OUTPUT_DIR:
        write(settings.JSON_OUTPUT_DIR, variants)


def write(folder: Path, variants: Iterable[Variant]) -> int:
    """Write every file of these variants; each appears whole or not at all. How many were written."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for variant in variants:
        for name, body in _files(variant):
            _replace(folder / f"{name}.json", body)
            count += 1
    return count


def _files(variant: Variant) -> Iterator[tuple[str, Any]]:
    key = variant.key
    listed = bodies.markets(variant)
    yield f"groups_{variant.type}", bodies.groups(variant.type)
    yield f"markets_{key}", listed
    everything = BoardQuery(universe="all", inactive=True)
    yield f"screener_{key}", bodies.board(variant.subtype, everything, report_type=variant.type)[0]
    for market in listed:
        body = bodies.market(variant, market["code"], WeeksQuery())
        body["meta"].pop("as_of")
        yield f"market_{market['code']}_{key}", body


def _replace(path: Path, body: Any) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(body, allow_nan=False, separators=(",", ":")), encoding="utf-8")
    os.replace(partial, path)

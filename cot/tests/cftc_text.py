"""Small files in the CFTC's own form, for tests: every identity holds unless a test breaks it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from cot.pipeline import columns
from cot.variants import Report, Variant

TUESDAY = date(2024, 1, 2)
NAME = "WHEAT-SRW - CHICAGO BOARD OF TRADE"


def weeks(count: int, first: date = TUESDAY) -> list[date]:
    return [first + timedelta(days=7 * step) for step in range(count)]


def row(
    variant: Variant,
    *,
    code: str = "001602",
    day: date = TUESDAY,
    size: int = 100,
    name: str = NAME,
    before: Mapping[str, str] | None = None,
    cells: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """One printed line by canonical column. `size` scales all positions, `before` is the week before."""
    report = variant.report
    out = dict.fromkeys(columns.official(report), "0")
    out |= {
        columns.NAME: name,
        columns.SHORT_DATE: f"{day:%y%m%d}",
        columns.DATE: day.isoformat(),
        columns.CODE: code,
        columns.EXCHANGE: "CBT ",
        columns.REGION: "00",
        columns.COMMODITY: "001 ",
        columns.UNITS: "(CONTRACTS OF 5,000 BUSHELS)",
        columns.CODE_QUOTES: (cells or {}).get(columns.CODE, code),
    }
    if report.type != "legacy":
        out |= {
            columns.SUBGROUP: "A10",
            columns.SUBTYPE: {"fo": "FutOnly", "co": "Combined"}[variant.subtype],
        }
    positions = _positions(report, size)
    for crop in ("all", "old") if report.has_crop_years else ("all",):
        _print_block(out, report, positions, crop)
    _print_changes(out, report, before)
    return out | dict(cells or {})


def _positions(report: Report, size: int) -> dict[str, int]:
    """Longs and shorts that add up to the same open interest."""
    found: dict[str, int] = {}
    for place, group in enumerate(report.groups, 1):
        found[f"{group.stem}_long"] = size * place
        found[f"{group.stem}_short"] = size * (len(report.groups) + 1 - place)
        if group.has_spread:
            found[f"{group.stem}_spread"] = size // 2 + place
    return found


def _print_block(
    out: dict[str, str], report: Report, positions: Mapping[str, int], crop: str
) -> None:
    spread = sum(value for key, value in positions.items() if key.endswith("_spread"))
    total = spread + sum(value for key, value in positions.items() if key.endswith("_long"))
    reportable = {
        side: spread
        + sum(v for k, v in positions.items() if k.endswith(side) and not k.startswith("nonrept"))
        for side in ("long", "short")
    }
    printed = dict(positions) | {f"tot_rept_{side}": value for side, value in reportable.items()}
    out[f"open_interest_{crop}"] = f"{total:>8}"
    for key, value in printed.items():
        stem, part = key.rsplit("_", 1)
        out[f"{stem}_positions_{part}_{crop}"] = f"{value:>8}"
        out[f"pct_of_oi_{key}_{crop}"] = f"{100 * value / total:>6.1f}"
        if not stem.startswith("nonrept"):
            out[f"traders_{key}_{crop}"] = f"{5 + len(stem):>6}"
    out[f"traders_tot_{crop}"] = "    60"
    for name in [name for name in out if name.startswith("conc_") and name.endswith(f"_{crop}")]:
        out[name] = {"gross4": "  20.5", "gross8": "  30.5", "net4": "  10.5", "net8": "  15.5"}[
            name.split("_")[1] + name.split("_")[3]
        ]


def _print_changes(out: dict[str, str], report: Report, before: Mapping[str, str] | None) -> None:
    for column in [column for column in out if column.startswith("change_in_")]:
        stem = column.removeprefix("change_in_").removesuffix("_all")
        if stem == "open_interest":
            source = "open_interest_all"
        else:
            group, part = stem.rsplit("_", 1)
            source = f"{group}_positions_{part}_all"
        out[column] = "." if before is None else f"{int(out[source]) - int(before[source]):>8}"


def series(
    variant: Variant,
    sizes: Sequence[int],
    *,
    code: str = "001602",
    first: date = TUESDAY,
    name: str = NAME,
) -> list[dict[str, str]]:
    """Consecutive weeks of one market, changes included."""
    rows: list[dict[str, str]] = []
    for day, size in zip(weeks(len(sizes), first), sizes, strict=True):
        rows.append(
            row(
                variant, code=code, day=day, size=size, name=name, before=rows[-1] if rows else None
            )
        )
    return rows


def market_codes(count: int) -> list[str]:
    return [f"{1602 + step:06d}" for step in range(count)]


def text(
    rows: Iterable[Mapping[str, str]],
    *,
    header: bool | Sequence[str] = True,
    newline: str = "\r\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> bytes:
    """The rows as a file; `header` is False for a weekly file, or the names to print."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=newline, quoting=quoting)
    if header:
        writer.writerow([f"{name.title()}" for name in rows[0]] if header is True else header)
    writer.writerows([list(row.values()) for row in rows])
    return out.getvalue().encode()


def archive(content: bytes, member: str = "f_year.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member, content)
    return out.getvalue()

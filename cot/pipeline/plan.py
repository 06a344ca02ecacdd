"""Which files a run asks for (cot §2.1, §2.2, §6.8, §8.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import QuerySet

from cot.models import SourceFile
from cot.pipeline.source import FolderSource, Source
from cot.variants import LAST_BULK_YEAR, Variant

Kind = Literal["yearly", "bulk", "weekly", "manual"]


@dataclass(frozen=True, slots=True)
class Request:
    """One file to ask for. `known` is the digest under which its content may be stored already."""

    variant: Variant | None
    kind: Kind
    path: str
    year: int | None = None
    since: datetime | None = None
    known: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A closed year that is stored: not asked for again, its rows still count as unchanged."""

    request: Request
    rows: int
    first_date: date | None
    last_date: date | None


def requests(
    variant: Variant, source: Source, years: Collection[int] | None, *, force: bool, today: date, last_years: int
) -> Iterator[Request | Skipped]:
    """The weekly file first, because it tells when its week was published; then the archives, oldest first."""
    on_disk = isinstance(source, FolderSource)
    asked = years if years is not None else _default_years(variant, source, today, last_years)
    wanted: list[tuple[Kind, str, int | None]] = [("weekly", variant.weekly, None)]
    if any(variant.first_year <= year <= LAST_BULK_YEAR for year in asked):
        wanted.append(("bulk", variant.bulk, None))
    wanted += [("yearly", variant.yearly_path(year), year) for year in sorted(asked) if year > LAST_BULK_YEAR]
    for kind, path, year in wanted:
        if isinstance(source, FolderSource) and on_disk and not (source.folder / path).exists():
            continue
        yield _request(variant, source, kind, path, year, force=force, today=today)


def _default_years(variant: Variant, source: Source, today: date, last_years: int) -> list[int]:
    """The last years of the site; of a folder every year it holds, because nothing has to be fetched."""
    if not isinstance(source, FolderSource):
        return list(range(today.year - last_years + 1, today.year + 1))
    pattern = re.compile(re.escape(variant.yearly).replace(r"\{year\}", r"(\d{4})"))
    folder = (source.folder / variant.yearly).parent
    names = [f"{variant.yearly.rpartition('/')[0]}/{path.name}" for path in folder.glob("*.zip")]
    found = [int(match[1]) for name in names if (match := pattern.fullmatch(name))]
    return found + ([LAST_BULK_YEAR] if (source.folder / variant.bulk).exists() else [])


def _request(
    variant: Variant, source: Source, kind: Kind, path: str, year: int | None, *, force: bool, today: date
) -> Request | Skipped:
    files = SourceFile.objects.filter(
        report_type=variant.type, subtype=variant.subtype, kind=kind, year=year, status=SourceFile.Status.STORED
    )
    stored = files.order_by("-fetched_at", "-id").first()
    if stored is None or _is_behind(stored, files):
        return Request(variant, kind, path, year)
    url = f"{source.address}/{path}"
    here = stored.url == url
    request = Request(variant, kind, path, year, None if force or not here else stored.last_modified, stored.sha256)
    if here and not force and is_closed(kind, year, today):
        return Skipped(request, stored.rows, stored.first_date, stored.last_date)
    return request


def _is_behind(stored: SourceFile, files: QuerySet[SourceFile]) -> bool:
    """Whether an older state of the file was fetched last: then what it says is not what the tables say."""
    return stored.last_modified is not None and files.filter(last_modified__gt=stored.last_modified).exists()


def is_closed(kind: str, year: int | None, today: date) -> bool:
    """The current and the previous calendar year are never final (cot §6.8)."""
    return kind == "bulk" or (kind == "yearly" and year is not None and year < today.year - 1)

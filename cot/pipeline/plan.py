"""What a run is asked to do, and which files it asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db.models import QuerySet

from cot.models import SourceFile
from cot.pipeline import portal
from cot.pipeline.folder import FolderSource, beneath
from cot.pipeline.portal import PortalSource
from cot.pipeline.source import Source, SourceDown
from cot.variants import LAST_BULK_YEAR, VARIANTS, Variant

Kind = Literal["yearly", "bulk", "weekly", "manual", "portal"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked to do."""

    variants: tuple[Variant, ...] = tuple(VARIANTS.values())
    years: tuple[int, ...] | None = None
    source: str = ""
    files: tuple[str, ...] = ()
    force: bool = False
    prices: bool = True
    dry_run: bool = False

    def as_flags(self) -> dict[str, object]:
        return {
            "variants": [variant.key for variant in self.variants],
            "years": list(self.years) if self.years else None,
            "source": self.source,
            "files": list(self.files),
            "force": self.force,
            "dry_run": self.dry_run,
        }


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """The files of one variant."""

    variant: Variant
    files: Sequence[Request | Skipped]
    years: Sequence[int] = ()  # of each of them something has to be found

    @property
    def asked(self) -> list[Request]:
        return [each for each in self.files if isinstance(each, Request)]

    @property
    def skipped(self) -> list[Skipped]:
        return [each for each in self.files if isinstance(each, Skipped)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Files of a site by variant, and loose files, each of which has to tell its variant itself."""

    by_variant: Sequence[Wanted] = ()
    loose: Sequence[Request] = ()

    @property
    def totals(self) -> dict[str, int]:
        """How many files are asked for, by variant; loose ones together."""
        by_variant = {wanted.variant.key: len(wanted.asked) for wanted in self.by_variant}
        return by_variant | ({"files": len(self.loose)} if self.loose else {})


def plan(options: Options, source: Source | None, today: date) -> Plan:
    """What to ask a source for; without one the files that were named. Raises SourceDown when there is nothing."""
    if source is None or (isinstance(source, FolderSource) and not source.is_site):
        paths = options.files if source is None else source.files()
        if not paths:
            raise SourceDown("no .txt, .csv, .json or .zip file there")
        return Plan(loose=_loose(paths))
    wanted = [_wanted(each, source, options, today) for each in options.variants]
    beside = source.archives() if isinstance(source, FolderSource) else ()
    if not beside and not any(each.files for each in wanted):
        raise SourceDown(f"{source.address} holds no file of these reports")
    return Plan(by_variant=wanted, loose=_loose(beside))


def _loose(paths: Iterable[str | Path]) -> list[Request]:
    return [Request(None, "manual", str(path)) for path in paths]


def _wanted(variant: Variant, source: Source, options: Options, today: date) -> Wanted:
    """A folder owes what it was asked for in so many words, and only in series of which it holds anything."""
    files = [
        *requests(
            variant,
            source,
            options.years,
            force=options.force,
            today=today,
            last_years=settings.COT_YEARS,
        )
    ]
    years = options.years
    if years is None and not isinstance(source, FolderSource):
        years = tuple(_default_years(variant, source, today, settings.COT_YEARS))
    return Wanted(variant, files, owed(variant, years) if files else ())


def owed(variant: Variant, years: Collection[int] | None) -> list[int]:
    """The years asked for of which the variant has reports at all."""
    return sorted(year for year in years or () if year >= variant.first_year)


def without_bulk(
    wanted: Wanted, source: Source, *, force: bool, today: date
) -> list[Request | Skipped]:
    """The yearly archives of a site that has no bulk file."""
    variant = wanted.variant
    return [
        _request(
            variant, source, "yearly", variant.yearly_path(year), year, force=force, today=today
        )
        for year in wanted.years
        if year <= LAST_BULK_YEAR
    ]


def requests(
    variant: Variant,
    source: Source,
    years: Collection[int] | None,
    *,
    force: bool,
    today: date,
    last_years: int,
) -> Iterator[Request | Skipped]:
    """The weekly file first, because it tells when its week was published; then the archives, oldest first.

    A site is asked for the bulk file in place of the yearly ones; of a folder every archive of those years is read.
    The portal has nothing but years.
    """
    asked = years if years is not None else _default_years(variant, source, today, last_years)
    asked = sorted(year for year in asked if year >= variant.first_year)
    if isinstance(source, PortalSource):
        wanted: list[tuple[Kind, str, int | None]] = [
            ("portal", portal.year_path(variant, year), year) for year in asked
        ]
    else:
        wanted = _official(variant, asked, on_disk=isinstance(source, FolderSource))
    for kind, path, year in wanted:
        if isinstance(source, FolderSource) and not source.find(path):
            continue
        yield _request(variant, source, kind, path, year, force=force, today=today)


def _official(
    variant: Variant, asked: Sequence[int], *, on_disk: bool
) -> list[tuple[Kind, str, int | None]]:
    wanted: list[tuple[Kind, str, int | None]] = [("weekly", variant.weekly, None)]
    if any(year <= LAST_BULK_YEAR for year in asked):
        wanted.append(("bulk", variant.bulk, None))
    return wanted + [
        ("yearly", variant.yearly_path(year), year)
        for year in asked
        if year > LAST_BULK_YEAR or on_disk
    ]


def _default_years(variant: Variant, source: Source, today: date, last_years: int) -> list[int]:
    """The last years of the site; of a folder every year it holds, because nothing has to be fetched."""
    if not isinstance(source, FolderSource):
        return list(range(today.year - last_years + 1, today.year + 1))
    folder, _, name = variant.yearly.rpartition("/")
    pattern = re.compile(re.escape(name).replace(r"\{year\}", r"(\d{4})"), re.IGNORECASE)
    archives = [each for place in source.find(folder) for each in beneath(place)]
    years = [int(match[1]) for each in archives if (match := pattern.fullmatch(each.name))]
    return [*{*years}, *([LAST_BULK_YEAR] if source.find(variant.bulk) else [])]


def _request(
    variant: Variant,
    source: Source,
    kind: Kind,
    path: str,
    year: int | None,
    *,
    force: bool,
    today: date,
) -> Request | Skipped:
    files = SourceFile.objects.filter(
        report_type=variant.type,
        subtype=variant.subtype,
        kind=kind,
        year=year,
        status=SourceFile.Status.STORED,
    )
    stored = files.order_by("-fetched_at", "-id").first()
    if stored is None or _is_behind(stored, files):
        return Request(variant, kind, path, year)
    url = f"{source.address}/{path}"
    here = stored.url == url
    request = Request(
        variant,
        kind,
        path,
        year,
        None if force or not here else stored.last_modified,
        stored.sha256,
    )
    if here and not force and is_closed(kind, year, today):
        return Skipped(request, stored.rows, stored.first_date, stored.last_date)
    return request


def _is_behind(stored: SourceFile, files: QuerySet[SourceFile]) -> bool:
    """Whether an older state of the file was fetched last: then what it says is not what the tables say."""
    return (
        stored.last_modified is not None
        and files.filter(last_modified__gt=stored.last_modified).exists()
    )


def is_closed(kind: str, year: int | None, today: date) -> bool:
    """The current and the previous calendar year are never final."""
    return kind == "bulk" or (
        kind in ("yearly", "portal") and year is not None and year < today.year - 1
    )

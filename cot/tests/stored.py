"""Rows put straight into the database, for tests of what reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cot.models import Market, Observation, SourceFile
from cot.publication import calendar


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def source_file(kind: str = "disagg", subtype: str = "fo", **fields: object) -> SourceFile:
    given = {
        "url": f"https://example.org/{kind}_{subtype}.zip",
        "kind": "yearly",
        "report_type": kind,
        "subtype": subtype,
        "fetched_at": instant(2026, 2, 7),
        "status": "stored",
    }
    return SourceFile.objects.create(**given | fields)


def market(code: str = "088691", **fields: object) -> Market:
    given = {
        "name": "GOLD",
        "exchange_name": "COMMODITY EXCHANGE INC.",
        "exchange_code": "CMX",
        "category": "metals",
        "sector": "precious",
        "primary_report": "disagg",
        "spec_group": "g3",
        "comm_group": "g1",
        "first_date": date(2021, 1, 5),
        "last_date": date(2026, 2, 3),
    }
    return Market.objects.create(code=code, **given | fields)


def observation(of: Market, day: date, file: SourceFile, **fields: object) -> Observation:
    """One week of a market; what is not given is null."""
    release = calendar.derived(day)
    given = {
        "report_type": file.report_type,
        "subtype": file.subtype,
        "release_at": release.release_at,
        "release_source": release.source,
        "known_at": release.release_at,
        "vintage_basis": "backfilled",
        "source_line": 1,
        "open_interest": 1000,
    }
    return Observation.objects.create(
        market=of, report_date=day, source_file=file, **given | fields
    )


def weeks(
    of: Market, file: SourceFile, first: date, count: int, **fields: object
) -> list[Observation]:
    return [observation(of, first + timedelta(weeks=n), file, **fields) for n in range(count)]

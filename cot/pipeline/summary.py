"""What a run says while it works, and the one object it ends with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from core.models import JobRun
from cot.pipeline.ingest import Outcome
from cot.variants import VARIANTS, Variant

_COUNTS: Final = (
    "rows",
    "inserted",
    "updated",
    "unchanged",
    "withdrawn",
    "quarantined",
    "rejected_lines",
)


@dataclass(frozen=True, slots=True)
class Started:
    """The run knows its files: how many each variant asks for."""

    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FileDone:
    """One file is through: what became of it and how long it took to get, read and store."""

    variant: str
    path: str
    status: str
    rows: int
    seconds: float
    reason: str = ""


OnProgress = Callable[[Started | FileDone], None]


@dataclass(slots=True)
class VariantSummary:
    """Counts of one variant over all files of the run; a key that two files hold is counted once."""

    files: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    quarantined: int = 0
    rejected_lines: int = 0
    first_date: date | None = None
    last_date: date | None = None
    error: str | None = None
    spans: list[tuple[date, date]] = field(default_factory=list)
    years: set[int] = field(default_factory=set)  # of which there was a file

    @property
    def has_changed(self) -> bool:
        return bool(self.inserted or self.updated or self.withdrawn)

    def fail(self, reason: str) -> None:
        self.error = f"{self.error}; {reason}" if self.error else reason

    def add(self, kind: str, outcome: Outcome) -> None:
        """Count one file. What a weekly file repeats of an archive of the same run is not counted again."""
        self.files[str(outcome.status)] += 1
        if outcome.error:
            self.fail(outcome.error)
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(outcome, name))
        if outcome.first_date is None or outcome.last_date is None:
            return
        if kind == "weekly" and any(
            first <= outcome.last_date <= last for first, last in self.spans
        ):
            self.rows -= outcome.unchanged
            self.unchanged -= outcome.unchanged
        self.first_date = min(filter(None, (self.first_date, outcome.first_date)))
        self.last_date = max(filter(None, (self.last_date, outcome.last_date)))
        self.spans.append((outcome.first_date, outcome.last_date))

    def as_dict(self) -> dict[str, object]:
        counts = {name: getattr(self, name) for name in _COUNTS}
        dates = {"first_date": _iso(self.first_date), "last_date": _iso(self.last_date)}
        return {"files": dict(self.files), **counts, **dates, "error": self.error}


@dataclass(slots=True)
class Summary:
    """The one object a run ends with."""

    started_at: datetime
    run_id: int | None = None
    status: str = JobRun.Status.RUNNING
    seconds: float = 0.0
    variants: dict[str, VariantSummary] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)
    unclassified: set[str] = field(default_factory=set)
    state: str = ""
    error: str = ""
    dry_run: bool = False
    owes_all: bool = (
        False  # an earlier run stored files and ended before it derived anything from them
    )
    is_derived: bool = False

    @property
    def changed(self) -> list[Variant]:
        """Variants of which something has to be derived: those that changed, or all where an earlier run owes it."""
        if self.owes_all:
            return list(VARIANTS.values())
        return [VARIANTS[key] for key, counts in self.variants.items() if counts.has_changed]

    @property
    def failed(self) -> list[VariantSummary]:
        return [counts for counts in self.variants.values() if counts.error]

    def fail(self, reason: str) -> None:
        """What went wrong with no variant in particular."""
        self.error = f"{self.error}; {reason}" if self.error else reason

    def as_it_ended(self) -> JobRun.Status:
        """Ok, or whether anything at all could be read."""
        if not self.failed and not self.error:
            return JobRun.Status.OK
        worked = any(
            set(counts.files) - {"rejected", "failed", "missing"}
            for counts in self.variants.values()
        )
        return JobRun.Status.PARTIAL if worked else JobRun.Status.FAILED

    def add(self, variant: Variant, kind: str, outcome: Outcome) -> None:
        """Count one file of a variant, and the markets it brought."""
        self.variants[variant.key].add(kind, outcome)
        self.new |= outcome.markets.new
        self.renamed |= outcome.markets.renamed
        self.unclassified |= outcome.markets.unclassified

    def as_dict(self) -> dict[str, object]:
        changes = {name: len(getattr(self, name)) for name in ("new", "renamed", "unclassified")}
        result: dict[str, object] = {
            "run_id": self.run_id,
            "status": str(self.status),
            "started_at": self.started_at.isoformat().replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "variants": {key: variant.as_dict() for key, variant in self.variants.items()},
            "markets": changes,
            "prices": {},
            "state": self.state,
        }
        return (
            result
            | ({"dry_run": True} if self.dry_run else {})
            | ({"error": self.error} if self.error else {})
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None

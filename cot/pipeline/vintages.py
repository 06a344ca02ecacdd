"""What was known when: a replaced row is kept with the span of time in which it was the public truth.

An `ObservationVersion` was the answer from its `known_at` until its `superseded_at`; where two spans overlap, because
an older file arrived late, the one that ends sooner is the answer. The observation itself is the newest answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from cot.models import CropSplit, Observation, ObservationVersion, ReviewItem, SourceFile
from cot.pipeline.report_table import Facts, ReportTable
from cot.pipeline.store import Stored, StoredRow, crop_split, update_observations
from cot.variants import Variant

_TICK: Final = timedelta(seconds=1)
_COMPLETE: Final = (SourceFile.Kind.YEARLY, SourceFile.Kind.BULK, SourceFile.Kind.PORTAL)
_COVERING: Final = (*_COMPLETE, SourceFile.Kind.WEEKLY)


@dataclass(frozen=True, slots=True)
class Change:
    """A stored row and what a file says instead."""

    stored: StoredRow
    was: Facts
    was_crop: Mapping[str, Facts] | None
    facts: Facts
    crop: Mapping[str, Facts] | None
    line: int

    @property
    def is_same(self) -> bool:
        return self.was == self.facts and self.was_crop == self.crop


def log(origin: SourceFile) -> None:
    """Enter the file in the download log. Content seen before takes its old place in it, as the newest."""
    same = SourceFile.objects.filter(
        sha256=origin.sha256,
        report_type=origin.report_type,
        subtype=origin.subtype,
        kind=origin.kind,
    ).first()
    if same:
        origin.pk = same.pk
    origin.save(force_update=bool(same))
    SourceFile.objects.filter(url=origin.url, status=SourceFile.Status.MISSING).exclude(
        pk=origin.pk
    ).delete()


class Order:
    """Which of two files is newer, and since when we know what this one says."""

    def __init__(self, origin: SourceFile) -> None:
        self.origin = origin
        self.variant_files = {
            file.pk: file
            for file in SourceFile.objects.filter(
                report_type=origin.report_type,
                subtype=origin.subtype,
                status=SourceFile.Status.STORED,
            )
        }

    def is_older_than(self, other: SourceFile) -> bool:
        """True when the other file has the last word: newer time stamp, else newer reports, else more rows."""
        mine, theirs = self.origin, other
        if mine.pk == theirs.pk:
            return False
        if (
            mine.last_modified
            and theirs.last_modified
            and mine.last_modified != theirs.last_modified
        ):
            return mine.last_modified < theirs.last_modified
        return (mine.last_date or date.min, mine.rows) < (theirs.last_date or date.min, theirs.rows)

    def newer_files(self, day: date, kinds: Sequence[str] = _COVERING) -> list[SourceFile]:
        """Stored files newer than this one that hold every market of that report date, oldest of them first."""
        newer = [file for file in self._covering(day, kinds) if self.is_older_than(file)]
        return sorted(newer, key=lambda file: (file.last_modified or file.fetched_at, file.pk))

    def known_from(self, day: date, release_at: datetime) -> datetime:
        """Since when a row is known that only this file has: its release, or, where an older file of that date did not
        have it, the day it was added."""
        older = [
            f
            for f in self._covering(day, _COVERING)
            if f.pk != self.origin.pk
            and f.is_portal == self.origin.is_portal
            and not self.is_older_than(f)
        ]
        return max(self.seen_at(), release_at) if older else release_at

    def _covering(self, day: date, kinds: Sequence[str]) -> list[SourceFile]:
        return [
            file
            for file in self.variant_files.values()
            if file.kind in kinds
            and file.first_date
            and file.last_date
            and file.first_date <= day <= file.last_date
        ]

    def seen_at(self, file: SourceFile | None = None) -> datetime:
        """Since when a file's word is known: its `Last-Modified` if later than our fetch before it, else this fetch."""
        file = file or self.origin
        earlier = [
            each.fetched_at
            for each in self.variant_files.values()
            if each.url == file.url and each.pk != file.pk and each.fetched_at < file.fetched_at
        ]
        if file.last_modified and (not earlier or file.last_modified > max(earlier)):
            return file.last_modified
        return file.fetched_at


def _after(moment: datetime, earlier: datetime) -> datetime:
    """`moment`, or the first second after `earlier`: of two versions one always comes first."""
    return max(moment, earlier + _TICK)


def apply(variant: Variant, changes: Sequence[Change], order: Order) -> int:
    """Write what a file says differently, as the newest version or as an earlier one; how many rows became new."""
    versions: list[ObservationVersion] = []
    updates: list[tuple[int, Mapping[str, Any]]] = []
    renumbered: list[tuple[int, Mapping[str, Any]]] = []
    for change in changes:
        holder = order.variant_files[change.stored.source_file_id]
        newer = order.newer_files(change.stored.report_date)
        if holder.is_demo:
            updates.append(
                (
                    change.stored.id,
                    _present(change, order, change.stored.version, change.stored.known_at),
                )
            )
        elif order.is_older_than(holder):
            _file_behind(change, order, holder, versions, renumbered)
        elif newer:
            _file_between(change, order, newer[0], versions, renumbered)
        else:
            _replace(change, order, versions, updates)
    ObservationVersion.objects.bulk_create(versions)
    update_observations(variant, updates)
    update_observations(variant, renumbered)
    replaced = {row for row, _ in updates}
    _replace_crops([change for change in changes if change.stored.id in replaced])
    _review_closed_years(
        variant, [change for change in changes if change.stored.id in replaced], order
    )
    return len(updates)


def _version(
    change: Change, number: int, since: datetime, until: datetime, *, old: bool, origin: SourceFile
) -> ObservationVersion:
    facts, crop = (change.was, change.was_crop) if old else (change.facts, change.crop)
    return ObservationVersion(
        observation_id=change.stored.id,
        version=number,
        facts=facts | ({"crop": crop} if crop else {}),
        known_at=since,
        superseded_at=until,
        source_file_id=change.stored.source_file_id if old else origin.pk,
        source_line=change.stored.source_line if old else change.line,
    )


def _replace(
    change: Change,
    order: Order,
    versions: list[ObservationVersion],
    updates: list[tuple[int, Mapping[str, Any]]],
) -> None:
    """The ordinary case: the file is the newest word on this row. A withdrawn row ended when it was withdrawn."""
    row = change.stored
    until = row.withdrawn_at or _after(order.seen_at(), row.known_at)
    until = _after(until, row.known_at)
    versions.append(
        _version(change, row.version, row.known_at, until, old=True, origin=order.origin)
    )
    since = (
        _after(order.seen_at(), row.known_at)
        if row.withdrawn_at is None
        else max(order.seen_at(), until)
    )
    updates.append((row.id, _present(change, order, row.version + 1, since)))


def _present(change: Change, order: Order, version: int, known_at: datetime) -> Mapping[str, Any]:
    """The columns of a row that from now on says what the file says."""
    return change.facts | {
        "version": version,
        "known_at": known_at,
        "withdrawn_at": None,
        "quality": Observation.Quality.OK.value,
        "source_file_id": order.origin.pk,
        "source_line": change.line,
    }


def _file_behind(
    change: Change,
    order: Order,
    holder: SourceFile,
    versions: list[ObservationVersion],
    renumbered: list[tuple[int, Mapping[str, Any]]],
) -> None:
    """An older file arrived late: what it says was the answer until the file of the present row came."""
    row = change.stored
    if change.is_same or _is_filed(change):
        return
    until = _after(order.seen_at(holder), row.release_at)
    versions.append(
        _version(change, row.version, row.release_at, until, old=False, origin=order.origin)
    )
    known_at = until if row.version == 1 else row.known_at
    renumbered.append((row.id, {"version": row.version + 1, "known_at": known_at}))


def _file_between(
    change: Change,
    order: Order,
    newer: SourceFile,
    versions: list[ObservationVersion],
    renumbered: list[tuple[int, Mapping[str, Any]]],
) -> None:
    """Older than a file that repeated the present row: it was the answer between the two."""
    row = change.stored
    if change.is_same or _is_filed(change):
        return
    since = _after(order.seen_at(), row.known_at)
    until = _after(order.seen_at(newer), since)
    versions.append(
        _version(change, row.version, row.known_at, since, old=True, origin=order.origin)
    )
    versions.append(_version(change, row.version + 1, since, until, old=False, origin=order.origin))
    renumbered.append((row.id, {"version": row.version + 2, "known_at": until}))


def _is_filed(change: Change) -> bool:
    """Whether a kept version already says what this file says."""
    facts = change.facts | ({"crop": change.crop} if change.crop else {})
    kept = ObservationVersion.objects.filter(observation=change.stored.id).values_list(
        "facts", flat=True
    )
    return change.stored.version > 1 and any(version == facts for version in kept)


def _replace_crops(changes: Sequence[Change]) -> None:
    changed = [change for change in changes if change.was_crop != change.crop]
    CropSplit.objects.filter(observation__in=[change.stored.id for change in changed]).delete()
    CropSplit.objects.bulk_create(
        crop_split(change.stored.id, change.crop) for change in changed if change.crop
    )


def _review_closed_years(variant: Variant, changes: Sequence[Change], order: Order) -> None:
    """A restated row of a closed year is stored, and somebody should look."""
    now = order.origin.fetched_at
    dates: dict[str, list[str]] = {}
    for change in changes:
        if change.stored.report_date.year < now.year - 1 and not change.is_same:
            dates.setdefault(change.stored.code, []).append(change.stored.report_date.isoformat())
    ReviewItem.objects.bulk_create(
        [
            ReviewItem(
                kind=ReviewItem.Kind.RESTATED,
                market_id=code,
                payload={"variant": variant.key, "report_dates": sorted(days)},
                opened_at=now,
            )
            for code, days in dates.items()
        ],
        ignore_conflicts=True,
    )


def withdraw(stored: Stored, mentioned: set[tuple[str, date]], order: Order) -> int:
    """Stored keys of its publication that a complete file no longer holds, and no newer file speaks for; how many."""
    first, last = order.origin.first_date, order.origin.last_date
    assert first is not None
    assert last is not None
    changes: list[tuple[int, Mapping[str, Any]]] = []
    for row in stored.rows:
        if (
            row.withdrawn_at
            or not first <= row.report_date <= last
            or (row.code, row.report_date) in mentioned
        ):
            continue
        holder = order.variant_files[row.source_file_id]
        if holder.is_portal != order.origin.is_portal:
            continue
        if not order.is_older_than(holder) and not order.newer_files(row.report_date):
            changes.append((row.id, {"withdrawn_at": _after(order.seen_at(), row.known_at)}))
    update_observations(stored.variant, changes)
    return len(changes)


def withdraw_what_newer_files_lack(table: ReportTable, order: Order) -> None:
    """New keys of an older file that a newer complete file of those dates does not hold were withdrawn by it."""
    variant = table.variant
    for day in sorted(set(table.dates.astype("datetime64[D]").astype(object))):
        newer = [
            file
            for file in order.newer_files(day, _COMPLETE)
            if file.is_portal == order.origin.is_portal
        ]
        if not newer:
            continue
        rows = Observation.objects.filter(
            Q(source_file=order.origin.pk),
            report_type=variant.type,
            subtype=variant.subtype,
            report_date=day,
        )
        moment = order.seen_at(newer[0])
        changes = [
            (pk, {"withdrawn_at": _after(moment, known_at)})
            for pk, known_at in rows.filter(version=1, withdrawn_at=None).values_list(
                "pk", "known_at"
            )
        ]
        update_observations(variant, changes)

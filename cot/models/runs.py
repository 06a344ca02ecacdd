"""What the pipeline set aside or asks a person about, and when the CFTC publishes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnly
from cot.models.choices import ReportType, Subtype
from cot.models.markets import Market
from cot.models.reports import SourceFile


class QuarantinedRow(models.Model):
    """A line that was not stored, everything that speaks against it, and the numbers that disagree."""

    class Resolution(models.TextChoices):
        CORRECTED = "corrected", _("corrected by a later file")
        ACCEPTED = "accepted", _("accepted by an administrator")
        OBSOLETE = "obsolete", _("obsolete")

    source_file = models.ForeignKey(
        SourceFile, on_delete=models.CASCADE, related_name="quarantined"
    )
    line = models.PositiveIntegerField()
    raw = models.TextField(max_length=4096)
    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    report_date = models.DateField(null=True)
    code = models.CharField(max_length=16, blank=True)
    reasons = models.JSONField(default=list)  # at least one, in the order of the checks
    details = models.JSONField(default=dict)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=10, choices=Resolution.choices, blank=True)

    class Meta:
        ordering = ["-last_seen", "source_file", "line"]
        constraints = [
            models.UniqueConstraint(fields=["source_file", "line"], name="quarantined_row_once"),
        ]
        indexes = [
            models.Index(
                fields=["report_type", "subtype", "code", "report_date"], name="quarantined_by_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_file_id}:{self.line} {', '.join(self.reasons)}"


class ReviewItem(models.Model):
    """Something a person should look at: an unclassified or suspicious code, a changed unit, a restated closed year."""

    class Kind(models.TextChoices):
        UNCLASSIFIED = "unclassified", _("unclassified market")
        UNIT_CHANGED = "unit_changed", _("contract size changed")
        SAME_NAME = "same_name", _("new code under the name of another market")
        RESTATED = "restated_closed_year", _("closed year restated")
        CALENDAR = "calendar", _("release calendar unreadable")

    kind = models.CharField(max_length=24, choices=Kind.choices)
    market = models.ForeignKey(
        Market, on_delete=models.CASCADE, null=True, related_name="review_items"
    )
    payload = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "market"],
                condition=Q(closed_at__isnull=True),
                name="review_item_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.market_id or ''}"


class FeedTurn(models.Model):
    """A moment at which the feed got worse or well again, and operators were told; the newest is what they know."""

    class State(models.TextChoices):
        WELL = "well", _("in order")
        FAILED = "failed", _("failed")
        LATE = "late", _("late")
        STALE = "stale", _("stale")

    at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State.choices)
    series = models.JSONField(default=list)  # keys of those that make it so

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.state}"


class ReleaseNotice(AppendOnly):
    """When a report was, or will be, published according to one source. Append-only; the strongest source wins."""

    class Source(models.TextChoices):
        PUBLISHED = "published", _("time stamp of the weekly file")
        OBSERVED = "observed", _("first seen by us")
        ANNOUNCED = "announced", _("special announcement")
        SCHEDULED = "scheduled", _("release schedule")

    report_date = models.DateField()
    release_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    announced_on = models.DateField(null=True)
    # announced_on of a plan that this one makes void as a whole
    replaces = models.DateField(null=True)
    uncertain = models.BooleanField(default=False)  # an upper bound, not the moment itself
    text = models.TextField(blank=True)
    url = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["report_date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report_date", "source", "release_at"], name="release_notice_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_date} {self.source}"

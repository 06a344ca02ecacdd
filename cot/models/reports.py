"""The published numbers: the files they come from, the rows, and what rows said before."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnly
from cot.models.choices import ReportType, Subtype, count, share
from cot.models.markets import Market


class SourceFile(models.Model):
    """One file we asked for and what became of it: the download log."""

    class Kind(models.TextChoices):
        YEARLY = "yearly", _("yearly archive")
        BULK = "bulk", _("bulk archive")
        WEEKLY = "weekly", _("weekly text")
        MANUAL = "manual", _("given by hand")
        PORTAL = "portal", _("year of the portal")

    class Status(models.TextChoices):
        STORED = "stored", _("stored")
        UNCHANGED = "unchanged", _("unchanged")
        NOT_MODIFIED = "not_modified", _("not modified")
        REJECTED = "rejected", _("rejected")
        MISSING = "missing", _("missing")
        FAILED = "failed", _("failed")

    url = models.CharField(max_length=400)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    year = models.PositiveSmallIntegerField(null=True)
    member = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    http_status = models.PositiveSmallIntegerField(null=True)
    last_modified = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField()
    rows = models.PositiveIntegerField(default=0)
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)
    status = models.CharField(max_length=12, choices=Status.choices)
    reason = models.CharField(max_length=400, blank=True)
    path = models.CharField(max_length=400, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-fetched_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "report_type", "subtype", "kind"],
                condition=~Q(sha256=""),
                name="source_file_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["report_type", "subtype", "kind", "year", "-fetched_at"],
                name="source_file_latest",
            )
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_portal(self) -> bool:
        """From the CFTC's other publication of the same reports: that one lacks a row says nothing of the other."""
        return self.kind == self.Kind.PORTAL


class Observation(models.Model):
    """One market, one report date, one variant: the CFTC's numbers as printed. Nobody edits it by hand."""

    class Quality(models.TextChoices):
        OK = "ok", _("ok")
        WARNED = "warned", _("accepted with a warning")
        ESTIMATED = "estimated", _("estimated by the CFTC")

    class Vintage(models.TextChoices):
        CAPTURED = "captured", _("captured at release")
        BACKFILLED = "backfilled", _("loaded later")

    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    market = models.ForeignKey(
        Market, on_delete=models.PROTECT, related_name="observations", db_index=False
    )
    report_date = models.DateField()

    version = models.PositiveSmallIntegerField(default=1)
    release_at = models.DateTimeField()
    release_source = models.CharField(max_length=10)
    release_uncertain = models.BooleanField(default=False)
    known_at = models.DateTimeField()
    vintage_basis = models.CharField(max_length=10, choices=Vintage.choices)
    quality = models.CharField(max_length=10, choices=Quality.choices, default=Quality.OK)
    source_file = models.ForeignKey(
        SourceFile, on_delete=models.PROTECT, related_name="observations", db_index=False
    )
    source_line = models.PositiveIntegerField()
    withdrawn_at = models.DateTimeField(null=True)

    open_interest = models.IntegerField()
    oi_change = count()

    g1_long = count()
    g1_short = count()
    g1_spread = count()
    g1_long_change = count()
    g1_short_change = count()
    g1_spread_change = count()
    g1_traders_long = count()
    g1_traders_short = count()
    g1_traders_spread = count()

    g2_long = count()
    g2_short = count()
    g2_spread = count()
    g2_long_change = count()
    g2_short_change = count()
    g2_spread_change = count()
    g2_traders_long = count()
    g2_traders_short = count()
    g2_traders_spread = count()

    g3_long = count()
    g3_short = count()
    g3_spread = count()
    g3_long_change = count()
    g3_short_change = count()
    g3_spread_change = count()
    g3_traders_long = count()
    g3_traders_short = count()
    g3_traders_spread = count()

    g4_long = count()
    g4_short = count()
    g4_spread = count()
    g4_long_change = count()
    g4_short_change = count()
    g4_spread_change = count()
    g4_traders_long = count()
    g4_traders_short = count()
    g4_traders_spread = count()

    g5_long = count()
    g5_short = count()
    g5_spread = count()
    g5_long_change = count()
    g5_short_change = count()
    g5_spread_change = count()
    g5_traders_long = count()
    g5_traders_short = count()
    g5_traders_spread = count()

    rept_long = count()
    rept_short = count()
    traders_total = count()
    traders_rept_long = count()
    traders_rept_short = count()

    conc_gross4_long = share()
    conc_gross4_short = share()
    conc_gross8_long = share()
    conc_gross8_short = share()
    conc_net4_long = share()
    conc_net4_short = share()
    conc_net8_long = share()
    conc_net8_short = share()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report_type", "subtype", "market", "report_date"], name="observation_once"
            ),
            models.CheckConstraint(  # a null is not refused: in SQL what compares with it is not false
                condition=Q(
                    open_interest__gte=0,
                    **{
                        f"g{k}_{side}__gte": 0
                        for k in range(1, 6)
                        for side in ("long", "short", "spread")
                    },
                ),
                name="observation_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_type}_{self.subtype} {self.market_id} {self.report_date}"


class ObservationVersion(AppendOnly):
    """What an observation said before it was replaced. Never changed nor removed."""

    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    facts = models.JSONField()
    known_at = models.DateTimeField()
    superseded_at = models.DateTimeField()
    source_file = models.ForeignKey(SourceFile, on_delete=models.PROTECT, related_name="+")
    source_line = models.PositiveIntegerField()

    class Meta:
        ordering = ["observation", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["observation", "version"], name="observation_version_once"
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__gt=F("known_at")), name="observation_version_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.observation_id} v{self.version}"


class CropSplit(models.Model):
    """Old and other crop years of one observation; kept only where Other is not all zero.

    Each is a list of numbers in the order of `Variant.crop_fields`: with their names they are three times as long, and
    PostgreSQL took longer over them than over the sixteen times as many observations they belong to.
    """

    observation = models.OneToOneField(
        Observation, on_delete=models.CASCADE, related_name="crop_split", primary_key=True
    )
    old = models.JSONField()
    other = models.JSONField()

    def __str__(self) -> str:
        return str(self.observation_id)


class BoardRow(models.Model):
    """The newest week of one market in one variant with its indicators, ready for the board. Derived."""

    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="board_rows")
    is_primary = models.BooleanField()
    report_date = models.DateField()
    values = models.JSONField()
    made_by = models.CharField(max_length=16, default="")  # the program that computed it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report_type", "subtype", "market"], name="board_row_once"
            ),
        ]
        indexes = [models.Index(fields=["subtype", "is_primary"], name="board_row_primary")]

    def __str__(self) -> str:
        return f"{self.report_type}_{self.subtype} {self.market_id}"

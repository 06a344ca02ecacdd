"""What is kept of the Commitments of Traders, and what the database refuses.

Facts (`Observation`) are the CFTC's numbers as printed; everything else about a market is derived and can be rebuilt.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ReportType(models.TextChoices):
    LEGACY = "legacy", _("Legacy")
    DISAGG = "disagg", _("Disaggregated")
    TFF = "tff", _("Traders in Financial Futures")


class Subtype(models.TextChoices):
    FO = "fo", _("Futures Only")
    CO = "co", _("Futures + Options Combined")


class Category(models.TextChoices):
    CURRENCIES = "currencies", _("Currencies")
    RATES = "rates", _("Rates")
    INDICES = "indices", _("Equity indices")
    CRYPTO = "crypto", _("Crypto")
    METALS = "metals", _("Metals")
    ENERGY = "energy", _("Energy")
    POWER_GAS = "power_gas", _("Power & gas basis")
    ENVIRONMENTAL = "environmental", _("Environmental")
    GRAINS = "grains", _("Grains & oil crops")
    SOFTS = "softs", _("Softs")
    LIVESTOCK = "livestock", _("Livestock")
    DAIRY = "dairy", _("Dairy")
    OTHER = "other", _("Other")


class CategoryBasis(models.TextChoices):
    CONTRACT = "contract", _("contract code")
    COMMODITY = "commodity", _("commodity code")
    SUBGROUP = "subgroup", _("subgroup code")
    NONE = "none", _("unclassified")


def count() -> models.IntegerField[int | None, int | None]:
    """A number of contracts or traders; null where the CFTC prints a point."""
    return models.IntegerField(null=True)


def share() -> models.DecimalField:
    """A percentage of open interest with the one decimal the CFTC prints."""
    return models.DecimalField(max_digits=4, decimal_places=1, null=True)


CODE_PATTERN = r"^([0-9A-Z]{6}|[0-9]{5}\+)$"


class Market(models.Model):
    """One CFTC contract market. Derived from the newest row of its code; `registry.rebuild_markets` makes it again."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=120)
    exchange_name = models.CharField(max_length=120, blank=True)
    exchange_code = models.CharField(max_length=8, blank=True)
    commodity_code = models.CharField(max_length=8, blank=True)
    subgroup_code = models.CharField(max_length=8, blank=True)
    region_code = models.CharField(max_length=8, blank=True)
    units = models.CharField(max_length=160, blank=True)
    category = models.CharField(max_length=16, choices=Category.choices, default=Category.OTHER)
    sector = models.CharField(max_length=24, blank=True)
    category_basis = models.CharField(max_length=10, choices=CategoryBasis.choices, default=CategoryBasis.NONE)
    primary_report = models.CharField(max_length=8, choices=ReportType.choices)
    spec_group = models.CharField(max_length=2)
    comm_group = models.CharField(max_length=2, blank=True)
    is_consolidated = models.BooleanField(default=False)
    first_date = models.DateField()
    last_date = models.DateField()
    search_text = models.TextField(blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE_PATTERN), name="market_code_pattern"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="market_category_known"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="market_dates_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MarketName(models.Model):
    """A name a market bore, and from which report to which."""

    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=120)
    exchange_name = models.CharField(max_length=120, blank=True)
    units = models.CharField(max_length=160, blank=True)
    commodity_code = models.CharField(max_length=8, blank=True)
    first_date = models.DateField()
    last_date = models.DateField()

    class Meta:
        ordering = ["market", "first_date"]
        constraints = [
            models.UniqueConstraint(fields=["market", "first_date"], name="market_name_starts_once"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="market_name_dates_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} {self.name}"


class SourceFile(models.Model):
    """One file we asked for and what became of it: the download log."""

    class Kind(models.TextChoices):
        YEARLY = "yearly", _("yearly archive")
        BULK = "bulk", _("bulk archive")
        WEEKLY = "weekly", _("weekly text")
        MANUAL = "manual", _("given by hand")

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
            models.Index(fields=["report_type", "subtype", "kind", "year", "-fetched_at"], name="source_file_latest")
        ]

    def __str__(self) -> str:
        return self.url


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
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="observations", db_index=False)
    report_date = models.DateField()

    version = models.PositiveSmallIntegerField(default=1)
    release_at = models.DateTimeField()
    release_source = models.CharField(max_length=10)
    release_uncertain = models.BooleanField(default=False)
    known_at = models.DateTimeField()
    vintage_basis = models.CharField(max_length=10, choices=Vintage.choices)
    quality = models.CharField(max_length=10, choices=Quality.choices, default=Quality.OK)
    # Without a constraint: the file's entry is written in the same transaction, and asking for it again for each of its
    # rows takes PostgreSQL a fifth of a load. `triggers` keeps the entry from being deleted.
    source_file = models.ForeignKey(
        SourceFile, on_delete=models.PROTECT, related_name="observations", db_index=False, db_constraint=False
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
            models.CheckConstraint(
                condition=Q(
                    *[
                        Q(**{f"{field}__gte": 0}) | Q(**{f"{field}__isnull": True})
                        for k in range(1, 6)
                        for field in (f"g{k}_long", f"g{k}_short", f"g{k}_spread")
                    ],
                    open_interest__gte=0,
                ),
                name="observation_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["report_type", "subtype", "report_date"], name="observation_by_date")]

    def __str__(self) -> str:
        return f"{self.report_type}_{self.subtype} {self.market_id} {self.report_date}"


class ObservationVersion(models.Model):
    """What an observation said before it was replaced. Append-only: a trigger refuses UPDATE and DELETE."""

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
            models.UniqueConstraint(fields=["observation", "version"], name="observation_version_once"),
            models.CheckConstraint(condition=Q(superseded_at__gt=F("known_at")), name="observation_version_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.observation_id} v{self.version}"


class CropSplit(models.Model):
    """Old and other crop years of one observation; kept only where Other is not all zero."""

    observation = models.OneToOneField(
        Observation, on_delete=models.CASCADE, related_name="crop_split", primary_key=True
    )
    old = models.JSONField()
    other = models.JSONField()

    def __str__(self) -> str:
        return str(self.observation_id)


class UpdateRun(models.Model):
    """One run of the pipeline: who started it, what it counted, how it ended."""

    class Trigger(models.TextChoices):
        COMMAND = "command", _("command")
        SCHEDULE = "schedule", _("schedule")
        ADMIN = "admin", _("administrator")
        START = "start", _("first start")

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        OK = "ok", _("ok")
        PARTIAL = "partial", _("partial")
        FAILED = "failed", _("failed")
        LOCKED = "locked", _("locked")

    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    flags = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    counts = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.status}"


class QuarantinedRow(models.Model):
    """A line that was not stored, why, and the numbers that disagree."""

    class Resolution(models.TextChoices):
        CORRECTED = "corrected", _("corrected by a later file")
        ACCEPTED = "accepted", _("accepted by an administrator")
        OBSOLETE = "obsolete", _("obsolete")

    source_file = models.ForeignKey(SourceFile, on_delete=models.CASCADE, related_name="quarantined")
    line = models.PositiveIntegerField()
    raw = models.TextField(max_length=4096)
    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    report_date = models.DateField(null=True)
    code = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=24)
    details = models.JSONField(default=dict)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=10, choices=Resolution.choices, blank=True)

    class Meta:
        ordering = ["-last_seen", "source_file", "line"]
        constraints = [
            models.UniqueConstraint(fields=["source_file", "line", "reason"], name="quarantined_row_once"),
        ]
        indexes = [models.Index(fields=["report_type", "subtype", "code", "report_date"], name="quarantined_by_key")]

    def __str__(self) -> str:
        return f"{self.source_file_id}:{self.line} {self.reason}"


class ReviewItem(models.Model):
    """Something a person should look at: an unclassified code, a changed unit, a restated closed year."""

    class Kind(models.TextChoices):
        UNCLASSIFIED = "unclassified", _("unclassified market")
        UNIT_CHANGED = "unit_changed", _("contract size changed")
        RESTATED = "restated_closed_year", _("closed year restated")
        CALENDAR = "calendar", _("release calendar unreadable")

    kind = models.CharField(max_length=24, choices=Kind.choices)
    market = models.ForeignKey(Market, on_delete=models.CASCADE, null=True, related_name="review_items")
    payload = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "market"], condition=Q(closed_at__isnull=True), name="review_item_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.market_id or ''}"


class ReleaseNotice(models.Model):
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
    replaces = models.DateField(null=True)  # announced_on of a plan that this one makes void as a whole
    text = models.TextField(blank=True)
    url = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["report_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["report_date", "source", "release_at"], name="release_notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_date} {self.source}"


class Lineage(models.Model):
    """A contract that went on under another code (`venue`), or under the same code in another size (`size`)."""

    class Kind(models.TextChoices):
        VENUE = "venue", _("venue")
        SIZE = "size", _("contract size")
        RENAME = "rename", _("rename")

    code = models.CharField(max_length=6)
    successor = models.CharField(max_length=6)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    from_date = models.DateField()
    factor = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["code", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["code", "successor", "from_date"], name="lineage_once"),
            models.CheckConstraint(condition=Q(factor__isnull=True) | Q(factor__gt=0), name="lineage_factor_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.successor}"


class BoardRow(models.Model):
    """The newest week of one market in one variant with its indicators, ready for the board. Derived."""

    report_type = models.CharField(max_length=8, choices=ReportType.choices)
    subtype = models.CharField(max_length=2, choices=Subtype.choices)
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="board_rows")
    is_primary = models.BooleanField()
    report_date = models.DateField()
    values = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report_type", "subtype", "market"], name="board_row_once"),
        ]
        indexes = [models.Index(fields=["subtype", "is_primary"], name="board_row_primary")]

    def __str__(self) -> str:
        return f"{self.report_type}_{self.subtype} {self.market_id}"


class WatchItem(models.Model):
    """A market on a person's own list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watched_markets")
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "market"], name="watch_item_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.market_id}"

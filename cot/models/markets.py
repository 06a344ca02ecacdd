"""Contract markets, what they were called, where they went on, and who watches them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cot.models.choices import Category, CategoryBasis, ReportType

CODE_PATTERN = r"^([0-9A-Z]{6}|[0-9]{5}\+)$"


class Market(models.Model):
    """One CFTC contract market. Derived from the newest row of its code; `manage.py rebuild_cot` makes it again."""

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
    category_basis = models.CharField(
        max_length=10, choices=CategoryBasis.choices, default=CategoryBasis.NONE
    )
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
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN), name="market_code_pattern"
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="market_category_known"
            ),
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="market_dates_ordered"
            ),
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
            models.UniqueConstraint(
                fields=["market", "first_date"], name="market_name_starts_once"
            ),
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="market_name_dates_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} {self.name}"


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
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gt=0), name="lineage_factor_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.successor}"


class WatchItem(models.Model):
    """A market on a person's own list."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watched_markets"
    )
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "market"], name="watch_item_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.market_id}"

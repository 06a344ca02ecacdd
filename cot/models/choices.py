"""The words the tables use, and the two kinds of published number."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportType(models.TextChoices):
    LEGACY = "legacy", _("Legacy")
    DISAGG = "disagg", _("Disaggregated")
    TFF = "tff", _("Traders in Financial Futures")


class Subtype(models.TextChoices):
    FO = "fo", _("Futures Only")
    CO = "co", _("Futures + Options Combined")


class Category(models.TextChoices):
    """Kinds of markets in the order in which every page lists them."""

    CURRENCIES = "currencies", _("Currencies")
    RATES = "rates", _("Rates")
    INDICES = "indices", _("Equity indices")
    METALS = "metals", _("Metals")
    ENERGY = "energy", _("Energy")
    GRAINS = "grains", _("Grains & oil crops")
    SOFTS = "softs", _("Softs")
    LIVESTOCK = "livestock", _("Livestock")
    CRYPTO = "crypto", _("Crypto")
    DAIRY = "dairy", _("Dairy")
    POWER_GAS = "power_gas", _("Power & gas basis")
    ENVIRONMENTAL = "environmental", _("Environmental")
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

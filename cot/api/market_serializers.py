"""The shapes of market bodies, for the API document only: `bodies` makes the values, and quickly."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from cot.api.serializers import GroupSerializer
from cot.variants import CONCENTRATION

GROUPS: Final = ("g1", "g2", "g3", "g4", "g5")
COUNTS: Final = ("long", "short", "net", "change", "change_long", "change_short")


def count(**more: Any) -> serializers.IntegerField:
    """Contracts or traders; null where the CFTC gives none, or a change has nothing to compare with."""
    return serializers.IntegerField(allow_null=True, **more)


def measure(**more: Any) -> serializers.FloatField:
    """A percentage, an index of 0 to 100, or standard deviations."""
    return serializers.FloatField(allow_null=True, **more)


class MetaSerializer(serializers.Serializer[Any]):
    """As of when, how sure, how fresh. `reasons`: column → spans of weeks that are null, and why."""

    as_of = serializers.DateTimeField(allow_null=True)
    data_as_of = serializers.DateField(allow_null=True)
    release_at = serializers.DateTimeField(allow_null=True)
    release_source = serializers.CharField(allow_null=True)
    uncertain = serializers.BooleanField()
    stale = serializers.BooleanField()
    state = serializers.CharField()
    data_version = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.JSONField())


class MarketMetaSerializer(serializers.Serializer[Any]):
    """A market as listed for one variant."""

    code = serializers.CharField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    category = serializers.CharField()
    category_display = serializers.CharField()
    sector = serializers.CharField()
    report_type = serializers.CharField()
    report_type_display = serializers.CharField()
    subtype = serializers.CharField()
    subtype_display = serializers.CharField()
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    primary_report = serializers.CharField()
    units = serializers.CharField()


class CrowdedSerializer(serializers.Serializer[Any]):
    """Display index over 52 observations with its label, which exists only for a full window."""

    value = measure()
    signal = serializers.ChoiceField(choices=["BUY", "SELL"], allow_null=True)
    full = serializers.BooleanField()


class WeekSerializer(serializers.Serializer[Any]):
    """One report of one market; the groups a report does not have are left out."""

    date = serializers.DateField()
    open_interest = serializers.IntegerField()
    oi_change = count()
    release_at = serializers.DateTimeField()
    release_source = serializers.CharField()
    uncertain = serializers.BooleanField()
    known_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields() | {"oi_pct": measure(required=False)}
        for k in GROUPS:
            fields |= {f"{k}_{name}": count(required=False) for name in (*COUNTS, "spread", "change_spread")}
            fields |= {f"{k}_traders_{part}": count(required=False) for part in ("long", "short", "spread")}
            fields |= {f"{k}_pct_{part}": measure(required=False) for part in ("net_oi", "long", "short", "spread")}
            for name in (*(f"cot_index_{k}_{label}" for label in ("3m", "1y", "3y")), f"wci_{k}"):
                fields[name] = measure(required=False)
                fields[f"{name}_n"] = count(required=False)
                fields[f"{name}_full"] = serializers.BooleanField(required=False)
            fields[f"crowded_{k}"] = CrowdedSerializer(required=False)
        return fields | {name: measure(required=False) for name in CONCENTRATION}


class ExtremesSerializer(serializers.Serializer[Any]):
    """Over all observations up to `as_of`."""

    def get_fields(self) -> dict[str, Any]:
        return {name: measure() for name in ("max", "min", "max_5y", "min_5y", "avg_13w")}


class MarketDetailSerializer(serializers.Serializer[Any]):
    """A market, its groups, its weeks (newest first) and statistic rows."""

    market = MarketMetaSerializer()
    groups = GroupSerializer(many=True)
    weeks = WeekSerializer(many=True)
    stats = serializers.DictField(child=ExtremesSerializer())
    prices = serializers.ListField(child=serializers.DictField(), allow_null=True)
    meta = MetaSerializer()


class SignalSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    signal = serializers.ChoiceField(choices=["BUY", "SELL"])


class ScreenerRowSerializer(serializers.Serializer[Any]):
    """The newest week of a market in the chosen report (cot §11.2)."""

    code = serializers.CharField()
    name = serializers.CharField()
    exchange_code = serializers.CharField()
    category = serializers.CharField()
    category_display = serializers.CharField()
    sector = serializers.CharField()
    date = serializers.DateField()
    open_interest = serializers.IntegerField()
    oi_change = count()
    rept_long = count()
    rept_short = count()
    signals = SignalSerializer(many=True)
    release_at = serializers.DateTimeField()
    release_source = serializers.CharField()
    uncertain = serializers.BooleanField()
    stale = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for k in GROUPS:
            fields |= {f"{k}_{name}": count(required=False) for name in COUNTS}
            fields |= {f"{k}_{name}": count(required=False) for name in ("total", "total_change")}
            names = (f"{k}_pct_oi", f"{k}_pct_oi_change", f"{k}_bias", f"cot_{k}_1y", f"crowded_{k}")
            fields |= {name: measure(required=False) for name in names}
            fields[f"signal_{k}"] = serializers.CharField(required=False, allow_null=True)
        for size in ("13", "26", "52", "156", "260", "all"):
            fields |= {f"index_{size}": measure(), f"rank_{size}": measure(), f"range_{size}": count()}
        return fields


class BoardRowSerializer(ScreenerRowSerializer):
    """The newest week of a market in its primary report, seen from its speculators (cot §11.3)."""

    primary_report = serializers.CharField()
    spec_group = serializers.CharField()
    comm_group = serializers.CharField(allow_null=True)
    spec_net = count()
    spec_wow = count()
    spec_index_1y = measure()
    spec_index_3y = measure()
    spec_rank_1y = measure()
    spec_z_1y = measure()
    spec_range_1y = count()
    weeks_in_state = count()
    n_1y = count()
    full_1y = serializers.BooleanField()
    oi_trend_pct = measure()
    state = serializers.CharField(allow_null=True)
    state_severity = count()
    flow = serializers.CharField(allow_null=True)
    spark = serializers.ListField(child=count())
    watched = serializers.BooleanField()
    reasons = serializers.DictField(child=serializers.CharField())


class DashboardMarketSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    exchange_code = serializers.CharField()
    category = serializers.CharField()
    sector = serializers.CharField()
    primary_report = serializers.CharField()
    spec_group = serializers.CharField()
    comm_group = serializers.CharField(allow_null=True)
    available_reports = serializers.ListField(child=serializers.CharField())


class DashboardSerializer(serializers.Serializer[Any]):
    """The blocks of one market, weeks oldest first; series run beside the weeks (cot §12.2)."""

    market = DashboardMarketSerializer()
    group = serializers.CharField()
    lookback = serializers.IntegerField(allow_null=True)
    groups = GroupSerializer(many=True)
    weeks = serializers.ListField(child=serializers.DictField())
    prices = serializers.ListField(child=serializers.DictField(), allow_null=True)
    key = serializers.DictField()
    zones = serializers.DictField()
    flips = serializers.ListField(child=serializers.DictField())
    bias = serializers.ListField(child=measure())
    velocity = serializers.ListField(child=count())
    velocity_warning = serializers.ListField(child=serializers.BooleanField())
    divergence = serializers.ListField(child=serializers.CharField(allow_null=True))
    power = serializers.ListField(child=serializers.DictField())
    triple = serializers.ListField(child=serializers.DictField())
    distribution = serializers.DictField()
    spread_rank = measure()
    concentration = serializers.DictField()
    sector_context = serializers.DictField()
    meta = MetaSerializer()


class DefinitionSerializer(serializers.Serializer[Any]):
    """What a column or an indicator means; `page_anchor` is its place in the guide."""

    key = serializers.CharField()
    section = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    formula = serializers.CharField()
    window = serializers.CharField()
    minimum = serializers.IntegerField()
    null_rule = serializers.CharField()
    rounding = serializers.CharField()
    example = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    page_anchor = serializers.CharField()

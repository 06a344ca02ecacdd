"""The shapes of market bodies, for the API document only: `bodies` makes the values, and quickly."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cot.api import shapes
from cot.api.serializers import GroupSerializer
from cot.api.shapes import NumbersSerializer, count, measure
from cot.measures.states import Concentration, Distribution, Lookback, Zone
from cot.selectors.dashboard import Flip, Key, SectorContext

REASON = {"type": "string", "description": "A code of the guide."}
DAY = {"type": "string", "format": "date"}


@extend_schema_field(
    {
        "oneOf": [
            REASON,
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["reason", "first", "last"],
                    "properties": {"reason": REASON, "first": DAY, "last": DAY},
                },
            },
        ]
    }
)
class ReasonField(serializers.JSONField):
    """Why a field is null: one reason, or spans of weeks each with its reason."""


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
    reasons = serializers.DictField(child=ReasonField())


class CalledSerializer(serializers.Serializer[Any]):
    """How a market is called: the CFTC's name, a plain one in the language of the request, its ticker, its family."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="As the CFTC prints it.")
    plain_name = serializers.CharField(help_text="As traders call it.")
    ticker = serializers.CharField(allow_null=True, help_text="Of its own exchange.")
    main_code = serializers.CharField(
        help_text="The contract people mean by its name: of a mini, micro, consolidated or look-alike one the main."
    )


class MarketMetaSerializer(CalledSerializer):
    """A market as listed for one variant."""

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


class CropYearSerializer(serializers.Serializer[Any]):
    """What of a week belongs to one crop year: the facts that are no changes."""

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.crop_year()


class CropYearsSerializer(serializers.Serializer[Any]):
    """Old and other crop years, which together are the week."""

    old = CropYearSerializer()
    other = CropYearSerializer()


class WeekSerializer(serializers.Serializer[Any]):
    """One report of one market: of `fields=facts`, `basic` or `full`; the groups a report lacks are left out."""

    date = serializers.DateField()
    release_at = serializers.DateTimeField()
    release_source = serializers.CharField()
    uncertain = serializers.BooleanField()
    known_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    crop_years = CropYearsSerializer(
        required=False,
        allow_null=True,
        help_text="With fields=full, of reports with crop years; null where nothing belongs to other ones.",
    )

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.weeks()


class ExportedWeekSerializer(serializers.Serializer[Any]):
    """A week of a market in a file; which columns there are depends on `fields` and on the report."""

    code = serializers.CharField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    units = serializers.CharField()
    category = serializers.CharField()
    report_date = serializers.DateField()
    release_at = serializers.DateTimeField()
    release_source = serializers.CharField()
    known_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.exported()


class ExtremesSerializer(serializers.Serializer[Any]):
    """Over all observations up to `as_of`."""

    def get_fields(self) -> dict[str, Any]:
        return {name: measure() for name in ("max", "min", "max_5y", "min_5y", "avg_13w")}


class PriceSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    close = serializers.FloatField()


class MarketDetailSerializer(serializers.Serializer[Any]):
    """A market, its groups, its weeks (newest first) and statistic rows."""

    market = MarketMetaSerializer()
    groups = GroupSerializer(many=True)
    weeks = WeekSerializer(many=True)
    stats = serializers.DictField(child=ExtremesSerializer())
    prices = PriceSerializer(many=True, allow_null=True)
    meta = MetaSerializer()


class SignalSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    signal = serializers.ChoiceField(choices=["BUY", "SELL"])


class ScreenerRowSerializer(serializers.Serializer[Any]):
    """The newest week of a market in the chosen report."""

    signals = SignalSerializer(many=True)

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.board(best=False)


class BoardRowSerializer(ScreenerRowSerializer):
    """The newest week of a market in its primary report, seen from its speculators."""

    reasons = serializers.DictField(child=serializers.CharField())

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.board(best=True)


class DashboardMarketSerializer(CalledSerializer):
    exchange_code = serializers.CharField()
    category = serializers.CharField()
    sector = serializers.CharField()
    primary_report = serializers.CharField()
    spec_group = serializers.CharField()
    comm_group = serializers.CharField(allow_null=True)
    available_reports = serializers.ListField(child=serializers.CharField())


class KeySerializer(NumbersSerializer):
    class Meta:
        dataclass = Key


class ZoneSerializer(NumbersSerializer):
    class Meta:
        dataclass = Zone


class ZonesSerializer(serializers.Serializer[Any]):
    long = ZoneSerializer()
    short = ZoneSerializer()


class FlipSerializer(NumbersSerializer):
    class Meta:
        dataclass = Flip


class LookbackSerializer(NumbersSerializer):
    class Meta:
        dataclass = Lookback


class DistributionSerializer(NumbersSerializer):
    class Meta:
        dataclass = Distribution


class SectorContextSerializer(NumbersSerializer):
    class Meta:
        dataclass = SectorContext


class PowerSerializer(serializers.Serializer[Any]):
    """Share of open interest that the speculators hold on each side, and whether that is a risk."""

    power_long = measure()
    power_short = measure()
    long_liquidation_risk = serializers.BooleanField()
    short_squeeze_risk = serializers.BooleanField()


class LargestSerializer(serializers.Serializer[Any]):
    """Share of open interest that the largest traders of a side hold."""

    top4_long = measure()
    top4_short = measure()
    top8_long = measure()
    top8_short = measure()


class ConcentrationSerializer(NumbersSerializer):
    gross_by_side = LargestSerializer()
    net_by_side = LargestSerializer()

    class Meta:
        dataclass = Concentration


class DashboardWeekSerializer(serializers.Serializer[Any]):
    """A week of the dashboard; the groups a report lacks are left out."""

    date = serializers.DateField()

    def get_fields(self) -> shapes.Fields:
        return super().get_fields() | shapes.dashboard_weeks()


class DashboardMetaSerializer(MetaSerializer):
    published_at = serializers.DateTimeField(allow_null=True)


class DashboardSerializer(serializers.Serializer[Any]):
    """The blocks of one market, weeks oldest first; series run beside the weeks."""

    market = DashboardMarketSerializer()
    group = serializers.CharField()
    lookback = serializers.IntegerField(allow_null=True)
    groups = GroupSerializer(many=True)
    weeks = DashboardWeekSerializer(many=True)
    prices = PriceSerializer(many=True, allow_null=True)
    key = KeySerializer()
    zones = ZonesSerializer()
    flips = FlipSerializer(many=True)
    bias = serializers.ListField(child=measure())
    velocity = serializers.ListField(child=count())
    velocity_warning = serializers.ListField(child=serializers.BooleanField())
    divergence = serializers.ListField(child=serializers.CharField(allow_null=True))
    power = PowerSerializer(many=True)
    triple = LookbackSerializer(many=True)
    distribution = DistributionSerializer()
    spread_rank = measure()
    concentration = ConcentrationSerializer()
    sector_context = SectorContextSerializer()
    meta = DashboardMetaSerializer()


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

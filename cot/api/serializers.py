"""The JSON of what the selectors answer. The dataclasses are the shape; this module only names them for the API."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework_dataclasses.serializers import DataclassSerializer

from cot.models import QuarantinedRow, ReviewItem, SourceFile
from cot.publication.schedule import Entry
from cot.selectors.quality import CategoryShare, ChangedCell, Gap
from cot.selectors.status import Coverage, DueJob


class GroupSerializer(serializers.Serializer[Any]):
    """A class of trader of a report: `key` names its columns, `role` its side of the crowd."""

    key = serializers.CharField()
    name = serializers.CharField()
    short = serializers.CharField()
    role = serializers.ChoiceField(choices=["commercial", "speculative", "small"])
    has_spread = serializers.BooleanField()


class CoverageSerializer(DataclassSerializer[Coverage]):
    class Meta:
        dataclass = Coverage


class JobSerializer(DataclassSerializer[DueJob]):
    class Meta:
        dataclass = DueJob


class EntrySerializer(DataclassSerializer[Entry]):
    class Meta:
        dataclass = Entry


class NextReleaseSerializer(serializers.Serializer[Any]):
    report_date = serializers.DateField()
    release_at = serializers.DateTimeField()
    source: Any = serializers.CharField()


class LastRunSerializer(serializers.Serializer[Any]):
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField()
    inserted = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    quarantined = serializers.IntegerField()


class SchedulerSerializer(serializers.Serializer[Any]):
    jobs = JobSerializer(many=True)


class StatusSerializer(serializers.Serializer[Any]):
    """State of the data: what is stored, how fresh it is, what is awaited."""

    overall = CoverageSerializer()
    variants = serializers.DictField(child=CoverageSerializer())
    next_release = NextReleaseSerializer(source="feed.next_release")
    last_run = LastRunSerializer(allow_null=True)
    running = LastRunSerializer(allow_null=True)
    quarantine_open = serializers.IntegerField()
    review_open = serializers.IntegerField()
    stale = serializers.BooleanField(source="feed.stale")
    state = serializers.CharField(
        source="feed.state", help_text="that of the worst series; `variants` has each"
    )
    behind = serializers.ListField(
        child=serializers.CharField(),
        source="feed.behind",
        help_text="series that lack a report which is out, furthest behind first",
    )
    scheduler = SchedulerSerializer(source="*")


class CategorySerializer(DataclassSerializer[CategoryShare]):
    display = serializers.CharField()

    class Meta:
        dataclass = CategoryShare


class PrintedNumber(serializers.FloatField):
    """A count as a whole number, a concentration with its decimal, as every other endpoint has them."""

    def to_representation(self, value: Any) -> Any:
        return value


class ChangedCellSerializer(DataclassSerializer[ChangedCell]):
    """One number that a later file replaced. `is` is what is shown now."""

    was = PrintedNumber(allow_null=True)

    class Meta:
        dataclass = ChangedCell
        exclude = ["now"]

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"is": PrintedNumber(source="now", allow_null=True)}


class GapSerializer(DataclassSerializer[Gap]):
    class Meta:
        dataclass = Gap


class QuarantinedRowSerializer(serializers.ModelSerializer[QuarantinedRow]):
    file = serializers.CharField(source="source_file.url")
    reasons = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = QuarantinedRow
        fields = [
            "id", "file", "line", "raw", "report_type", "subtype", "report_date", "code", "reasons", "details",
            "first_seen", "last_seen", "resolved_at", "resolution",
        ]  # fmt: skip


class ReviewItemSerializer(serializers.ModelSerializer[ReviewItem]):
    code = serializers.CharField(source="market_id", allow_null=True)

    class Meta:
        model = ReviewItem
        fields = ["id", "kind", "code", "payload", "opened_at", "closed_at", "note"]


class SourceFileSerializer(serializers.ModelSerializer[SourceFile]):
    class Meta:
        model = SourceFile
        fields = [
            "id", "url", "kind", "report_type", "subtype", "year", "sha256", "bytes", "http_status", "last_modified",
            "fetched_at", "rows", "first_date", "last_date", "status", "reason", "is_demo",
        ]  # fmt: skip


# What `/cot/quality` lists depends on `kind`.
QUALITY_ITEMS: Final = PolymorphicProxySerializer(
    component_name="QualityItem",
    serializers=[
        QuarantinedRowSerializer,
        ReviewItemSerializer,
        SourceFileSerializer,
        GapSerializer,
    ],
    resource_type_field_name=None,
    many=True,
)
